"""How fast an account is asked: reads and writes, each at a rate of its own, shared by everything in one process.

A vendor counts the requests of the whole account; a process sees only its own. So a process starts slowly, goes faster for as
long as nothing is refused, and takes a 429 as news of the others: it halves its rate at once, for all that it asks, and comes
back by and by. Where all workers share a store, that store gives out the turns instead. Pure: the clock and the store are passed
in, and waiting and asking are steps of the flow.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, Protocol

from airflow_provider_rooms.vendors.flow import Sleep, Turn

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
#: Seconds for which a store that does not answer is not asked again.
_AWAY: Final = 10.0
#: Part of a ticket that is nothing: a wait too short to move a clock would never end.
_ROUNDING: Final = 1e-6


class Window(Protocol):
    """Gives out the turns of one account to all workers."""

    def take(self, lane: Lane, per_second: float) -> float | None:
        """Take the next turn.

        :param per_second: how many turns there are.
        :returns: in how many seconds it is; None if the store does not answer.
        """


class Pace:
    """The pace of one account in one process.

    :param documented: requests per second that the vendor grants the account, by lane.
    :param given: requests per second that the connection allows this process, or all workers together where there is a
        window; these are used as they are.
    :param window: what all workers share. While it is away, and for lanes without any limit, the process is on its own.
    """

    def __init__(
        self,
        documented: Mapping[Lane, float],
        given: Mapping[Lane, float | None],
        *,
        window: Window | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._window = window
        self._away_until = -math.inf
        self._limits: dict[Lane, float] = {}
        #: The rates of this process on its own.
        self.rates: dict[Lane, Rate] = {}
        #: Those beside the window, which pace nothing until a 429: somebody else may ask the account, too. Two paces in a
        #: row would be slower than either.
        self._beside: dict[Lane, Rate] = {}
        for lane in LANES:
            asked = given.get(lane)
            limit = documented.get(lane, math.inf) * SHARE if asked is None else asked
            slowly = min(limit, limit * _START / _MEASURED_AT)
            start = slowly if asked is None or window else limit
            self._limits[lane] = limit
            self.rates[lane] = Rate(limit, start, monotonic=monotonic)
            self._beside[lane] = Rate(math.inf, math.inf, monotonic=monotonic)

    def turn(self, lane: Lane) -> Flow[float]:
        """Wait until a request may be sent.

        :returns: how many seconds that took.
        """
        began = self._monotonic()
        if not (yield from self._among_all(lane)):
            yield from _wait(self.rates[lane])
        return self._monotonic() - began

    def _among_all(self, lane: Lane) -> Flow[bool]:
        """Wait for a turn among all workers, and tell whether there was one."""
        window, limit = self._window, self._limits[lane]
        if window is None or math.isinf(limit) or self._monotonic() < self._away_until:
            return False
        yield from _wait(self._beside[lane])
        turn = Turn(partial(window.take, lane, limit))
        yield turn
        if turn.seconds is None:
            self._away_until = self._monotonic() + _AWAY
            return False
        if turn.seconds > 0:
            yield Sleep(turn.seconds)
        return True

    def refused(self, lane: Lane) -> None:
        """The vendor answered 429."""
        self.rates[lane].refused()
        self._beside[lane].refused()


def _wait(rate: Rate) -> Flow[None]:
    wait, ticket = rate.wait()
    while wait > 0.0:
        yield Sleep(wait)
        wait, ticket = rate.wait(ticket)


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
            paused = self._paused_until - now
            if ahead <= _ROUNDING and paused <= _ROUNDING:
                return 0.0, ticket
            wait = max(0.0, paused) + max(0.0, ahead) / self._per_second
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
