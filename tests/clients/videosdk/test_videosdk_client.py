"""VideoSDK's own published server SDK against the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from drive import drive

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.credentials import KEY, SECRET
from airflow_provider_rooms.sensors.rooms import SessionEndedSensor

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


pytestmark = pytest.mark.slow

HERE = Path(__file__).parent


def test_videosdk_server_sdk(rooms_sandbox: RoomsSandbox) -> None:
    seen = drive(HERE / "client.mjs", "@videosdk.live/server-sdk", rooms_sandbox.url, KEY, SECRET)
    created = seen["created"]
    assert (created["customRoomId"], created["geoFence"], created["disabled"]) == ("algebra-1", "eu001", False)
    assert created["autoCloseConfig"] == {"type": "session-end-and-deactivate", "duration": 60}
    assert created["webhook"]["endPoint"] == "https://example.com/hook"
    assert seen["again"] == seen["fetched"] == created["roomId"]
    assert (seen["listed"], seen["query"], seen["valid"], seen["invalid"]) == (25, 1, True, False)
    assert (seen["unknown"]["name"], seen["unknown"]["status"]) == ("RoomNotFoundError", 402)
    assert seen["endByName"]["status"] == 402
    assert seen["noSession"]["name"] == "RoomNotFoundError"
    assert seen["sessions"] == 0
    assert seen["live"] == ["Ada", "Bob"]
    assert seen["recordings"] == 1  # started by the room's own config
    assert seen["participantRecording"] == "participant recording started successfully."
    assert seen["hls"] is True
    assert (seen["hlsStopped"], seen["stopped"]) == ("HLS ended successfully", "Recording ended successfully")
    assert (seen["ending"], seen["ended"]) == ("ongoing", "ended")
    assert seen["singleUse"] is True
    assert seen["deactivated"] is True
    for wrong in (seen["wrongSecret"], seen["wrongKey"]):
        assert wrong == {"name": "AuthenticationError", "status": 401, "message": "Token is invalid or expired"}
    assert len(rooms_sandbox.rooms("videosdk")) == 26


def test_a_session_ended_by_videosdks_server_sdk_is_seen_ended(rooms_sandbox: RoomsSandbox) -> None:
    hook = get_rooms_hook("videosdk_default")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session("videosdk", room.id)
    sensor = SessionEndedSensor(
        task_id="over", conn_id="videosdk_default", room_id=room.id, since="2026-01-01T00:00:00Z"
    )

    class Pushed:
        def xcom_push(self, key: str, value: Any) -> None:
            pass

    context: Any = {"ti": Pushed()}
    assert not sensor.poke(context).is_done
    theirs = drive(
        HERE / "reads_ours.mjs", "@videosdk.live/server-sdk", rooms_sandbox.url, "end", KEY, SECRET, room.id
    )["seen"]
    rooms_sandbox.advance(5)
    seen = sensor.poke(context)
    assert seen.is_done
    assert [session["id"] for session in seen.xcom_value["sessions"]] == [theirs]


def test_videosdks_server_sdk_sees_the_recording_that_we_started(rooms_sandbox: RoomsSandbox) -> None:
    hook = get_rooms_hook("videosdk_default")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session("videosdk", room.id)
    ours = [recording.id for recording in hook.start_recording(room.id)]
    arguments = (rooms_sandbox.url, "recordings", KEY, SECRET, room.id)
    assert drive(HERE / "reads_ours.mjs", "@videosdk.live/server-sdk", *arguments)["seen"] == ours
