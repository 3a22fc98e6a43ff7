"""Sessions of 100ms, where a recorder is among the people."""

from __future__ import annotations

from typing import Any

from airflow_provider_rooms.sandbox.client import RoomsSandbox

MINUTE = 60.0


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
