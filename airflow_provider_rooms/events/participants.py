"""Which connections take part in events, remembered for a minute: a request from anywhere must not cost a look-up each time."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from airflow_provider_rooms.errors import PassingError, RoomsError
from airflow_provider_rooms.events.uris import takes_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.hooks.connection import AirflowConnection
    from airflow_provider_rooms.models import RoomEvent
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.contract.webhooks import Delivery

#: Seconds for which a connection, or that there is none, is remembered; and the least time between two reads of a key.
REMEMBERED = 60.0
#: The same while a secrets backend or Airflow's database does not answer.
REMEMBERED_UNSURE = 1.0
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
    """Connections by id.

    :param look_up: finds one; see :func:`from_airflow` and :func:`without_database`.
    """

    def __init__(self, look_up: Callable[[str], TakesPart | None] | None = None) -> None:
        self._look_up = look_up or from_airflow
        self._found: OrderedDict[str, tuple[float, TakesPart | None]] = OrderedDict()
        self._searches: dict[str, asyncio.Task[TakesPart | None]] = {}
        self._second = (0, 0)

    async def find(self, conn_id: str, *, trusted: bool = False) -> TakesPart | None:
        """The connection, if it takes part; None otherwise, without saying why.

        :param trusted: the id does not come from a request, so that any number of them may be looked up.
        :raises PassingError: nobody can say now, and nothing is remembered.
        """
        if not takes_part(conn_id):
            return None
        now = time.monotonic()
        until, known = self._found.get(conn_id, (0.0, None))
        if now < until:
            return known
        if known is None and not trusted and not self._may_look_up(now):
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
        remembered = REMEMBERED
        try:
            found = await asyncio.to_thread(self._look_up, conn_id)
        except PassingError:
            # What was true a minute ago still is, and is soon looked up again.
            if before is None:
                raise
            found, remembered = before, REMEMBERED_UNSURE
        except RoomsError:
            found = None
        if found and before and found.vendor.config == before.vendor.config:
            found = before  # with its key
        self._found[conn_id] = (time.monotonic() + remembered, found)
        self._found.move_to_end(conn_id)
        while len(self._found) > MOST_REMEMBERED:
            self._found.popitem(last=False)
        return found


def from_airflow(conn_id: str) -> TakesPart | None:
    """A connection with a ``webhook_url`` and something to check deliveries by, wherever Airflow keeps it.

    :raises RoomsError: there is no such connection, or it cannot be used.
    """
    from airflow_provider_rooms.hooks.lookup import find_connection

    return _taking_part(conn_id, find_connection(conn_id, "any of the vendors", patience=0))


def without_database(conn_id: str) -> TakesPart | None:
    """The same from the environment or a secrets backend only, for a process that has no access to Airflow's database.

    :raises RoomsError: it cannot be used, or a secrets backend does not answer.
    """
    from airflow_provider_rooms.hooks.lookup import find_in_secrets

    connection = find_in_secrets(conn_id)
    return _taking_part(conn_id, connection) if connection else None


def _taking_part(conn_id: str, connection: AirflowConnection) -> TakesPart | None:
    from airflow_provider_rooms.hooks import hook_for

    hook = hook_for(conn_id, connection)
    hook.masks_tokens = False
    vendor = hook.vendor
    if not vendor.config.webhook_url or not vendor.can("is_genuine") or not vendor.may_report():
        return None
    return TakesPart(conn_id, hook)
