"""What each vendor lists as a recording, of every kind, and how it is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from recorded import LONG, one_class, over

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Recording
from airflow_provider_rooms.sandbox.files import MEDIA_BYTES

if TYPE_CHECKING:
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


# -- 100ms: jobs and files are two lists ----------------------------------------------------------------------------------


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


def hls(sandbox: RoomsSandbox, hook: RoomsHook, room: str, body: dict[str, Any]) -> str:
    """Start an HLS stream, which our hook has no method for; its id."""
    start = {
        "hundredms": (f"/v2/live-streams/room/{room}/start", body),
        "videosdk": ("/v2/hls/start", {"roomId": room, **body}),
    }
    path, order = start[hook.conn_type]
    answer = hook.get_conn().post(hook.base_url + path, json=order)
    assert answer.status_code == 200
    return str(answer.json()["id"])


def test_100ms_streams_leave_a_file_where_they_were_asked_to(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    kept = hook.ensure_room({"name": "kept"}).id
    stream = hls(rooms_sandbox, hook, kept, {"recording": {"hls_vod": True}})
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
    stream = hls(rooms_sandbox, hook, lost, {})
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


# -- VideoSDK: every kind has a list of its own ----------------------------------------------------------------------------


def started(hook: RoomsHook, path: str, **body: Any) -> None:
    assert hook.get_conn().post(hook.base_url + path, json=body).status_code == 200


def test_videosdk_lists_and_opens_every_kind(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"}).id
    session = rooms_sandbox.start_session("videosdk", room, [{"name": "Ada", "identity": "ada1"}])
    person = {"roomId": room, "participantId": session["participants"][0]["participantId"]}
    hook.start_recording(room, {"transcription": {"enabled": True}})
    started(hook, "/v2/recordings/participant/start", **person)
    started(hook, "/v2/recordings/participant/track/start", **person, kind="audio")
    started(hook, "/v2/recordings/composite/start", roomId=room)
    stream = hls(rooms_sandbox, hook, room, {})
    assert {item.state for item in hook.recordings(room)} == {"processing"}
    over(hook, rooms_sandbox, room)
    found: dict[str, list[Recording]] = {}
    for item in hook.recordings(room):
        found.setdefault(item.kind, []).append(item)
    assert {kind: len(items) for kind, items in found.items()} == {
        "recording": 1,
        "track": 2,
        "composition": 1,
        "hls": 1,
        "transcript": 5,
    }
    for kind, items in found.items():
        assert list(hook.recordings(room, kind)) == items
        assert {item.state for item in items} == {"ready"}
        if kind != "hls":
            for item in items:
                with hook.open_recording(item) as file:
                    assert len(b"".join(file)) == file.size
    assert {item.format for item in found["transcript"]} == {"txt", "srt", "vtt", "json", "tsv"}
    with hook.open_recording(found["transcript"][0].id) as file:  # text, where no format is named
        assert b"".join(file).startswith(b"Teacher:")
    with pytest.raises(errors.UnsupportedError, match="not a single file"):
        hook.open_recording(stream)
    with pytest.raises(errors.UnsupportedError, match="transcript"):
        hook.delete_recording(found["transcript"][0])
    for kind in ("recording", "track", "composition", "hls"):
        for item in found[kind]:
            hook.delete_recording(item)
        assert list(hook.recordings(room, kind)) == []


def test_videosdk_a_transcript_is_a_recording_before_it_is_written(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"}).id
    rooms_sandbox.start_session("videosdk", room)
    hook.start_recording(room, {"transcription": {"enabled": True}})
    rooms_sandbox.end_session("videosdk", room)
    rooms_sandbox.advance(61)
    (text,) = hook.recordings(room, "transcript")
    assert (text.state, text.format) == ("processing", None)
    with pytest.raises(errors.NotVisibleYetError):
        hook.open_recording(text)


def test_videosdk_files_in_a_bucket_of_ones_own_are_not_handed_out(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"}).id
    rooms_sandbox.start_session("videosdk", room)
    hook.start_recording(room, {"awsDirPath": "classes/algebra"})
    (running,) = hook.recordings(room)
    with pytest.raises(errors.NotVisibleYetError, match="RecordingReadySensor"):
        hook.open_recording(running)
    over(hook, rooms_sandbox, room)
    (film,) = hook.recordings(room)
    assert (film.state, film.format) == ("ready", "mp4")
    with pytest.raises(errors.UnsupportedError, match="classes/algebra/"):
        hook.open_recording(film)


def test_videosdk_several_files_under_one_id(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"}).id
    origin = rooms_sandbox.url
    entry = {
        "id": "abc",
        "roomId": room,
        "sessionId": "s1",
        "start": "2026-11-20T09:00:00.000Z",
        "fileFormat": "webm",
        "files": [
            {"fileUrl": f"{origin}/files/videosdk/one.webm", "size": 3, "meta": {"duration": 1.5}},
            {"fileUrl": f"{origin}/files/videosdk/two.webm?x=1", "filePath": None},
            "not a file",
        ],
    }
    page = {"pageInfo": {"currentPage": 1, "perPage": 20, "lastPage": 1, "total": 1}, "data": [entry, {"noid": 1}]}
    rooms_sandbox.fault("videosdk", "body", path="/v2/recordings/participant/track", body=page)
    one, two = hook.recordings(room, "track")
    assert (one.id, one.seconds, one.bytes, one.format) == ("abc", 1.5, 3, "webm")
    assert (two.id, two.seconds, two.bytes, two.format) == ("abc.2", None, None, "webm")
    for item, name in ((one, "one.webm"), (two, "two.webm")):
        rooms_sandbox.fault("videosdk", "body", path="/v2/recordings/participant/track/abc", body=entry)
        with pytest.raises(errors.NotFoundError):
            hook.open_recording(item)
        assert rooms_sandbox.requests("videosdk")[-1]["path"] == f"/files/videosdk/{name}"
    rooms_sandbox.fault("videosdk", "body", path="/v2/recordings/participant/track/abc", body=entry)
    with pytest.raises(errors.NotVisibleYetError):
        hook.open_recording({"id": "abc.9", "kind": "track"})


def test_videosdk_a_list_that_is_not_there_is_empty(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"}).id
    rooms_sandbox.fault("videosdk", "status", path="/v2/recordings", status=404)
    assert list(hook.recordings(room, "recording")) == []


# -- Twilio ----------------------------------------------------------------------------------------------------------------


def test_twilio_tracks_and_compositions(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("twilio_video")
    room = one_class(hook, rooms_sandbox)
    order = {"RoomSid": room, "AudioSources": "*", "Format": "mp4"}
    assert hook.get_conn().post(f"{hook.base_url}/v1/Compositions", data=order).status_code == 201
    (film,) = hook.recordings(room, "composition")
    assert (film.state, film.format) == ("processing", "mp4")
    with pytest.raises(errors.NotVisibleYetError, match="enqueued"):
        hook.open_recording(film)
    over(hook, rooms_sandbox, room)
    hook.close_room(room)
    rooms_sandbox.advance(LONG)
    kinds = [item.kind for item in hook.recordings(room)]
    assert kinds == ["track"] * 4 + ["composition"]
    (film,) = hook.recordings(room, "composition")
    with hook.open_recording(film) as file:
        assert file.size == film.bytes == MEDIA_BYTES
    hook.delete_recording(film)
    hook.delete_recording(film)  # gone already
    assert list(hook.recordings(room, "composition")) == []
    with pytest.raises(errors.NotFoundError, match="deleted"):
        hook.open_recording(film)


def test_twilio_delete_whose_answer_was_lost(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("twilio_video")
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    rooms_sandbox.fault("twilio", "drop_after", method="DELETE")
    hook.delete_recording(recording)
    assert recording.id not in [item.id for item in hook.recordings(room)]
    rooms_sandbox.fault("twilio", "status", method="DELETE", status=404)
    with pytest.raises(errors.NotFoundError):
        hook.delete_recording(next(hook.recordings(room)))


def test_twilio_the_link_may_stand_in_the_body_only(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("twilio_video")
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    link = f"{rooms_sandbox.url}/files/twilio/nothing.mka"
    rooms_sandbox.fault("twilio", "status", path="/v1/Recordings/*/Media", status=302, body={"redirect_to": link})
    with pytest.raises(errors.AccessDeniedError):  # the storage wants a signature
        hook.open_recording(recording)
    assert rooms_sandbox.requests("twilio")[-1]["path"] == "/files/twilio/nothing.mka"


def test_videosdk_delete_whose_answer_was_lost(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    rooms_sandbox.fault("videosdk", "drop_after", method="DELETE")
    hook.delete_recording(recording)
    assert list(hook.recordings(room)) == []
    with pytest.raises(errors.NotFoundError):
        hook.delete_recording(recording)
