"""Which connections take part in events, remembered for a minute: a request from anywhere must not cost a look-up each time."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from airflow_provider_rooms.errors import AirflowDownError, RoomsError
from airflow_provider_rooms.events.uris import takes_part

if TYPE_CHECKING:
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.models import RoomEvent
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.contract.webhooks import Delivery

#: Seconds for which a connection, or that there is none, is remembered; and the least time between two reads of a key.
REMEMBERED = 60.0
#: So many ids are remembered at most.
MOST_REMEMBERED = 2000
#: Ids that nobody has heard of are looked up this often within a second at most.
LOOK_UPS_PER_SECOND = 20


class TakesPart:
    """A connection that takes part: its vendor, and the key that signatures are checked with."""

    def __init__(self, conn_id: str, hook: RoomsHook) -> None:
        self.conn_id = conn_id
        self._hook = hook
        self.vendor: Vendor = hook.vendor
        self._key: str | None = None
        self._key_read = float("-inf")
        self._reading = asyncio.Lock()

    async def is_genuine(self, delivery: Delivery) -> bool:
        """Whether the vendor sent it; a key that does not fit may have been replaced, so it is read again."""
        if self._key_read > float("-inf") and self._fits(delivery):
            return True
        async with self._reading:
            if time.monotonic() - self._key_read >= REMEMBERED:
                self._key_read = time.monotonic()
                try:
                    self._key = await asyncio.to_thread(lambda: self._hook.transport.run(self.vendor.webhook_key()))
                except RoomsError:
                    return False
        return self._fits(delivery)

    def _fits(self, delivery: Delivery) -> bool:
        return self.vendor.is_genuine(delivery, self._key)

    async def look(self, room_id: str) -> list[RoomEvent]:
        """What has happened in a room that the vendor does not report.

        :raises RoomsError: the vendor does not answer.
        """

        def look() -> list[RoomEvent]:
            room = self._hook.get_room(room_id)
            return self._hook.transport.run(self.vendor.happened_in(room))

        return await asyncio.to_thread(look)


class Participants:
    """Connections by id."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, tuple[float, TakesPart | None]] = OrderedDict()
        self._searches: dict[str, asyncio.Task[TakesPart | None]] = {}
        self._second = (0, 0)

    async def find(self, conn_id: str) -> TakesPart | None:
        """The connection, if it takes part; None otherwise, without saying why.

        :raises AirflowDownError: Airflow cannot say now, and nothing is remembered.
        """
        if not takes_part(conn_id):
            return None
        now = time.monotonic()
        until, known = self._found.get(conn_id, (0.0, None))
        if now < until:
            return known
        if known is None and not self._may_look_up(now):
            return None
        search = self._searches.get(conn_id)
        if search is None:
            search = self._searches[conn_id] = asyncio.create_task(self._search(conn_id, known))
            search.add_done_callback(lambda _: self._searches.pop(conn_id, None))
        return await asyncio.shield(search)

    def _may_look_up(self, now: float) -> bool:
        second, number = self._second
        self._second = (int(now), number + 1 if second == int(now) else 1)
        return self._second[1] <= LOOK_UPS_PER_SECOND

    async def _search(self, conn_id: str, before: TakesPart | None) -> TakesPart | None:
        try:
            found = await asyncio.to_thread(_look_up, conn_id)
        except AirflowDownError:
            if before is None:
                raise
            found = before
        except RoomsError:
            found = None
        if found and before and found.vendor.config == before.vendor.config:
            found = before  # with its key
        self._found[conn_id] = (time.monotonic() + REMEMBERED, found)
        self._found.move_to_end(conn_id)
        while len(self._found) > MOST_REMEMBERED:
            self._found.popitem(last=False)
        return found


def _look_up(conn_id: str) -> TakesPart | None:
    """A connection with a ``webhook_url`` and something to check deliveries by.

    :raises RoomsError: there is no such connection, or it cannot be used.
    """
    from airflow_provider_rooms.hooks import hook_for
    from airflow_provider_rooms.hooks.lookup import find_connection

    hook = hook_for(conn_id, find_connection(conn_id, "any of the vendors", patience=0))
    hook.masks_tokens = False
    vendor = hook.vendor
    if not vendor.config.webhook_url or not vendor.can("is_genuine") or not vendor.may_report():
        return None
    return TakesPart(conn_id, hook)
