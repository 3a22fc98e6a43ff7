"""One hook, one HTTP client and one poll of the account per connection and event loop, shared by all triggers there."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from airflow_provider_rooms.errors import AuthenticationError, PassingError, PermanentError, RoomsError
from airflow_provider_rooms.hooks import aget_rooms_hook
from airflow_provider_rooms.triggers.alarms import Alarms
from airflow_provider_rooms.triggers.purse import Purse
from airflow_provider_rooms.vendors.presence import Survey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.models import Room, RoomRef
    from airflow_provider_rooms.waiting.waits import Seen, Wait

log = logging.getLogger(__name__)

#: Rooms looked at by themselves at the same time.
LOOKS_AT_ONCE = 8
#: A poll of the account is at least this part of an interval old before the next one, and at most that part;
FRESHEST, OLDEST = 1 / 8, 1 / 2
#: in between, polls take no more than one request for so many that polling each room by itself would take.
SAVING = 60


class Follower(Protocol):
    """One of the waits."""

    @property
    def open_room(self) -> str | None:
        """The id of its room, if that was open when it was last seen."""


_watches: dict[tuple[str, asyncio.AbstractEventLoop], Watch] = {}


def shared_watch(conn_id: str) -> Watch:
    """The watch over a connection's account, for ``async with``: it is there as long as somebody uses it."""
    key = (conn_id, asyncio.get_running_loop())
    return _watches.get(key) or _watches.setdefault(key, Watch(conn_id))


class Watch:
    """Looks at one account on behalf of many waits.

    Each request is sent by a task of its own, since the HTTP client keeps a state for every task that sent one, as long as
    the task is there: the tasks of a thousand waits are there for hours.

    :param conn_id: the Airflow connection.
    """

    def __init__(self, conn_id: str) -> None:
        self.users = 0
        #: Goes up when the connection was looked up again.
        self.generation = 0
        self._conn_id = conn_id
        self._hook: RoomsHook | None = None
        self._old_hooks: list[RoomsHook] = []
        self._preparing = asyncio.Lock()
        self._looks = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._survey: asyncio.Task[Survey] | None = None
        self._followers: set[Follower] = set()
        self._surveyed = self.now()
        self._pages = 1
        self._alarms = Alarms()
        self._sent_before = 0
        self.purse = Purse(self.now, self._sent)

    async def __aenter__(self) -> Watch:
        self.users += 1
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.users -= 1
        if not self.users:
            del _watches[self._conn_id, asyncio.get_running_loop()]
            await self.aclose()

    async def aclose(self) -> None:
        """Close the connections to the vendor."""
        self._alarms.close()
        if self._survey is not None:
            self._survey.cancel()
        hooks = [*self._old_hooks, *([self._hook] if self._hook else [])]
        for hook in hooks:
            await hook.aio.aclose()

    def now(self) -> datetime:
        """The time, as the vendor parts have it."""
        return self._hook.vendor.now() if self._hook else datetime.now(UTC)

    def chance(self) -> float:
        """A number in [0, 1)."""
        return self._hook.vendor.runtime.random() if self._hook else random.random()

    def _sent(self) -> int:
        return self._sent_before + (self._hook.vendor.sent if self._hook else 0)

    def note(self, name: str, tags: Mapping[str, str]) -> None:
        """Count something in Airflow's metrics."""
        if self._hook is not None:
            self._hook.vendor.runtime.note(name, 1, tags)

    def affords_a_poll(self) -> bool:
        """Whether a wait may poll: always where one request serves many."""
        return self._hook is None or not self._hook.vendor.rooms_apart or self.purse.affords_one()

    def sleep(self, seconds: float) -> asyncio.Future[None]:
        """Rest between two polls."""
        return self._alarms.sleep(seconds)

    @property
    def title(self) -> str:
        """The vendor's name as people write it."""
        return self._hook.vendor.title if self._hook else ""

    async def renew(self, generation: int) -> None:
        """Look the connection up again, unless that was done since: its secret may have been changed."""
        async with self._preparing:
            if self.generation == generation and self._hook is not None:
                self._sent_before = self._sent()
                self._old_hooks.append(self._hook)
                self._hook = self._survey = None
                self.generation += 1

    @contextmanager
    def followed_by(self, follower: Follower) -> Iterator[None]:
        """Polls of the account see to the room of this wait."""
        self._followers.add(follower)
        try:
            yield
        finally:
            self._followers.discard(follower)

    async def look(self, room: RoomRef, wait: Wait, *, fresh: bool = False) -> Seen:
        """What a wait needs to know of a room, read now.

        :param fresh: the room itself was seen just now.
        """
        hook = await self.ready()
        async with self._looks:
            seen: Seen = await asyncio.create_task(hook.aio.look(room, wait, fresh=fresh))
            return seen

    async def occupied(self, room: Room) -> bool:
        """Whether somebody is in a room, read now."""
        hook = await self.ready()
        async with self._looks:
            answer: bool = await asyncio.create_task(hook.aio.occupied(room))
            return answer

    async def survey(self, interval: float) -> Survey:
        """The account at one glance, not older than a part of the interval; one request serves all who wait.

        Nothing is known from it when it takes more requests than there are waits: those ask for themselves.
        """
        if self.users <= self._pages:
            return Survey()
        max_age = interval * min(OLDEST, max(FRESHEST, self._pages * SAVING / self.users))
        age = abs(self.now() - self._surveyed).total_seconds()
        if self._survey is None or (self._survey.done() and age > max_age):
            self._surveyed = self.now()
            self._survey = asyncio.create_task(self._take_survey())
        # One trigger being cancelled must not take the answer from the others.
        return await asyncio.shield(self._survey)

    async def _take_survey(self) -> Survey:
        hook = await self.ready()
        try:
            survey: Survey = await hook.aio.survey({room for one in self._followers if (room := one.open_room)})
        except AuthenticationError:
            raise
        except PermanentError as error:
            # A key may be allowed to read its rooms and not to list all of them.
            log.warning(
                "%s does not list the whole account, so each room is requested separately. %s", self.title, error
            )
            survey = Survey()
        self._pages = survey.pages
        return survey

    async def ready(self) -> RoomsHook:
        """The hook, once its connection is looked up and its client is there.

        :raises RoomsError: the connection is none of ours, or cannot be looked up now.
        """
        if self._hook is None:
            async with self._preparing:
                if self._hook is None:
                    self._hook = await _prepare(self._conn_id)
        return self._hook


async def _prepare(conn_id: str) -> RoomsHook:
    try:
        # Asked once: the next poll asks again.
        hook = await aget_rooms_hook(conn_id, patience=0)
        hook.masks_tokens = False
        await hook.aio.aopen()
    except RoomsError:
        raise
    except Exception as error:
        # Airflow's own API or a secrets backend: may be back at the next poll.
        raise PassingError(
            f"Connection {conn_id!r} could not be looked up: {type(error).__name__}.",
            advice="See the log of the API server, or of the secrets backend.",
        ) from error
    return hook
