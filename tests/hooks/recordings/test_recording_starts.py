"""Recordings are started once, and stopped, at every vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from recorded import LONG, one_class, over
from vendor_traits import TRAITS, TRAITS_OF, TYPES, facts

from airflow_provider_rooms import errors

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_second_start_takes_the_recording_that_runs(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    before = [item.id for item in hook.recordings(room)]
    again = hook.start_recording(room)
    assert sorted(item.id for item in again) == sorted(before)
    assert [item.id for item in hook.recordings(room)] == before


@pytest.mark.parametrize("conn_type", TYPES)
@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "status"])
def test_a_lost_answer_starts_no_second_recording(
    conn_type: str, fault: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(conn_type)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(conn_type, room.id, ["teacher"])
    path = facts("recordings")[conn_type].START_PATH
    extra = {"status": 500, "work": True} if fault == "status" else {}
    rooms_sandbox.fault(conn_type, fault, method="POST", path=path, **extra)
    started = hook.start_recording(room.id)
    tracks = max(1, len(TRAITS_OF[conn_type].recorded) // 2)  # of one person out of two
    assert len(started) == tracks
    assert len(list(hook.recordings(room.id))) == tracks


@pytest.mark.parametrize("conn_type", TYPES)
def test_what_is_wrong_with_a_start_is_said_before_it(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(conn_type)
    with pytest.raises(errors.InvalidSpecError, match="lay_out"):
        hook.start_recording("algebra", {"lay_out": "GRID"})
    with pytest.raises(errors.InvalidSpecError, match="extra_body"):
        hook.start_recording("algebra", {"extra_body": "x"})
    assert rooms_sandbox.requests() == []
    with pytest.raises(errors.NotFoundError):
        hook.start_recording("nobody-made-this")
    room = hook.ensure_room({"name": "algebra"})
    hook.close_room(room.id)
    with pytest.raises(errors.RoomClosedError):
        hook.start_recording(room.id)
    assert not list(hook.recordings(room.id))


@pytest.mark.parametrize("conn_type", TYPES)
def test_start_options_reach_the_vendor(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of(conn_type)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(conn_type, room.id, ["teacher"])
    hook.start_recording(room.id, {name: found.START_OPTIONS for name, found in facts("recordings").items()})
    over(hook, rooms_sandbox, room.id)
    listed = list(hook.recordings("algebra"))
    assert {(item.kind, item.format) for item in listed} == facts("recordings")[conn_type].STARTED
    assert {item.state for item in listed} == {"ready"}


@pytest.mark.parametrize("conn_type", TYPES)
def test_stop_stops_and_nothing_to_stop_is_fine(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of(conn_type)
    assert hook.stop_recording(hook.ensure_room({"name": "idle"}).id) == []
    room = one_class(hook, rooms_sandbox)
    stopped = hook.stop_recording(room)
    assert {item.id for item in stopped} == {item.id for item in hook.recordings(room)}
    rooms_sandbox.advance(LONG)
    assert {item.state for item in hook.recordings(room)} == {"ready"}
    assert hook.stop_recording(room) == []
    rooms_sandbox.end_session(conn_type, room)
    assert hook.stop_recording(room) == []


@pytest.mark.parametrize("conn_type", [traits.conn_type for traits in TRAITS if len(traits.recorded) == 1])
def test_after_a_stop_the_next_start_starts_another_one(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    """The first one has no file yet, but it does not run any more."""
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    hook.stop_recording(room)
    hook.start_recording(room)
    assert [item.state for item in hook.recordings(room)] == ["processing"] * 2
