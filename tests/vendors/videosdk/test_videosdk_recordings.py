"""What VideoSDK lists as a recording, how one is started and stopped: every kind has a list of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from recorded import one_class, over

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Recording

if TYPE_CHECKING:
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


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
    stream = hook.get_conn().post(f"{hook.base_url}/v2/hls/start", json={"roomId": room}).json()["id"]
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


def test_a_stop_whose_answer_was_lost(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = one_class(hook, rooms_sandbox)
    rooms_sandbox.fault("videosdk", "drop_after", method="POST", path="/v2/recordings/end")
    assert len(hook.stop_recording(room)) == 1
