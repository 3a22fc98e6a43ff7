"""Sessions of Twilio Video, which are made of its participants."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.waiting.waits import Wait


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


def test_ids_of_other_vendors_are_told_apart(hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks("twilio_video")
    room = hook.ensure_room({"name": "algebra"})
    with pytest.raises(errors.InvalidSpecError, match="not a session of Twilio"):
        hook.attendance("0" * 24)
    rooms_sandbox.start_session("twilio", room.id)
    with pytest.raises(errors.NotFoundError, match="started then"):
        hook.attendance(f"{room.id}-1")


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
def test_a_look_reads_no_more_than_it_needs(
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
