"""What VideoSDK's answers about recordings may hold, and the storages that they lead to."""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from recorded import one_class, over

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.files import MEDIA_BYTES
from airflow_provider_rooms.vendors.videosdk.recordings import _duration, _number

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


class OneHost(BaseHTTPRequestHandler):
    """A gateway that has the API and the files on one host; it notes who signs in where."""

    seen: ClassVar[dict[str, str | None]] = {}

    def do_GET(self) -> None:
        self.seen[self.path] = self.headers.get("Authorization")
        link = f"http://{self.headers['Host']}/files/film.mp4"
        body = b"film" if "film" in self.path else json.dumps({"id": "x", "file": {"fileUrl": link}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not into the test's output."""


def test_a_file_gets_no_credentials_even_from_the_apis_own_host(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither the vendor's token nor what a .netrc says about the host."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), OneHost)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        host = f"http://127.0.0.1:{server.server_port}"
        connection = {
            "conn_type": "videosdk",
            "host": host,
            "login": "key",
            "password": "a-secret-of-thirty-two-characters",
        }
        monkeypatch.setenv("AIRFLOW_CONN_GATEWAY", json.dumps(connection))
        hook = get_rooms_hook("gateway")
        with hook.open_recording("x") as file:
            assert b"".join(file) == b"film"
        blocking = dict(OneHost.seen)
        OneHost.seen.clear()

        async def awaited() -> None:
            async with hook.aio as aio, aio.open_recording("x") as opened:
                assert b"".join([piece async for piece in opened]) == b"film"

        asyncio.run(awaited())
    finally:
        server.shutdown()
        server.server_close()
    for seen in (blocking, OneHost.seen):
        assert seen["/files/film.mp4"] is None
        assert seen["/v2/recordings/x"]


def test_a_storage_may_send_us_on_and_may_stumble(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    place = f"/files/videosdk/uploads/videos/elsewhere-{recording.id}.mp4"
    rooms_sandbox.fault("videosdk", "status", path="/files/*", status=302, headers={"Location": place})
    with pytest.raises(errors.NotFoundError):  # there is nothing, but it was looked there
        hook.open_recording(recording)
    assert rooms_sandbox.requests("videosdk")[-1]["path"] == place
    rooms_sandbox.fault("videosdk", "status", path="/files/*", status=503)
    rooms_sandbox.fault("videosdk", "drop_before", path="/files/*")
    with hook.open_recording(recording) as file:
        assert file.size == MEDIA_BYTES
    rooms_sandbox.fault("videosdk", "status", path="/files/*", status=302, headers={"Location": place}, times=-1)
    with pytest.raises(errors.UnreadableAnswerError, match="Too many redirects"):
        hook.open_recording(recording)


@pytest.mark.parametrize(
    ("size", "read"), [(12, 12), (0.5, 0.5), (float("inf"), None), (float("nan"), None), (True, None)]
)
def test_a_size_is_a_finite_number(size: object, read: float | None) -> None:
    assert _number(size) == read


@pytest.mark.parametrize(("meta", "read"), [({"duration": 3.5}, 3.5), ({}, None), ("long", None), (None, None)])
def test_a_file_without_details_has_no_length(meta: object, read: float | None) -> None:
    assert _duration(meta) == read
