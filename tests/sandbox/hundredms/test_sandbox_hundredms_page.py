"""Rooms of 100ms on the live page in a real browser, where there is one."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from sandbox_help import VENDORS, create

from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytestmark = pytest.mark.slow


def test_rooms_sessions_and_recordings_show_and_secrets_do_not(
    rooms_sandbox: RoomsSandbox,
    hundredms: httpx.Client,
    client_of: Callable[[str], httpx.Client],
    browse,  # type: ignore[no-untyped-def]
) -> None:
    evil = "<img src=x onerror=alert(1)>"
    webhook = {"url": "https://example.com", "headers": {"x-secret": "hush-hush"}}
    room = hundredms.post("/v2/rooms", json={"name": "algebra-1", "description": evil, "webhook": webhook}).json()
    rooms_sandbox.start_session("hundredms", "algebra-1", ["Emmy Noether"])
    rooms_sandbox.recording("hundredms", "algebra-1", "start")
    create(client_of(VENDORS[-1]), VENDORS[-1], "physics-2")
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
