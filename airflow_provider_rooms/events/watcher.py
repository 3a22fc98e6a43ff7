"""Asks an account for events on behalf of its watchers: one poll per connection and event loop serves them all."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.errors import RoomsError, UnsupportedError
from airflow_provider_rooms.events.cursor import Cursor, Poll
from airflow_provider_rooms.hooks import aget_rooms_hook
from airflow_provider_rooms.vendors.contract.watching import GROUPS
from airflow_provider_rooms.vendors.flow import gathered

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.models import EventType
    from airflow_provider_rooms.vendors.contract.watching import Thing

log = logging.getLogger(__name__)

#: Seconds before the first poll: watchers of one connection start together, and one poll is for all of them.
TOGETHER = 2.0
#: Seconds between two polls while the connection cannot be read.
USUAL_INTERVAL = 60.0
#: Seconds after which the connection is looked up again: somebody may have changed it.
LOOKED_UP_FOR = 600.0
#: Events told at once, in one asset event.
MOST_AT_ONCE = 100

_accounts: dict[tuple[str, asyncio.AbstractEventLoop], Account] = {}


@asynccontextmanager
async def shared_account(conn_id: str) -> AsyncIterator[Account]:
    """The account of a connection: it is there as long as somebody uses it."""
    key = (conn_id, asyncio.get_running_loop())
    account = _accounts.get(key) or _accounts.setdefault(key, Account(conn_id))
    account.users += 1
    try:
        yield account
    finally:
        account.users -= 1
        if not account.users:
            del _accounts[key]
            await account.aclose()


async def payloads_from_now(conn_id: str, kind: EventType) -> AsyncIterator[dict[str, Any]]:
    """What one watcher tells where nothing can be stored: what happens from now on."""
    async with shared_account(conn_id) as account:
        watcher, number = Watcher(Cursor(type=kind)), 0
        with account.serving(watcher):
            while True:
                poll = await account.next(number)
                number = poll.number
                for payload in watcher.take(poll):
                    yield payload


class Watcher:
    """One type of event: its cursor, and what of it is stored.

    :param keep: stores the cursor; None where nothing can be stored.
    """

    def __init__(self, cursor: Cursor, keep: Callable[[dict[str, Any]], Awaitable[None]] | None = None) -> None:
        self.cursor = cursor
        self._keep = keep
        self._after: dict[int, dict[str, Any]] = {}
        self._kept: dict[str, Any] = {}

    def take(self, poll: Poll) -> Iterator[dict[str, Any]]:
        """What is to be told after a poll, as payloads."""
        events = [event.as_dict() for event in self.cursor.take(poll)]
        if self._keep is not None:
            self._after[poll.number] = self.cursor.as_dict()
        for start in range(0, len(events), MOST_AT_ONCE):
            yield {"events": events[start : start + MOST_AT_ONCE]}

    async def told(self, number: int) -> None:
        """Airflow has stored what the polls up to this one told: so much need not be told again."""
        done = [each for each in self._after if each <= number]
        if self._keep is None or not done:
            return
        state = self._after[max(done)]
        if state != self._kept:
            try:
                await self._keep(state)
            except Exception as error:  # noqa: BLE001 - Airflow's API is away: the next poll stores it
                log.warning("The cursor of %s could not be stored (%s).", self.cursor.type, type(error).__name__)
                return
        self._kept = state
        for each in done:
            del self._after[each]


class Account:
    """The lists of one account, read every ``watch_interval`` seconds from where the hindmost watcher is."""

    def __init__(self, conn_id: str) -> None:
        self.users = 0
        self.watchers: list[Watcher] = []
        self._conn_id = conn_id
        self._hook: RoomsHook | None = None
        self._looked_up = 0.0
        self._refused: set[str] = set()
        self._due = asyncio.get_running_loop().time() + TOGETHER
        self._last: Poll | None = None
        self._polling: asyncio.Task[None] | None = None

    async def aclose(self) -> None:
        """Stop, and close the connections to the vendor."""
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.wait([self._polling])
        await self._let_go()

    @contextmanager
    def serving(self, watcher: Watcher) -> Iterator[None]:
        """Ask for what a watcher wants to know."""
        self.watchers.append(watcher)
        try:
            yield
        finally:
            self.watchers.remove(watcher)

    async def next(self, after: int) -> Poll:
        """The next poll whose number is greater; one that fails is logged, and followed by another."""
        while self._last is None or self._last.number <= after:
            if self._polling is None or self._polling.done():
                self._polling = asyncio.create_task(self._poll())
            # One watcher being cancelled must not take the answer from the others.
            await asyncio.shield(self._polling)
        return self._last

    async def told(self, number: int) -> None:
        """Airflow has stored all events of the polls up to this one."""
        for watcher in list(self.watchers):
            await watcher.told(number)

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._due - loop.time()))
        pause = USUAL_INTERVAL
        try:
            hook = await self._ready()
            vendor = hook.vendor
            pause = vendor.config.watch_interval * (0.9 + vendor.runtime.random() / 5)
            now = vendor.now()
            wanted = [watcher.cursor for watcher in self.watchers if self._can(hook, watcher.cursor.type)]
            if wanted:
                self._last = await self._look(hook, now, wanted)
        except RoomsError as error:
            log.warning("Connection %r: polling for events failed; the next poll will retry. %s", self._conn_id, error)
            pause = max(pause, error.retry_after or 0.0)
            await self._let_go()
        except Exception as error:  # noqa: BLE001 - Airflow's own API or a secrets backend: may be back at the next poll
            log.warning("Connection %r: polling for events failed (%s).", self._conn_id, type(error).__name__)
            await self._let_go()
        self._due = loop.time() + pause

    async def _look(self, hook: RoomsHook, now: dt.datetime, wanted: list[Cursor]) -> Poll:
        transport = await hook.aio.connect()
        since: dict[EventType, dt.datetime] = {}
        things: list[Thing] = []
        for group in GROUPS:
            cursors = [cursor for cursor in wanted if cursor.type in group]
            if cursors:
                types = {cursor.type for cursor in cursors}
                began = min(cursor.wants(now) for cursor in cursors)
                over = min(cursor.wants_over(now) for cursor in cursors)
                since |= dict.fromkeys(types, began)
                things += await transport.run(gathered(hook.vendor.happened_since(began, types, over=over)))
        number = self._last.number + 1 if self._last else 1
        return Poll(number=number, at=now, since=since, things=things)

    def _can(self, hook: RoomsHook, kind: EventType) -> bool:
        try:
            hook.vendor.check_watchable(kind)
        except UnsupportedError as error:
            if kind not in self._refused:
                self._refused.add(kind)
                log.error("Connection %r: %s", self._conn_id, error)
            return False
        return True

    async def _ready(self) -> RoomsHook:
        loop = asyncio.get_running_loop()
        if self._hook is not None and loop.time() - self._looked_up > LOOKED_UP_FOR:
            await self._let_go()
        if self._hook is None:
            hook = await aget_rooms_hook(self._conn_id, patience=0)
            hook.masks_tokens = False
            await hook.aprepare()
            self._hook, self._looked_up = hook, loop.time()
            self._refused.clear()
        return self._hook

    async def _let_go(self) -> None:
        hook, self._hook = self._hook, None
        if hook is not None:
            await hook.aio.aclose()
