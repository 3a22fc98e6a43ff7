"""Files of VideoSDK's recordings, stored: answers without a size, large files, and connections that break in the middle."""

from __future__ import annotations

import asyncio
import threading
import tracemalloc
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from recording_stage import files, hook, recorded, store

from airflow_provider_rooms import errors
from airflow_provider_rooms.sandbox.files import MEDIA_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


pytestmark = pytest.mark.usefixtures("airflow_db", "connections")


def test_a_size_that_only_the_storage_knows_is_enough(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    """VideoSDK's older answers show no size."""
    room = recorded(rooms_sandbox, "videosdk")
    (item,) = rooms_sandbox.state()["videosdk"]["recordings"]
    item["file"].pop("size")
    page = {"pageInfo": {"currentPage": 1, "perPage": 20, "lastPage": 1, "total": 1}, "data": [item]}
    target = tmp_path / "film.mp4"
    for _ in range(2):
        rooms_sandbox.fault("videosdk", "body", path="/v2/recordings", body=page)
        assert save(room, f"file://{target}")[0]["bytes"] == MEDIA_BYTES
    target.write_bytes(b"y" * MEDIA_BYTES)
    rooms_sandbox.fault("videosdk", "body", path="/v2/recordings", body=page)
    save(room, f"file://{target}")
    assert target.read_bytes() == b"y" * MEDIA_BYTES


save = partial(store, conn_id="videosdk_default")
BIG = 64 * 1024 * 1024


class BigFile(BaseHTTPRequestHandler):
    """A storage with one file of 64 MiB, which it drops after half of it when asked for "/half"."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(BIG))
        self.end_headers()
        for number in range(64 if self.path == "/whole" else 32):
            self.wfile.write(bytes([number]) * (BIG // 64))

    def log_message(self, *_: object) -> None:
        """Not into the test's output."""


@pytest.fixture
def big_storage() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BigFile)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def lead_to(sandbox: RoomsSandbox, url: str) -> None:
    """The vendor's next answers about its one recording name this file."""
    (item,) = sandbox.state()["videosdk"]["recordings"]
    item["file"] |= {"fileUrl": url, "size": BIG}
    page = {"pageInfo": {"currentPage": 1, "perPage": 20, "lastPage": 1, "total": 1}, "data": [item]}
    sandbox.fault("videosdk", "body", path="/v2/recordings", body=page)
    sandbox.fault("videosdk", "body", path="/v2/recordings/*", body=item)


def test_a_large_file_is_never_whole_in_memory(rooms_sandbox: RoomsSandbox, big_storage: str, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, "videosdk")
    save(room, f"file://{tmp_path}/warm.mp4")  # what is imported along the way does not count
    lead_to(rooms_sandbox, f"{big_storage}/whole")
    tracemalloc.start()
    try:
        save(room, f"file://{tmp_path}/film.mp4")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "film.mp4").stat().st_size == BIG
    assert peak < 8 * 1024 * 1024


def test_a_connection_that_breaks_in_the_middle_leaves_nothing(
    rooms_sandbox: RoomsSandbox, big_storage: str, tmp_path: Path
) -> None:
    room = recorded(rooms_sandbox, "videosdk")
    lead_to(rooms_sandbox, f"{big_storage}/half")
    with pytest.raises(errors.TransportError) as broken:
        save(room, f"file://{tmp_path}/film.mp4")
    assert big_storage not in str(broken.value)
    assert files(tmp_path) == {}
    lead_to(rooms_sandbox, f"{big_storage}/half")

    async def awaited() -> None:
        opened = hook("videosdk")
        async with opened.aio as aio, aio.open_recording({"id": "x", "kind": "recording"}) as file:
            async for _ in file:
                pass

    with pytest.raises(errors.TransportError) as broken:
        asyncio.run(awaited())
    assert big_storage not in str(broken.value)
