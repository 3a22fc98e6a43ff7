"""Recordings are started once, and stopped, on three vendors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from recorded import LONG, TYPES, one_class, over

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
    path = "/v1/Rooms/*/RecordingRules" if conn_type == "twilio_video" else "/v2/recordings*"
    extra = {"status": 500, "work": True} if fault == "status" else {}
    rooms_sandbox.fault(conn_type, fault, method="POST", path=path, **extra)
    started = hook.start_recording(room.id)
    tracks = 2 if conn_type == "twilio_video" else 1
    assert len(started) == tracks
    assert len(list(hook.recordings(room.id))) == tracks


def test_100ms_says_that_a_recorder_runs_already(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    """Another worker was faster between our look and our start."""
    hook = hook_of("hundredms")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.fault(
        "hundredms",
        "status",
        method="POST",
        path="/v2/recordings/room/*/start",
        status=409,
        body={"code": 409, "message": "beam already started"},
        work=True,
    )
    assert len(hook.start_recording(room.id)) == 1
    assert len(list(hook.recordings(room.id))) == 1


def test_videosdk_may_refuse_a_second_start(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session("videosdk", room.id)
    rooms_sandbox.fault("videosdk", "status", method="POST", path="/v2/recordings/start", status=409, work=True)
    assert len(hook.start_recording(room.id)) == 1


def test_a_start_that_shows_no_recording_is_said(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session("videosdk", room.id)
    rooms_sandbox.fault("videosdk", "body", method="POST", path="/v2/recordings/start", body='"Recording started"')
    with pytest.raises(errors.NotVisibleYetError, match="does not return the recording yet"):
        hook.start_recording(room.id)
    rooms_sandbox.fault("videosdk", "status", method="POST", path="/v2/recordings/start", status=500, times=-1)
    with pytest.raises(errors.VendorDownError):
        hook.start_recording(room.id)
    assert len(rooms_sandbox.requests("videosdk", "POST")) == 2 + 5  # the room, one start taken, five refused
    rooms_sandbox.clear_faults()
    rooms_sandbox.fault(
        "videosdk", "status", method="POST", path="/v2/recordings/start", status=429, headers={"Retry-After": "90"}
    )
    with pytest.raises(errors.RateLimitError):  # longer than a worker is held for
        hook.start_recording(room.id)


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


def test_start_options_reach_the_vendor(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    options = {
        "videosdk": {"config": {"layout": {"type": "SPOTLIGHT"}, "mode": "audio"}, "fileFormat": "webm"},
        "hundredms": {"resolution": {"width": "1280", "height": 720}, "transcription": {"enabled": "true"}},
        "twilio_video": {"Rules": [{"type": "include", "kind": "audio"}]},
    }
    for conn_type in TYPES:
        hook = hook_of(conn_type)
        room = hook.ensure_room({"name": "algebra"})
        rooms_sandbox.start_session(conn_type, room.id, ["teacher"])
        hook.start_recording(room.id, options)
        over(hook, rooms_sandbox, room.id)
    video = next(hook_of("videosdk").recordings("algebra"))
    assert video.format == "webm"
    texts = list(hook_of("hundredms").recordings("algebra", "transcript"))
    assert {(item.format, item.state) for item in texts} == {("txt", "ready"), ("srt", "ready"), ("json", "ready")}
    tracks = list(hook_of("twilio_video").recordings("algebra", "track"))
    assert [item.format for item in tracks] == ["mka"]


def test_videosdk_records_only_while_somebody_is_there(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"})
    with pytest.raises(errors.NotFoundError, match="SessionStartedSensor"):
        hook.start_recording(room.id)
    rooms_sandbox.start_session("videosdk", room.id)
    rooms_sandbox.fault("videosdk", "status", method="POST", path="/v2/recordings/start", status=404)
    with pytest.raises(errors.NotFoundError, match="SessionStartedSensor"):
        hook.start_recording(room.id)
    rooms_sandbox.fault("videosdk", "status", method="POST", path="/v2/recordings/start", status=400)
    with pytest.raises(errors.RequestRefusedError):
        hook.start_recording(room.id)


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


@pytest.mark.parametrize("conn_type", ["videosdk", "hundredms"])
def test_after_a_stop_the_next_start_starts_another_one(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    """The first one has no file yet, but it does not run any more."""
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    hook.stop_recording(room)
    hook.start_recording(room)
    assert [item.state for item in hook.recordings(room)] == ["processing"] * 2


def test_a_stop_whose_answer_was_lost(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = one_class(hook, rooms_sandbox)
    rooms_sandbox.fault("videosdk", "drop_after", method="POST", path="/v2/recordings/end")
    assert len(hook.stop_recording(room)) == 1


def test_twilio_stops_in_a_completed_room_without_an_error(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("twilio_video")
    room = one_class(hook, rooms_sandbox)
    hook.close_room(room)
    assert len(hook.stop_recording(room)) == 4
    rooms_sandbox.fault("twilio", "status", method="POST", path="/v1/Rooms/*/RecordingRules", status=403)
    with pytest.raises(errors.AccessDeniedError):
        hook.stop_recording(room)
    room = one_class(hook, rooms_sandbox, "physics")
    body = {"code": 53120, "message": "Invalid Recording Rule(s)", "status": 400}
    rooms_sandbox.fault("twilio", "status", method="POST", path="/v1/Rooms/*/RecordingRules", status=400, body=body)
    with pytest.raises(errors.RequestRefusedError):
        hook.stop_recording(room)


def test_100ms_may_stop_with_an_error_in_a_good_answer(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = one_class(hook, rooms_sandbox)
    rooms_sandbox.fault(
        "hundredms", "body", method="POST", path="/v2/recordings/room/*/stop", body={"error": "x failed", "data": None}
    )
    with pytest.raises(errors.RequestRefusedError, match="x failed"):
        hook.stop_recording(room)


def test_100ms_refuses_a_start_with_its_own_reason(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.fault("hundredms", "status", method="POST", path="/v2/recordings/room/*", status=400)
    with pytest.raises(errors.RequestRefusedError, match="invalid input"):
        hook.start_recording(room.id)
