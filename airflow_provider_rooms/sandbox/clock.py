"""The sandbox clock: real time plus what ``/control/clock`` added, with an agenda of things that fall due.

Nothing runs in the background. Every request first lets the agenda catch up, so whatever is observed is as if
each thing had happened at its own time: while an action runs, ``now()`` is the moment it was due.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

Action = Callable[[], None]


class Clock:
    """Time as the three vendors in this sandbox see it."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)
        self._pinned: datetime | None = None
        self._agenda: list[tuple[datetime, int, Action]] = []
        self._order = count()

    @property
    def ahead_seconds(self) -> float:
        """How far the sandbox runs ahead of the real clock."""
        return self._ahead.total_seconds()

    def now(self) -> datetime:
        return self._pinned or datetime.now(UTC) + self._ahead

    def after(self, seconds: float, action: Action) -> None:
        """Have ``action`` done once that many seconds have passed (it must check that it still applies)."""
        self.at(self.now() + timedelta(seconds=seconds), action)

    def at(self, when: datetime, action: Action) -> None:
        heapq.heappush(self._agenda, (when, next(self._order), action))

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
        self.catch_up()

    def catch_up(self) -> None:
        """Do what has fallen due, in order of time; what that sets up in turn is done too if it is due."""
        until = self.now()
        while self._agenda and self._agenda[0][0] <= until:
            when, _, action = heapq.heappop(self._agenda)
            self._pinned = when
            try:
                action()
            finally:
                self._pinned = None


def millis(moment: datetime) -> datetime:
    """Cut to what an answer shows, so that a filter with a time taken from an answer finds its own row."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def iso_millis(moment: datetime | None) -> str | None:
    """``2022-03-25T04:49:11.024Z``: to the millisecond."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def iso_seconds(moment: datetime | None) -> str | None:
    """``2015-07-30T20:00:00Z``: to the second."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_go(moment: datetime | None, digits: int = 3) -> str | None:
    """RFC 3339 the way Go prints it: 0 to 9 digits, trailing zeros dropped."""
    if moment is None:
        return None
    nanos = f"{moment.microsecond:06d}000"[:digits].rstrip("0")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{nanos}" if nanos else "") + "Z"


def parse_time(text: str) -> datetime:
    """An aware time from a query; raises ``ValueError`` for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)
