"""VideoSDK's sessions. https://docs.videosdk.live/api-reference/realtime-communication/fetch-sessions"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Participant, PastSession, Room, Session
from airflow_provider_rooms.vendors.contract.sessions import Sessions
from airflow_provider_rooms.vendors.exchange import as_items, parse_time
from airflow_provider_rooms.vendors.flow import Flow, Sleep, paged
from airflow_provider_rooms.vendors.presence import Interval, Survey, iso, make_participant, past_session
from airflow_provider_rooms.vendors.rest import Resource, newest_first
from airflow_provider_rooms.vendors.videosdk.api import VideoSDKApi

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

#: Asked for at once where every live session is wanted; the answer says how many it gives. Each lists its people: more of
#: them in one piece would hold up an event loop.
SURVEY_SIZE = 50
#: Longer sessions than this are not looked for when only those since a time are wanted.
LONGEST_SESSION = dt.timedelta(hours=24)
#: Words of ``status``; the set is open, so that ``end`` counts beside it.
_LIVE, _OVER = "ongoing", "ended"

# How a room without any session is answered is not documented.
SESSIONS = Resource(path="/v2/sessions", empty_is_404=True)


def sessions_page(
    api: VideoSDKApi, query: dict[str, Any], cursor: int | None
) -> Flow[tuple[list[Mapping[str, Any]], int | None]]:
    """A page of sessions. Dates are known from VideoSDK's own SDK only: if it refuses them, the list is read without."""
    try:
        return (yield from api.page(SESSIONS, query, cursor))
    except errors.RequestRefusedError:
        if [query.pop(key, None) for key in ("startDate", "endDate")] == [None, None]:
            raise
        return (yield from api.page(SESSIONS, query, cursor))


class VideoSDKSessions(VideoSDKApi, Sessions):
    """A session begins with the first join and ends with the last leave; how lists are sorted is not documented."""

    def list_sessions(self, room: Room, since: dt.datetime | None, keep: Callable[[Session], bool]) -> Flow[None]:
        """GET /v2/sessions?roomId=, page by page."""
        query: dict[str, Any] = {"roomId": room.id}
        if since is not None:
            query["startDate"] = millis(since - LONGEST_SESSION)

        def page(cursor: int | None) -> Flow[tuple[list[Session], int | None]]:
            items, following = yield from sessions_page(self, query, cursor)
            return sorted(_sessions(items), key=lambda session: session.started_at, reverse=True), following

        return paged(page, keep)

    def past_sessions(self, since: dt.datetime, until: dt.datetime, named: Callable[[str | None], bool]) -> Flow[None]:
        """GET /v2/sessions of the whole account, which shows who was there; one that has not ended is left out."""
        query: dict[str, Any] = {
            "perPage": SURVEY_SIZE,
            "startDate": millis(since - LONGEST_SESSION),
            "endDate": millis(until),
        }

        def page(cursor: int | None) -> Flow[tuple[list[PastSession], int | None]]:
            items, following = yield from sessions_page(self, query, cursor)
            return [past for item in items if (past := self._past(item)) is not None], following

        pages = paged(page, lambda past: named(past.room_name))
        return newest_first(pages, lambda past: past.session.started_at, since - LONGEST_SESSION)

    def _past(self, item: Mapping[str, Any]) -> PastSession | None:
        session = session_of(item)
        if session is None or session.ended_at is None:
            return None
        over = parse_time(session.ended_at)
        people = [self._participant(person, over) for person in as_items(item.get("participants"))]
        return past_session(session, item.get("customRoomId") or item.get("userMeetingId"), people, self.now())

    def read_session(self, session: Session) -> Flow[Session]:
        """GET /v2/sessions/{id}"""
        return session_of((yield from self.item(SESSIONS, session.id, room=session.room_id))) or session

    def live_session(self, room: Room) -> Flow[Session | None]:
        """GET /v2/sessions?status=ongoing; the filter is in VideoSDK's own SDK only, so the answer is looked at too."""
        query: dict[str, Any] = {"roomId": room.id, "status": _LIVE}
        page: int | None = 1
        while page is not None:
            try:
                items, page = yield from self.page(SESSIONS, query, page)
            except errors.RequestRefusedError:
                if query.pop("status", None) is None:
                    raise
                continue
            for session in _sessions(items):
                if session.live and session.room_id == room.id:
                    return session
        return None

    def end_live(self, room: Room, session: Session) -> Flow[None]:
        """POST /v2/sessions/end; the answer still says ``ongoing``. With its id, no later session can be meant."""
        body = {"roomId": room.id, "sessionId": session.id}
        yield from self.post("/v2/sessions/end", body, room=room.id, repeatable=True)

    def list_participants(self, session_id: str) -> Flow[None]:
        """GET /v2/sessions/{id}/participants: what is paged is the list inside of one session."""
        # When the session ended, which these pages do not say: asked for once, and only if somebody was not seen to leave.
        told: list[dt.datetime | None] = []

        inside = Resource(path=SESSIONS.at(session_id, "participants"), items="data.participants")

        def page(cursor: int | None) -> Flow[tuple[list[Participant], int | None]]:
            people, following = yield from self.page(inside, {"perPage": None}, cursor)
            if not told and any(left is None for person in people for _, left in _stays(person)):
                told.append((yield from self._over(session_id)))
            over = told[0] if told else None
            return [self._participant(person, over) for person in people], following

        return paged(page)

    def _over(self, session_id: str) -> Flow[dt.datetime | None]:
        """When a session ended; None while it is live."""
        session = session_of((yield from self.item(SESSIONS, session_id)))
        return parse_time(session.ended_at) if session else None

    def _participant(self, person: Mapping[str, Any], over: dt.datetime | None) -> Participant:
        identity = str(person.get("participantId") or person.get("_id"))
        return make_participant(identity, _stays(person), self.now(), name=person.get("name"), over=over)

    def survey(self, rooms: Collection[str] | None = None) -> Flow[Survey]:
        """GET /v2/sessions?status=ongoing of the whole account. Where the filter is not honoured, nothing is known."""
        live: dict[str, Session] = {}
        filters = {"status": _LIVE, "perPage": SURVEY_SIZE}
        page: int | None = None
        pages = 0
        while True:
            try:
                items, page = yield from self.page(SESSIONS, filters, page)
            except errors.RequestRefusedError:
                return Survey()
            pages += 1
            yield Sleep(0)  # an event loop may see to others between two pieces of work
            sessions = _sessions(items)
            if not all(session.live for session in sessions):
                return Survey()
            live.update((session.room_id, session) for session in sessions)
            if page is None:
                return Survey(live=live, pages=pages)


def millis(moment: dt.datetime) -> int:
    """A date as a query has it: milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def _sessions(items: Iterable[Mapping[str, Any]]) -> list[Session]:
    return [session for item in items if (session := session_of(item)) is not None]


def session_of(item: Mapping[str, Any]) -> Session | None:
    """A session of a list; None while it has not begun."""
    start, end = parse_time(item.get("start")), parse_time(item.get("end"))
    identity = item.get("id") or item.get("_id")
    if start is None or not identity:
        return None
    if end is None and item.get("status") == _OVER:
        # It says that it is over before it says when.
        people = as_items(item.get("participants"))
        lefts = [left for person in people for _, left in _stays(person) if left is not None]
        end = max(lefts, default=start)
    return Session(
        id=str(identity),
        room_id=str(item.get("roomId") or item.get("meetingId")),
        started_at=iso(start),
        ended_at=iso(end) if end else None,
    )


def _stays(person: Mapping[str, Any]) -> list[Interval]:
    times = (
        (parse_time(entry.get("start")), parse_time(entry.get("end"))) for entry in as_items(person.get("timelog"))
    )
    return [(start, end) for start, end in times if start is not None]
