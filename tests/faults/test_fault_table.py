"""Everything that can go wrong on the way to a vendor, on three vendors and with both drivers.

A row says what goes wrong, and what comes of it: the outcome or the error, the rooms at the vendor, how many requests it took
and how long. All rows run at once, each on a wire of its own; the tests read the results.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import wire as w
from wire import Fault, Wire

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.sandbox import credentials
from airflow_provider_rooms.transport.drivers import AsyncTransport, BlockingTransport
from airflow_provider_rooms.transport.network import async_client, blocking_session
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.ensure import ensure_room
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Patience, Runtime

VENDORS = ("videosdk", "hundredms", "twilio_video")
MODES = ("blocking", "async")
SIGN_IN = {
    "videosdk": (credentials.KEY, credentials.SECRET),
    "hundredms": (credentials.KEY, credentials.SECRET),
    "twilio_video": (credentials.TWILIO_API_KEY, credentials.TWILIO_SECRET),
}
PREFIX = {"videosdk": "videosdk", "hundredms": "hundredms", "twilio_video": "twilio"}
NAME_KEYS = {"videosdk": "customRoomId", "hundredms": "name", "twilio_video": "unique_name"}

#: Seconds that one answer may take where a row is about just that. Elsewhere it is long: many rows run at once.
TIMEOUT = 1.0
PATIENCE = Patience(tries=5, first_wait=0.02, longest_wait=0.1, hold=3.0, deadline=10.0, total=20.0)

# GETs per vendor: the look-up before, and the reading back, which Twilio's answer makes needless.
FRESH = (2, 3, 2)
LOOK_UP = (1, 2, 2)
NONE = (0, 0, 0)
#: Twilio answers a second create by "room exists", and the room is read by its name.
AGAIN = (2, 3, 3)
#: After the last try, the name is looked up once more: the room is there.
GIVEN_UP = (2, 4, 3)
#: … or is not.
IN_VAIN = (2, 4, 4)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What goes wrong, and what comes of it.

    :param faults: faults of the wire, made anew for each run.
    :param end: the outcome, or the kind of error.
    :param says: words of the error.
    :param posts: creates sent, per vendor or for all.
    :param gets: reads sent, per vendor; None where it does not matter.
    :param rooms: rooms of the name at the vendor afterwards.
    :param least: seconds it takes at least.
    :param most: seconds it takes at most; generous, as many rows run at once.
    """

    faults: Callable[[], list[Fault]] = list
    end: str | type[Exception] | tuple[type[Exception], ...] = "created"
    says: str = ""
    posts: int | tuple[int, int, int] | None = 1
    gets: tuple[int, int, int] | None = FRESH
    rooms: int = 1
    least: float = 0.0
    most: float = 8.0
    retry_after: float | None = None
    patience: Patience = PATIENCE
    config: dict[str, Any] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    runtime: Callable[[], Runtime] = Runtime
    url: str = ""
    status: int | None = None


def on(method: str, act: w.Act, times: int = 1, path: str = "") -> Callable[[], list[Fault]]:
    return lambda: [Fault(method, act, times, path)]


def post(act: w.Act, times: int = 1) -> Callable[[], list[Fault]]:
    return on("POST", act, times)


def get(act: w.Act, times: int = 1) -> Callable[[], list[Fault]]:
    return on("GET", act, times)


ALWAYS = -1
Lost, Down, Spoilt, Limited = (
    errors.TransportError,
    errors.VendorDownError,
    errors.UnreadableAnswerError,
    errors.RateLimitError,
)


def http_date(seconds: float) -> Callable[[w.Exchange], None]:
    """429 with a date that far in the future."""

    def act(exchange: w.Exchange) -> None:
        when = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
        exchange.send(429, {"retry-after": email.utils.format_datetime(when, usegmt=True)}, b"{}")

    return act


def nested(_: Any) -> bytes:
    return b"[" * 3000 + b"]" * 3000


def other_name(answer: Any) -> Any:
    return {**answer, **{key: "somebody-elses" for key in NAME_KEYS.values() if key in answer}}


def id_as(value: Any) -> Callable[[Any], Any]:
    return lambda answer: {**answer, **{key: value for key in ("roomId", "id", "sid") if key in answer}}


def without_extras(answer: Any) -> Any:
    kept = ("roomId", "id", "sid", "disabled", "enabled", "status")
    return {key: value for key, value in answer.items() if key in kept}


class JumpingClock:
    """A clock that is 20 minutes ahead from its third reading on."""

    def __init__(self) -> None:
        self.read = 0

    def __call__(self) -> float:
        self.read += 1
        return time.time() + (1200 if self.read > 3 else 0)


def busy_port() -> str:
    """A port that takes no more connections: its queue is full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(3):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        _KEPT.append(filler)
    _KEPT.append(listener)
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def deaf_port() -> str:
    """A port on which nobody listens; it is kept, or a server of another row might get it."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    _KEPT.append(sock)
    return f"http://127.0.0.1:{sock.getsockname()[1]}"


_KEPT: list[socket.socket] = []
_SLOW: dict[str, Any] = {"config": {"timeout": TIMEOUT}, "least": TIMEOUT, "most": TIMEOUT + 5}

ROWS: dict[str, Row] = {
    # 1. the answer is lost after the vendor worked
    "1 no answer in time": Row(faults=post(w.silence), posts=2, gets=AGAIN, **_SLOW),
    "1 reset": Row(faults=post(w.reset_after), posts=2, gets=AGAIN),
    "1 closed without a byte": Row(faults=post(w.ends_after), posts=2, gets=AGAIN),
    "1 half of the body": Row(faults=post(w.half_after), posts=2, gets=AGAIN),
    "1 a body without end": Row(faults=post(w.until_the_end), posts=2, gets=AGAIN, **_SLOW),
    "1 502": Row(faults=post(w.answers(502, "<html>bad gateway", work=True)), posts=2, gets=AGAIN),
    "1 504": Row(faults=post(w.answers(504, work=True)), posts=2, gets=AGAIN),
    "1 reset, four times": Row(faults=post(w.reset_after, 4), posts=5, gets=AGAIN),
    "1 reset, always": Row(faults=post(w.reset_after, ALWAYS), posts=5, gets=GIVEN_UP),
    "1 504, always": Row(faults=post(w.answers(504, work=True), ALWAYS), posts=5, gets=GIVEN_UP),
    "1 the reading back is lost": Row(
        faults=lambda: [Fault("GET", w.reset_after, 1, path) for path in ("/v2/rooms/", "/v1/Rooms/RM")],
        gets=None,
    ),
    # 2. it is refused before the work
    "2 reset": Row(faults=post(w.reset_before), posts=2, gets=FRESH),
    "2 reset, always": Row(faults=post(w.reset_before, ALWAYS), posts=5, gets=IN_VAIN, end=Lost, says="reset", rooms=0),
    "2 503": Row(faults=post(w.answers(503)), posts=2, gets=FRESH),
    "2 503, always": Row(
        faults=post(w.answers(503), ALWAYS), posts=5, gets=IN_VAIN, end=Down, rooms=0, status=503, least=0.1
    ),
    "2 503 on reading, always": Row(faults=get(w.answers(503), ALWAYS), posts=0, gets=(5, 5, 5), end=Down, rooms=0),
    "2 a blip on reading": Row(faults=get(w.reset_before), gets=(3, 4, 3)),
    "2 nobody listens": Row(
        url="refused", posts=0, gets=NONE, end=Lost, says="no answer: connection refused", rooms=0, least=0.05
    ),
    "2 no such host": Row(
        url="http://no-such-host.invalid", posts=0, gets=NONE, end=Lost, says="name is not known", rooms=0, most=20
    ),
    "2 no connection in time": Row(
        url="busy", posts=0, gets=NONE, end=errors.DeadlineError, says="within 0.5 s", rooms=0,
        config={"timeout": 0.5}, patience=Patience(tries=3, first_wait=0.02, longest_wait=0.1), least=1.5, most=6
    ),
    "2 no TLS": Row(url="https", posts=0, gets=NONE, end=Lost, says="TLS failed", rooms=0),
    "2 no HTTP": Row(faults=on("*", w.no_http, ALWAYS), posts=0, gets=(5, 5, 5), end=Lost, rooms=0),
    # 5. too many requests
    "5 wait in seconds": Row(
        faults=post(w.answers(429, retry_after="1")), posts=2, gets=FRESH, least=1.0
    ),
    "5 wait as a date": Row(faults=post(http_date(2.5)), posts=2, gets=FRESH, least=1.0, most=6),
    "5 a date in the past": Row(faults=post(http_date(-60)), posts=2, gets=FRESH),
    "5 no wait": Row(faults=post(w.answers(429)), posts=2, gets=FRESH),
    "5 a negative wait": Row(faults=post(w.answers(429, retry_after="-5")), posts=2, gets=FRESH),
    "5 a wait in words": Row(faults=post(w.answers(429, retry_after="soon")), posts=2, gets=FRESH),
    "5 a year": Row(
        faults=post(w.answers(429, retry_after="31536000"), ALWAYS),
        gets=LOOK_UP, end=Limited, rooms=0, retry_after=3600, status=429, most=8,
    ),
    "5 a wait in the text": Row(
        faults=post(w.answers(429, {"code": 429, "message": "rate limit exceeded, retry after 45 seconds"}), ALWAYS),
        gets=LOOK_UP, end=Limited, rooms=0, retry_after=45, most=8,
    ),
    "5 more often than there are tries": Row(
        faults=post(w.answers(429), 3), posts=4, gets=FRESH, least=2.0, most=15, patience=replace(PATIENCE, tries=2)
    ),
    "5 always": Row(
        faults=post(w.answers(429), ALWAYS), posts=None, gets=LOOK_UP, end=Limited, rooms=0, least=1.0, most=12,
        patience=replace(PATIENCE, throttled=1.0),
    ),
    "5 longer than all tries may take": Row(
        faults=post(w.answers(429, retry_after="1"), 3), posts=4, gets=FRESH, least=3.0, most=15,
        patience=replace(PATIENCE, deadline=2.0, total=2.5),
    ),
    "5 503 with a wait": Row(
        faults=post(w.answers(503, retry_after="120"), ALWAYS), gets=IN_VAIN, end=Down, rooms=0, retry_after=120
    ),
    # 6. slow answers
    "6 headers drip": Row(faults=post(w.drips_headers), posts=2, gets=AGAIN, **_SLOW),
    "6 the body drips": Row(faults=post(w.drips_body), posts=2, gets=AGAIN, **_SLOW),
    "6 100 continue, for ever": Row(faults=post(w.goes_on_continuing), posts=2, gets=AGAIN, **_SLOW),
    "6 reading drips, always": Row(
        faults=get(w.drips_body, ALWAYS), posts=0, gets=None, end=errors.DeadlineError, rooms=0,
        config={"timeout": 0.4}, patience=Patience(tries=9, first_wait=0.02, longest_wait=0.1, deadline=1.0),
        least=0.8, most=6,
    ),
    "6 creating drips, always": Row(
        faults=post(w.drips_body, ALWAYS), posts=3, gets=None,
        config={"timeout": 1.0}, patience=Patience(tries=9, first_wait=0.02, longest_wait=0.02, deadline=2.9),
        least=2.8, most=9,
    ),
    "6 the whole is bounded": Row(
        faults=post(w.answers(503), ALWAYS),
        # A last try that has milliseconds left is cut short, and then there is no time to look what became of it.
        posts=None, gets=None, end=(Down, errors.DeadlineError), rooms=0, least=5, most=14,
        patience=Patience(tries=99, first_wait=0.3, longest_wait=0.3, deadline=90, total=6),
    ),
    # 7. odd bodies
    "7 empty": Row(faults=post(w.answers(200, work=True)), posts=2, gets=AGAIN),
    "7 cut short": Row(faults=post(w.answers(200, '{"id": "abc', work=True)), posts=2, gets=AGAIN),
    "7 HTML": Row(faults=post(w.answers(200, "<!doctype html><title>login", work=True)), posts=2, gets=AGAIN),
    "7 XML": Row(faults=post(w.answers(200, "<?xml version='1.0'?><a/>", work=True)), posts=2, gets=AGAIN),
    "7 another charset": Row(faults=post(w.answers(200, b'{"id": "\xff\xfe"}', work=True)), posts=2, gets=AGAIN),
    "7 a bare text": Row(faults=post(w.answers(200, '"created"', work=True)), posts=2, gets=AGAIN),
    "7 a list": Row(faults=post(w.answers(200, "[]", work=True)), posts=2, gets=AGAIN),
    "7 nothing in it": Row(faults=post(w.answers(200, "{}", work=True)), posts=2, gets=AGAIN),
    "7 null as id": Row(faults=post(w.spoils(id_as(None))), posts=2, gets=AGAIN),
    "7 a number as id": Row(faults=post(w.spoils(id_as(7))), posts=2, gets=AGAIN),
    "7 deeply nested": Row(faults=post(w.spoils(nested)), posts=2, gets=AGAIN),
    "7 a bomb": Row(faults=post(w.bomb), posts=2, gets=AGAIN),
    "7 not gzip": Row(faults=post(w.spoils(lambda a: a, content_encoding="gzip")), posts=2, gets=AGAIN),
    "7 gone mad": Row(faults=post(w.answers(200, "<html>", work=True), ALWAYS), posts=5, gets=GIVEN_UP),
    "7 gone mad without working": Row(
        faults=post(w.answers(200, "<html>"), ALWAYS), posts=5, gets=IN_VAIN, end=Spoilt, rooms=0, says="an HTML page"
    ),
    "7 reading gone mad": Row(
        faults=get(w.answers(200, "<html>"), ALWAYS), posts=0, gets=(5, 5, 5), end=Spoilt, rooms=0
    ),
    "7 a list that is none": Row(faults=get(w.answers(200, '{"data": 5, "rooms": 5}')), gets=(3, 4, 3)),
    "7 unknown fields": Row(faults=post(w.spoils(lambda a: {**a, "novel": {"x": [1]}})), gets=FRESH),
    "7 optional fields missing": Row(faults=on("*", w.spoils(without_extras), ALWAYS, "/x-never"), gets=FRESH),
    "7 an error page": Row(
        faults=post(w.answers(500, "<html>oops"), ALWAYS), posts=5, gets=IN_VAIN, end=Down, says="an HTML page", rooms=0
    ),
    # 8. answers that lie
    "8 200 with an error in it": Row(faults=post(w.answers(200, {"error": "no"}, work=True)), posts=2, gets=AGAIN),
    "8 another room": Row(faults=post(w.spoils(other_name)), posts=2, gets=AGAIN),
    "8 another room, always": Row(faults=post(w.spoils(other_name), ALWAYS), posts=(5, 5, 2), gets=(2, 4, 3)),
    # 9. signing in
    "9 ten minutes ahead": Row(runtime=lambda: Runtime(wall=lambda: time.time() + 600), gets=None),
    "9 ten minutes behind": Row(runtime=lambda: Runtime(wall=lambda: time.time() - 600), gets=None),
    "9 a day ahead": Row(runtime=lambda: Runtime(wall=lambda: time.time() + 86400), gets=None),
    "9 a day behind": Row(runtime=lambda: Runtime(wall=lambda: time.time() - 86400), gets=None),
    "9 the clock jumps between tries": Row(
        faults=post(w.answers(503), 2), runtime=lambda: Runtime(wall=JumpingClock()), posts=None, gets=None
    ),
    "9 the token is refused once": Row(faults=post(w.answers(401)), posts=(2, 2, 1), gets=None, end="jwt"),
    "9 a wrong secret": Row(
        config={"secret": "quite-another-secret-than-the-right-one"},
        posts=0, gets=(2, 2, 1), end=errors.AuthenticationError, rooms=0, status=401, most=8,
    ),
    "9 a missing right": Row(
        faults=post(w.answers(403, {"message": "no"})), gets=LOOK_UP, end=errors.AccessDeniedError, rooms=0, status=403
    ),
    "9 refused": Row(
        faults=post(w.answers(400, {"message": "bad"})), gets=LOOK_UP, end=errors.RequestRefusedError, rooms=0
    ),
    # 16. elsewhere
    "16 a redirect": Row(
        faults=on("*", w.answers(307, location="http://127.0.0.1:1/elsewhere"), ALWAYS),
        posts=0, gets=(1, 1, 1), end=errors.RequestRefusedError, says="redirects elsewhere", rooms=0, status=307,
    ),
    "16 a redirect of the create": Row(
        faults=post(w.answers(302, location="/v2/rooms"), ALWAYS),
        gets=LOOK_UP, end=errors.RequestRefusedError, says="redirects elsewhere", rooms=0, status=302,
    ),
}  # fmt: skip


@dataclass
class Result:
    """What came of a row."""

    end: Room | BaseException
    seconds: float
    wire: Wire
    rooms: list[dict[str, Any]]


class World:
    """Runs rows, many at once."""

    def __init__(self, sandbox: Any, pool: ThreadPoolExecutor) -> None:
        self._sandbox = sandbox
        self._pool = pool
        self._running: dict[tuple[str, str, str], Future[Result]] = {}
        self._urls = {"refused": deaf_port(), "busy": busy_port()}
        # Python's resolver and TLS start slowly the first time: not on any row's account.
        blocking_session()
        async_client()

    def start(self, row: str, conn_type: str, mode: str) -> None:
        self._running[row, conn_type, mode] = self._pool.submit(self._run, row, conn_type, mode)

    def result(self, row: str, conn_type: str, mode: str) -> Result:
        return self._running[row, conn_type, mode].result(timeout=120)

    def _run(self, key: str, conn_type: str, mode: str) -> Result:
        row = ROWS[key]
        name = f"{list(ROWS).index(key)}-{mode}"
        with Wire(self._sandbox.url, row.faults()) as wire:
            url = self._urls.get(row.url, row.url) or wire.url
            if row.url == "https":
                url = wire.url.replace("http:", "https:")
            login, secret = SIGN_IN[conn_type]
            given = {"key": login, "secret": secret, "timeout": 20.0, **row.config}
            config = Config(conn_id="c", base_url=f"{url}/{PREFIX[conn_type]}", **given)
            vendor = vendor_class(conn_type)(config, runtime=row.runtime(), patience=row.patience)
            flow = ensure_room(vendor, RoomSpec.read({"name": name, **row.spec}))
            began = time.monotonic()
            end: Room | BaseException
            try:
                if mode == "blocking":
                    with blocking_session() as session:
                        end = BlockingTransport(session, config.base_url).run(flow)
                else:
                    end = asyncio.run(self._awaited(flow, config.base_url))
            except Exception as error:  # noqa: BLE001 - the test looks at it
                end = error
            seconds = time.monotonic() - began
        rooms = [room for room in self._sandbox.rooms(conn_type) if room[NAME_KEYS[conn_type]] == name]
        return Result(end, seconds, wire, rooms)

    async def _awaited(self, flow: Any, base_url: str) -> Any:
        async with async_client() as client:
            return await AsyncTransport(client, base_url).run(flow)


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest, _rooms_sandbox_server: Any) -> Iterator[World]:
    """All selected rows, started."""
    _rooms_sandbox_server.reset()
    _rooms_sandbox_server.limit("twilio")  # many rows at once, each with a pace of its own: no row is about all of them
    selected = [item.callspec.params for item in request.session.items if getattr(item, "callspec", None) is not None]
    with ThreadPoolExecutor(16) as pool:
        world = World(_rooms_sandbox_server, pool)
        for params in selected:
            if {"row", "conn_type", "mode"} <= set(params):
                world.start(params["row"], params["conn_type"], params["mode"])
        yield world


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("conn_type", VENDORS)
@pytest.mark.parametrize("row", ROWS)
def test_whatever_goes_wrong_ends_as_the_table_says(row: str, conn_type: str, mode: str, world: World) -> None:
    expected, result = ROWS[row], world.result(row, conn_type, mode)
    number = VENDORS.index(conn_type)
    wanted = expected.end
    rooms = expected.rooms
    if wanted == "jwt":  # what is minted here can be minted anew; a key and its secret cannot
        wanted = errors.AuthenticationError if conn_type == "twilio_video" else "created"
        rooms = 0 if conn_type == "twilio_video" else 1
    if isinstance(wanted, str):
        if isinstance(result.end, BaseException):
            raise result.end
        assert (result.end.outcome, result.end.state) == (wanted, "open")
        assert result.end.id in str(result.rooms)
    else:
        assert isinstance(result.end, wanted), result.end
        assert expected.says in str(result.end)
        if isinstance(result.end, errors.RoomsError):
            assert result.end.vendor
            if expected.status:
                assert result.end.status == expected.status
            assert result.end.retry_after == expected.retry_after
    assert len(result.rooms) == rooms
    if expected.posts is not None:
        posts = expected.posts if isinstance(expected.posts, int) else expected.posts[number]
        assert result.wire.count("POST") == posts
    if expected.gets is not None:
        assert result.wire.count("GET") == expected.gets[number]
    assert expected.least <= result.seconds <= expected.most


def test_no_thread_is_left_behind(world: World) -> None:
    """The watchdogs of the blocking driver end with their requests."""
    time.sleep(0.1)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
