"""The optional part of the contract about sessions: people in a room."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from airflow_provider_rooms.vendors.contract.api import Api, optional
from airflow_provider_rooms.vendors.presence import Survey

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection

    from airflow_provider_rooms.models import Participant, Room, Session
    from airflow_provider_rooms.vendors.flow import Flow


class Sessions(Api):
    """Who is in a room, and who was. The first three methods go together."""

    #: Whether only the lists of each room say who is in it, so that no request serves many waits.
    rooms_apart: ClassVar[bool] = False

    @optional("does not report sessions")
    def list_sessions(self, room: Room, since: dt.datetime | None, keep: Callable[[Session], bool]) -> Flow[None]:
        """The sessions of a room that are wanted, page by page, newest first where the vendor says how it sorts.

        :param since: sessions that were over before this need not be read.
        """
        raise NotImplementedError

    @optional("does not report whether anybody is in a room")
    def live_session(self, room: Room) -> Flow[Session | None]:
        """What runs in the room right now, a lonely recorder included."""
        raise NotImplementedError

    @optional("does not report sessions")
    def read_session(self, session: Session) -> Flow[Session]:
        """The session as it is now; live as long as anything runs, a lonely recorder included."""
        raise NotImplementedError

    @optional("does not report who was in a session")
    def list_participants(self, session_id: str) -> Flow[None]:
        """Pages of everybody who was in a session, one :class:`Participant` per entry of the vendor.

        :raises NotFoundError: there is no such session.
        """
        raise NotImplementedError

    @optional("cannot end a session without closing its room")
    def end_live(self, room: Room, session: Session) -> Flow[None]:
        """Tell a live session to end; it may take a moment. The room stays open."""
        raise NotImplementedError

    def survey(self, rooms: Collection[str] | None = None) -> Flow[Survey]:
        """Which rooms of the account are occupied or open, in as few requests as the vendor's lists allow.

        :param rooms: ids of those that matter; None for all. A list need not be read any further once it has shown them.
        """
        yield from ()
        return Survey()

    def occupied(self, room: Room) -> Flow[bool]:
        """Whether somebody is in one room, where the survey cannot tell."""
        return (yield from self.live_session(room)) is not None

    def is_recorder(self, person: Participant) -> bool:
        """Whether this is the vendor's recorder and not a person."""
        return False
