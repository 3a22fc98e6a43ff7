"""When the directory of an account is read, instead of asking for its rooms one by one."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING

from airflow_provider_rooms.names import resolve_name
from airflow_provider_rooms.vendors.directory import Budget, Directory, read_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.models import Room, RoomSpec
    from airflow_provider_rooms.vendors.known import Known

    #: A room that is asked for at a connection.
    Sought = tuple[RoomsHook, RoomSpec]

log = logging.getLogger(__name__)


def full_name(hook: RoomsHook, spec: RoomSpec) -> str:
    """The room name of a spec that was checked, prefix included."""
    return resolve_name(spec.name, prefix=hook.vendor.config.name_prefix)


class Seen:
    """What the lists of some connections' accounts show of the rooms that were sought in them."""

    def __init__(self) -> None:
        self._directories: dict[str, Directory] = {}

    def add(self, conn_id: str, directory: Directory) -> None:
        """What the account of a connection shows."""
        self._directories[conn_id] = directory

    def all_open(self, conn_id: str) -> bool:
        """Whether the account's lists of open rooms were read to their end."""
        return conn_id in self._directories and self._directories[conn_id].read_all_open

    def shows(self, hook: RoomsHook, spec: RoomSpec) -> bool:
        """Whether the room is there and open."""
        directory = self._directories.get(hook.conn_id)
        return directory is not None and directory.shows(full_name(hook, spec))

    def take(self, hook: RoomsHook, spec: RoomSpec) -> Known | None:
        """What is known of the room; None where it has to be asked for. It can be taken once."""
        directory = self._directories.get(hook.conn_id)
        return None if directory is None else directory.take(full_name(hook, spec))


class Accounts:
    """The accounts of some connections, whose lists are read as far as that saves requests.

    :param rooms: what is asked for, all of it: what reading the lists may cost depends on how much that is.
    :param creating: rooms that are missing are created and read back; else all are looked up only.
    """

    def __init__(self, rooms: Iterable[Sought], *, creating: bool = False) -> None:
        hooks = [hook for hook, _ in rooms]
        counts = Counter(hook.conn_id for hook in hooks)
        self._budgets = {
            hook.conn_id: Budget(hook.vendor, counts[hook.conn_id], creating=creating)
            for hook in {hook.conn_id: hook for hook in hooks}.values()
        }

    async def read(
        self,
        rooms: Iterable[Sought],
        *,
        made: bool = False,
        open_rooms: Callable[[Room], None] | None = None,
    ) -> Seen:
        """Read the lists where that is worth it, those of different connections at the same time.

        :param made: these rooms were just made, and are only to be seen again.
        :param open_rooms: is given every open room of the accounts; then the lists of open rooms are read in any case.
        """
        wanted: dict[str, tuple[RoomsHook, dict[str, RoomSpec]]] = {}
        for hook, spec in rooms:
            wanted.setdefault(hook.conn_id, (hook, {}))[1][full_name(hook, spec)] = spec
        seen = Seen()

        async def read(hook: RoomsHook, specs: Mapping[str, RoomSpec]) -> None:
            budget = self._budgets[hook.conn_id]
            before = budget.pages
            if made:
                budget.narrow(len(specs))
            flow = read_directory(hook.vendor, specs, budget, only_open=made, open_rooms=open_rooms)
            try:
                transport = await hook.aio.connect()
                directory = await transport.run(flow)
                seen.add(hook.conn_id, directory)
                if made and all(map(directory.shows, specs)):
                    budget.pages = before  # worth it, and so it will be for the next rooms
            except Exception as error:  # noqa: BLE001 - it only saves requests: what is wrong is told room by room
                log.debug("The lists of %s cannot be used: %s.", hook.conn_id, type(error).__name__)

        await asyncio.gather(*(read(hook, specs) for hook, specs in wanted.values()))
        return seen
