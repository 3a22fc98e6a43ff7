"""``sleep`` for a thousand waits at once, which share one timer of their event loop.

``asyncio.sleep`` keeps a coroutine, a timer and a context for each of them. The garbage collector stops the loop for as long as
it takes to go through all that is kept.
"""

from __future__ import annotations

import asyncio
import heapq
from itertools import count


class Alarms:
    """Alarms of one event loop, the next one first."""

    def __init__(self) -> None:
        self._set: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = count()
        self._timer: asyncio.TimerHandle | None = None

    def sleep(self, seconds: float) -> asyncio.Future[None]:
        """For ``await alarms.sleep(…)``."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        heapq.heappush(self._set, (loop.time() + seconds, next(self._number), future))
        if self._set[0][2] is future:
            self._arm(loop)
        return future

    def close(self) -> None:
        """Wake nobody any more."""
        self._set.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(self._set[0][0], self._ring)

    def _ring(self) -> None:
        loop = asyncio.get_running_loop()
        # The loop may call early, by the resolution of its clock: the first is due whatever the clock says.
        now = max(loop.time(), self._set[0][0])
        while self._set and self._set[0][0] <= now:
            future = heapq.heappop(self._set)[2]
            if not future.done():
                future.set_result(None)
        if self._set:
            self._arm(loop)
