"""Our own hooks, beside the vendors' published clients."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from sent import Delivery
from vendor_traits import TRAITS

from airflow_provider_rooms.hooks import get_rooms_hook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


@pytest.fixture(autouse=True)
def _connections(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for traits in TRAITS:
        connection = rooms_sandbox.connection(traits.conn_type)
        connection["extra"] = {**connection["extra"], **traits.settings}
        monkeypatch.setenv(f"AIRFLOW_CONN_{traits.conn_id.upper()}", json.dumps(connection))


@pytest.fixture
def took() -> Iterator[tuple[str, list[Delivery]]]:
    """The URL of a server that takes whatever comes, and what it took."""
    taken: list[Delivery] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            url = f"http://{self.headers['host']}{self.path}"
            taken.append({"method": self.command, "url": url, "headers": headers, "body": body})
            self.send_response(200)
            self.end_headers()

        do_GET = do_POST = _take  # noqa: N815 - names of the base class

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook?tenant=7", taken
    server.shutdown()
    server.server_close()


@pytest.fixture
def sent(rooms_sandbox: RoomsSandbox, took: tuple[str, list[Delivery]], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Plays a class at a vendor; answers its webhooks."""

    def send(vendor: str, **webhook: str) -> list[Delivery]:
        url, taken = took
        monkeypatch.setenv("AIRFLOW_CONN_SCHOOL", json.dumps(rooms_sandbox.connection(vendor)))
        hook = get_rooms_hook("school")
        hook.ensure_room({"name": "algebra-1", "webhook": {"url": url, **webhook}})
        name = "algebra-1"
        rooms_sandbox.start_session(vendor, name, ["Ada & Bob =1", "Zoë"])
        rooms_sandbox.recording(vendor, name, "start")
        rooms_sandbox.end_session(vendor, name)
        rooms_sandbox.recording(vendor, name, "complete")
        until = time.monotonic() + 20
        while not all(row["attempts"] for row in rooms_sandbox.deliveries(vendor)):
            assert time.monotonic() < until, "not all were delivered"
            time.sleep(0.05)
        return taken

    return send
