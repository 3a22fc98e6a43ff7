"""Sessions, who was in them, and their end, against the sandbox."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from vendor_traits import TYPES, facts

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Participant, Session
from airflow_provider_rooms.sandbox.client import RoomsSandbox

MINUTE = 60.0


def minutes(person: Participant) -> int:
    return round(person.seconds / 60)


@pytest.mark.parametrize("vendor", TYPES)
def test_a_room_without_people_has_no_session(vendor: str, hooks: Any) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    assert list(hook.sessions("algebra")) == []
    assert hook.end_session(room.id) is None
    assert hook.occupied(room) is False


@pytest.mark.parametrize("vendor", TYPES)
def test_sessions_newest_first_with_stable_ids(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(vendor, room.id)
    (live,) = hook.sessions(room.as_dict())
    assert (live.live, live.seconds, live.room_id) == (True, None, room.id)
    assert hook.occupied(room) is True
    rooms_sandbox.advance(10 * MINUTE)
    rooms_sandbox.end_session(vendor, room.id)
    (over,) = hook.sessions(room.id)
    assert (over.id, over.started_at) == (live.id, live.started_at)
    assert abs(over.seconds - 600) <= 2
    assert over.as_dict()["seconds"] == over.seconds
    rooms_sandbox.advance(10 * MINUTE)
    middle = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=15)
    rooms_sandbox.start_session(vendor, room.id)
    assert [session.live for session in hook.sessions(room.id)] == [True, False]
    assert [session.id for session in hook.sessions(room.id, since=middle)] != [over.id]
    assert len(list(hook.sessions(room.id, since=middle.isoformat()))) == 1


@pytest.mark.parametrize("vendor", TYPES)
def test_lists_of_many_pages_are_read_to_the_end(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    for _ in range(25):
        rooms_sandbox.start_session(vendor, room.id, ["Ann", "Bob", "Cleo", "Dan", "Eve"])
        rooms_sandbox.advance(MINUTE)
        rooms_sandbox.end_session(vendor, room.id)
        rooms_sandbox.advance(2 * MINUTE)
    found = list(hook.sessions(room.id))
    assert len({session.id for session in found}) == len(found) == 25
    assert [session.started_at for session in found] == sorted((s.started_at for s in found), reverse=True)
    names = [f"p{number}" for number in range(45)]
    rooms_sandbox.start_session(vendor, room.id, names)
    assert len(list(hook.participants(next(iter(hook.sessions(room.id)))))) == 45


@pytest.mark.parametrize("vendor", TYPES)
def test_attendance_merges_rejoins(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(vendor, room.id, ["Ann", "Bob"])
    rooms_sandbox.advance(10 * MINUTE)
    rooms_sandbox.end_session(vendor, room.id, ["Ann"])
    rooms_sandbox.advance(5 * MINUTE)
    rooms_sandbox.start_session(vendor, room.id, ["Ann"])
    rooms_sandbox.advance(20 * MINUTE)
    rooms_sandbox.end_session(vendor, room.id)
    (session,) = hook.sessions(room.id)
    by_minutes = {minutes(person): person for person in hook.attendance(session)}
    assert set(by_minutes) == {30, 35}
    ann, bob = by_minutes[30], by_minutes[35]
    assert [len(ann.intervals), len(bob.intervals)] == [2, 1]
    assert all(stay["left_at"] for person in (ann, bob) for stay in person.intervals)
    assert ann.identity != bob.identity
    if ann.role:
        assert [(ann.name, ann.role), (bob.name, bob.role)] == [("Ann", "host"), ("Bob", "guest")]
    # a session's dict and its id will do as well, and the awaitable gives the same
    assert hook.attendance(session.as_dict()) == hook.attendance(session.id)
    assert asyncio.run(_awaited(hook, session)) == hook.attendance(session)


async def _awaited(hook: Any, session: Session) -> Any:
    async with hook.aio as rooms:
        assert [found.id async for found in rooms.sessions(session.room_id)] == [session.id]
        return await rooms.attendance(session)


@pytest.mark.parametrize("vendor", TYPES)
def test_who_is_still_there_counts_up_to_now(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(vendor, room.id, ["Ann"])
    (session,) = hook.sessions(room.id)
    (ann,) = hook.attendance(session)
    assert ann.intervals[0]["left_at"] is None
    assert ann.as_dict()["intervals"] == ann.intervals
    assert ann.seconds <= 2


@pytest.mark.parametrize("vendor", TYPES)
def test_a_session_is_ended_and_seen_to_be_over(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(vendor, room.id)
    (session,) = hook.sessions(room.id)
    ended = hook.end_session("algebra")
    assert (ended.id, ended.live) == (session.id, False)
    assert hook.get_room(room.id).state == "open"
    assert hook.end_session(room.id) is None
    writes = [
        row for row in rooms_sandbox.requests(vendor, "POST") if "deactivate" in row["path"] or "Status" in row["path"]
    ]
    assert writes == []


@pytest.mark.parametrize("vendor", TYPES)
def test_the_live_rooms_of_an_account(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    rooms = [hook.ensure_room({"name": f"class-{number}"}) for number in range(3)]
    rooms_sandbox.start_session(vendor, rooms[1].id)
    survey = hook.survey()
    if facts("sessions")[vendor].LIVE_LISTED:
        assert (set(survey.live), survey.open) == ({rooms[1].id}, None)
    else:
        assert (survey.live, survey.open) == (None, {room.id for room in rooms})


@pytest.mark.parametrize("vendor", TYPES)
def test_unknown_rooms_and_sessions(vendor: str, hooks: Any) -> None:
    hook = hooks(vendor)
    hook.ensure_room({"name": "algebra"})
    with pytest.raises(errors.NotFoundError):
        list(hook.sessions("no-such-room"))
    with pytest.raises(errors.NotFoundError):
        hook.end_session("no-such-room")
    unknown = facts("names")[vendor].UNKNOWN_SESSION
    for read in (hook.attendance, lambda session: list(hook.participants(session))):
        with pytest.raises(errors.NotFoundError, match=f"has no session '{unknown}'"):
            read(unknown)
    for nothing in ("", None, {}, 5, "None"):
        with pytest.raises(errors.InvalidSpecError):
            hook.attendance(nothing)
