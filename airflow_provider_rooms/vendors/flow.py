"""Flows: what is to be sent and waited for, without sending or waiting.

A flow is a generator. It yields :class:`Request` or :class:`Fetch` (and is sent the :class:`Response`, or has a
:class:`~airflow_provider_rooms.errors.TransportError` thrown into it), :class:`Sleep`, :class:`Turn`, or :class:`Page` (items
of a list that may go on). Two thin drivers in ``transport/`` run the same flows, one blocking and one async.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import random
import re
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from airflow_provider_rooms.errors import PassingError, RoomsError, TlsError, UnreadableAnswerError

T = TypeVar("T")

#: Longest wait that a vendor may name and that is believed, in seconds.
LONGEST_RETRY_AFTER = 3600.0

#: Longest list that is read, in pages; an account of a million rooms is shorter.
MOST_PAGES = 10_000
#: Statuses that send a reader on to another place.
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Deepest nesting that a vendor's answer may have; theirs have five levels.
DEEPEST = 50

_RETRY_AFTER_TEXT = re.compile(
    r"(?:retry|try again) (?:after|in) ([0-9]{1,9}) ?(s|secs?|seconds?|m|mins?|minutes?)\b", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One HTTP request, ready to send. ``path`` is below the connection's base URL and already percent-encoded."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout: float = 30.0

    @property
    def target(self) -> str:
        """Path and query, as they stand in the request line."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetch:
    """A file to be opened by a link that is a credential itself: ours are not sent along, and the link is never shown."""

    url: str = field(repr=False)
    timeout: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """One HTTP answer. Header names are in lower case.

    :param stream: after a :class:`Fetch` that succeeded, the body that is still to be read, as the driver's library has it.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    stream: Any = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON.

        :raises UnreadableAnswerError: it is not JSON, or nested deeper than any answer of a vendor.
        """
        try:
            loaded = json.loads(self.body)
            if b"\\ud" in self.body.lower():  # half a character, which no file and no request can hold
                json.dumps(loaded, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            loaded = _NOTHING
        if loaded is _NOTHING or deeper_than(DEEPEST, loaded):
            # What stands in the body is left out: vendors repeat what they were sent, secrets too.
            raise UnreadableAnswerError(f"Expected JSON, got {self._looks_like()}.", status=self.status)
        return loaded

    def _looks_like(self) -> str:
        start = self.text[:200].strip().lower()
        if not start:
            return "an empty response"
        if start.startswith(("<!doctype html", "<html")):
            return "an HTML page"
        if start[0] == "<":
            return "XML"
        return "truncated or malformed JSON" if start[0] in "{[" else "text"


@dataclass(frozen=True, slots=True)
class Sleep:
    """A wait, in seconds."""

    seconds: float


@dataclass(slots=True)
class Turn:
    """Take a turn among all workers of an account. The driver calls ``take``, which asks a store for it.

    :param take: in how many seconds the turn is; None if the store does not answer.
    :param seconds: what it said, once the driver has called it.
    """

    take: Callable[[], float | None]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items of a list that may go on."""

    items: list[T]


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is open for reading.

    :param size: in bytes; None where the storage does not say.
    :param stream: what the driver opened.
    """

    size: int | None
    stream: Any = field(repr=False)


Step = Request | Fetch | Sleep | Turn | Page[Any]
Flow = Generator[Step, Response | None, T]
#: A flow that lists things of one kind, page by page.
Pages = Generator[Request | Fetch | Sleep | Turn | Page[T], Response | None, None]


_NOTHING = object()


def deeper_than(limit: int, tree: Any) -> bool:
    """Whether lists and dicts are nested deeper; what reads answers recursively must not run out of stack."""
    level = [tree] if isinstance(tree, (dict, list)) else []
    for _ in range(limit):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
    return bool(level)


def paged(
    page: Callable[[Any], Flow[tuple[list[T], Any]]], keep: Callable[[T], bool] = lambda item: True
) -> Flow[None]:
    """Yield a list page by page.

    :param page: reads one page, given a cursor (None for the first page); answers its items and the next cursor or None.
    :param keep: which items are wanted.
    """
    cursor: Any = None
    for _ in range(MOST_PAGES):
        items, cursor = yield from page(cursor)
        yield Page([item for item in items if keep(item)])
        if cursor is None:
            return
    raise UnreadableAnswerError(f"The list does not end: {MOST_PAGES} pages were read.")


def next_page(flow: Flow[None]) -> Flow[list[Any] | None]:
    """Run a paged flow inside another one up to its next page: the items of it; None at the end of the list."""
    answer: Response | None = None
    failure: PassingError | None = None
    while True:
        try:
            step = flow.throw(failure) if failure else flow.send(answer)
        except StopIteration:
            return None
        answer = failure = None
        if isinstance(step, Page):
            return step.items
        try:
            answer = yield step
        except PassingError as error:
            failure = error


def gathered(flow: Flow[None], *, most: float = math.inf) -> Flow[list[Any]]:
    """A paged flow read to its end inside another one: its items.

    :param most: with that many, no further page is read.
    """
    items: list[Any] = []
    while (page := (yield from next_page(flow))) is not None:
        items += page
        if len(items) >= most:
            flow.close()
            break
    return items


def segment(text: str) -> str:
    """Text as one segment of a path."""
    return quote(text, safe="")


#: Told the name of a metric, by how much it rises or how many seconds it took, and its tags.
Note = Callable[[str, float, Mapping[str, str]], None]


def nothing_noted(name: str, amount: float, tags: Mapping[str, str]) -> None:
    """Where nobody counts."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What a vendor needs of the world outside, passed in so that a test can choose it.

    :param wall: seconds since 1970, for tokens and for the vendor's timestamps.
    :param monotonic: seconds that never jump, for deadlines.
    :param random: a number in [0, 1), for jitter.
    :param conceal: told about every secret that is minted, so that logs hide it.
    :param note: told what metrics count.
    """

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random
    conceal: Callable[[str], None] = lambda secret: None
    note: Note = nothing_noted


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long an exchange is tried.

    :param tries: how often a request that may be repeated is sent at most.
    :param first_wait: seconds before the second try; doubled each time, with jitter.
    :param longest_wait: longest wait of our own, in seconds.
    :param hold: longest wait named by the vendor that a worker slot is held for, in seconds. A longer one ends the try.
    :param deadline: seconds for one request with all its tries.
    :param total: seconds for making sure of one room, all its requests together.
    :param throttled: seconds for which one request is answered 429 before its task fails. They count towards no deadline.
    """

    tries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 8.0
    hold: float = 30.0
    deadline: float = 90.0
    total: float = 240.0
    throttled: float = 600.0

    def ends(self, attempt: int, failure: PassingError) -> bool:
        """Whether a request is not sent again: it was tried often enough, or the next try would end the same way."""
        return attempt >= self.tries or isinstance(failure, TlsError)

    def wait(self, attempt: int, failure: PassingError, chance: float) -> float:
        """Seconds until the next try: never less than the vendor asks for, else exponential back-off, both with jitter."""
        backoff = min(self.longest_wait, self.first_wait * 2.0 ** (attempt - 1)) * (0.5 + chance / 2)
        # On top of what was named, a little of our own: those who were sent away together must not come back together.
        return failure.retry_after + min(backoff, self.first_wait) if failure.retry_after else backoff


def retry_after(response: Response, now: float) -> float | None:
    """Seconds the vendor asks to wait: ``Retry-After`` as seconds or date, or its text, where some vendors name it.

    Negative and absurd values are bounded: a date in the past means now, a year means an hour.
    """
    named = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?", named):
        seconds = float(named)
    elif (until := http_date(named)) is not None:
        # Both times by the vendor's clock, where it tells: ours may be minutes off.
        sent = http_date(response.headers.get("date", ""))
        seconds = until - (now if sent is None else sent)
    elif match := _RETRY_AFTER_TEXT.search(response.text[:2000]):
        seconds = float(match[1]) * (60 if match[2][0] in "mM" else 1)
    else:
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def http_date(text: str) -> float | None:
    """A date of an HTTP header in seconds since 1970; None for anything else."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def about(error: RoomsError, **context: Any) -> RoomsError:
    """The error with what is known about where it happened; what it already says is kept."""
    for name, value in context.items():
        if getattr(error, name) is None:
            setattr(error, name, value)
    return error
