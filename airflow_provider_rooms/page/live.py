"""Who is in which room now: one look at an account for everybody who has the page open.

A look lasts a quarter of a minute. Whoever asks in the meantime gets the same one, also while it is still on its way, so that
ten viewers cost a vendor no more requests than one.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.errors import RoomsError
from airflow_provider_rooms.hooks import aget_rooms_hook
from airflow_provider_rooms.vendors.flow import Patience

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from airflow_provider_rooms.hooks.aio import AsyncRooms
    from airflow_provider_rooms.models import Session

#: Seconds for which a look counts.
LASTS = 15.0
#: Seconds after which a vendor is too slow for a page.
PATIENCE = 10.0
#: Rooms of an account that are asked for their people in one look.
MOST = 25


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a look found.

    :param rooms: by the id of each room with people in it, ``{"since": ISO 8601, "people": number or None}``.
    :param error: why nothing is known; None if something is.
    """

    rooms: dict[str, dict[str, Any]]
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The look as plain JSON."""
        return {"rooms": self.rooms, "error": self.error}


class Looks:
    """The newest look at each connection. Belongs to one event loop.

    :param look: what looks at a connection.
    :param clock: seconds that only ever increase.
    """

    def __init__(
        self,
        look: Callable[[str], Awaitable[Look]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look or look_at
        self._clock = clock
        self._newest: dict[str, tuple[float, asyncio.Task[Look]]] = {}

    async def at(self, conn_id: str) -> Look:
        """The look at a connection that counts now."""
        now = self._clock()
        # Anybody may ask for any name: those of an hour ago are not kept.
        self._newest = {key: kept for key, kept in self._newest.items() if kept[0] + LASTS > now or not kept[1].done()}
        if conn_id not in self._newest:
            self._newest[conn_id] = (now, asyncio.ensure_future(self._patiently(conn_id)))
        # A viewer who leaves ends nobody else's look.
        return await asyncio.shield(self._newest[conn_id][1])

    async def _patiently(self, conn_id: str) -> Look:
        try:
            return await asyncio.wait_for(self._look(conn_id), PATIENCE)
        except TimeoutError:
            return Look(rooms={}, error=f"No response within {PATIENCE:.0f} seconds.")
        except RoomsError as error:
            return Look(rooms={}, error=str(error))


async def look_at(conn_id: str) -> Look:
    """Look at an account, with few requests.

    :raises RoomsError: the connection cannot be used, or the vendor does not answer.
    """
    hook = await aget_rooms_hook(conn_id, patience=0)
    # The next look is the next try; until then people are told what the vendor said.
    hook.patience = Patience(tries=1, throttled=0)
    async with hook.aio as rooms:
        survey = await rooms.survey()
        if survey.live is None and survey.open is None:
            return Look(rooms={}, error=f"{hook.vendor.title} has no list of live rooms.")
        if survey.live is not None:
            live = dict(survey.live)
        else:
            found = await asyncio.gather(*(_live(rooms, room_id) for room_id in sorted(survey.open or ())[:MOST]))
            live = {session.room_id: session for session in found if session}
        people = await asyncio.gather(*(_people(rooms, session) for session in list(live.values())[:MOST]))
    counts = dict(zip(list(live)[:MOST], people, strict=True))
    return Look(rooms={key: {"since": session.started_at, "people": counts.get(key)} for key, session in live.items()})


async def _live(rooms: AsyncRooms, room_id: str) -> Session | None:
    """The session that goes on in a room."""
    async for session in rooms.sessions(room_id):
        return session if session.live else None
    return None


async def _people(rooms: AsyncRooms, session: Session) -> int | None:
    """How many people are there; None if the vendor does not say."""
    try:
        who = await rooms.attendance(session)
    except RoomsError:
        return None
    return sum(any(stay["left_at"] is None for stay in person.intervals) for person in who)
