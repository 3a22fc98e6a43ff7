"""Twilio Video's sessions, made of its participants. https://www.twilio.com/docs/video/api/participants"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Participant, PastSession, Room, Session
from airflow_provider_rooms.vendors.contract.sessions import Sessions
from airflow_provider_rooms.vendors.exchange import parse_time
from airflow_provider_rooms.vendors.flow import Flow, Page, next_page, paged
from airflow_provider_rooms.vendors.presence import (
    Interval,
    Survey,
    iso,
    joined_up,
    make_participant,
    past_session,
)
from airflow_provider_rooms.vendors.twilio_video.api import (
    LONGEST_PAGE,
    LONGEST_ROOM,
    ROOMS,
    TwilioVideoApi,
    made_between,
    people_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

#: A room that is empty for no longer than this stays one session: a page reloaded is a leave and a join.
SAME_SESSION = dt.timedelta(seconds=60)
#: Participants of a room in progress, in the order in which one becomes the other, so that nobody slips through between
#: two reads; without ``Status`` only the connected ones are listed.
_STATUSES = ("connected", "reconnecting", "disconnected")
_GONE = frozenset({20404, 53209})
_SESSION_ID = re.compile(r"(RM[0-9a-fA-F]{32})-([0-9]{1,12})")


class TwilioVideoSessions(TwilioVideoApi, Sessions):
    """Twilio has rooms and participants, and nothing in between: a session is a stretch of a room with people in it."""

    rooms_apart: ClassVar[bool] = True

    def list_sessions(self, room: Room, since: dt.datetime | None, keep: Callable[[Session], bool]) -> Flow[None]:
        """GET /v1/Rooms/{sid}/Participants; all have to be read before the first session is known."""

        def page(cursor: None) -> Flow[tuple[list[Session], None]]:
            statuses = _STATUSES if room.state == "open" else _STATUSES[-1:]
            return (yield from self._sessions(room.id, statuses)), None

        return paged(page, keep)

    def past_sessions(self, since: dt.datetime, until: dt.datetime, named: Callable[[str | None], bool]) -> Flow[None]:
        """GET /v1/Rooms of that time, and the participants of each: no list shows those of several rooms."""
        known: set[str] = set()
        for status in ("in-progress", "completed"):  # in the order in which one becomes the other
            rooms = self.listed(
                ROOMS, {"Status": status, "PageSize": LONGEST_PAGE, **made_between(since - LONGEST_ROOM, until)}, dict
            )
            while (page := (yield from next_page(rooms))) is not None:
                for room in page:
                    sid, ended = str(room.get("sid")), parse_time(room.get("end_time"))
                    if sid in known or (ended and ended < since) or not named(room.get("unique_name")):
                        continue
                    known.add(sid)
                    yield Page((yield from self._past(sid, room)))

    def _past(self, room_sid: str, room: Mapping[str, Any]) -> Flow[list[PastSession]]:
        """The sessions of a room that are over."""
        statuses = _STATUSES if room.get("status") == "in-progress" else _STATUSES[-1:]
        stays = [
            (person, stay)
            for person in (yield from self._people(room_sid, statuses))
            if (stay := _stay(person)) is not None
        ]
        found = []
        for whole in joined_up((stay for _, stay in stays), gap=SAME_SESSION):
            session = _session(room_sid, whole)
            if not session.live:
                people = [self._participant(person, stay) for person, stay in stays if _within(stay, whole)]
                found.append(past_session(session, room.get("unique_name"), people, self.now()))
        return found

    def _sessions(self, room_sid: str, statuses: Sequence[str] = _STATUSES) -> Flow[list[Session]]:
        """Newest first."""
        people = yield from self._people(room_sid, statuses)
        stretches = joined_up((stay for person in people if (stay := _stay(person))), gap=SAME_SESSION)
        return [_session(room_sid, stretch) for stretch in reversed(stretches)]

    def _people(self, room_sid: str, statuses: Sequence[str] = _STATUSES) -> Flow[list[Mapping[str, Any]]]:
        by_sid: dict[str, Mapping[str, Any]] = {}
        for status in statuses:
            filters = {"Status": status, "PageSize": LONGEST_PAGE}
            for person in (yield from self.items(people_of(room_sid), filters)):
                by_sid[str(person.get("sid"))] = person
        return list(by_sid.values())

    def live_session(self, room: Room) -> Flow[Session | None]:
        """The stretch that has not ended."""
        return next((session for session in (yield from self._sessions(room.id)) if session.live), None)

    def read_session(self, session: Session) -> Flow[Session]:
        """The stretch that began when this one did."""
        sessions = yield from self._sessions(session.room_id)
        return next((found for found in sessions if found.id == session.id), session)

    def end_live(self, room: Room, session: Session) -> Flow[None]:
        """POST …/Participants/{sid} with ``Status=disconnected`` for everybody: the room stays in progress."""
        for status in _STATUSES[:2]:
            for person in (yield from self.items(people_of(room.id), {"Status": status})):
                path = people_of(room.id).at(person.get("sid"))
                try:
                    yield from self.post(path, {"Status": "disconnected"}, room=room.id, repeatable=True)
                except (errors.RequestRefusedError, errors.NotFoundError) as error:
                    if error.code not in _GONE:
                        raise

    def list_participants(self, session_id: str) -> Flow[None]:
        """Participants of the room who were there during the session; a rejoin is a new one of the same identity."""
        match = _SESSION_ID.fullmatch(session_id)
        if match is None:
            raise errors.InvalidSpecError(
                f"session: {session_id!r} is not a session of Twilio Video.",
                advice="Use an id from hook.sessions(room), or from SessionStartedSensor.",
            )
        room_sid = match[1]

        def page(cursor: None) -> Flow[tuple[list[Participant], None]]:
            people = yield from self._people(room_sid)
            stays = [(person, stay) for person in people if (stay := _stay(person))]
            stretches = joined_up((stay for _, stay in stays), gap=SAME_SESSION)
            whole = next((stretch for stretch in stretches if _session(room_sid, stretch).id == session_id), None)
            if whole is None:
                raise errors.NotFoundError(
                    "The room has no session that started then.", vendor=self.title, room=room_sid
                )
            inside = [(person, stay) for person, stay in stays if _within(stay, whole)]
            return [self._participant(person, stay) for person, stay in inside], None

        return paged(page)

    def _participant(self, person: Mapping[str, Any], stay: Interval) -> Participant:
        return make_participant(str(person.get("identity") or person.get("sid")), [stay], self.now())

    def survey(self, rooms: Collection[str] | None = None) -> Flow[Survey]:
        """GET /v1/Rooms: the rooms in progress. Who is in them only their own participants tell.

        An account may have thousands that nobody waits for, older than those of today and after them in the list.
        """
        wanted = None if rooms is None else frozenset(rooms)
        seen: set[str] = set()
        pages = 0
        listed = self.listed(
            ROOMS, {"Status": "in-progress", "PageSize": LONGEST_PAGE}, lambda room: str(room.get("sid"))
        )
        while (page := (yield from next_page(listed))) is not None:
            pages += 1
            seen.update(page)
            if wanted is not None and wanted <= seen:
                listed.close()
                return Survey(open=wanted, whole=False, pages=pages)
        return Survey(open=frozenset(seen), pages=pages)

    def occupied(self, room: Room) -> Flow[bool]:
        """One participant of those connected."""
        items, _ = yield from self.page(people_of(room.id), {"Status": "connected", "PageSize": 1})
        return bool(items)


def _stay(person: Mapping[str, Any]) -> Interval | None:
    start = parse_time(person.get("start_time")) or parse_time(person.get("date_created"))
    if start is None:
        return None
    if person.get("status") != "disconnected":
        return start, None
    return start, parse_time(person.get("end_time")) or parse_time(person.get("date_updated")) or start


def _within(stay: Interval, whole: Interval) -> bool:
    return stay[0] >= whole[0] and (whole[1] is None or stay[0] <= whole[1])


def _session(room_sid: str, stretch: Interval) -> Session:
    start, end = stretch
    return Session(
        id=f"{room_sid}-{int(start.timestamp())}",
        room_id=room_sid,
        started_at=iso(start),
        ended_at=iso(end) if end else None,
    )
