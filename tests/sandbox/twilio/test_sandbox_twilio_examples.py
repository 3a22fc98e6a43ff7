"""Every documented example of Twilio, sent to the sandbox: each documented key must come back, of the same type."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from documented import filled, missing
from sandbox_help import examples

if TYPE_CHECKING:
    import httpx

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


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
    return filled(path, {"RoomSid": ids["room"], "ParticipantSid": ids["participant"], "Ttid": ids["ttid"]})


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
