"""The list of an account's rooms, which no vendor promises to be in order, whole or up to date.

Switches of ``/control/behaviour``; what is asked for by its name is not affected:

* ``list_order``: ``newest``, ``oldest``, or ``any``: another order at each request;
* ``list_cut``: a page has half of its rooms, and says how the list goes on as if it had all of them;
* ``list_lag_seconds``: a room is in no list until so many seconds of the sandbox clock after it was made;
* ``list_stale``: a list is answered as it was when it was first asked for since the switch was turned on.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_rooms.sandbox.clock import Clock
    from airflow_provider_rooms.sandbox.wire import Answer, Call

LIST_SWITCHES: Final[Mapping[str, Any]] = {
    "list_order": "newest",
    "list_cut": False,
    "list_lag_seconds": 0.0,
    "list_stale": False,
}
LIST_CHOICES: Final[Mapping[str, tuple[Any, ...]]] = {"list_order": ("newest", "oldest", "any")}


class _Made(Protocol):
    created: datetime


T = TypeVar("T")
R = TypeVar("R", bound=_Made)


class RoomLists:
    """An account's lists of rooms.

    :param behaviour: the vendor's switches, as they are now.
    """

    def __init__(self, behaviour: Mapping[str, Any], clock: Clock) -> None:
        self._behaviour = behaviour
        self._clock = clock
        # Begins again with each reset, so that a test that failed fails again.
        self._random = random.Random(0)
        self._old: dict[tuple[str, str], Answer] = {}

    def rooms(self, newest_first: Iterable[R]) -> list[R]:
        """Those that are listed, in the order in which they are."""
        rooms = list(newest_first)
        if lag := self._behaviour["list_lag_seconds"]:
            shown_from = self._clock.now() - timedelta(seconds=lag)
            rooms = [room for room in rooms if room.created <= shown_from]
        match self._behaviour["list_order"]:
            case "oldest":
                rooms.reverse()
            case "any":
                self._random.shuffle(rooms)
        return rooms

    def page(self, whole: Sequence[T]) -> list[T]:
        """What is shown of a page."""
        return list(whole[: (len(whole) + 1) // 2] if self._behaviour["list_cut"] else whole)

    def answer(self, call: Call, fresh: Callable[[], Answer]) -> Answer:
        """The answer to a request for a page."""
        if not self._behaviour["list_stale"]:
            self._old.clear()
            return fresh()
        key = (call.path, call.query_string)
        if key not in self._old:
            self._old[key] = fresh()
        old = self._old[key]
        return replace(old, headers=dict(old.headers))
