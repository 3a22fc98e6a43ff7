"""The live page in a real browser, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytestmark = pytest.mark.slow

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def browse(rooms_sandbox: RoomsSandbox, tmp_path: Path):  # type: ignore[no-untyped-def]
    """The document as the browser has it after some seconds."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")

    def document(fragment: str = "") -> str:
        quiet = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
        arguments = [f"--user-data-dir={tmp_path}", "--virtual-time-budget=5000", "--dump-dom"]
        done = subprocess.run(
            [program, *quiet.split(), "--disable-component-update", *arguments, f"{rooms_sandbox.url}/{fragment}"],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        return re.sub(r"<script>.*</script>", "", done.stdout, flags=re.DOTALL)  # what is shown, not what draws it

    return document


def test_empty_page_says_what_to_do(browse) -> None:  # type: ignore[no-untyped-def]
    document = browse()
    assert document.count("Make a room to play with") == 3
    assert "CreateRoomOperator" in document


def test_rooms_sessions_and_recordings_show_and_secrets_do_not(
    rooms_sandbox: RoomsSandbox,
    hundredms: httpx.Client,
    twilio: httpx.Client,
    browse,  # type: ignore[no-untyped-def]
) -> None:
    evil = "<img src=x onerror=alert(1)>"
    webhook = {"url": "https://example.com", "headers": {"x-secret": "hush-hush"}}
    room = hundredms.post("/v2/rooms", json={"name": "algebra-1", "description": evil, "webhook": webhook}).json()
    rooms_sandbox.start_session("hundredms", "algebra-1", ["Emmy Noether"])
    rooms_sandbox.recording("hundredms", "algebra-1", "start")
    twilio.post("/v1/Rooms", data={"UniqueName": "physics-2"})
    document = browse()
    for text in ("algebra-1", "physics-2", "Emmy Noether", "the recorder", "starting", "End session", "•••"):
        assert text in document
    assert "hush-hush" not in document
    assert "&lt;img src=x" in document
    assert "<img" not in document
    assert room["id"] in document


def test_webhooks_show_with_their_answers_and_without_what_is_in_them(
    rooms_sandbox: RoomsSandbox,
    hundredms: httpx.Client,
    browse,  # type: ignore[no-untyped-def]
) -> None:
    webhook = {"url": "http://127.0.0.1:9/hook", "headers": {"x-secret": "hush-hush"}}
    hundredms.post("/v2/rooms", json={"name": "algebra-1", "webhook": webhook})
    rooms_sandbox.webhooks("hundredms", "twice")
    rooms_sandbox.start_session("hundredms", "algebra-1", ["ada"])
    document = browse()
    for text in ("100ms: twice", "session.open.success", "http://127.0.0.1:9/hook<", "ConnectionRefusedError"):
        assert text in document
    assert "hush-hush" not in document


def test_a_deep_link_marks_its_room_also_an_old_one(
    rooms_sandbox: RoomsSandbox,
    videosdk: httpx.Client,
    browse,  # type: ignore[no-untyped-def]
) -> None:
    old = videosdk.post("/v2/rooms", json={"customRoomId": "the-old-one"}).json()["roomId"]
    for number in range(60):
        videosdk.post("/v2/rooms", json={"customRoomId": f"newer-{number}"})
    assert f'class="card target" id="room-videosdk-{old}"' in browse(f"#/videosdk/{old}")
    assert 'class="card target"' not in browse()
    gone = browse("#/videosdk/abcd-abcd-abcd")
    assert "VideoSDK has no room abcd-abcd-abcd" in gone
