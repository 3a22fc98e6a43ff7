"""Every documented example of the vendors, sent to the sandbox: each documented key must come back, of the same type.

The examples are the vendors' and not part of the repository; without them these tests skip.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from sandbox_help import examples

if TYPE_CHECKING:
    import httpx

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def missing(documented: Any, answered: Any, at: str = "") -> list[str]:
    """What the answer lacks, as dotted places. A documented null says nothing of the type, an empty list nothing of its items."""
    if documented is None or answered is None:
        # null stands for "not yet" all over these APIs
        return []
    if isinstance(documented, dict):
        if not isinstance(answered, dict):
            return [f"{at}: {type(answered).__name__} for an object"]
        if at.endswith((".ratio", ".video_layout")):  # keyed by what is in them
            return missing(next(iter(documented.values()), None), next(iter(answered.values()), None), f"{at}.*")
        found = []
        for key, value in documented.items():
            if key not in answered:
                found.append(f"{at}.{key} is missing")
            else:
                found += missing(value, answered[key], f"{at}.{key}")
        return found
    if isinstance(documented, list):
        if not isinstance(answered, list):
            return [f"{at}: {type(answered).__name__} for a list"]
        return missing(documented[0], answered[0], f"{at}[0]") if documented and answered else []
    number = (int, float)
    if isinstance(documented, bool) or isinstance(answered, bool):
        alike = isinstance(documented, bool) and isinstance(answered, bool)
    elif isinstance(documented, number):
        alike = isinstance(answered, number)
    else:
        alike = isinstance(answered, type(documented))
    return [] if alike else [f"{at}: {type(answered).__name__} for {type(documented).__name__}"]


def test_the_comparison_itself_can_fail() -> None:
    documented = {"a": {"b": [{"c": 1}]}, "d": True, "e": "x", "f": None}
    assert missing(documented, {"a": {"b": [{"c": 2.5}]}, "d": False, "e": "y", "f": 1}) == []
    assert missing(documented, {"a": {"b": [{}]}, "d": 1, "e": 5, "f": 1}) == [
        ".a.b[0].c is missing", ".d: int for bool", ".e: int for str",
    ]  # fmt: skip
    assert missing([1], {}) == [": dict for a list"]


# -- VideoSDK ----------------------------------------------------------------------------------------------------

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
        path = _filled(example["path"], ids | _newest_recording(videosdk, kind))
        if "post-transcriptions/{" in example["path"]:
            ids["transcriptionId"] = videosdk.get("/ai/v1/post-transcriptions").json()["transcriptions"][0]["id"]
            path = _filled(example["path"], ids)
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


def _filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], path)


def _own(key: str, value: Any, ids: dict[str, str]) -> Any:
    """The example's ids become those of our room; a track of Ada is free to be recorded."""
    if key in ("roomId", "sessionId", "participantId"):
        return ids[key]
    if key.startswith("channel"):
        return [{"participantId": "ada-1" if key == "channel1" else "bob-1"}]
    return value


# -- 100ms -------------------------------------------------------------------------------------------------------

HUNDREDMS_LEFT_OUT = re.compile(
    r"/v2/(polls|analytics|stream-keys|sip|external-streams|templates)|^error|observed error|webhook", re.IGNORECASE
)
#: The page shows a key that other pages of the same object lack.
HUNDREDMS_ABSENT = {
    ".app_id", ".customer", ".recording", ".error", ".data[0].error",
    ".recording_assets[0].metadata.layer", ".metadata.num_layers", ".metadata.max_width", ".metadata.max_height",
    ".data[0].metadata.num_layers", ".data[0].metadata.max_width", ".data[0].metadata.max_height",
    ".metadata.output_mode", ".metadata.track_id", ".metadata.stream_id", ".metadata.peer_id", ".metadata.track_type",
    ".metadata.user_id", ".metadata.stream_type", ".metadata.resolution",
    # only where they were sent
    ".size", ".max_duration_seconds", ".polls", ".webhook", ".data[0].max_duration_seconds",
}  # fmt: skip


VOD_AND_LAYERS = {"hls_vod": True, "single_file_per_layer": True}
OWN_STORAGE = {"enabled": True, "upload_info": {"type": "s3", "location": "bucket", "prefix": "p"}}


def test_100ms_examples(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client) -> None:
    ids: dict[str, str] = {}
    room = hundredms.post("/v2/rooms", json={"name": "old", "recording_info": OWN_STORAGE}).json()
    ids["room_id"] = room["id"]
    order = {"transcription": {"enabled": True, "output_modes": ["txt"], "summary": {"enabled": True}}}
    rooms_sandbox.start_session("hundredms", "old")
    hundredms.post(f"/v2/recordings/room/{room['id']}/start", json=order)
    hundredms.post(f"/v2/live-streams/room/{room['id']}/start", json={"recording": VOD_AND_LAYERS})
    rooms_sandbox.end_session("hundredms", "old")
    rooms_sandbox.advance(300)
    recording = hundredms.get("/v2/recordings").json()["data"][0]
    ids |= {"recording_id": recording["id"], "session_id": recording["session_id"]}
    ids["asset_id"] = hundredms.get(f"/v2/recordings/{recording['id']}").json()["recording_assets"][0]["id"]
    ids["stream_id"] = hundredms.get("/v2/live-streams").json()["data"][0]["id"]
    hundredms.post(f"/v2/room-codes/room/{room['id']}")
    ids |= {"role": "host", "code": hundredms.get(f"/v2/room-codes/room/{room['id']}").json()["data"][0]["code"]}

    tried = []
    for example in examples("hundredms-examples.json"):
        name, path, body = example["name"], example["path"], example["request"]
        if HUNDREDMS_LEFT_OUT.search(path) or HUNDREDMS_LEFT_OUT.search(name) or not path.startswith("/v2/"):
            continue
        if "/active-rooms/" in path or re.search(r"/(start|stop|pause|resume|timed|pause-recording)", path):
            _make_it_live(rooms_sandbox, hundredms, ids, path)
        if isinstance(body, dict):
            body = _own_100ms(path, body, ids)
        answer = hundredms.request(example["method"], _filled(path, ids), json=body)
        assert answer.status_code == 200, (name, answer.status_code, answer.text)
        documented = _own_keys(example["response"], answer.json())
        gaps = [
            gap for gap in missing(documented, answer.json()) if gap.split(" is missing")[0] not in HUNDREDMS_ABSENT
        ]
        assert gaps == [], name
        tried.append(name)
        if "end-room" in path or body == {"enabled": False}:
            hundredms.post(f"/v2/rooms/{ids['room_id']}", json={"enabled": True})
            rooms_sandbox.advance(400)
    assert len(tried) >= 35


def _make_it_live(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, ids: dict[str, str], path: str) -> None:
    """A fresh session with people in it, and the recorder running or not, whichever the call needs."""
    rooms_sandbox.start_session("hundredms", ids["room_id"])
    peers = hundredms.get(f"/v2/active-rooms/{ids['room_id']}/peers").json()["peers"]
    ids["peer_id"] = next(peer for peer, data in peers.items() if data["name"] != "Beam")
    for kind, key in (("recordings", "recording_id"), ("live-streams", "stream_id")):
        if f"/{kind}/" in path:
            room = f"/v2/{kind}/room/{ids['room_id']}"
            hundredms.post(f"{room}/stop", json={})
            if not path.endswith("start"):
                started = hundredms.post(f"{room}/start", json={}).json()
                ids[key] = started["id"]


def _own_100ms(path: str, body: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    text = json.dumps(body)
    if path == "/v2/rooms" or path == "/v2/rooms/{room_id}":
        # placeholders such as "<template_id of …>" and the storage types in a sentence are no values
        body = {key: value for key, value in body.items() if key != "template_id"}
        if "supported are" in text:
            body["recording_info"]["upload_info"]["type"] = "s3"
        if body.get("region") not in (None, "eu", "in", "us", "auto"):
            body["region"] = "us"
    if "peer_id" in body:
        body["peer_id"] = ids["peer_id"]
    if "code" in body:
        body["code"] = ids["code"]
    return body


def _own_keys(documented: Any, answered: Any) -> Any:
    """Maps keyed by ids (peers, tracks) are compared by their first values."""
    if isinstance(documented, dict) and isinstance(answered, dict):
        fixed = {}
        for key, value in documented.items():
            if key in ("peers", "tracks") and isinstance(value, dict) and isinstance(answered.get(key), dict):
                own = next(iter(answered[key]), None)
                fixed[key] = {own: next(iter(value.values()))} if own and value else {}
            else:
                fixed[key] = _own_keys(value, answered.get(key))
        return fixed
    if isinstance(documented, list) and isinstance(answered, list) and documented and answered:
        return [_own_keys(documented[0], answered[0])]
    return documented


# -- Twilio ------------------------------------------------------------------------------------------------------

TWILIO_LEFT_OUT = re.compile(r"CompositionHook|Settings|StatusCallback")


#: A region with all of its properties, as the answers show it.
LAYOUT = json.dumps(
    {
        "grid": {
            "video_sources": ["*"], "video_sources_excluded": [], "reuse": "show_oldest", "x_pos": 0, "y_pos": 0, "z_pos": 0,
            "width": 0, "height": 0, "max_columns": 1, "max_rows": 1, "cells_excluded": [],
        }
    }
)  # fmt: skip


def _twilio_class(rooms_sandbox: RoomsSandbox, twilio: httpx.Client) -> dict[str, str]:
    form = {"UniqueName": "algebra-1", "RecordParticipantsOnConnect": "true", "TranscribeParticipantsOnConnect": "true"}
    room = twilio.post("/v1/Rooms", data=form).json()["sid"]
    rooms_sandbox.start_session("twilio", room, ["alice", "bob"])
    person = twilio.get(f"/v1/Rooms/{room}/Participants").json()["participants"][0]["sid"]
    recording = twilio.get("/v1/Recordings").json()["recordings"][0]["sid"]
    composition = twilio.post("/v1/Compositions", data={"RoomSid": room, "VideoLayout": LAYOUT}).json()["sid"]
    ttid = twilio.get(f"/v1/Rooms/{room}/Transcriptions").json()["transcriptions"][0]["ttid"]
    path = f"/v1/Rooms/{room}/Participants/{person}"
    return {
        "room": room, "participant": person, "recording": recording, "composition": composition, "ttid": ttid,
        "published": twilio.get(f"{path}/PublishedTracks").json()["published_tracks"][0]["sid"],
        "subscribed": twilio.get(f"{path}/SubscribedTracks").json()["subscribed_tracks"][0]["sid"],
    }  # fmt: skip


def _twilio_path(path: str, ids: dict[str, str]) -> str:
    last = [
        ("/PublishedTracks/{Sid}", "published"), ("/SubscribedTracks/{Sid}", "subscribed"),
        ("/Participants/{Sid}", "participant"), ("/Recordings/{Sid}", "recording"),
        ("/Compositions/{Sid}", "composition"), ("/Rooms/{Sid}", "room"),
    ]  # fmt: skip
    for pattern, key in last:
        path = path.replace(pattern, pattern.replace("{Sid}", ids[key]))
    return _filled(path, {"RoomSid": ids["room"], "ParticipantSid": ids["participant"], "Ttid": ids["ttid"]})


def test_twilio_examples(rooms_sandbox: RoomsSandbox, twilio: httpx.Client) -> None:
    tried = []
    extra = [e for e in examples("twilio-examples-extra.json") if e["path"].startswith("/v1/")]
    for example in examples("twilio-examples.json") + extra:
        name, request, documented = example["name"], example["request"], example["response"]
        if TWILIO_LEFT_OUT.search(name) or documented["status"] in (401, 429, 503):
            continue
        rooms_sandbox.reset()
        ids = _twilio_class(rooms_sandbox, twilio)
        if name.startswith("Delete") or "redirect" in name:
            rooms_sandbox.recording("twilio", ids["room"], "complete")
        form = dict(request.get("form") or {})
        _repair(name, form, ids)
        if name == "CreateRoom.conflict":
            twilio.post("/v1/Rooms", data={"UniqueName": form["UniqueName"]})
        path = "/v1/Rooms/RM71" if name == "FetchRoom.notFound" else _twilio_path(example["path"], ids)
        data = {key: _form_text(value) for key, value in form.items()}
        post = example["method"] == "POST"
        answer = twilio.request(
            example["method"], path, data=data if post else None, params=request.get("query") if not post else None
        )
        assert answer.status_code == documented["status"], (name, answer.text)
        if documented["body"] is not None:
            gaps = missing(documented["body"], answer.json())
            assert gaps == [], name
        tried.append(name)
    assert len(tried) >= 40


def _form_text(value: Any) -> Any:
    if isinstance(value, list):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _repair(name: str, form: dict[str, Any], ids: dict[str, str]) -> None:
    """What the API description gets wrong in its own examples, by its own words."""
    from urllib.parse import unquote

    for key in ("Rules", "RecordingRules"):
        if key in form:  # already percent-encoded there
            form[key] = unquote(form[key])
    if name.startswith("CreateRoom.") and form.get("Type") in ("go", "peer-to-peer", "group-small"):
        form["Type"] = "group"  # closed to newcomers
    if name.startswith("CreateRoom."):
        form.pop("AudioOnly", None)
        if int(form.get("MaxParticipants", 1)) > 50:  # the relic of large group rooms
            form["MaxParticipants"] = 50
        if form.get("LargeRoom"):
            form.pop("LargeRoom")
    if name == "CreateComposition.create":
        form |= {"RoomSid": ids["room"], "Resolution": "1280x720"}  # 1920x1080 breaks the page's own limit
    if (
        name.startswith("UpdateRoomTranscriptions")
        and "Configuration" in form
        and not isinstance(form["Configuration"], str)
    ):
        form["Configuration"] = json.dumps(form["Configuration"])
