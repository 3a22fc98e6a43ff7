"""Sessions, who was in them, and their end, against the sandbox."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Participant, Session
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.vendors import VENDORS
from airflow_provider_rooms.waiting.waits import Wait

MINUTE = 60.0


def minutes(person: Participant) -> int:
    return round(person.seconds / 60)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_room_without_people_has_no_session(vendor: str, hooks: Any) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    assert list(hook.sessions("algebra")) == []
    assert hook.end_session(room.id) is None
    assert hook.occupied(room) is False


@pytest.mark.parametrize("vendor", VENDORS)
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


@pytest.mark.parametrize("vendor", VENDORS)
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


@pytest.mark.parametrize("vendor", VENDORS)
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
    if vendor == "hundredms":
        assert [(ann.name, ann.role), (bob.name, bob.role)] == [("Ann", "host"), ("Bob", "guest")]
    # a session's dict and its id will do as well, and the awaitable gives the same
    assert hook.attendance(session.as_dict()) == hook.attendance(session.id)
    assert asyncio.run(_awaited(hook, session)) == hook.attendance(session)


async def _awaited(hook: Any, session: Session) -> Any:
    async with hook.aio as rooms:
        assert [found.id async for found in rooms.sessions(session.room_id)] == [session.id]
        return await rooms.attendance(session)


@pytest.mark.parametrize("vendor", VENDORS)
def test_who_is_still_there_counts_up_to_now(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(vendor, room.id, ["Ann"])
    (session,) = hook.sessions(room.id)
    (ann,) = hook.attendance(session)
    assert ann.intervals[0]["left_at"] is None
    assert ann.as_dict()["intervals"] == ann.intervals
    assert ann.seconds <= 2


@pytest.mark.parametrize("vendor", VENDORS)
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


def test_the_recorder_is_no_person(hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks("hundredms")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.recording("hundredms", room.id, "start")
    assert list(hook.sessions(room.id)) == []
    assert hook.survey().live == {}
    assert hook.occupied(room) is False
    rooms_sandbox.start_session("hundredms", room.id, ["Ann"])
    assert hook.occupied(room) is True
    (session,) = hook.sessions(room.id)
    assert hook.survey().live == {room.id: session}
    assert {person.name for person in hook.participants(session)} == {"Beam", "Ann"}
    assert [person.name for person in hook.attendance(session)] == ["Ann"]
    rooms_sandbox.advance(MINUTE)
    rooms_sandbox.end_session("hundredms", room.id, ["Ann"])
    (over,) = hook.sessions(room.id)
    assert over.live is False
    assert hook.occupied(room) is False
    # it is still running at the vendor, and ended all the same
    assert hook.end_session(room.id).id == session.id


def test_a_page_reloaded_is_one_session_at_twilio(hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks("twilio_video")
    room = hook.ensure_room({"name": "algebra"})
    for pause in (40.0, 300.0, 0.0):
        rooms_sandbox.start_session("twilio", room.id, ["Ann"])
        rooms_sandbox.advance(600.0)
        rooms_sandbox.end_session("twilio", room.id)
        rooms_sandbox.advance(pause)
    later, first = hook.sessions(room.id)
    # Twilio's times are whole seconds, and the test takes some time of its own.
    assert (first.seconds, later.seconds) == pytest.approx((1240, 600), abs=1)
    assert [len(hook.attendance(session)[0].intervals) for session in (first, later)] == [2, 1]
    hook.close_room(room.id)
    assert list(hook.sessions(room.id)) == [later, first]


def test_the_live_rooms_of_an_account(hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    for vendor in VENDORS:
        hook = hooks(vendor)
        rooms = [hook.ensure_room({"name": f"class-{number}"}) for number in range(3)]
        rooms_sandbox.start_session(vendor, rooms[1].id)
        survey = hook.survey()
        if vendor == "twilio_video":
            assert (survey.live, survey.open) == (None, {room.id for room in rooms})
        else:
            assert (set(survey.live), survey.open) == ({rooms[1].id}, None)


@pytest.mark.parametrize(
    ("purpose", "starts_in", "closed", "requests"),
    [
        ("started", 120, False, 1),  # nobody can have come yet: only the room can decide
        ("started", 10, False, 4),  # the room, and who is there, on the way back, and gone
        ("started", 10, True, 2),  # nobody is in a room that is completed
        ("ended", -30, False, 1),  # not over before its end, whoever is there
        ("ended", -90, False, 4),
        ("recording", -30, False, 1),
    ],
)
def test_a_look_reads_no_more_than_it_needs_at_twilio(
    purpose: Any, starts_in: float, closed: bool, requests: int, hooks: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hooks("twilio_video")
    room = hook.ensure_room({"name": "algebra"})
    if closed:
        room = hook.close_room(room)
    starts_at = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=starts_in)
    wait = Wait(purpose=purpose, starts_at=starts_at, ends_at=starts_at + dt.timedelta(hours=1))
    for fresh in (False, True):
        before = len(rooms_sandbox.requests("twilio"))
        seen = hook.look(room, wait, fresh=fresh)
        assert seen.room.state == ("closed" if closed else "open")
        assert len(rooms_sandbox.requests("twilio")) - before == requests - fresh


def test_the_list_of_open_rooms_is_read_as_far_as_needed(
    hooks: Any, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_provider_rooms.vendors.twilio_video.sessions.LONGEST_PAGE", 5)
    hook = hooks("twilio_video")
    old = [hook.ensure_room({"name": f"old-{number}"}) for number in range(12)]
    new = hook.ensure_room({"name": "new"})
    for rooms, pages, is_open in (([new.id], 1, None), ([new.id, old[0].id], 3, True), (["RM-gone"], 3, True)):
        before = len(rooms_sandbox.requests("twilio"))
        survey = hook.survey(rooms)
        assert survey.pages == len(rooms_sandbox.requests("twilio")) - before == pages
        # Of what it did not come to it tells nothing.
        assert (survey.is_open(new.id), survey.is_open(old[0].id)) == (True, is_open)
    assert survey.is_open("RM-gone") is False


@pytest.mark.parametrize("vendor", VENDORS)
def test_unknown_rooms_and_sessions(vendor: str, hooks: Any) -> None:
    hook = hooks(vendor)
    hook.ensure_room({"name": "algebra"})
    with pytest.raises(errors.NotFoundError):
        list(hook.sessions("no-such-room"))
    with pytest.raises(errors.NotFoundError):
        hook.end_session("no-such-room")
    unknown = f"RM{'0' * 32}-1" if vendor == "twilio_video" else "0" * 24
    for read in (hook.attendance, lambda session: list(hook.participants(session))):
        with pytest.raises(errors.NotFoundError, match=f"has no session '{unknown}'"):
            read(unknown)
    for nothing in ("", None, {}, 5, "None"):
        with pytest.raises(errors.InvalidSpecError):
            hook.attendance(nothing)


def test_ids_of_other_vendors_are_told_apart(hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks("twilio_video")
    room = hook.ensure_room({"name": "algebra"})
    with pytest.raises(errors.InvalidSpecError, match="no session of Twilio"):
        hook.attendance("0" * 24)
    rooms_sandbox.start_session("twilio", room.id)
    with pytest.raises(errors.NotFoundError, match="began then"):
        hook.attendance(f"{room.id}-1")
