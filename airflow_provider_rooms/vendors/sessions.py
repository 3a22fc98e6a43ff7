"""Sessions and attendance, once for all vendors, out of the few reads each of them has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room, Session
from airflow_provider_rooms.vendors.flow import Flow, Sleep, gathered
from airflow_provider_rooms.vendors.presence import attendance, ended_before
from airflow_provider_rooms.vendors.recordings import read_kind
from airflow_provider_rooms.vendors.rooms import find, find_or_gone
from airflow_provider_rooms.waiting.waits import Seen, wants_recordings, wants_sessions

if TYPE_CHECKING:
    import datetime as dt

    from airflow_provider_rooms.models import Participant, RoomRef
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.waiting.waits import Wait

#: Seconds between reads of a session that was told to end: vendors end it a moment after their answer.
_END_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


def sessions_of(vendor: Vendor, room: RoomRef, since: dt.datetime | None = None) -> Flow[None]:
    """Sessions of a room, page by page; those that were over before ``since`` are left out.

    :raises NotFoundError: there is no such room.
    """
    vendor.need("list_sessions")
    found = yield from find_or_gone(vendor, room)
    yield from _sessions_in(vendor, found, since)


def _sessions_in(vendor: Vendor, room: Room, since: dt.datetime | None) -> Flow[None]:
    known: set[str] = set()

    def new(session: Session) -> bool:
        # One that begins or ends while pages are read moves the others on, so that they show up again.
        if session.id in known or ended_before(session, since):
            return False
        known.add(session.id)
        return True

    return vendor.list_sessions(room, since, new)


def look(vendor: Vendor, room: RoomRef, wait: Wait, *, fresh: bool = False) -> Flow[Seen]:
    """What a wait needs to know of a room, and no more: where only the room can decide, its sessions are not read.

    :param fresh: the room was seen just now and is not read again.
    :raises NotFoundError: there is no such room.
    :raises UnsupportedError: the vendor makes no recordings of the kind that is waited for.
    """
    vendor.need("list_sessions")
    if wait.purpose == "recording":
        vendor.need("list_recordings")
    kind = read_kind(wait.kind) if wait.purpose == "recording" else None
    vendor.check_kind(kind)
    found = room if fresh and isinstance(room, Room) else (yield from find_or_gone(vendor, room))
    sessions: list[Session] = []
    if wants_sessions(wait, found, vendor.now()):
        sessions = yield from gathered(_sessions_in(vendor, found, wait.begin))
    seen = Seen(room=replace(found, details={}), url=vendor.room_url(found.id), sessions=sessions)
    if wants_recordings(wait, seen, vendor.now()):
        seen = replace(seen, recordings=(yield from gathered(vendor.list_recordings(found, kind))))
    return seen


def participants_of(vendor: Vendor, session: Session | Mapping[str, Any] | str) -> Flow[None]:
    """Everybody who was in a session, recorders too, as the vendor lists them.

    :raises NotFoundError: there is no such session.
    """
    return _people_of(vendor, session_id(session))


def attendance_of(vendor: Vendor, session: Session | Mapping[str, Any] | str) -> Flow[list[Participant]]:
    """The people of a session, each once, with every stay; recorders are left out."""
    people = yield from gathered(_people_of(vendor, session_id(session)))
    return attendance((person for person in people if not vendor.is_recorder(person)), vendor.now())


def _people_of(vendor: Vendor, session: str) -> Flow[None]:
    try:
        yield from vendor.list_participants(session)
    except errors.NotFoundError as error:
        if error.status is not None:  # the vendor's own words, which do not say of which session
            error.message = f"{vendor.title} has no session {session!r}."
            error.advice = (
                "Use an id from hook.sessions(room), and check whether the connection belongs to the right account."
            )
        raise


def end_session(vendor: Vendor, room: RoomRef) -> Flow[Session | None]:
    """Send everybody out of a room, and make sure that they are gone. The room stays open.

    :returns: the session that was ended; None when none was live.
    :raises NotVisibleYetError: the vendor took it, but still shows the session as live after half a minute.
    """
    vendor.need("end_live")
    found = yield from find(vendor, room)
    session = yield from vendor.live_session(found)
    if session is None:
        return None
    refusal: errors.RoomsError | None = None
    try:
        yield from vendor.end_live(found, session)
    except (errors.NotFoundError, errors.RequestRefusedError) as error:
        refusal = error  # it may have ended by itself in between: what is read counts
    for wait in (*_END_WAITS, None):
        session = yield from vendor.read_session(session)
        if not session.live:
            return session
        if refusal is not None:
            raise refusal
        if wait is not None:
            yield Sleep(wait)
    raise errors.NotVisibleYetError(
        "The vendor accepted the request to end the session, but still reports it as live.",
        vendor=vendor.title,
        room=found.id,
        advice="Try again in a minute.",
    )


def session_id(session: object) -> str:
    """The id of a session given as itself, as its dict, or as its id.

    :raises InvalidSpecError: something else.
    """
    given = session.id if isinstance(session, Session) else session
    if isinstance(given, Mapping):
        given = given.get("id")
    if not isinstance(given, str) or given.strip() in ("", "None"):
        raise errors.InvalidSpecError(f"session: expected a session or its id, got {str(session)[:80]!r}.")
    return given
