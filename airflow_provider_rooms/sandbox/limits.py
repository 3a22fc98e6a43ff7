"""How many requests a vendor lets an account make in any second, and what an account has made of that.

The second slides, and it is a real one: the sandbox clock, which can be moved on, does not fill anybody's window.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What is allowed within any second; 0 is no limit.

    :param writes: requests that change something.
    :param reads: all others.
    :param refused_count: whether requests that were refused fill the window as well. No vendor says.
    """

    writes: int = 0
    reads: int = 0
    refused_count: bool = False


class _Window:
    """The requests of one kind within the last second."""

    def __init__(self) -> None:
        self._offered: deque[float] = deque()
        self._counted: deque[float] = deque()
        self.highest_offered = self.highest_allowed = self.refused = 0

    def allows(self, now: float, most: int, refused_count: bool) -> bool:
        """Whether this request is allowed, which counts it."""
        for times in (self._offered, self._counted):
            while times and times[0] <= now - 1.0:
                times.popleft()
        self._offered.append(now)
        self.highest_offered = max(self.highest_offered, len(self._offered))
        allowed = not most or len(self._counted) < most
        if allowed or refused_count:
            self._counted.append(now)
        if allowed:
            self.highest_allowed = max(self.highest_allowed, len(self._counted))
        else:
            self.refused += 1
        return allowed


class Meter:
    """One account's requests against its limit."""

    def __init__(self, limit: Limit, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self.set(limit)

    def set(self, limit: Limit) -> None:
        """From now on this limit; the counts begin anew."""
        self.limit = limit
        self._writes, self._reads = _Window(), _Window()

    def allows(self, method: str) -> bool:
        """Whether the account may make this request now, which counts it."""
        reads = method in _READS
        window, most = (self._reads, self.limit.reads) if reads else (self._writes, self.limit.writes)
        return window.allows(self._monotonic(), most, self.limit.refused_count)

    def as_dict(self) -> dict[str, Any]:
        """What is set, the highest rates seen (requests within one second), and how many were answered 429."""
        kinds = {"writes": self._writes, "reads": self._reads}
        return {
            "writes": self.limit.writes,
            "reads": self.limit.reads,
            "refused_count": self.limit.refused_count,
            "highest_offered": {kind: window.highest_offered for kind, window in kinds.items()},
            "highest_allowed": {kind: window.highest_allowed for kind, window in kinds.items()},
            "refused": {kind: window.refused for kind, window in kinds.items()},
        }
