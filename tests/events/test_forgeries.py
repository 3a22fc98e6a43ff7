"""Whatever comes from outside and is not a vendor's delivery for its connection: refused alike, stored nowhere, logged nowhere.

Each forgery is sent to both receivers, the one in Airflow's API server and the one on its own.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import json
import logging
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from airflow_server import serving
from events_help import Kept
from test_receive import NOWHERE, Process

from airflow_provider_rooms.events.receiver import Receiver
from airflow_provider_rooms.sandbox.credentials import SECRET
from airflow_provider_rooms.sandbox.server import SandboxServer
from airflow_provider_rooms.sandbox.videosdk.webhooks import _signed as signed_by_videosdk
from airflow_provider_rooms.vendors import VENDORS

SHARED_KEY = "shared-key-of-twilio"
URL = "https://hooks.example.test/rooms/webhooks/{conn_id}"
HEADERS = {"X-Rooms": "header-of-the-school"}
WORKSPACE = "secret-of-the-workspace"
#: What a connection needs beside the sandbox's credentials; some have more than they need, to have it checked.
CONNECTIONS: dict[str, dict[str, Any]] = {
    "videosdk": {"webhook_url": f"{URL}?key=known-to-few"},
    "hundredms": {"webhook_headers": HEADERS, "webhook_secret": WORKSPACE},
    "twilio_video": {"auth_token": SECRET},
}
#: In everything that is forged; nowhere in a log.
CANARY = "planted-canary"
NOW = dt.datetime.now(dt.UTC)
HOUR, WEEK = dt.timedelta(hours=1), dt.timedelta(days=7)


@dataclass(frozen=True)
class Sent:
    """One request, at the path of a connection."""

    conn_id: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "POST"
    query: str = ""

    def with_headers(self, change: Callable[[str, str], list[tuple[str, str]]]) -> Sent:
        """With each of the headers that prove something changed."""
        return replace(self, headers=tuple(pair for name, value in self.headers for pair in change(name, value)))


@dataclass
class Place:
    """A receiver: where it is, what it stored, what it logged."""

    url: str
    stored: Callable[[], list[str]]
    logged: Callable[[], str]

    def answers(self, *sent: Sent) -> list[tuple[int, str, Mapping[str, str], float]]:
        """What each request is answered, all of them at the same time, and after how many seconds."""

        async def one(client: httpx.AsyncClient, each: Sent) -> Any:
            start = time.monotonic()
            query = f"?{each.query}" if each.query else ""
            answer = await client.request(
                each.method,
                f"{self.url}/rooms/webhooks/{each.conn_id}{query}",
                content=each.body,
                headers=[(name.encode(), value.encode("latin-1")) for name, value in each.headers],
            )
            return answer.status_code, answer.text, answer.headers, time.monotonic() - start

        async def all_of_them() -> Any:
            async with httpx.AsyncClient(timeout=60) as client:
                return await asyncio.gather(*(one(client, each) for each in sent))

        found: list[tuple[int, str, Mapping[str, str], float]] = asyncio.run(all_of_them())
        return found


# -- genuine deliveries ---------------------------------------------------------------------------------------------------


def event_of(vendor: str, happened: dt.datetime = NOW, **more: str) -> bytes:
    """The body of a delivery that tells of a session's end (Twilio: a room's)."""
    when = happened.isoformat(timespec="milliseconds")
    ids = {"session": f"{vendor}-1", **more}
    if vendor == "videosdk":
        data = {"meetingId": "m", "sessionId": ids["session"], "start": when, "end": when, "note": CANARY}
        return json.dumps({"webhookType": "session-ended", "data": data}).encode()
    if vendor == "hundredms":
        data = {"room_id": "r", "session_id": ids["session"], "session_stopped_at": when, "note": CANARY}
        return json.dumps({"type": "session.close.success", "timestamp": when, "data": data}).encode()
    form = {"AccountSid": "AC" + "0" * 32, "RoomSid": ids["session"], "StatusCallbackEvent": "room-ended"}
    return urlencode({**form, "Timestamp": when.replace("+00:00", "Z"), "RoomName": CANARY}).encode()


def twilio_signature(
    body: bytes, key: str = SECRET, url: str = URL.format(conn_id="twilio_video_school"), algorithm: Any = hashlib.sha1
) -> str:
    text = url + "".join(name + value for name, value in sorted(parse_qsl(body.decode(), keep_blank_values=True)))
    return base64.b64encode(hmac.new(key.encode(), text.encode(), algorithm).digest()).decode()


def genuine(vendor: str, body: bytes | None = None) -> Sent:
    """As the vendor would send it."""
    body = event_of(vendor) if body is None else body
    conn_id = f"{vendor}_school"
    if vendor == "videosdk":
        signature = signed_by_videosdk(body)["videosdk-signature"]
        return Sent(conn_id, body, (("videosdk-signature", signature),), query="key=known-to-few")
    if vendor == "hundredms":
        signature = hmac.new(WORKSPACE.encode(), body, hashlib.sha256).hexdigest()
        return Sent(conn_id, body, (*HEADERS.items(), ("x-100ms-signature", signature)))
    return Sent(conn_id, body, (("X-Twilio-Signature", twilio_signature(body)),))


def _foreign(vendor: str) -> Sent:
    """Signed as another connection's are."""
    told = genuine(vendor)
    if vendor == "videosdk":
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
        from cryptography.hazmat.primitives.hashes import SHA256

        signature = generate_private_key(public_exponent=65537, key_size=2048).sign(told.body, PKCS1v15(), SHA256())
        return replace(told, headers=(("videosdk-signature", base64.b64encode(signature).decode()),))
    if vendor == "hundredms":
        signature = hmac.new(b"another", told.body, hashlib.sha256).hexdigest()
        return replace(told, headers=(*HEADERS.items(), ("x-100ms-signature", signature)))
    return replace(told, headers=(("X-Twilio-Signature", twilio_signature(told.body, key="another")),))


def _other_url(vendor: str) -> list[Sent]:
    """Genuine, but for another address."""
    told = genuine(vendor)
    elsewhere = replace(told, conn_id=f"{vendor}_other")
    if vendor == "videosdk":  # whose signature says nothing of the address
        return [replace(told, query=query) for query in ("", "key=guess", "key=known-to-few&x=1")]
    if vendor == "hundredms":
        return [elsewhere]
    moved = twilio_signature(told.body, url=URL.format(conn_id="elsewhere"))
    return [elsewhere, replace(told, headers=(("X-Twilio-Signature", moved),))]


FORGERIES: dict[str, Callable[[str], list[Sent]]] = {
    "wrong signature": lambda vendor: [
        genuine(vendor).with_headers(lambda name, value, change=change: [(name, change(value))])
        for change in (
            lambda value: value[:-6] + "AAAAA=",
            lambda value: value.swapcase(),
            lambda value: "",
            lambda value: CANARY,
            lambda value: value + value,
            lambda value: "é" * 20,
        )
    ],
    "signature of another connection": lambda vendor: [_foreign(vendor)],
    "another body": lambda vendor: [
        replace(genuine(vendor), body=body)
        for body in (event_of(vendor, session="s-2"), event_of(vendor) + b" ", event_of(vendor)[:-1], b"")
    ],
    "another URL": _other_url,
    "stripped header": lambda vendor: (
        [
            genuine(vendor).with_headers(lambda name, value, gone=gone: [] if name == gone else [(name, value)])
            for gone, _ in genuine(vendor).headers
        ]
        + [replace(genuine(vendor), headers=())]
    ),
    "header twice": lambda vendor: [
        genuine(vendor).with_headers(lambda name, value: [(name, value), (name, value)]),
        genuine(vendor).with_headers(lambda name, value: [(name, value), (name, CANARY)]),
    ],
    "replay after a week": lambda vendor: [genuine(vendor, event_of(vendor, NOW - WEEK - HOUR, session="old"))],
    "another method": lambda vendor: [
        replace(genuine(vendor), method=method) for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")
    ],
    "deep JSON": lambda vendor: [
        Sent(f"{vendor}_school", body, (("content-type", "application/json"),))
        for body in (b"[" * 100_000, b'{"a":' * 40_000 + b"1" + b"}" * 40_000, b'{"webhookType":"' + b"[" * 50_000)
    ],
    "form bombs": lambda vendor: [
        replace(genuine(vendor), body=body)
        for body in (
            "&".join(f"a{n}=1" for n in range(30_000)).encode(),
            b"a=" + b"%41" * 80_000,
            b"&" * 200_000,
            b"a=%FF%FE&b=%",
        )
    ],
    "odd ids": lambda vendor: [
        replace(genuine(vendor), conn_id=conn_id)
        for conn_id in (
            "",
            "nobody",
            CANARY,
            f"{vendor}_school%00",
            f"{vendor}_school/x",
            "..%2F..%2Fetc%2Fpasswd",
            "%F0%9F%92%A3",
            "a" * 5000,
            f"{vendor}_school%09X-Injected:%20{CANARY}",
            "{{ var.value.x }}",
        )
    ],
    "takes no part": lambda vendor: [replace(genuine(vendor), conn_id=f"{vendor}_quiet")],
}
#: Where only one vendor can be meant.
OF_ONE: dict[str, tuple[str, Callable[[], list[Sent]]]] = {
    "SHA-1 where a shared key is set": (
        "twilio_video",
        lambda: [
            replace(
                genuine("twilio_video"),
                conn_id="twilio_video_shared",
                headers=(
                    (
                        "X-Twilio-Signature",
                        twilio_signature(event_of("twilio_video"), url=URL.format(conn_id="twilio_video_shared")),
                    ),
                    *settings,
                ),
            )
            for settings in (
                (),
                (("X-Twilio-Webhooks-Signature-Settings", "key=k,algorithm=HMAC_SHA256"),),
                (("X-Twilio-Webhooks-Signature-Settings", "key=k,algorithm=HMAC_SHA1"),),
            )
        ],
    ),
}


# -- the receivers --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def _connections() -> Iterator[None]:
    """For each vendor one that takes part, another one, and one that does not."""
    with SandboxServer() as box, pytest.MonkeyPatch.context() as patch:
        from airflow_provider_rooms.sandbox.client import RoomsSandbox

        sandbox = RoomsSandbox(box.url)
        for vendor in VENDORS:
            own = CONNECTIONS.get(vendor, {})
            secrets = {name: f"another-{name}" for name in ("auth_token", "webhook_secret") if name in own}
            headers = {"webhook_headers": {"X-Rooms": "another"}} if "webhook_headers" in own else {}
            kinds: dict[str, dict[str, Any]] = {
                "school": own,
                "other": {**own, **secrets, **headers},
                "quiet": {name: value for name, value in own.items() if name != "webhook_url"},
            }
            if vendor == "twilio_video":
                kinds["shared"] = {**own, "webhook_secret": SHARED_KEY}
            for kind, extra in kinds.items():
                conn_id = f"{vendor}_{kind}"
                connection = sandbox.connection(vendor)
                url = {} if kind == "quiet" else {"webhook_url": own.get("webhook_url", URL).format(conn_id=conn_id)}
                connection["extra"] = {**connection.get("extra", {}), **extra, **url}
                patch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
        yield


@pytest.fixture(scope="module", params=["in Airflow's API server", "on its own"])
def place(
    request: pytest.FixtureRequest, _connections: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A receiver."""
    if request.param == "on its own":
        state = tmp_path_factory.mktemp("receiver") / "state"
        process = Process(NOWHERE, state)

        def stored() -> list[str]:
            process.end()
            with sqlite3.connect(state) as db:
                return [row[0] for row in db.execute("SELECT id FROM events")]

        yield Place(process.url, stored, process.text)
        if process._process.poll() is None:
            process.end()
        return
    from fastapi import FastAPI

    kept, lines = Kept(), []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage() + str(record.exc_info or ""))

    handler = Handler()
    logging.getLogger().addHandler(handler)
    app = FastAPI()
    app.mount("/rooms/webhooks", Receiver(kept))
    with serving(app) as url:
        yield Place(url, lambda: list(kept.events), lambda: "\n".join(lines))
    logging.getLogger().removeHandler(handler)


# -- the table ------------------------------------------------------------------------------------------------------------


def _cases() -> list[Any]:
    rows = [
        (vendor, name, lambda vendor=vendor, make=make: make(vendor))
        for name, make in FORGERIES.items()
        for vendor in VENDORS
    ]
    rows += [(vendor, name, make) for name, (vendor, make) in OF_ONE.items()]
    return [pytest.param(make, id=f"{vendor}: {name}") for vendor, name, make in rows]


@pytest.mark.parametrize("make", _cases())
def test_forgeries_are_refused_alike(make: Callable[[], list[Sent]], place: Place) -> None:
    sent = make()
    for each, (status, text, headers, seconds) in zip(sent, place.answers(*sent), strict=True):
        assert (status, text) == (403, "refused"), each.conn_id
        assert seconds >= 0.5
        assert CANARY not in str(headers)


def test_all_refusals_look_the_same(place: Place) -> None:
    sent = [
        each for make in FORGERIES.values() for vendor in VENDORS for each in make(vendor)[:1] if each.method == "POST"
    ]
    looks = {
        (status, text, tuple(sorted((name, value) for name, value in headers.items() if name != "date")))
        for status, text, headers, _ in place.answers(*sent)
    }
    assert len(looks) == 1


def test_a_body_of_100_mib_is_answered_before_it_is_sent(place: Place) -> None:
    address = urlsplit(place.url)
    for framing, more in (
        (b"Content-Length: 104857600", b"x" * 300_000),
        (b"Transfer-Encoding: chunked", b"40000\r\n" + b"x" * 0x40000 + b"\r\n40000\r\n" + b"x" * 0x40000 + b"\r\n"),
    ):
        with socket.create_connection((address.hostname, address.port), 20) as link:
            link.sendall(b"POST /rooms/webhooks/videosdk_school HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n" + more)
            assert b" 413 " in link.recv(2000)


@pytest.mark.slow
def test_a_slow_body_is_not_waited_for(place: Place) -> None:
    address = urlsplit(place.url)
    with socket.create_connection((address.hostname, address.port), 20) as link:
        link.sendall(b"POST /rooms/webhooks/videosdk_school HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
        start = time.monotonic()
        link.settimeout(0.5)
        answer = b""
        while not answer and time.monotonic() < start + 20:
            link.sendall(b"x")
            try:
                answer = link.recv(2000)
            except TimeoutError:
                continue
        assert b" 403 " in answer
        assert 9 < time.monotonic() - start < 15


def test_what_is_not_http_ends_nothing(place: Place) -> None:
    address = urlsplit(place.url)
    for garbage in (
        b"\x16\x03\x01\x02\x00\x01",
        b"GET\r\n\r\n",
        CANARY.encode() * 2000,
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ):
        with socket.create_connection((address.hostname, address.port), 20) as link:
            link.sendall(garbage + b"\r\n\r\n")
            link.settimeout(5)
            try:
                link.recv(2000)
            except (TimeoutError, ConnectionError):
                pass


def test_in_the_end_only_what_is_genuine_is_stored_and_nothing_is_logged(place: Place) -> None:
    """Runs last: the receivers have seen all of the above."""
    answers = place.answers(*(genuine(vendor) for vendor in VENDORS), *(genuine(vendor) for vendor in VENDORS))
    assert [(status, text) for status, text, _, _ in answers] == [(200, "stored")] * 2 * len(VENDORS)
    logged = place.logged()
    for secret in (CANARY, SECRET, WORKSPACE, SHARED_KEY, "known-to-few", "header-of-the-school"):
        assert secret not in logged
    told = {"twilio_video": "room_closed"}
    assert sorted(place.stored()) == sorted(f"{told.get(vendor, 'session_ended')}:{vendor}-1" for vendor in VENDORS)
