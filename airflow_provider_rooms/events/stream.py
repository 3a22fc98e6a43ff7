"""The watchers of a connection as one shared stream of Airflow's triggerer, which tells when events are stored."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from airflow.triggers.shared_stream import SharedStreamProducer

from airflow_provider_rooms.events.cursor import Cursor
from airflow_provider_rooms.events.uris import event_uri
from airflow_provider_rooms.events.watcher import Watcher, shared_account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from airflow.triggers.shared_stream import AdvanceItem

    from airflow_provider_rooms.events.cursor import Poll
    from airflow_provider_rooms.events.watcher import Account

log = logging.getLogger(__name__)

#: The key of a cursor in the asset's store.
KEY = "rooms_cursor"
#: Seconds between two tries to read it.
PAUSE = 5.0


class Producer(SharedStreamProducer):
    """Polls for all watchers of a connection; told by Airflow when what a poll brought is stored.

    :param conn_id: the Airflow connection.
    """

    def __init__(self, conn_id: str) -> None:
        self._conn_id = conn_id
        self._account: Account | None = None

    async def open_stream(self) -> AsyncIterator[tuple[Poll, int]]:
        """Polls, with their numbers."""
        async with shared_account(self._conn_id) as self._account:
            number = 0
            while True:
                poll = await self._account.next(number)
                number = poll.number
                yield poll, number

    async def advance(self, batch: Sequence[AdvanceItem]) -> None:
        """Move the cursors. Whoever has not stored an event has failed, and begins again where its cursor stands."""
        done = [item.broker_payload for item in batch if item.outcome.is_clean]
        if done and self._account is not None:
            await self._account.told(max(done))


async def payloads(polls: AsyncIterator[Poll], conn_id: str, kind: Any, stores: Any) -> AsyncIterator[dict[str, Any]]:
    """What one watcher tells.

    :param stores: the stores of the assets that the trigger belongs to.
    """
    store = _store(stores, event_uri(conn_id, kind, watched=True))
    async with shared_account(conn_id) as account:
        watcher = Watcher(Cursor(type=kind))
        if store is not None:
            watcher = Watcher(Cursor.read(kind, await _stored(store)), lambda state: store.aset(KEY, state))
        with account.serving(watcher):
            async for poll in polls:
                for payload in watcher.take(poll):
                    yield payload


def _store(stores: Any, uri: str) -> Any:
    """The store of our asset; none where somebody gave the trigger to another one."""
    from airflow.sdk import Asset

    try:
        return stores[Asset(uri)]
    except (KeyError, TypeError):
        log.warning("This trigger belongs to no asset %s: after a restart it begins at that time.", uri)
        return None


async def _stored(store: Any) -> Any:
    while True:
        try:
            return await store.aget(KEY)
        except Exception as error:  # noqa: BLE001 - without it, nobody knows where to begin
            log.warning("The cursor could not be read (%s); tried again.", type(error).__name__)
            await asyncio.sleep(PAUSE)
