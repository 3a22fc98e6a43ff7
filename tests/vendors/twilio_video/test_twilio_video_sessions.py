"""Sessions of Twilio Video, which are made of its participants."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.sandbox.client import RoomsSandbox


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
