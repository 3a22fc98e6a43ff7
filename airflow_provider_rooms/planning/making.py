"""Many rooms made at once: the lists of their accounts first, then what is missing; what was made is seen again meanwhile."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from airflow_provider_rooms.errors import AuthenticationError
from airflow_provider_rooms.hooks.concurrency import for_each, opened
from airflow_provider_rooms.planning.accounts import Accounts, Seen
from airflow_provider_rooms.vendors.ensure import Made, confirm_room, make_room, noted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_rooms.errors import RoomsError
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.models import Room
    from airflow_provider_rooms.planning.accounts import Sought
    from airflow_provider_rooms.planning.orders import Order
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.flow import Flow

#: So many rooms are made before they are read back, since until then everything about them is kept; while they are read back,
#: the next ones are made.
AT_ONCE = 250


async def make_rooms(
    orders: Sequence[tuple[RoomsHook, Order]], tell: Callable[[int, Room | Exception], None], *, concurrency: int
) -> None:
    """Make sure of many rooms.

    :param orders: no two of one connection with the same name.
    :param tell: is given each order's place in the list, and its room or what went wrong.
    :param concurrency: how many are made at the same time.
    """
    async with opened(hook for hook, _ in orders):
        await _Making(orders, tell, concurrency).run()


class _Making:
    def __init__(
        self,
        orders: Sequence[tuple[RoomsHook, Order]],
        tell: Callable[[int, Room | Exception], None],
        concurrency: int,
    ) -> None:
        self._orders = orders
        self._tell = tell
        self._concurrency = concurrency
        self._gate = asyncio.Semaphore(concurrency)
        self._accounts = Accounts(map(self._sought, range(len(orders))), creating=True)
        #: Rooms to be read back; and those to be looked for again, since what was known of them is too old.
        self._made: dict[int, Made] = {}
        self._again: list[int] = []
        #: Connections that the vendor let in; and those whose key it refused from the first room on, so that it is no use to
        #: ask five thousand times.
        self._accepted: set[str] = set()
        self._refused: dict[str, RoomsError] = {}

    async def run(self) -> None:
        left: Sequence[int] = range(len(self._orders))
        while left:
            found = await self._accounts.read(map(self._sought, left))
            # What was seen comes first: it takes no time, and is let go.
            left = sorted(left, key=lambda index: not found.shows(*self._sought(index)))
            self._again = []
            async with asyncio.TaskGroup() as reading:
                before: asyncio.Task[None] | None = None
                for start in range(0, len(left), AT_ONCE):
                    some = left[start : start + AT_ONCE]
                    await for_each(some, partial(self._make, found), concurrency=self._concurrency)
                    if before is not None:
                        await before
                    made, self._made = self._made, {}
                    before = reading.create_task(self._read_back(made)) if made else None
            left = self._again

    async def _read_back(self, made: Mapping[int, Made]) -> None:
        """Read the lists once more, for what was made; one by one where that is less."""
        seen = await self._accounts.read(map(self._sought, made), made=True)
        await for_each(made.items(), partial(self._confirm, seen), concurrency=self._concurrency)

    async def _make(self, found: Seen, index: int) -> None:
        hook, order = self._orders[index]
        known = found.take(hook, order.spec)
        if known is not None and known.expired(hook.vendor):
            self._again.append(index)
            return
        await self._settle(
            index,
            lambda vendor: make_room(
                vendor, order.spec, on_drift=order.on_drift, on_closed=order.on_closed, known=known
            ),
        )

    async def _confirm(self, seen: Seen, made_one: tuple[int, Made]) -> None:
        index, made = made_one
        hook, order = self._orders[index]
        known = seen.take(hook, order.spec)
        await self._settle(index, lambda vendor: confirm_room(vendor, made, known))

    async def _settle(self, index: int, flow: Callable[[Vendor], Flow[Room | Made]]) -> None:
        """Run it, and tell what came of it unless that is to be read back."""
        hook, _ = self._orders[index]
        try:
            if refusal := self._refused.get(hook.conn_id):
                raise AuthenticationError(
                    f"Not attempted, because the first room failed: {refusal.message}",
                    vendor=refusal.vendor,
                    advice=refusal.advice,
                )
            async with self._gate:  # what is made and what is read back, together
                transport = await hook.aio.connect()
                room = await transport.run(noted(hook.vendor, flow(hook.vendor)))
            self._accepted.add(hook.conn_id)
        except Exception as error:  # noqa: BLE001 - one room that fails, however, must not lose the others
            if isinstance(error, AuthenticationError) and hook.conn_id not in self._accepted:
                self._refused.setdefault(hook.conn_id, error)
            self._tell(index, error)
            return
        if isinstance(room, Made):
            self._made[index] = room
        else:
            self._tell(index, room)

    def _sought(self, index: int) -> Sought:
        hook, order = self._orders[index]
        return hook, order.spec
