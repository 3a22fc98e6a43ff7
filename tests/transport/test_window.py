"""Turns that a real Redis gives out to all workers; and what becomes of the pace without it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from vendor_traits import CLOSES_UNUSED

from airflow_provider_rooms.errors import ConnectionNotFoundError, InvalidConnectionError
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytest.importorskip("redis", reason="needs airflow-provider-rooms[pace]")

from airflow_provider_rooms.transport.window import RedisWindow

#: A vendor whose documented limits the sandbox keeps.
LIMITED = CLOSES_UNUSED


class Server:
    """A Redis that can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port: int = sock.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.socket() as sock:
                if not sock.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.05)
        raise RuntimeError("Redis did not start")

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def options(self) -> dict[str, Any]:
        return {"host": "127.0.0.1", "port": self.port, "db": 0}


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Server]:
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


def test_turns_are_even_whoever_takes_them(redis_server: Server) -> None:
    windows = [RedisWindow(redis_server.options, "account") for _ in range(3)]
    began = time.monotonic()
    turns: list[float] = []

    def take(window: RedisWindow) -> None:
        for _ in range(10):
            wait = window.take("writes", 5.0)
            assert wait is not None
            turns.append(time.monotonic() - began + wait)

    threads = [threading.Thread(target=take, args=(window,)) for window in windows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(turns) == 30
    assert max(turns) - min(turns) == pytest.approx(29 / 5, abs=0.5)
    assert windows[0].take("reads", 5.0) == 0  # another lane
    assert RedisWindow(redis_server.options, "other").take("writes", 5.0) == 0  # another account


def test_a_store_that_goes_and_comes_is_told(redis_server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    window = RedisWindow(redis_server.options, "account")
    assert window.take("writes", 5.0) == 0
    redis_server.stop()
    assert window.take("writes", 5.0) is None
    assert window.take("writes", 5.0) is None
    assert caplog.text.count("does not respond") == 1
    redis_server.start()
    assert window.take("writes", 5.0) is not None
    assert "responds again" in caplog.text


@pytest.fixture
def paced(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A hook whose connection shares its pace."""

    def make(pace: Any, **extra: Any) -> Any:
        connection = rooms_sandbox.connection(LIMITED.conn_type)
        connection["extra"] = {**connection["extra"], "pace_conn_id": "shared_pace", **extra}
        monkeypatch.setenv("AIRFLOW_CONN_PACED", json.dumps(connection))
        if pace is not None:
            monkeypatch.setenv("AIRFLOW_CONN_SHARED_PACE", json.dumps(pace))
        return get_rooms_hook("paced")

    return make


def test_a_connection_names_the_store(redis_server: Server, rooms_sandbox: RoomsSandbox, paced: Any) -> None:
    connection = {"conn_type": "redis", "host": "127.0.0.1", "port": redis_server.port}
    hook = paced(connection)
    for number in range(3):
        hook.ensure_room({"name": f"r{number}"})
    redis_server.stop()
    for number in range(3, 6):
        hook.ensure_room({"name": f"r{number}"})
    assert len(rooms_sandbox.rooms(LIMITED.conn_type)) == 6
    assert rooms_sandbox.limits(LIMITED.conn_type)["refused"] == {"reads": 0, "writes": 0}


@pytest.mark.asyncio
async def test_an_event_loop_takes_turns_too(redis_server: Server, rooms_sandbox: RoomsSandbox, paced: Any) -> None:
    hook = paced({"conn_type": "redis", "host": "127.0.0.1", "port": redis_server.port}, writes_per_second=4)
    began = time.monotonic()
    async with hook.aio as rooms:
        for number in range(3):
            await rooms.ensure_room({"name": f"r{number}"})
    assert time.monotonic() - began >= 0.5
    assert len(rooms_sandbox.rooms(LIMITED.conn_type)) == 3


@pytest.mark.parametrize(
    ("pace", "error", "words"),
    [
        (None, ConnectionNotFoundError, "shared_pace"),
        ({"conn_type": "http"}, InvalidConnectionError, "pace_conn_id.*expected 'redis'"),
        ({"conn_type": "redis", "extra": {"db": "one"}}, InvalidConnectionError, "must be numbers"),
    ],
)
def test_a_store_that_cannot_be_one_is_named(pace: Any, error: Any, words: str, paced: Any) -> None:
    with pytest.raises(error, match=words):
        paced(pace).ensure_room({"name": "x"})
