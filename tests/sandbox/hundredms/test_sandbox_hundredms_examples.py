"""Every documented example of 100ms, sent to the sandbox: each documented key must come back, of the same type."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from documented import filled, missing
from sandbox_help import examples

if TYPE_CHECKING:
    import httpx

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


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
        answer = hundredms.request(example["method"], filled(path, ids), json=body)
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
