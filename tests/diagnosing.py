"""Testing connections of the sandbox, and hosts that are no vendor's."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_rooms.hooks import get_rooms_hook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


CANARY = "canary-that-nobody-may-see"


@pytest.fixture
def ask(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[bool, str]]:
    """Test the sandbox's connection of a type, with changes."""

    def test(conn_type: str, **changes: Any) -> tuple[bool, str]:
        connection = rooms_sandbox.connection(conn_type) | changes
        monkeypatch.setenv("AIRFLOW_CONN_ROOMS", json.dumps(connection))
        began = time.monotonic()
        works, told = get_rooms_hook("rooms").test_connection()
        assert time.monotonic() - began < 5.5
        for secret in (connection["password"], CANARY):
            assert secret not in told
        return works, told

    return test


@pytest.fixture
def server() -> Iterator[Callable[[bytes], str]]:
    """A host that answers every request with the given bytes; an empty answer means that it says nothing at all."""
    listeners: list[socket.socket] = []

    def serve(answer: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def work() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                except OSError:
                    return
                link.recv(65536)
                if answer:
                    link.sendall(answer)
                    link.close()
                else:
                    listeners.append(link)

        threading.Thread(target=work, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield serve
    for listener in listeners:
        listener.close()


def http(status: int, body: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body.encode())}", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def date_header(seconds: float) -> str:
    """The answer's date, so many seconds from now."""
    return f"Date: {format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds), usegmt=True)}"
