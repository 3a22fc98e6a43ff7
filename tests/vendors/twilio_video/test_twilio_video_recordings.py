"""What Twilio lists as a recording, how one is stopped and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from recorded import LONG, one_class, over

from airflow_provider_rooms import errors
from airflow_provider_rooms.sandbox.files import MEDIA_BYTES

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


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
