"""What 100ms lists as a recording, how one is started and stopped, and what cannot be deleted: jobs and files are two lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from recorded import LONG, one_class, over

from airflow_provider_rooms import errors
from airflow_provider_rooms.sandbox.files import MEDIA_BYTES

if TYPE_CHECKING:
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_100ms_lists_each_recording_once_whatever_it_has_come_to(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = one_class(hook, rooms_sandbox)
    rooms_sandbox.recording("hundredms", room, "complete")
    hook.start_recording(room)
    rooms_sandbox.recording("hundredms", room, "fail")
    hook.start_recording(room)
    states = sorted(item.state for item in hook.recordings(room, "recording"))
    assert states == ["failed", "processing", "ready"]
    assert len(list(hook.recordings(room))) == 3


def test_100ms_completed_without_a_file_is_not_ready(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    empty = {"limit": 10, "data": None, "last": ""}
    rooms_sandbox.fault("hundredms", "body", path="/v2/recording-assets", body=empty)
    (job,) = hook.recordings(room)
    assert job.state == "processing"
    with hook.open_recording(job) as file:  # by the id of the job, the file is found too
        assert file.size == MEDIA_BYTES


def test_100ms_a_file_and_its_job_are_one_even_when_read_while_it_ends(
    hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of("hundredms")
    room = one_class(hook, rooms_sandbox)
    running = rooms_sandbox.state()["hundredms"]["recordings"][0]
    over(hook, rooms_sandbox, room)
    page = {"limit": 100, "data": [{**running, "status": "running"}], "last": running["id"]}
    rooms_sandbox.fault("hundredms", "body", path="/v2/recordings", body=page)
    (seen,) = hook.recordings(room)
    assert (seen.id, seen.state) == (running["id"], "processing")


def hls(hook: RoomsHook, room: str, body: dict[str, Any]) -> str:
    """Start an HLS stream, which our hook has no method for; its id."""
    answer = hook.get_conn().post(f"{hook.base_url}/v2/live-streams/room/{room}/start", json=body)
    assert answer.status_code == 200
    return str(answer.json()["id"])


def test_100ms_streams_leave_a_file_where_they_were_asked_to(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    kept = hook.ensure_room({"name": "kept"}).id
    stream = hls(hook, kept, {"recording": {"hls_vod": True}})
    assert [(item.id, item.kind, item.state) for item in hook.recordings(kept)] == [(stream, "hls", "processing")]
    with pytest.raises(errors.NotVisibleYetError):
        hook.open_recording(stream)
    rooms_sandbox.end_session("hundredms", kept)
    rooms_sandbox.advance(LONG)
    (film,) = hook.recordings(kept, "hls")
    assert (film.state, film.format) == ("ready", "mp4")
    with hook.open_recording(stream) as file:
        assert file.size == MEDIA_BYTES
    lost = hook.ensure_room({"name": "lost"}).id
    stream = hls(hook, lost, {})
    rooms_sandbox.end_session("hundredms", lost)
    rooms_sandbox.advance(LONG)
    assert [(item.id, item.state, item.bytes) for item in hook.recordings(lost)] == [(stream, "ready", None)]


def test_100ms_files_that_no_job_made_and_layers_of_a_stream(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = hook.ensure_room({"name": "algebra"}).id
    asset = {"room_id": room, "job_id": "j1", "session_id": "", "status": "completed", "size": 5, "path": "a/b"}
    assets = [
        {**asset, "id": "a1", "type": "room-composite-legacy"},
        {**asset, "id": "a2", "type": "room-composite", "metadata": {"layer": "1"}, "path": "a/b.mp4"},
        {**asset, "id": "a3", "type": "stream", "status": "failed"},
        {**asset, "id": "a4", "type": "chat"},
        {**asset, "id": "a5", "type": "transcript", "status": "processing", "duration": 0, "path": None},
        {**asset, "id": "a6", "type": "something-new"},
    ]
    rooms_sandbox.fault(
        "hundredms", "body", path="/v2/recording-assets", body={"limit": 100, "data": assets, "last": "a6"}
    )
    listed = [(item.id, item.kind, item.state, item.format) for item in hook.recordings(room)]
    assert listed == [
        ("a1", "recording", "ready", None),
        ("a2", "hls", "ready", "mp4"),
        ("a3", "track", "failed", None),
        ("a5", "transcript", "processing", None),
    ]


def test_100ms_a_failed_recording_has_no_file(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = one_class(hook, rooms_sandbox)
    rooms_sandbox.recording("hundredms", room, "fail")
    (failed,) = hook.recordings(room)
    with pytest.raises(errors.NotFoundError, match="failed"):
        hook.open_recording(failed)
    body = {"id": "a1", "type": "transcript", "status": "processing"}
    rooms_sandbox.fault("hundredms", "body", path="/v2/recording-assets/a1", body=body)
    with pytest.raises(errors.NotVisibleYetError):
        hook.open_recording("a1")


def test_100ms_cannot_delete(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    with pytest.raises(errors.UnsupportedError, match="15 days"):
        hook_of("hundredms").delete_recording("64253")
    assert rooms_sandbox.requests() == []


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
