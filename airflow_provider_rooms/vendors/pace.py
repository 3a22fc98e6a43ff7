"""How fast an account is asked: reads and writes, each at a rate of its own, shared by everything in one process.

A vendor counts the requests of the whole account; a process sees only its own. So a process starts slowly, goes faster for as
long as nothing is refused, and takes a 429 as news of the others: it halves its rate at once, for all that it asks, and comes
back by and by. Pure: the clock is passed in, and waiting is a step of the flow.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Literal

from airflow_provider_rooms.vendors.flow import Sleep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_rooms.vendors.flow import Flow

Lane = Literal["reads", "writes"]
LANES: Final[tuple[Lane, ...]] = ("reads", "writes")

#: What is used of a limit that a vendor documents: on arrival, requests are closer together than when they were sent.
SHARE: Final = 0.9
#: The constants below are for this limit, in requests per second, and grow with it. They were found by simulation: in a
#: sliding second, answers after 50 ms, without Retry-After, by 1 to 12 processes. benchmarks/pace.py measures them.
_MEASURED_AT: Final = 18.0
_START: Final = 4.0
_GROWTH: Final = 0.35
#: Seconds for which nothing is sent after a 429.
_PAUSE: Final = 0.5
#: Seconds after which a rate grows, and in which a further 429 is the same news.
_SECOND: Final = 1.0
#: No rate falls below this, in requests per second: an account that is never asked never answers that it may be.
_SLOWEST: Final = 0.25
#: Part of a ticket that is nothing: a wait too short to move a clock would never end.
_ROUNDING: Final = 1e-6


class Pace:
    """The rates of one account in one process.

    :param documented: requests per second that the vendor grants the account, by lane.
    :param given: requests per second that the connection allows this process; these are used as they are, from the start.
    """

    def __init__(
        self,
        documented: Mapping[Lane, float],
        given: Mapping[Lane, float | None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self.rates: Mapping[Lane, Rate] = {
            lane: _rate(documented.get(lane), given.get(lane), monotonic) for lane in LANES
        }

    def turn(self, lane: Lane) -> Flow[float]:
        """Wait until a request may be sent.

        :returns: how many seconds that took.
        """
        began = self._monotonic()
        wait, ticket = self.rates[lane].wait()
        while wait > 0.0:
            yield Sleep(wait)
            wait, ticket = self.rates[lane].wait(ticket)
        return self._monotonic() - began

    def refused(self, lane: Lane) -> None:
        """The vendor answered 429."""
        self.rates[lane].refused()


def _rate(documented: float | None, given: float | None, monotonic: Callable[[], float]) -> Rate:
    if given is not None:
        return Rate(given, given, monotonic=monotonic)
    limit = math.inf if documented is None else documented * SHARE
    return Rate(limit, min(limit, limit * _START / _MEASURED_AT), monotonic=monotonic)


class Rate:
    """The rate of one lane. Safe to share between threads and event loops.

    Each request takes a ticket, and tickets are served in order at the present rate: all who wait come earlier when the
    rate goes up and later when it goes down.

    :param limit: requests per second that are never exceeded; infinite where nobody documents one: then nothing is paced
        until the first 429.
    :param start: requests per second at first.
    """

    def __init__(self, limit: float, start: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._scale = limit / _MEASURED_AT
        self._per_second = start
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._doubling = True
        self._served = 0.0
        self._next_ticket = 0.0
        self._served_at = self._grown_at = self._asked_at = self._paused_until = monotonic()
        self._cut_at = -math.inf
        #: When the last requests were sent, for as long as there is no rate.
        self._recent: deque[float] = deque(maxlen=1000)

    @property
    def per_second(self) -> float:
        """Requests per second at present."""
        return self._per_second

    def wait(self, ticket: float | None = None) -> tuple[float, float]:
        """Seconds to wait, and the ticket to come back with after them; 0 means: send it now.

        :param ticket: what the last call gave; None for a new request.
        """
        with self._lock:
            now = self._monotonic()
            if math.isinf(self._per_second):
                self._recent.append(now)
                return 0.0, 0.0
            self._serve(now)
            self._grow(now)
            if ticket is None:
                ticket = max(self._next_ticket, self._served)
                self._next_ticket = ticket + 1.0
            ahead = ticket - self._served
            if ahead <= _ROUNDING:
                return 0.0, ticket
            wait = max(0.0, self._paused_until - now) + ahead / self._per_second
            # Nobody sleeps through the moment at which everybody gets faster.
            return min(wait, max(self._grown_at + _SECOND - now, _SECOND / 100)), ticket

    def refused(self) -> None:
        """The vendor answered 429: everybody in this process waits a moment, and goes on at half the rate."""
        with self._lock:
            now = self._monotonic()
            if now - self._cut_at < _SECOND:
                return
            self._cut_at = self._grown_at = now
            self._doubling = False
            if math.isinf(self._per_second):
                self._per_second = max(_START, sum(sent > now - _SECOND for sent in self._recent))
                self._scale = max(1.0, self._per_second / _MEASURED_AT)
                self._served_at = now
            self._serve(now)
            self._per_second = max(_SLOWEST, self._per_second / 2)
            self._paused_until = now + _PAUSE

    def _serve(self, now: float) -> None:
        since = max(self._served_at, self._paused_until)
        if now > since:
            self._served += (now - since) * self._per_second
        self._served_at = max(self._served_at, now)

    def _grow(self, now: float) -> None:
        asked_at, self._asked_at = self._asked_at, now
        if now - self._grown_at < _SECOND:
            return
        self._grown_at = now
        if now - asked_at > _SECOND:
            return  # nobody asked in between, which proves nothing
        faster = self._per_second * 2 if self._doubling else self._per_second + _GROWTH * self._scale
        self._per_second = min(self._limit, faster)
