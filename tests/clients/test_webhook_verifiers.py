"""What the sandbox sends is genuine to the vendors' own verifiers, and to ours; anything changed is not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from drive import drive
from twilio.request_validator import RequestValidator

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.credentials import KEY, SECRET, TWILIO_SECRET

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

Delivery = dict[str, Any]
VERIFY = Path(__file__).with_name("verify.mjs")


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
        short, name = vendor.removesuffix("_video"), "algebra-1"
        rooms_sandbox.start_session(short, name, ["Ada & Bob =1", "Zoë"])
        rooms_sandbox.recording(short, name, "start")
        rooms_sandbox.end_session(short, name)
        rooms_sandbox.recording(short, name, "complete")
        until = time.monotonic() + 20
        while not all(row["attempts"] for row in rooms_sandbox.deliveries(short)):
            assert time.monotonic() < until, "not all were delivered"
            time.sleep(0.05)
        return taken

    return send


def changed(delivery: Delivery) -> Delivery:
    """The same with something else in it."""
    if delivery["method"] == "GET":
        return {**delivery, "url": delivery["url"] + "&x=1"}
    return {**delivery, "body": delivery["body"].replace("1", "2")}


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_twilio_for_python_accepts_them(sent: Any, method: str) -> None:
    deliveries = sent("twilio_video", method=method)
    assert len(deliveries) > 6
    validator = RequestValidator(TWILIO_SECRET)
    for delivery in deliveries:
        assert delivery["method"] == method
        assert validator.validate(*_read(delivery))
        assert not validator.validate(*_read(changed(delivery)))


def _read(delivery: Delivery) -> tuple[str, dict[str, str], str]:
    form = dict(parse_qsl(delivery["body"], keep_blank_values=True))
    return delivery["url"], form, delivery["headers"]["x-twilio-signature"]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_twilio_for_node_accepts_them(sent: Any, rooms_sandbox: RoomsSandbox, method: str) -> None:
    deliveries = sent("twilio_video", method=method)
    given = json.dumps([*deliveries, *map(changed, deliveries)])
    seen = drive(VERIFY, "twilio", rooms_sandbox.url, "twilio", KEY, TWILIO_SECRET, stdin=given)["seen"]
    assert seen == [True] * len(deliveries) + [False] * len(deliveries)


@pytest.mark.slow
def test_videosdks_server_sdk_accepts_them(sent: Any, rooms_sandbox: RoomsSandbox) -> None:
    deliveries = sent("videosdk")
    assert len(deliveries) > 5
    given = json.dumps([*deliveries, *map(changed, deliveries)])
    seen = drive(VERIFY, "@videosdk.live/server-sdk", rooms_sandbox.url, "videosdk", KEY, SECRET, stdin=given)["seen"]
    words = [json.loads(delivery["body"])["webhookType"] for delivery in deliveries]
    assert seen == words + ["WebhookVerificationError"] * len(deliveries)
