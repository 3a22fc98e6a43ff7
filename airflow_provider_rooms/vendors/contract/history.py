"""The part of the contract about an account as a whole: what happened in it within a time. Nothing has to be written for it.

What stands here reads room by room and so works for every vendor; one whose lists tell more in fewer requests says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_rooms.vendors.contract.recordings import Recordings
from airflow_provider_rooms.vendors.contract.rooms import Rooms
from airflow_provider_rooms.vendors.contract.sessions import Sessions
from airflow_provider_rooms.vendors.flow import Page, gathered, next_page
from airflow_provider_rooms.vendors.presence import past_session

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from airflow_provider_rooms.vendors.flow import Flow


class History(Rooms, Sessions, Recordings):
    """Lists of the whole account. They may hold more than was asked for: who calls them looks at times and names again."""

    def past_rooms(self, since: dt.datetime, until: dt.datetime, named: Callable[[str | None], bool]) -> Flow[None]:
        """Pages of the rooms made in that time."""
        return self.list_rooms(lambda room: named(room.name))

    def past_sessions(self, since: dt.datetime, until: dt.datetime, named: Callable[[str | None], bool]) -> Flow[None]:
        """Pages of :class:`~airflow_provider_rooms.models.PastSession`: those that ended in that time.

        A name that the list does not show is left None.
        """
        rooms = self.list_rooms(lambda room: named(room.name))
        while (page := (yield from next_page(rooms))) is not None:
            for room in page:
                sessions = yield from gathered(self.list_sessions(room, since, lambda session: not session.live))
                for session in sessions:
                    listed = yield from gathered(self.list_participants(session.id))
                    people = [person for person in listed if not self.is_recorder(person)]
                    yield Page([past_session(session, room.name, people, self.now())])

    def past_recordings(
        self, since: dt.datetime, until: dt.datetime, named: Callable[[str | None], bool]
    ) -> Flow[None]:
        """Pages of the recordings that began in that time."""
        rooms = self.list_rooms(lambda room: named(room.name))
        while (page := (yield from next_page(rooms))) is not None:
            for room in page:
                yield from self.list_recordings(room, None)
