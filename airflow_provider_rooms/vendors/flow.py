"""Flows: what is to be sent and waited for, without sending or waiting.

A flow is a generator. It yields :class:`Request` (and is sent the :class:`Response`, or has a
:class:`~airflow_provider_rooms.errors.TransportError` thrown into it), :class:`Sleep`, or :class:`Page` (items of a list that
may go on). Two thin drivers in ``transport.py`` run the same flows, one blocking and one async.
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from airflow_provider_rooms.errors import PassingError, RoomsError, UnreadableAnswerError

T = TypeVar("T")

#: Longest wait that a vendor may name and that is believed, in seconds.
LONGEST_RETRY_AFTER = 3600.0

_RETRY_AFTER_TEXT = re.compile(r"retry after (\d{1,9}) ?s", re.IGNORECASE)


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
class Response:
    """One HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON.

        :raises UnreadableAnswerError: it is not JSON.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            shown = self.text[:60].replace("\n", " ")
            raise UnreadableAnswerError(
                f"Expected JSON, got {shown!r}." if shown.strip() else "Expected JSON, got an empty answer.",
                status=self.status,
            ) from None


@dataclass(frozen=True, slots=True)
class Sleep:
    """A wait, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Page:
    """Items of a list that may go on."""

    items: list[Any]


Step = Request | Sleep | Page
Flow = Generator[Step, Response | None, T]


def paged(
    page: Callable[[Any], Flow[tuple[list[T], Any]]], keep: Callable[[T], bool] = lambda item: True
) -> Flow[None]:
    """Yield a list page by page.

    :param page: reads one page, given a cursor (None for the first page); answers its items and the next cursor or None.
    :param keep: which items are wanted.
    """
    cursor: Any = None
    while True:
        items, cursor = yield from page(cursor)
        yield Page([item for item in items if keep(item)])
        if cursor is None:
            return


def segment(text: str) -> str:
    """Text as one segment of a path."""
    return quote(text, safe="")


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What a vendor needs of the world outside, passed in so that a test can choose it.

    :param wall: seconds since 1970, for tokens and for the vendor's timestamps.
    :param monotonic: seconds that never jump, for deadlines.
    :param random: a number in [0, 1), for jitter.
    :param conceal: told about every secret that is minted, so that logs hide it.
    """

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random
    conceal: Callable[[str], None] = lambda secret: None


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long an exchange is tried.

    :param tries: how often a request that may be repeated is sent at most.
    :param first_wait: seconds before the second try; doubled each time, with jitter.
    :param longest_wait: longest wait of our own, in seconds.
    :param hold: longest wait named by the vendor that a worker slot is held for, in seconds. A longer one ends the try.
    :param deadline: seconds for one request with all its tries.
    """

    tries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 8.0
    hold: float = 30.0
    deadline: float = 90.0

    def wait(self, attempt: int, failure: PassingError, chance: float) -> float:
        """Seconds until the next try: what the vendor asks for, else exponential back-off with jitter."""
        if failure.retry_after:
            return failure.retry_after
        backoff = min(self.longest_wait, self.first_wait * 2.0 ** (attempt - 1))
        return backoff * (0.5 + chance / 2)


def retry_after(response: Response, now: float) -> float | None:
    """Seconds the vendor asks to wait: ``Retry-After`` as seconds or date, or its text (100ms names it there only).

    Negative and absurd values are bounded: a date in the past means now, a year means an hour.
    """
    named = response.headers.get("retry-after", "").strip()
    seconds: float | None = None
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", named):
        seconds = float(named)
    elif named:
        try:
            seconds = parsedate_to_datetime(named).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            seconds = None
    elif match := _RETRY_AFTER_TEXT.search(response.text[:2000]):
        seconds = float(match[1])
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


class TokenBucket:
    """Keeps one process below a vendor's limit of writes per second. Safe to share between threads and event loops."""

    def __init__(self, per_second: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1.0 / per_second
        self._burst = max(1.0, per_second)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next = monotonic() - self._burst * self._interval

    def reserve(self) -> float:
        """Take the next free slot; the answer is how many seconds away it is."""
        with self._lock:
            now = self._monotonic()
            self._next = max(self._next, now - self._burst * self._interval) + self._interval
            return max(0.0, self._next - now)


def about(error: RoomsError, **context: Any) -> RoomsError:
    """The error with what is known about where it happened; what it already says is kept."""
    for name, value in context.items():
        if getattr(error, name) is None:
            setattr(error, name, value)
    return error
