"""The Twilio Video side of the sandbox against what its pages say: recordings."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from twilio_help import code, create

from airflow_provider_rooms.sandbox.client import ControlError

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_recordings_of_tracks(rooms_sandbox: RoomsSandbox, twilio: httpx.Client, web: httpx.Client, room: str) -> None:
    rooms_sandbox.start_session("twilio", room, ["ada"])
    path = f"/v1/Rooms/{room}/Recordings"
    running = twilio.get(path).json()["recordings"]
    assert [(r["type"], r["status"], r["size"]) for r in running] == [
        ("video", "processing", 0),
        ("audio", "processing", 0),
    ]
    video = running[0]
    assert code(twilio.get(f"{path}/{video['sid']}/Media"), 404) == 20404
    rooms_sandbox.advance(120)
    twilio.post(f"/v1/Rooms/{room}", data={"Status": "completed"})
    assert twilio.get(f"{path}/{video['sid']}").json()["status"] == "processing"
    rooms_sandbox.advance(6)
    done = twilio.get(f"/v1/Recordings/{video['sid']}").json()
    assert (done["status"], done["duration"]) == ("completed", 120)
    assert (done["container_format"], done["codec"]) == ("mkv", "VP8")
    assert code(twilio.get("/v1/Rooms/algebra-1/Recordings"), 404) == 20404  # the SID is wanted
    link = twilio.get(f"{path}/{video['sid']}/Media", params={"Ttl": 60})
    assert link.status_code == 302
    assert link.headers["location"] == link.json()["redirect_to"]
    # on the same server, where a client that forwards its credentials is told so
    assert code_of_text(twilio.get(link.headers["location"])) == 400
    film = web.get(link.headers["location"])
    assert (film.status_code, len(film.content)) == (200, done["size"])
    rooms_sandbox.advance(61)
    assert web.get(link.headers["location"]).status_code == 403
    assert code(twilio.get(f"{path}/{video['sid']}/Media", params={"Ttl": 3601})) == 20001
    gone = twilio.delete(f"/v1/Recordings/{video['sid']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert twilio.get(f"/v1/Recordings/{video['sid']}").json()["status"] == "deleted"
    assert code(twilio.get(f"{path}/{video['sid']}/Media"), 404) == 20404
    assert code(twilio.delete(f"{path}/{video['sid']}"), 404) == 20404


def code_of_text(answer: httpx.Response) -> int:
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.status_code


def test_recording_filters(rooms_sandbox: RoomsSandbox, twilio: httpx.Client, room: str) -> None:
    rooms_sandbox.start_session("twilio", room, ["ada", "bob"])
    other = create(twilio, UniqueName="other", RecordParticipantsOnConnect="true")["sid"]
    rooms_sandbox.start_session("twilio", "other", ["ada"])

    def count(**query: Any) -> int:
        return len(twilio.get("/v1/Recordings", params=query).json()["recordings"])

    assert (count(), count(GroupingSid=room), count(GroupingSid=other)) == (6, 4, 2)
    assert (count(MediaType="audio"), count(Status="completed")) == (3, 0)
    ada = twilio.get(f"/v1/Rooms/{room}/Participants/ada").json()["sid"]
    assert count(GroupingSid=[room, ada]) == 2
    assert count(GroupingSid=[other, ada]) == 0
    source = twilio.get("/v1/Recordings").json()["recordings"][0]["source_sid"]
    assert count(SourceSid=source) == 1
    assert code(twilio.get("/v1/Recordings", params={"PageSize": 101})) == 20007
    assert code(twilio.get("/v1/Recordings", params={"MediaType": "text"})) == 20001


def test_recording_rules_start_and_stop(rooms_sandbox: RoomsSandbox, twilio: httpx.Client) -> None:
    sid = create(twilio, UniqueName="x")["sid"]
    rooms_sandbox.start_session("twilio", "x", ["ada", "bob"])
    path = f"/v1/Rooms/{sid}/RecordingRules"

    def running() -> list[tuple[str, str]]:
        found = twilio.get(f"/v1/Rooms/{sid}/Recordings").json()["recordings"]
        return sorted((r["type"], r["status"]) for r in found)

    assert running() == []
    assert twilio.get(path).json()["rules"][0]["type"] == "exclude"
    assert code(twilio.post(path, data={"Rules": "[]"})) == 53120
    assert code(twilio.post(path, data={})) == 20001
    rules = [{"type": "include", "all": True}, {"type": "exclude", "publisher": "bob"}]
    set_ = twilio.post(path, data={"Rules": json.dumps(rules)})
    assert set_.status_code == 200
    assert set_.json()["rules"][1] == {"type": "exclude", "all": None, "publisher": "bob", "track": None, "kind": None}
    assert running() == [("audio", "processing"), ("video", "processing")]
    rooms_sandbox.start_session("twilio", "x", ["cid"])  # later tracks too
    assert len(running()) == 4
    twilio.post(path, data={"Rules": json.dumps([{"type": "exclude", "all": True}])})
    rooms_sandbox.advance(6)
    assert {state for _, state in running()} == {"completed"}
    twilio.post("/v1/Rooms/x", data={"Status": "completed"})
    assert code(twilio.post(path, data={"Rules": json.dumps(rules)})) == 53118


def test_recording_by_control(rooms_sandbox: RoomsSandbox, twilio: httpx.Client) -> None:
    create(twilio, UniqueName="x")
    with pytest.raises(ControlError, match="nobody"):
        rooms_sandbox.recording("twilio", "x", "start")
    rooms_sandbox.start_session("twilio", "x", ["ada"])
    rooms_sandbox.recording("twilio", "x", "start")
    waiting = twilio.post(
        "/v1/Compositions", data={"RoomSid": twilio.get("/v1/Rooms/x").json()["sid"], "AudioSources": "*"}
    )
    composition = f"/v1/Compositions/{waiting.json()['sid']}"
    rooms_sandbox.recording("twilio", "x", "start")
    assert twilio.get(composition).json()["status"] == "enqueued"
    rooms_sandbox.recording("twilio", "x", "complete")
    assert twilio.get(composition).json()["status"] == "completed"
    assert {r["status"] for r in rooms_sandbox.state()["twilio"]["recordings"]} == {"completed"}
    rooms_sandbox.end_session("twilio", "x")
    rooms_sandbox.start_session("twilio", "x", ["ada"])
    rooms_sandbox.recording("twilio", "x", "fail")
    rooms_sandbox.advance(60)
    assert sorted(r["status"] for r in rooms_sandbox.state()["twilio"]["recordings"]) == [
        "completed", "completed", "failed", "failed",
    ]  # fmt: skip


def test_composition_waits_for_the_end_of_the_room(
    rooms_sandbox: RoomsSandbox, twilio: httpx.Client, web: httpx.Client, room: str
) -> None:
    rooms_sandbox.start_session("twilio", room, ["ada"])
    form = {
        "RoomSid": room,
        "AudioSources": ["*"],
        "VideoLayout": json.dumps({"grid": {"video_sources": ["*"]}}),
        "Format": "mp4",
        "Resolution": "1280x720",
    }
    made = twilio.post("/v1/Compositions", data=form)
    assert (made.status_code, made.json()["status"], made.json()["audio_sources"]) == (201, "enqueued", ["*"])
    path = f"/v1/Compositions/{made.json()['sid']}"
    rooms_sandbox.advance(600)
    assert twilio.get(path).json()["status"] == "enqueued"
    twilio.post(f"/v1/Rooms/{room}", data={"Status": "completed"})
    assert twilio.get(path).json()["status"] == "processing"
    assert code(twilio.get(f"{path}/Media"), 404) == 20404
    rooms_sandbox.advance(61)
    done = twilio.get(path).json()
    assert (done["status"], done["duration"]) == ("completed", 600)
    link = twilio.get(f"{path}/Media").json()["redirect_to"]
    assert len(web.get(link).content) == done["size"]
    query = {"RoomSid": room, "Status": "completed"}
    assert len(twilio.get("/v1/Compositions", params=query).json()["compositions"]) == 1
    assert twilio.delete(path).status_code == 204
    assert twilio.get(path).json()["date_deleted"] is not None
    assert code(twilio.get("/v1/Compositions", params={"PageSize": 101})) == 20007


@pytest.mark.parametrize(
    "changes",
    [
        {"RoomSid": None},
        {"RoomSid": "RM" + "0" * 32},
        {"AudioSources": None},
        {"Resolution": "1920x1080"},
        {"Resolution": "8x8"},
        {"Resolution": "15x640"},
        {"Resolution": "1281x16"},
        {"Resolution": "1280x721"},
        {"Resolution": "640x480x2"},
        {"Resolution": "big"},
        {"Format": "avi"},
        {"VideoLayout": "[]"},
        {"VideoLayout": '{"grid": {}}'},
        {"VideoLayout": '{"grid": {"video_sources": [], "colour": 1}}'},
        {"Trim": "yes"},
    ],
)
def test_bad_compositions(twilio: httpx.Client, room: str, changes: dict[str, Any]) -> None:
    form = {"RoomSid": room, "AudioSources": "*"} | changes
    answer = twilio.post("/v1/Compositions", data={name: value for name, value in form.items() if value is not None})
    assert code(answer) == 20001


def test_composition_of_nothing_fails(rooms_sandbox: RoomsSandbox, twilio: httpx.Client, room: str) -> None:
    twilio.post(f"/v1/Rooms/{room}", data={"Status": "completed"})
    made = twilio.post("/v1/Compositions", data={"RoomSid": room, "AudioSources": "*"}).json()
    assert made["status"] == "processing"
    rooms_sandbox.advance(61)
    assert twilio.get(f"/v1/Compositions/{made['sid']}").json()["status"] == "failed"
    assert code(twilio.delete(f"/v1/Compositions/{made['sid']}")) == 20001


def test_transcription(rooms_sandbox: RoomsSandbox, twilio: httpx.Client) -> None:
    configuration = json.dumps({"languageCode": "en-US", "partialResults": True})
    form = {"TranscribeParticipantsOnConnect": "true", "TranscriptionsConfiguration": configuration}
    sid = create(twilio, UniqueName="x", **form)["sid"]
    path = f"/v1/Rooms/{sid}/Transcriptions"
    assert twilio.get(path).json()["transcriptions"] == []
    rooms_sandbox.start_session("twilio", "x", ["ada"])
    (one,) = twilio.get(path).json()["transcriptions"]
    assert (one["status"], one["configuration"]) == ("started", {"languageCode": "en-US", "partialResults": "true"})
    assert re.fullmatch("CA[0-9a-f]{32}", one["source_sid"])
    stopped = twilio.post(f"{path}/{one['ttid']}", data={"Status": "stopped"})
    assert (stopped.status_code, stopped.json()["status"]) == (202, "stopped")
    assert twilio.post(path, data={}).json()["ttid"] == one["ttid"]
    twilio.post("/v1/Rooms/x", data={"Status": "completed"})
    assert twilio.get(f"{path}/{one['ttid']}").json()["status"] == "stopped"
    for late in (path, f"{path}/{one['ttid']}"):
        assert code(twilio.post(late.replace("/x/", f"/{sid}/"), data={})) == 53118
    assert code(twilio.get(f"{path}/unknown"), 404) == 20404
