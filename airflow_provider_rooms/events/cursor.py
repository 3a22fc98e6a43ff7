"""What a watcher has told, so that it tells everything that happens, once. Pure.

Lists show things late, in any order, and without a time at which something happened to them. So a cursor is no time of the last
event: it remembers which events were told of the things that began lately, and which things are not over. What began before
:attr:`Cursor.since` and is over cannot have news.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_rooms.models import EventType, RoomEvent
    from airflow_provider_rooms.vendors.contract.watching import Thing

#: A list may show something this long after it began.
LATE = dt.timedelta(minutes=10)
#: Nothing that happens to a thing later than this after it began is told: recordings that failed are never over at some vendor.
LONGEST = dt.timedelta(days=2)
#: A watcher that comes back after more than this has missed something; ids are remembered for as long.
LONGEST_AWAY = dt.timedelta(days=7)
#: As many ids are stored at most: of older ones, some would be told again, under the same ids.
MOST_STORED = 1500


@dataclass(frozen=True, kw_only=True)
class Poll:
    """What the lists of an account showed.

    :param number: goes up from poll to poll.
    :param at: when it began, by the vendor's clock.
    :param since: by type of event, from when on things were asked for.
    """

    number: int
    at: dt.datetime
    since: Mapping[EventType, dt.datetime]
    things: Sequence[Thing]


@dataclass(kw_only=True)
class Cursor:
    """One type of event of one account.

    :param since: things that began before this need not be asked for, unless one of them is in ``unfinished``; None before
        the first poll, which only learns what had happened by then.
    :param polled: when it last took a poll.
    :param told: by short forms of their ids, events that were told, with the beginnings of their things.
    :param unfinished: by short forms of their ids, things to which an event of this type may still happen, with their
        beginnings.
    """

    type: EventType
    since: dt.datetime | None = None
    polled: dt.datetime | None = None
    told: dict[str, dt.datetime] = field(default_factory=dict)
    unfinished: dict[str, dt.datetime] = field(default_factory=dict)

    def wants(self, now: dt.datetime) -> dt.datetime:
        """From when on things have to be asked for."""
        return now - LONGEST if self.since is None else max(self.since, now - LONGEST_AWAY)

    def wants_over(self, now: dt.datetime) -> dt.datetime:
        """What was over before this need not be shown any more."""
        wanted = self.wants(now)
        return max(wanted, self.polled - LATE) if self.polled else wanted

    def take(self, poll: Poll) -> list[RoomEvent]:
        """The events that have not been told, oldest first. A poll that did not ask for enough tells nothing."""
        floor, since = self.wants(poll.at), poll.since.get(self.type)
        if since is None or since > floor:
            return []
        first, news = self.since is None, []
        for thing in poll.things:
            key = _short(thing.id)
            if thing.began < floor and key not in self.unfinished:
                continue
            events = [event for event in thing.events if event.type == self.type]
            for event in events:
                if _short(event.id) not in self.told:
                    news.append(event)
                self.told.setdefault(_short(event.id), thing.began)
            if events or thing.over:
                self.unfinished.pop(key, None)
            else:
                self.unfinished[key] = thing.began
        self._move(poll.at)
        self.polled = poll.at
        return [] if first else sorted(news, key=lambda event: event.happened_at or "")

    def _move(self, now: dt.datetime) -> None:
        self.unfinished = {key: began for key, began in self.unfinished.items() if began >= now - LONGEST}
        reached = min([now - LATE, *self.unfinished.values()])
        self.since = max(reached, self.since or reached)
        self.told = {key: began for key, began in self.told.items() if began >= self.since}

    def as_dict(self) -> dict[str, Any]:
        """The cursor as plain JSON."""
        newest = list(self.told.items())[-MOST_STORED:]
        return {
            "since": self.since.isoformat() if self.since else None,
            "polled": self.polled.isoformat() if self.polled else None,
            "told": {key: int(began.timestamp()) for key, began in newest},
            "unfinished": {key: int(began.timestamp()) for key, began in self.unfinished.items()},
        }

    @classmethod
    def read(cls, kind: EventType, stored: Any) -> Self:
        """A cursor that was stored; a new one of anything else."""
        try:
            return cls._read(kind, stored)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            return cls(type=kind)

    @classmethod
    def _read(cls, kind: EventType, stored: Any) -> Self:
        # Whole seconds were stored: what was told must not be forgotten too early, nor the rest be asked for too late.
        return cls(
            type=kind,
            since=dt.datetime.fromisoformat(stored["since"]),
            polled=dt.datetime.fromisoformat(stored["polled"]),
            told=_times(stored["told"], dt.timedelta(seconds=1)),
            unfinished=_times(stored["unfinished"]),
        )


def _times(stored: Any, more: dt.timedelta = dt.timedelta()) -> dict[str, dt.datetime]:
    return {str(key): dt.datetime.fromtimestamp(seconds, dt.UTC) + more for key, seconds in stored.items()}


def _short(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:16]
