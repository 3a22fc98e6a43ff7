"""Every documented example of VideoSDK, sent to the sandbox: each documented key must come back, of the same type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from documented import filled, missing
from sandbox_help import examples

if TYPE_CHECKING:
    import httpx

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


#: Left out on purpose: pages that the vendor no longer lists, or parts that rooms have nothing to do with.
VIDEOSDK_LEFT_OUT = re.compile(
    r"update_room_UNLISTED|livestream|resource|OLD_v2_path|_2024$|stats$|capture_hls|public_key|^webhook_|^ERR_"
)


#: Documented keys that a fresh room or session of the sandbox has no value for.
VIDEOSDK_ABSENT = {
    # what a browser and a media server know
    ".data[0].participants[0].initTime", ".data[0].participants[0].deviceInfo",
    ".data[0].participants[0].changeModeHistory", ".data[0].participants[0].geoLocation",
}  # fmt: skip


@pytest.fixture
def class_on_videosdk(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> dict[str, str]:
    """A room with everything in it, and the ids to ask for it."""
    room = videosdk.post(
        "/v2/rooms", json={"customRoomId": "algebra-1", "webhook": {"endPoint": "https://x.example"}}
    ).json()
    ids = {"roomId": room["roomId"], "MeetingId": room["roomId"]}
    people = [{"name": "Ada", "identity": "ada-1"}, {"name": "Bob", "identity": "bob-1"}]
    ids["sessionId"] = rooms_sandbox.start_session("videosdk", "algebra-1", people)["id"]
    ids["participantId"] = "ada-1"
    live = {"roomId": room["roomId"]}
    ids["hlsId"] = ids["HlsId"] = videosdk.post("/v2/hls/start", json=live).json()["id"]
    order = live | {"transcription": {"enabled": True, "summary": {"enabled": True}}}
    videosdk.post("/v2/recordings/start", json=order)
    for person in ("ada-1", "bob-1"):
        videosdk.post("/v2/recordings/participant/start", json=live | {"participantId": person})
    videosdk.post("/v2/recordings/participant/track/start", json=live | {"participantId": "bob-1", "kind": "video"})
    ids["transcriptionId"] = videosdk.post(
        "/ai/v1/realtime-transcriptions/start", json=live | {"summary": {"enabled": True}}
    ).json()["id"]
    return ids


def finish_class_on_videosdk(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, ids: dict[str, str]) -> None:
    """Everything ends and is filed, and a second session begins, so that whatever needs a live one has it."""
    order = {
        "sessionId": ids["sessionId"],
        "channel1": [{"participantId": "ada-1"}],
        "channel2": [{"participantId": "bob-1"}],
    }
    ids["MERGE_ID"] = videosdk.post("/v2/recordings/participant/merge", json=order).json()["recording"]["id"]
    rooms_sandbox.end_session("videosdk", "algebra-1")
    rooms_sandbox.advance(200)


@pytest.mark.parametrize("finished", [False, True], ids=["live", "over"])
def test_videosdk_examples(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, class_on_videosdk: dict[str, str], finished: bool
) -> None:
    ids = class_on_videosdk
    needs_life = re.compile(r"^(start|stop|end|remove)_|active")
    if finished:
        finish_class_on_videosdk(rooms_sandbox, videosdk, ids)
    tried = []
    for example in examples("videosdk-examples.json"):
        name = example["name"]
        if VIDEOSDK_LEFT_OUT.search(name) or bool(needs_life.search(name)) is finished:
            continue
        if name.startswith(("delete", "deactivate", "merge", "end_session", "remove")) and not finished:
            continue
        if "merge" in name and not finished:
            continue
        kind = "track" if "track" in example["path"] else "participant" if "participant" in example["path"] else ""
        path = filled(example["path"], ids | _newest_recording(videosdk, kind))
        if "post-transcriptions/{" in example["path"]:
            ids["transcriptionId"] = videosdk.get("/ai/v1/post-transcriptions").json()["transcriptions"][0]["id"]
            path = filled(example["path"], ids)
        body = example["request"].get("body")
        if isinstance(body, dict):
            body = {key: _own(key, value, ids) for key, value in body.items()}
        if name == "start_recording":
            videosdk.post("/v2/recordings/end", json={"roomId": ids["roomId"]})
        if name == "get_active_hls":
            videosdk.post("/v2/hls/start", json={"roomId": ids["roomId"]})
        if name.endswith(("merge_recordings", "merge_recording")):
            rooms_sandbox.advance(61)
        if name == "start_hls":
            videosdk.post("/v2/hls/end", json={"roomId": ids["roomId"]})
        if name == "start_participant_recording":
            videosdk.post("/v2/recordings/participant/stop", json={"roomId": ids["roomId"], "participantId": "ada-1"})
        if name == "start_realtime_transcription":
            videosdk.post("/ai/v1/realtime-transcriptions/end", json={"roomId": ids["roomId"]})
        answer = videosdk.request(example["method"], path, json=body)
        assert answer.status_code == 200, (name, answer.status_code, answer.text)
        gaps = [
            gap
            for gap in missing(example["response"], answer.json())
            if gap.split(" is missing")[0] not in VIDEOSDK_ABSENT
        ]
        assert gaps == [], name
        tried.append(name)
    assert len(tried) >= 10


def _newest_recording(videosdk: httpx.Client, kind: str) -> dict[str, str]:
    path = {"": "", "participant": "/participant", "track": "/participant/track"}[kind]
    data = videosdk.get(f"/v2/recordings{path}").json()["data"]
    return {"recordingId": data[0]["id"]} if data else {}


def _own(key: str, value: Any, ids: dict[str, str]) -> Any:
    """The example's ids become those of our room; a track of Ada is free to be recorded."""
    if key in ("roomId", "sessionId", "participantId"):
        return ids[key]
    if key.startswith("channel"):
        return [{"participantId": "ada-1" if key == "channel1" else "bob-1"}]
    return value
