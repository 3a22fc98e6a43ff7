"""VideoSDK v2: sessions and participants.

Pages: docs.videosdk.live/api-reference/realtime-communication/fetch-sessions, end-session and their neighbours.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox.checks import Flag, Record, Text
from airflow_provider_rooms.sandbox.clock import iso_millis, millis
from airflow_provider_rooms.sandbox.credentials import KEY
from airflow_provider_rooms.sandbox.videosdk.shapes import USER_ID, links
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_rooms.sandbox.videosdk.rest import VideoSDKRest
    from airflow_provider_rooms.sandbox.videosdk.store import Person, Session

STATUSES: Final = ("ongoing", "ended")

_END: Final = Record(
    {
        "roomId": Text(shortest=1),
        "sessionId": Text(shortest=1),
        "vsdkForceKill": Flag(),
        "ignoreClosed": Flag(),
    }
)
_REMOVE: Final = Record(
    {"participantId": Text(shortest=1), "roomId": Text(shortest=1), "sessionId": Text(shortest=1)},
    required=("participantId",),
)


def routes(vendor: VideoSDKRest) -> Iterable[Route]:
    """The paths of this module."""
    sessions = Sessions(vendor)
    return (
        Route("GET", "/v2/sessions", sessions.list_sessions),
        Route("GET", "/v2/sessions/{id}", sessions.get_session),
        Route("GET", "/v2/sessions/{id}/participants", sessions.participants),
        Route("GET", "/v2/sessions/{id}/participants/active", sessions.active),
        Route("GET", "/v2/sessions/{id}/participants/{participant}", sessions.participant),
        Route("POST", "/v2/sessions/end", sessions.end),
        Route("POST", "/v2/sessions/participants/remove", sessions.remove),
    )


class Sessions:
    """Sessions and who was in them."""

    def __init__(self, vendor: VideoSDKRest) -> None:
        self.vendor = vendor

    def _session(self, call: Call) -> Session:
        session = self.vendor.store.sessions.get(call.params["id"])
        if session is None:
            raise self.vendor.refuse(404, "Session not found")
        return session

    def list_sessions(self, call: Call) -> Answer:
        """No filter lists every room's sessions; an unknown room has none (unknown: it might be an error)."""
        room_id, custom_id, query = call.first("roomId"), call.first("customRoomId"), call.first("query")
        status = call.first("status")
        if status is not None and status not in STATUSES:
            raise self.vendor.refuse(400, '"status" must be one of ongoing, ended')
        candidates: Iterable[Session] = reversed(self.vendor.store.sessions.values())
        if room_id is not None or custom_id is not None:
            store = self.vendor.store
            room = store.rooms.get(room_id) if room_id is not None else store.by_custom_id.get(custom_id or "")
            candidates = reversed(room.sessions) if room is not None else ()
        since, until = self._moment(call, "startDate"), self._moment(call, "endDate")
        found = [
            session
            for session in candidates
            if (room_id is None or session.room.room_id == room_id)
            and (custom_id is None or session.room.custom_id == custom_id)
            and (query is None or query in (session.id, session.room.room_id, session.room.custom_id))
            and (status is None or status_of(session) == status)
            and (since is None or millis(session.start) >= since)
            and (until is None or millis(session.start) <= until)
        ]
        info, page = self.vendor.page(call, found)
        return as_json({"pageInfo": info, "data": [session_view(session, call.base) for session in page]})

    def _moment(self, call: Call, name: str) -> datetime | None:
        """Dates in a query are epoch milliseconds."""
        text = call.first(name)
        if text is None:
            return None
        if not text.isascii() or not text.isdigit() or int(text) > 253_402_300_799_000:
            raise self.vendor.refuse(400, f'"{name}" must be epoch milliseconds')
        return datetime.fromtimestamp(int(text) / 1000, UTC)

    def get_session(self, call: Call) -> Answer:
        return as_json(session_view(self._session(call), call.base))

    def participants(self, call: Call) -> Answer:
        """``data`` is one session; what is paged is the list of participants inside it."""
        session = self._session(call)
        info, page = self.vendor.page(call, list(session.people.values()))
        view = session_view(session, call.base)
        view["participants"] = [person_view(person) for person in page]
        return as_json({"pageInfo": info, "data": view})

    def active(self, call: Call) -> Answer:
        """Here ``data`` is an array of sessions, their id is ``_id``, and nobody present is an error (draft table)."""
        session = self._session(call)
        present = [person for person in session.people.values() if person.present]
        if not present:
            raise self.vendor.refuse(404, "No active participants found")
        info, page = self.vendor.page(call, present)
        view = session_view(session, call.base)
        view["_id"] = view.pop("id")
        view["links"]["get_all_participants"] = f"{call.base}/v2/sessions/{session.id}/participants"
        view |= {
            "apiKey": KEY,
            "hlsLog": [],
            "participants": [{**person_view(person), "events": _events(), "mode": "CONFERENCE"} for person in page],
        }
        return as_json({"pageInfo": info, "data": [view]})

    def participant(self, call: Call) -> Answer:
        wanted = call.params["participant"]
        for person in self._session(call).people.values():
            if person.participant_id == wanted:
                return as_json(person_view(person))
        raise self.vendor.refuse(404, "Participant not found")

    def _live(self, body: dict[str, Any]) -> Session:
        """The live session that a body means. The server resolves the room by roomId only (SDK)."""
        store = self.vendor.store
        reference = body.get("roomId")
        if reference is None:
            raise self.vendor.refuse(400, "Please provide a valid roomId in body params")
        room = store.rooms.get(reference) or store.by_custom_id.get(reference)
        if room is None:
            raise self.vendor.refuse(402, "Room not found")
        session = store.live.get(room.room_id)
        if session is None or body.get("sessionId") not in (None, session.id):
            # the code for "nothing is live" is unknown
            raise self.vendor.refuse(404, "Session not found")
        return session

    def end(self, call: Call) -> Answer:
        """The reply comes before the end: it still says ongoing. Only a later GET shows that it is over."""
        session = self._live(self.vendor.body(call, _END))
        self.vendor.store.end_soon(session)
        return as_json(session_view(session, call.base))

    def remove(self, call: Call) -> Answer:
        body = self.vendor.body(call, _REMOVE)
        store = self.vendor.store
        if "roomId" not in body and (given := store.sessions.get(body.get("sessionId", ""))) is not None:
            body["roomId"] = given.room.room_id
        session = self._live(body)
        people = [p for p in session.people.values() if p.participant_id == body["participantId"] and p.present]
        if not people:
            raise self.vendor.refuse(404, "Participant not found")
        store.leave(session, people)
        return as_json(session_view(session, call.base))


def status_of(session: Session) -> str:
    """VideoSDK's word for it."""
    return "ongoing" if session.end is None else "ended"


def session_view(session: Session, base: str) -> dict[str, Any]:
    """A session with its participants."""
    room = session.room
    return {
        "id": session.id,
        "userId": USER_ID,
        "roomId": room.room_id,
        "customRoomId": room.custom_id,
        "start": iso_millis(session.start),
        "end": iso_millis(session.end),
        "participants": [person_view(person) for person in session.people.values()],
        "activeDuration": 0,
        "chatLink": None,
        "status": status_of(session),
        "region": room.config.get("geoFence", "sg001"),
        "links": links(room, base),
    }


def person_view(person: Person) -> dict[str, Any]:
    """A participant; ``end`` of the last timelog entry is null while present."""
    return {
        "_id": person.id,
        "participantId": person.participant_id,
        "name": person.name,
        "timelog": [{"start": iso_millis(start), "end": iso_millis(end)} for start, end in person.timelog],
    }


def _events() -> dict[str, list[Any]]:
    return {"mic": [], "webcam": [], "screenShare": [], "screenShareAudio": []}
