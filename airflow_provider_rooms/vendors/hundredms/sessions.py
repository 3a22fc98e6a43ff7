"""100ms' sessions. https://www.100ms.live/docs/server-side/v2/api-reference/Sessions/object"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Participant, PastSession, Room, Session
from airflow_provider_rooms.vendors.contract.sessions import Sessions
from airflow_provider_rooms.vendors.exchange import as_items, parse_time
from airflow_provider_rooms.vendors.flow import Flow, Sleep, paged, segment
from airflow_provider_rooms.vendors.hundredms.api import HundredMsApi
from airflow_provider_rooms.vendors.presence import Interval, Survey, iso, make_participant, past_session
from airflow_provider_rooms.vendors.rest import Resource

#: Live sessions asked for at once. Each lists its peers: more of them in one piece would hold up an event loop.
SURVEY_SIZE = 50
#: The fewest items that a list can be asked for.
FEWEST = 10

T = TypeVar("T")
#: The platform ends every session after this long.
LONGEST_SESSION = dt.timedelta(hours=12)
#: The recorder is a peer of this name, or of this role where the template says nothing else.
RECORDER_NAME, RECORDER_ROLE = "Beam", "__internal_recorder"

SESSIONS = Resource(path="/v2/sessions")


def sessions_of_all(
    api: HundredMsApi, filters: dict[str, Any], read: Callable[[Mapping[str, Any]], T | None]
) -> Flow[None]:
    """Sessions of the whole workspace, page by page, as ``read`` reads them; None for one that is left out."""

    def page(cursor: str | None) -> Flow[tuple[list[T], str | None]]:
        try:
            items, following = yield from api.page(SESSIONS, filters, cursor)
        except errors.UnreadableAnswerError:
            # With hundreds of people in each, a hundred sessions are more than is read of any answer.
            if "limit" in filters:
                raise
            filters["limit"] = FEWEST
            items, following = yield from api.page(SESSIONS, filters, cursor)
        return [one for item in items if (one := read(item)) is not None], following

    return paged(page)


class HundredMsSessions(HundredMsApi, Sessions):
    """A session of 100ms may be kept open by its recorder alone; here a session is people, from first to last."""

    def list_sessions(self, room: Room, since: dt.datetime | None, keep: Callable[[Session], bool]) -> Flow[None]:
        """GET /v2/sessions?room_id=, the active one and then the others: what is shown without the flag is contradictory."""
        after = iso(since - LONGEST_SESSION) if since is not None else None
        for active in (True, False):
            yield from self.listed(SESSIONS, {"room_id": room.id, "active": active, "after": after}, _people, keep)

    def past_sessions(self, since: dt.datetime, until: dt.datetime, named: Callable[[str | None], bool]) -> Flow[None]:
        """GET /v2/sessions?active=false of the whole workspace, which shows who was there but no name of a room."""
        filters: dict[str, Any] = {"active": False, "after": iso(since - LONGEST_SESSION), "before": iso(until)}

        return sessions_of_all(self, filters, self._past)

    def _past(self, item: Mapping[str, Any]) -> PastSession | None:
        session, over_at = _people(item), whole_session(item).ended_at
        if session is None or session.ended_at is None or over_at is None:
            return None
        people = [self._participant(peer, parse_time(over_at)) for peer in _peers(item)]
        people = [person for person in people if not self.is_recorder(person)]
        return past_session(session, None, people, self.now(), over_at=over_at)

    def read_session(self, session: Session) -> Flow[Session]:
        """GET /v2/sessions/{id}"""
        return whole_session((yield from self.item(SESSIONS, session.id, room=session.room_id)))

    def live_session(self, room: Room) -> Flow[Session | None]:
        """GET /v2/sessions?room_id=&active=true"""
        return next((whole_session(item) for item in (yield from self._active(room))), None)

    def occupied(self, room: Room) -> Flow[bool]:
        """The same, but a recorder that was left alone is nobody."""
        sessions = [_people(item) for item in (yield from self._active(room))]
        return any(session is not None and session.live for session in sessions)

    def _active(self, room: Room) -> Flow[list[Mapping[str, Any]]]:
        items, _ = yield from self.page(SESSIONS, {"room_id": room.id, "active": True})
        return [item for item in items if item.get("active") and item.get("room_id") == room.id]

    def end_live(self, room: Room, session: Session) -> Flow[None]:
        """POST /v2/active-rooms/{room_id}/end-room; it is over a moment after the answer. The room stays enabled."""
        path = f"/v2/active-rooms/{segment(room.id)}/end-room"
        yield from self.post(path, {"lock": False}, room=room.id, repeatable=True)

    def list_participants(self, session_id: str) -> Flow[None]:
        """GET /v2/sessions/{id}: all peers in one answer. A rejoin is a new peer of the same ``user_id``."""

        def page(cursor: None) -> Flow[tuple[list[Participant], None]]:
            item = yield from self.item(SESSIONS, session_id)
            over = parse_time(whole_session(item).ended_at)
            return [self._participant(peer, over) for peer in _peers(item)], None

        return paged(page)

    def _participant(self, peer: Mapping[str, Any], over: dt.datetime | None) -> Participant:
        # Without a user_id every join is somebody else: two guests of one name are two people.
        identity = str(peer.get("user_id") or peer.get("id"))
        stays = [stay] if (stay := _stay(peer)) else []
        return make_participant(identity, stays, self.now(), name=peer.get("name"), role=peer.get("role"), over=over)

    def is_recorder(self, person: Participant) -> bool:
        """100ms' recorder, which is listed among the people."""
        return person.name == RECORDER_NAME or person.role == RECORDER_ROLE

    def survey(self, rooms: Collection[str] | None = None) -> Flow[Survey]:
        """GET /v2/sessions?active=true of the whole workspace."""
        live: dict[str, Session] = {}
        cursor: str | None = None
        pages = 0
        while True:
            items, cursor = yield from self.page(SESSIONS, {"active": True, "limit": SURVEY_SIZE}, cursor)
            pages += 1
            yield Sleep(0)  # an event loop may see to others between two pieces of work
            sessions = [session for item in items if (session := _people(item)) is not None]
            live.update((session.room_id, session) for session in sessions if session.live)
            if cursor is None:
                return Survey(live=live, pages=pages)


def _peers(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """``peers`` is a map by peer id; the object page calls it an array."""
    peers = item.get("peers")
    return as_items(list(peers.values()) if isinstance(peers, Mapping) else peers)


def _stay(peer: Mapping[str, Any]) -> Interval | None:
    joined = parse_time(peer.get("joined_at"))
    return (joined, parse_time(peer.get("left_at"))) if joined else None


def whole_session(item: Mapping[str, Any]) -> Session:
    """A session as 100ms counts it, recorder included. There is no end time: that of the last change stands for it."""
    start = parse_time(item.get("created_at"))
    if start is None:
        raise errors.UnreadableAnswerError("A session without created_at.")
    end = None if item.get("active") else parse_time(item.get("updated_at")) or start
    return Session(
        id=str(item.get("id")),
        room_id=str(item.get("room_id")),
        started_at=iso(start),
        ended_at=iso(end) if end else None,
    )


def _people(item: Mapping[str, Any]) -> Session | None:
    """A session as its people make it; None if only a recorder was there."""
    whole = whole_session(item)
    peers = _peers(item)
    people = [peer for peer in peers if peer.get("name") != RECORDER_NAME and peer.get("role") != RECORDER_ROLE]
    stays = [stay for peer in people if (stay := _stay(peer)) is not None]
    if not stays:
        return None if peers else whole
    lefts = [left for _, left in stays]
    end = None if None in lefts else iso(max(left for left in lefts if left))
    return Session(
        id=whole.id,
        room_id=whole.room_id,
        started_at=iso(min(joined for joined, _ in stays)),
        # Of somebody who dropped out, the end of the session may be all that is known.
        ended_at=end or whole.ended_at,
    )
