"""The VideoSDK side of the sandbox against what its pages say: recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from videosdk_help import FULL

from airflow_provider_rooms.sandbox.client import ControlError

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_recording_needs_a_live_session_and_the_real_id(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]
) -> None:
    def start(room_id: str) -> int:
        return videosdk.post("/v2/recordings/start", json={"roomId": room_id}).status_code

    assert start(room["roomId"]) == 404
    rooms_sandbox.start_session("videosdk", "algebra-1")
    assert start("algebra-1") == 402
    answer = videosdk.post("/v2/recordings/start", json={"roomId": room["roomId"]})
    assert answer.json() == "Recording started successfully"
    assert start(room["roomId"]) == 409
    assert videosdk.post("/v2/recordings/end", json={"roomId": room["roomId"]}).json() == "Recording ended successfully"
    assert videosdk.post("/v2/recordings/end", json={"roomId": room["roomId"]}).status_code == 404


def test_recording_has_a_file_only_when_it_is_done(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, web: httpx.Client, room: dict[str, Any]
) -> None:
    rooms_sandbox.start_session("videosdk", "algebra-1")
    videosdk.post("/v2/recordings/start", json={"roomId": room["roomId"]})
    (running,) = videosdk.get("/v2/recordings", params={"roomId": room["roomId"]}).json()["data"]
    assert "file" not in running
    assert running["end"] is None
    rooms_sandbox.advance(600)
    rooms_sandbox.end_session("videosdk", "algebra-1")  # stops the recording too
    assert "file" not in videosdk.get(f"/v2/recordings/{running['id']}").json()
    rooms_sandbox.advance(60)
    done = videosdk.get(f"/v2/recordings/{running['id']}").json()
    assert done["file"]["meta"]["duration"] == pytest.approx(600, abs=5)
    film = web.get(done["file"]["fileUrl"])
    assert (film.status_code, len(film.content)) == (200, done["file"]["size"])
    assert web.get(done["file"]["fileUrl"], headers={"authorization": "x"}).status_code == 400
    assert videosdk.delete(f"/v2/recordings/{running['id']}").json() == "Room recording deleted successfully"
    assert videosdk.get(f"/v2/recordings/{running['id']}").status_code == 404
    assert videosdk.get("/v2/recordings").json()["data"] == []
    assert web.get(done["file"]["fileUrl"]).status_code == 404


def test_own_storage_has_a_path_and_no_link(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]
) -> None:
    rooms_sandbox.start_session("videosdk", "algebra-1")
    videosdk.post(
        "/v2/recordings/start", json={"roomId": room["roomId"], "awsDirPath": "/classes/", "fileFormat": "webm"}
    )
    done = rooms_sandbox.recording("videosdk", "algebra-1", "complete")
    assert done["file"]["fileUrl"] is None
    assert done["file"]["filePath"].startswith("classes/")
    assert done["file"]["filePath"].endswith(".webm")


def test_recording_by_control_and_its_failure(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]
) -> None:
    with pytest.raises(ControlError, match="no session"):
        rooms_sandbox.recording("videosdk", "algebra-1", "start")
    rooms_sandbox.start_session("videosdk", "algebra-1")
    rooms_sandbox.recording("videosdk", "algebra-1", "start")
    rooms_sandbox.recording("videosdk", "algebra-1", "fail")
    rooms_sandbox.advance(3600)
    (failed,) = videosdk.get("/v2/recordings").json()["data"]
    assert "file" not in failed
    assert failed["end"] is not None


def test_auto_start_records_streams_and_transcribes(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, web: httpx.Client
) -> None:
    videosdk.post("/v2/rooms", json=FULL)
    rooms_sandbox.start_session("videosdk", "algebra-1", ["ada"])
    assert len(videosdk.get("/v2/recordings").json()["data"]) == 1
    (stream,) = videosdk.get("/v2/hls/").json()["data"]
    assert stream["end"] is None
    rooms_sandbox.advance(60)
    rooms_sandbox.end_session("videosdk", "algebra-1")
    assert videosdk.get("/v2/rooms/algebra-1").json()["disabled"] is True
    rooms_sandbox.advance(61)
    (text,) = videosdk.get("/ai/v1/post-transcriptions/").json()["transcriptions"]
    assert text["status"] == "running"
    rooms_sandbox.advance(61)
    text = videosdk.get(f"/ai/v1/post-transcriptions/{text['id']}").json()
    assert text["status"] == "completed"
    assert set(text["transcriptionFilePaths"]) == {"json", "srt", "txt", "tsv", "vtt"}
    assert "Welcome" in web.get(text["transcriptionFilePaths"]["txt"]).text
    assert web.get(text["summarizedFilePaths"]["txt"]).status_code == 200
    assert "transcription" in videosdk.get("/v2/recordings", params={"withTranscription": "true"}).json()["data"][0]


def test_hls_life(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, web: httpx.Client, room: dict[str, Any]) -> None:
    room_id = room["roomId"]
    assert videosdk.get(f"/v2/hls/{room_id}/active").status_code == 404
    rooms_sandbox.start_session("videosdk", "algebra-1")
    started = videosdk.post("/v2/hls/start", json={"roomId": room_id, "config": {"layout": {"gridSize": 25}}}).json()
    assert started["livestreamUrl"].endswith("live.m3u8")
    active = videosdk.get(f"/v2/hls/{room_id}/active").json()
    assert (active["code"], active["data"]["id"], active["data"]["end"]) == (200, started["id"], None)
    assert web.get(started["playbackHlsUrl"]).text.startswith("#EXTM3U")
    assert videosdk.post("/v2/hls/end", json={"roomId": room_id}).json() == "HLS ended successfully"
    assert videosdk.get(f"/v2/hls/{started['id']}").json()["end"] is not None
    assert videosdk.delete(f"/v2/hls/{started['id']}").json() == "Room Hls Recording deleted successfully !"
    assert videosdk.get("/v2/hls", params={"roomId": room_id}).json()["data"] == []


@pytest.mark.parametrize("kind", ["participant", "track"])
def test_recordings_of_one_participant(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, web: httpx.Client, room: dict[str, Any], kind: str
) -> None:
    path = "/v2/recordings/participant" + ("/track" if kind == "track" else "")
    body = {"roomId": room["roomId"], "participantId": "ada-1"} | ({"kind": "audio"} if kind == "track" else {})
    rooms_sandbox.start_session("videosdk", "algebra-1", [{"name": "Ada", "identity": "ada-1"}])
    assert videosdk.post(f"{path}/start", json=body | {"participantId": "x"}).status_code == 404
    assert videosdk.post(f"{path}/start", json=body).json().startswith(f"{kind} recording started")
    assert videosdk.post(f"{path}/start", json=body).status_code == 409
    (running,) = videosdk.get(path, params={"participantId": "ada-1"}).json()["data"]
    assert (running["mode"], running["files"]) == (kind, [])
    assert videosdk.post(f"{path}/stop", json=body).status_code == 200
    rooms_sandbox.advance(61)
    done = videosdk.get(f"{path}/{running['id']}").json()
    assert web.get(done["files"][0]["fileUrl"]).status_code == 200
    assert videosdk.get("/v2/recordings").json()["data"] == []  # no recording of the meeting
    assert videosdk.delete(f"{path}/{running['id']}").status_code == 200
    assert videosdk.get(f"{path}/{running['id']}").status_code == 404


def test_composite_recording_is_stopped_by_its_id(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]
) -> None:
    rooms_sandbox.start_session("videosdk", "algebra-1")
    id_ = videosdk.post("/v2/recordings/composite/start", json={"roomId": room["roomId"]}).json()["recordingId"]
    path = "/v2/recordings/composite"
    assert videosdk.post(f"{path}/stop", json={"roomId": room["roomId"]}).status_code == 400
    assert videosdk.post(f"{path}/stop", json={"roomId": room["roomId"], "recordingId": id_}).status_code == 200
    assert "file" not in videosdk.get(f"{path}/{id_}").json()
    rooms_sandbox.advance(61)
    assert videosdk.get(f"{path}/{id_}").json()["file"]["fileUrl"]
    assert [r["id"] for r in videosdk.get(path).json()["data"]] == [id_]


def test_merge_of_two_participants(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, web: httpx.Client, room: dict[str, Any]
) -> None:
    people = [{"name": "Ada", "identity": "ada-1"}, {"name": "Bob", "identity": "bob-1"}]
    session = rooms_sandbox.start_session("videosdk", "algebra-1", people)
    for person in people:
        body = {"roomId": room["roomId"], "participantId": person["identity"]}
        videosdk.post("/v2/recordings/participant/start", json=body)
    order = {
        "sessionId": session["id"],
        "channel1": [{"participantId": "ada-1"}],
        "channel2": [{"participantId": "bob-1"}],
    }
    path = "/v2/recordings/participant/merge"
    assert videosdk.post(path, json=order | {"channel2": []}).status_code == 400
    assert videosdk.post(path, json=order | {"channel2": [{"participantId": "zoe"}]}).status_code == 404
    job = videosdk.post(path, json=order).json()["recording"]
    assert job["status"] == "running"
    assert [m["id"] for m in videosdk.get(path, params={"status": "running"}).json()["recordings"]] == [job["id"]]
    rooms_sandbox.advance(61)
    done = videosdk.get(f"{path}/{job['id']}").json()
    assert done["status"] == "completed"
    assert web.get(done["file"]["fileUrl"]).status_code == 200


def test_realtime_transcription(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, web: httpx.Client, room: dict[str, Any]
) -> None:
    path = "/ai/v1/realtime-transcriptions"
    assert videosdk.post(f"{path}/start", json={"roomId": room["roomId"]}).status_code == 404
    rooms_sandbox.start_session("videosdk", "algebra-1")
    job = videosdk.post(f"{path}/start", json={"roomId": room["roomId"]}).json()
    assert (job["status"], job["extension"]["extensionConfig"]["roomId"]) == ("running", room["roomId"])
    assert videosdk.post(f"{path}/start", json={"roomId": room["roomId"]}).status_code == 409
    ended = videosdk.post(f"{path}/end", json={"roomId": room["roomId"]}).json()
    assert ended["status"] == "completed"
    (listed,) = videosdk.get(f"{path}/", params={"roomId": room["roomId"]}).json()["transcriptions"]
    assert web.get(listed["transcriptionFilePaths"]["txt"]).status_code == 200
