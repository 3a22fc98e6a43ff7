"""Everything that can go wrong on the way to a vendor: one table for all vendors and both drivers.

A row says what goes wrong, and what comes of it: the outcome or the error, the rooms at the vendor, how many requests it took
and how long.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_provider_rooms import errors
from airflow_provider_rooms.testing import wire as w
from airflow_provider_rooms.testing.rows import By
from airflow_provider_rooms.testing.traits import Traits
from airflow_provider_rooms.testing.wire import Fault
from airflow_provider_rooms.vendors.flow import Patience, Runtime

#: Seconds that one answer may take where a row is about just that. Elsewhere it is long: many rows run at once.
TIMEOUT = 1.0
PATIENCE = Patience(tries=5, first_wait=0.02, longest_wait=0.1, hold=3.0, deadline=10.0, total=20.0)

# How many requests besides creates: the look-up before, and the reading back.
LOOK_UP = By(lambda traits: traits.cost.absent)
FRESH = By(lambda traits: traits.cost.absent + traits.cost.read_back)
ONE_MORE = By(lambda traits: traits.cost.absent + traits.cost.read_back + 1)
#: The second create may be answered by "room exists", and then the room is read by its name.
AGAIN = By(lambda traits: traits.cost.absent + (traits.cost.taken or 0) + traits.cost.read_back)
#: After the last try, the name is looked up once more: the room is there.
GIVEN_UP = By(lambda traits: traits.cost.absent + traits.cost.present)
#: … or is not.
IN_VAIN = By(lambda traits: 2 * traits.cost.absent)

Faults = Callable[[Traits], list[Fault]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """What goes wrong, and what comes of it.

    :param faults: faults of the wire for one vendor, made anew for each run.
    :param end: the outcome, or the kind of error.
    :param says: words of the error.
    :param creates: create requests sent; None where it does not matter.
    :param reads: other requests sent; None where it does not matter.
    :param rooms: rooms of the name at the vendor afterwards.
    :param least: seconds it takes at least.
    :param most: seconds it takes at most; generous, as many rows run at once.
    """

    faults: Faults = lambda traits: []
    end: Any = "created"
    says: str = ""
    creates: Any = 1
    reads: Any = FRESH
    rooms: Any = 1
    least: float = 0.0
    most: float = 8.0
    retry_after: float | None = None
    patience: Patience = PATIENCE
    config: dict[str, Any] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    runtime: Callable[[], Runtime] = Runtime
    url: str = ""
    status: int | None = None


def below(path: str) -> str:
    """A path of the sandbox without the vendor's first part."""
    return re.sub(r"^/[^/]+", "", path)


def creates(traits: Traits) -> Callable[[str, str], bool]:
    """Tells create requests on the wire."""
    return lambda method, path: traits.create.fits(method, below(path))


def create(act: w.Act | By, times: int = 1) -> Faults:
    """This happens to create requests."""
    return lambda traits: [Fault("*", _picked(act, traits), times, fits=creates(traits))]


def read(act: w.Act | By, times: int = 1, passing: int = 0) -> Faults:
    """This happens to all other requests."""

    def faults(traits: Traits) -> list[Fault]:
        is_create = creates(traits)
        fits = lambda method, path: not is_create(method, path)  # noqa: E731
        return [Fault("*", _picked(act, traits), times, fits=fits, passing=passing)]

    return faults


def anything(act: w.Act, times: int = 1) -> Faults:
    """This happens to all requests."""
    return lambda traits: [Fault("*", act, times)]


def spoilt(change: Callable[[Any, Traits], Any], **headers: str) -> By:
    """The vendor's own answer, changed."""
    return By(
        lambda traits: w.spoils(
            lambda body: change(body, traits), read=traits.read_body, write=traits.write_body, **headers
        )
    )


def _picked(act: w.Act | By, traits: Traits) -> w.Act:
    picked: w.Act = act.pick(traits) if isinstance(act, By) else act
    return picked


ALWAYS = -1
Lost, Down, Spoilt, Limited = (
    errors.TransportError,
    errors.VendorDownError,
    errors.UnreadableAnswerError,
    errors.RateLimitError,
)


def http_date(seconds: float) -> w.Act:
    """429 with a date that far in the future."""

    def act(exchange: w.Exchange) -> None:
        when = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
        exchange.send(429, {"retry-after": email.utils.format_datetime(when, usegmt=True)}, b"{}")

    return act


def same(answer: Any, traits: Traits) -> Any:
    """Nothing is changed."""
    return answer


def nested(answer: Any, traits: Traits) -> bytes:
    """A body nested deeper than anybody can mean."""
    return b"[" * 3000 + b"]" * 3000


def other_name(answer: Any, traits: Traits) -> Any:
    """The room of somebody else; an answer without a room stays as it is."""
    key = traits.vendor.name_field
    return {**answer, key: "somebody-elses"} if key in answer else answer


def id_as(value: Any) -> Callable[[Any, Traits], Any]:
    """The room with this id."""
    return lambda answer, traits: {**answer, traits.vendor.id_field: value}


def novel(answer: Any, traits: Traits) -> Any:
    """A field that nobody has heard of."""
    return {**answer, "novel": {"x": [1]}}


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
    "1 no answer in time": Row(faults=create(w.silence), creates=2, reads=AGAIN, **_SLOW),
    "1 reset": Row(faults=create(w.reset_after), creates=2, reads=AGAIN),
    "1 closed without a byte": Row(faults=create(w.ends_after), creates=2, reads=AGAIN),
    "1 half of the body": Row(faults=create(w.half_after), creates=2, reads=AGAIN),
    "1 a body without end": Row(faults=create(w.until_the_end), creates=2, reads=AGAIN, **_SLOW),
    "1 502": Row(faults=create(w.answers(502, "<html>bad gateway", work=True)), creates=2, reads=AGAIN),
    "1 504": Row(faults=create(w.answers(504, work=True)), creates=2, reads=AGAIN),
    "1 reset, four times": Row(faults=create(w.reset_after, 4), creates=5, reads=AGAIN),
    "1 reset, always": Row(faults=create(w.reset_after, ALWAYS), creates=5, reads=GIVEN_UP),
    "1 504, always": Row(faults=create(w.answers(504, work=True), ALWAYS), creates=5, reads=GIVEN_UP),
    "1 the reading back is lost": Row(
        faults=lambda traits: read(w.reset_after, passing=traits.cost.absent)(traits),
        reads=By(lambda traits: traits.cost.absent + 2 * traits.cost.read_back),
    ),
    # 2. it is refused before the work
    "2 reset": Row(faults=create(w.reset_before), creates=2, reads=FRESH),
    "2 reset, always": Row(faults=create(w.reset_before, ALWAYS), creates=5, reads=IN_VAIN, end=Lost, says="reset", rooms=0),
    "2 503": Row(faults=create(w.answers(503)), creates=2, reads=FRESH),
    "2 503, always": Row(
        faults=create(w.answers(503), ALWAYS), creates=5, reads=IN_VAIN, end=Down, rooms=0, status=503, least=0.1
    ),
    "2 503 on reading, always": Row(faults=read(w.answers(503), ALWAYS), creates=0, reads=5, end=Down, rooms=0),
    "2 a blip on reading": Row(faults=read(w.reset_before), reads=ONE_MORE),
    "2 nobody listens": Row(
        url="refused", creates=0, reads=0, end=Lost, says="no response: connection refused", rooms=0, least=0.05
    ),
    "2 no such host": Row(
        url="http://no-such-host.invalid", creates=0, reads=0, end=Lost, says="could not be resolved", rooms=0, most=20
    ),
    "2 no connection in time": Row(
        url="busy", creates=0, reads=0, end=errors.DeadlineError, says="within 0.5 s", rooms=0,
        config={"timeout": 0.5}, patience=Patience(tries=3, first_wait=0.02, longest_wait=0.1), least=1.5, most=6
    ),
    "2 no TLS": Row(url="https", creates=0, reads=0, end=Lost, says="TLS failed", rooms=0),
    "2 no HTTP": Row(faults=anything(w.no_http, ALWAYS), creates=0, reads=5, end=Lost, rooms=0),
    # 5. too many requests
    "5 wait in seconds": Row(
        faults=create(w.answers(429, retry_after="1")), creates=2, reads=FRESH, least=1.0
    ),
    "5 wait as a date": Row(faults=create(http_date(2.5)), creates=2, reads=FRESH, least=1.0, most=6),
    "5 a date in the past": Row(faults=create(http_date(-60)), creates=2, reads=FRESH),
    "5 no wait": Row(faults=create(w.answers(429)), creates=2, reads=FRESH),
    "5 a negative wait": Row(faults=create(w.answers(429, retry_after="-5")), creates=2, reads=FRESH),
    "5 a wait in words": Row(faults=create(w.answers(429, retry_after="soon")), creates=2, reads=FRESH),
    "5 a year": Row(
        faults=create(w.answers(429, retry_after="31536000"), ALWAYS),
        reads=LOOK_UP, end=Limited, rooms=0, retry_after=3600, status=429, most=8,
    ),
    "5 a wait in the text": Row(
        faults=create(w.answers(429, {"code": 429, "message": "rate limit exceeded, retry after 45 seconds"}), ALWAYS),
        reads=LOOK_UP, end=Limited, rooms=0, retry_after=45, most=8,
    ),
    "5 more often than there are tries": Row(
        faults=create(w.answers(429), 3), creates=4, reads=FRESH, least=2.0, most=15, patience=replace(PATIENCE, tries=2)
    ),
    "5 always": Row(
        faults=create(w.answers(429), ALWAYS), creates=None, reads=LOOK_UP, end=Limited, rooms=0, least=1.0, most=12,
        patience=replace(PATIENCE, throttled=1.0),
    ),
    "5 longer than all tries may take": Row(
        faults=create(w.answers(429, retry_after="1"), 3), creates=4, reads=FRESH, least=3.0, most=15,
        patience=replace(PATIENCE, deadline=2.0, total=2.5),
    ),
    "5 503 with a wait": Row(
        faults=create(w.answers(503, retry_after="120"), ALWAYS), reads=IN_VAIN, end=Down, rooms=0, retry_after=120
    ),
    # 6. slow answers
    "6 headers drip": Row(faults=create(w.drips_headers), creates=2, reads=AGAIN, **_SLOW),
    "6 the body drips": Row(faults=create(w.drips_body), creates=2, reads=AGAIN, **_SLOW),
    "6 100 continue, for ever": Row(faults=create(w.goes_on_continuing), creates=2, reads=AGAIN, **_SLOW),
    "6 reading drips, always": Row(
        faults=read(w.drips_body, ALWAYS), creates=0, reads=None, end=errors.DeadlineError, rooms=0,
        config={"timeout": 0.4}, patience=Patience(tries=9, first_wait=0.02, longest_wait=0.1, deadline=1.0),
        least=0.8, most=6,
    ),
    "6 creating drips, always": Row(
        faults=create(w.drips_body, ALWAYS), creates=3, reads=None,
        config={"timeout": 1.0}, patience=Patience(tries=9, first_wait=0.02, longest_wait=0.02, deadline=2.9),
        least=2.8, most=9,
    ),
    "6 the whole is bounded": Row(
        faults=create(w.answers(503), ALWAYS),
        # A last try that has milliseconds left is cut short, and then there is no time to look what became of it.
        creates=None, reads=None, end=(Down, errors.DeadlineError), rooms=0, least=5, most=14,
        patience=Patience(tries=99, first_wait=0.3, longest_wait=0.3, deadline=90, total=6),
    ),
    # 7. odd bodies
    "7 empty": Row(faults=create(w.answers(200, work=True)), creates=2, reads=AGAIN),
    "7 cut short": Row(faults=create(w.answers(200, '{"id": "abc', work=True)), creates=2, reads=AGAIN),
    "7 HTML": Row(faults=create(w.answers(200, "<!doctype html><title>login", work=True)), creates=2, reads=AGAIN),
    "7 XML": Row(faults=create(w.answers(200, "<?xml version='1.0'?><a/>", work=True)), creates=2, reads=AGAIN),
    "7 another charset": Row(faults=create(w.answers(200, b'{"id": "\xff\xfe"}', work=True)), creates=2, reads=AGAIN),
    "7 a bare text": Row(faults=create(w.answers(200, '"created"', work=True)), creates=2, reads=AGAIN),
    "7 a list": Row(faults=create(w.answers(200, "[]", work=True)), creates=2, reads=AGAIN),
    "7 nothing in it": Row(faults=create(w.answers(200, "{}", work=True)), creates=2, reads=AGAIN),
    "7 null as id": Row(faults=create(spoilt(id_as(None))), creates=2, reads=AGAIN),
    "7 a number as id": Row(faults=create(spoilt(id_as(7))), creates=2, reads=AGAIN),
    "7 deeply nested": Row(faults=create(spoilt(nested)), creates=2, reads=AGAIN),
    "7 a bomb": Row(faults=create(w.bomb), creates=2, reads=AGAIN),
    "7 not gzip": Row(faults=create(spoilt(same, content_encoding="gzip")), creates=2, reads=AGAIN),
    "7 gone mad": Row(faults=create(w.answers(200, "<html>", work=True), ALWAYS), creates=5, reads=GIVEN_UP),
    "7 gone mad without working": Row(
        faults=create(w.answers(200, "<html>"), ALWAYS), creates=5, reads=IN_VAIN, end=Spoilt, rooms=0, says="an HTML page"
    ),
    "7 reading gone mad": Row(
        faults=read(w.answers(200, "<html>"), ALWAYS), creates=0, reads=5, end=Spoilt, rooms=0
    ),
    "7 a list that is none": Row(faults=read(w.answers(200, '{"data": 5, "rooms": 5}')), reads=ONE_MORE),
    "7 unknown fields": Row(faults=create(spoilt(novel)), reads=FRESH),
    "7 an error page": Row(
        faults=create(w.answers(500, "<html>oops"), ALWAYS), creates=5, reads=IN_VAIN, end=Down, says="an HTML page", rooms=0
    ),
    # 8. answers that lie
    "8 200 with an error in it": Row(faults=create(w.answers(200, {"error": "no"}, work=True)), creates=2, reads=AGAIN),
    "8 another room": Row(faults=create(spoilt(other_name)), creates=2, reads=AGAIN),
    "8 another room, always": Row(
        faults=create(spoilt(other_name), ALWAYS),
        creates=By(lambda traits: 5 if traits.cost.taken is None else 2),
        reads=By(lambda traits: (GIVEN_UP if traits.cost.taken is None else AGAIN).pick(traits)),
    ),
    # 9. signing in
    "9 ten minutes ahead": Row(runtime=lambda: Runtime(wall=lambda: time.time() + 600), reads=None),
    "9 ten minutes behind": Row(runtime=lambda: Runtime(wall=lambda: time.time() - 600), reads=None),
    "9 a day ahead": Row(runtime=lambda: Runtime(wall=lambda: time.time() + 86400), reads=None),
    "9 a day behind": Row(runtime=lambda: Runtime(wall=lambda: time.time() - 86400), reads=None),
    "9 the clock jumps between tries": Row(
        faults=create(w.answers(503), 2), runtime=lambda: Runtime(wall=JumpingClock()), creates=None, reads=None
    ),
    "9 the token is refused once": Row(
        faults=create(w.answers(401)), creates=By(lambda traits: 1 + traits.renews_token), reads=None,
        end=By(lambda traits: "created" if traits.renews_token else errors.AuthenticationError),
        rooms=By(lambda traits: int(traits.renews_token)),
    ),
    "9 a wrong secret": Row(
        config={"secret": "quite-another-secret-than-the-right-one"},
        creates=0, reads=By(lambda traits: 1 + traits.renews_token),
        end=errors.AuthenticationError, rooms=0, status=401, most=8,
    ),
    "9 a missing right": Row(
        faults=create(w.answers(403, {"message": "no"})), reads=LOOK_UP, end=errors.AccessDeniedError, rooms=0, status=403
    ),
    "9 refused": Row(
        faults=create(w.answers(400, {"message": "bad"})), reads=LOOK_UP, end=errors.RequestRefusedError, rooms=0
    ),
    # 16. elsewhere
    "16 a redirect": Row(
        faults=anything(w.answers(307, location="http://127.0.0.1:1/elsewhere"), ALWAYS),
        creates=0, reads=1, end=errors.RequestRefusedError, says="redirects to another address", rooms=0, status=307,
    ),
    "16 a redirect of the create": Row(
        faults=create(w.answers(302, location="/v2/rooms"), ALWAYS),
        reads=LOOK_UP, end=errors.RequestRefusedError, says="redirects to another address", rooms=0, status=302,
    ),
}  # fmt: skip
