"""One wait, followed to its end in the triggerer."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.errors import (
    AuthenticationError,
    ConnectionNotFoundError,
    PassingError,
    PermanentError,
)
from airflow_provider_rooms.triggers.pool import shared_watch
from airflow_provider_rooms.waiting.handover import (
    handover_of,
    handover_of_error,
    handover_of_task_timeout,
    handover_of_timeout,
)
from airflow_provider_rooms.waiting.waits import Seen, Wait, decide, decisive, pause, wants_recordings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.models import Session
    from airflow_provider_rooms.triggers.pool import Watch
    from airflow_provider_rooms.waiting.waits import Verdict

log = logging.getLogger(__name__)

#: A room is looked at by itself now and then even if the shared poll shows no reason to: it may have been closed, or
#: somebody may have come and gone between two polls. All who share the poll take one such look per interval together,
#: and each at least one in this many intervals.
RARELY = 120
#: The same once people have come and left: the room may be closed now.
BETWEEN_SESSIONS = 5
#: What the worker saw is good for this many intervals.
FRESH = 2
#: A connection that is not found ends a wait when it stays away for this many intervals: somebody may be replacing it.
MISSING = 3

_NOTHING: list[Any] = []


async def follow(
    *,
    conn_id: str,
    room: str | Mapping[str, Any],
    wait: Mapping[str, Any],
    poll_interval: float,
    give_up_at: str,
    seen: Mapping[str, Any] | None = None,
    seen_at: str | None = None,
    task_timeout_at: str | None = None,
) -> dict[str, Any]:
    """Poll until a wait is over; the answer is the trigger's event. Only permanent errors and the time end it early.

    The parameters are those of :class:`airflow_provider_rooms.triggers.rooms.RoomTrigger`.
    """
    try:
        async with shared_watch(conn_id) as watch:
            follower = _Follower(watch, room, Wait.from_dict(wait), poll_interval)
            with watch.purse.shared_by(poll_interval), watch.followed_by(follower):
                if seen and seen_at:
                    follower.told = Seen.from_dict(seen), dt.datetime.fromisoformat(seen_at)
                latest, ending = dt.datetime.fromisoformat(give_up_at), handover_of_timeout(give_up_at)
                if task_timeout_at and (end := dt.datetime.fromisoformat(task_timeout_at)) < latest:
                    latest, ending = end, handover_of_task_timeout(task_timeout_at)
                # The worker has just looked. After a restart of the triggerer, many begin here at once.
                rest = min(poll_interval * watch.chance(), follower.pause())
                # The loop stands here and in no method: of a coroutine that waits in another, a thousand are kept.
                while True:
                    await watch.sleep(max(0.0, min(rest, (latest - watch.now()).total_seconds())))
                    verdict, rest = await follower.poll()
                    if verdict is not None and follower.seen is not None:
                        follower.ended(verdict.status)
                        handover = handover_of(verdict, follower.seen, title=watch.title)
                        # For a task that has to wait once more.
                        return {**handover, "give_up_at": give_up_at, "task_timeout_at": task_timeout_at}
                    if watch.now() >= latest:
                        follower.ended("timeout")
                        return {**ending, "room_url": follower.seen.url if follower.seen else None}
    except PermanentError as error:
        return handover_of_error(error)


class _Follower:
    """What one wait knows from poll to poll; all of it can be found out again."""

    def __init__(self, watch: Watch, room: str | Mapping[str, Any], wait: Wait, interval: float) -> None:
        self._watch = watch
        self._room = room
        self._label = room if isinstance(room, str) else room.get("name") or room.get("id")
        self._wait = wait
        self._interval = interval
        #: What the worker saw, and when.
        self.told: tuple[Seen, dt.datetime] | None = None
        #: What the last look showed.
        self.seen: Seen | None = None
        self._looked = watch.now()
        self._polled: dt.datetime | None = None
        self._live = False
        #: Whether people were there; later looks need not show it.
        self._came = False
        self._refused = False
        self._missing_since: dt.datetime | None = None
        # Waits that began together must not look together.
        self._patience = 0.75 + watch.chance() / 4

    def _saw(self, seen: Seen, at: dt.datetime) -> None:
        # All that decides is its name and state; the vendor's whole answer would be kept a thousand times.
        room = replace(seen.room, drift=_NOTHING, unverified=_NOTHING, details={})
        self.seen, self._looked, self.told = replace(seen, room=room), at, None
        self._live = any(session.live for session in seen.sessions)
        self._came = self._came or bool(seen.sessions)

    @property
    def open_room(self) -> str | None:
        """The id of the room, if that was open when it was last seen."""
        return self.seen.room.id if self.seen and self.seen.room.state == "open" else None

    def ended(self, status: str) -> None:
        """Count this wait as ended."""
        self._watch.note("rooms.waits", {"purpose": self._wait.purpose, "status": status})

    def pause(self) -> float:
        """Seconds until the next poll."""
        seen = self.seen or (self.told[0] if self.told else None)
        return pause(self._wait, seen, self._watch.now(), self._interval, self._watch.chance())

    async def poll(self) -> tuple[Verdict | None, float]:
        """The verdict, if there is one, and how many seconds to rest."""
        generation = self._watch.generation
        rest = 0.0
        verdict = None
        now = self._watch.now()
        first, before = self._polled is None, self._polled or self._looked
        if not first and not decisive(self._wait, self.seen, before, now) and not self._watch.affords_a_poll():
            return None, self.pause()
        self._polled = now
        try:
            with self._watch.purse.promised():
                verdict = await self._glance()
            self._refused, self._missing_since = False, None
        except ConnectionNotFoundError as error:
            self._missing_since = self._missing_since or self._watch.now()
            if self._watch.now() - self._missing_since >= dt.timedelta(seconds=MISSING * self._interval):
                raise
            log.warning("Room %s: the poll failed. %s", self._room, error)
        except PassingError as error:
            log.warning("Room %s: this poll failed; the next one will retry. %s", self._label, error)
            rest = error.retry_after or 0.0
        except AuthenticationError:
            # The secret may have been changed while we wait: once, the connection is looked up again.
            if self._refused:
                raise
            self._refused = True
            await self._watch.renew(generation)
            return None, 0.0
        self._watch.note("rooms.polls", {"purpose": self._wait.purpose})
        return verdict, max(rest, self.pause())

    async def _glance(self) -> Verdict | None:
        """Look at the room if the wait can be over, by the clock or by what the account shows."""
        await self._watch.ready()
        now = self._watch.now()
        if self.seen is None and self.told and now - self.told[1] <= dt.timedelta(seconds=FRESH * self._interval):
            self._saw(*self.told)
        if self.seen is None or self._stale():
            return await self._look()
        survey = await self._watch.survey(self._interval)
        open_ = survey.is_open(self.seen.room.id)
        live: Session | bool
        if survey.live is not None:
            live = survey.live.get(self.seen.room.id) or False
        else:
            guesses = [self.seen.supposing(live=guess, open_=open_, now=now) for guess in (True, False)]
            if not any(self._settles(guess, now) for guess in guesses):
                # Nobody told whether the room is still open.
                return await self._look() if open_ is None and self._older_than(BETWEEN_SESSIONS) else None
            live = await self._watch.occupied(self.seen.room)
        supposed = self.seen.supposing(live=live, open_=open_, now=now)
        if self._wait.purpose == "started" and not isinstance(live, bool):
            return decide(self._wait, supposed, now)  # the session itself was in the list
        left, self._live = self._live and not live, bool(live)
        self._came = self._came or self._live
        return await self._look(is_open=open_) if left or self._settles(supposed, now) else None

    def _settles(self, supposed: Seen, now: dt.datetime) -> bool:
        return decide(self._wait, supposed, now) is not None or wants_recordings(self._wait, supposed, now)

    def _stale(self) -> bool:
        if self._live:
            return False  # nothing ends while somebody is there
        rarely = min(RARELY, max(BETWEEN_SESSIONS, self._watch.users))
        return self._older_than(BETWEEN_SESSIONS if self._came else rarely)

    def _older_than(self, intervals: float) -> bool:
        return abs(self._watch.now() - self._looked) > dt.timedelta(seconds=intervals * self._interval * self._patience)

    async def _look(self, *, is_open: bool | None = None) -> Verdict | None:
        """Look at the room.

        :param is_open: whether the account has just shown that it is open.
        """
        if is_open and self.seen:
            seen = await self._watch.look(replace(self.seen.room, state="open"), self._wait, fresh=True)
        else:
            seen = await self._watch.look(self._room, self._wait)
        now = self._watch.now()
        self._saw(seen, now)
        return decide(self._wait, seen, now)
