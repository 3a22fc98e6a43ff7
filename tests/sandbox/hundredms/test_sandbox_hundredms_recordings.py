"""The 100ms side of the sandbox against what its pages say: recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hundredms_help import refused, sessions

from airflow_provider_rooms.sandbox.client import ControlError

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_recording_statuses_and_files(
    rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, web: httpx.Client, room: dict[str, Any]
) -> None:
    rooms_sandbox.start_session("hundredms", room["id"], ["Ada"])
    order = {
        "transcription": {"enabled": True, "output_modes": ["txt"], "summary": {"enabled": True, "context": "x" * 300}}
    }
    job = hundredms.post(f"/v2/recordings/room/{room['id']}/start", json=order).json()
    assert (job["status"], job["started_at"], job["started_by"], job["recording_assets"]) == (
        "starting",
        None,
        "",
        None,
    )

    def now() -> dict[str, Any]:
        found: dict[str, Any] = hundredms.get(f"/v2/recordings/{job['id']}").json()
        return found

    rooms_sandbox.advance(4)
    assert now()["status"] == "running"
    assert now()["meeting_url"].startswith("https://sandbox.app.100ms.live/preview/")
    (session,) = sessions(hundredms)
    assert sorted(peer["name"] for peer in session["peers"].values()) == ["Ada", "Beam"]
    rooms_sandbox.advance(100)
    stopped = hundredms.post(f"/v2/recordings/room/{room['id']}/stop", json={}).json()
    assert [item["status"] for item in stopped["data"]] == ["stopping"]
    assert stopped["last"] == job["id"]
    rooms_sandbox.advance(2)
    assert now()["status"] == "post_processing"
    assert now()["stopped_at"] is not None
    rooms_sandbox.advance(60)
    done = now()
    assert done["status"] == "completed"
    states = {asset["type"]: asset["status"] for asset in done["recording_assets"]}
    assert states == {
        "room-composite": "completed", "chat": "completed", "transcript": "processing", "summary": "processing",
    }  # fmt: skip
    rooms_sandbox.advance(60)
    assert {asset["status"] for asset in now()["recording_assets"]} == {"completed"}
    # lists leave the files out
    (listed,) = hundredms.get("/v2/recordings", params={"room_id": room["id"], "status": "completed"}).json()["data"]
    assert "recording_assets" not in listed
    assets = hundredms.get("/v2/recording-assets", params={"session_id": session["id"]}).json()["data"]
    assert len(assets) == 4
    film = next(asset for asset in assets if asset["type"] == "room-composite")
    assert film["job_id"] == job["id"]
    assert film["duration"] == pytest.approx(101, abs=4)
    path = f"/v2/recording-assets/{film['id']}/presigned-url"
    assert hundredms.get(path, params={"presign_duration": 1}).json()["expiry"] == 1
    assert hundredms.get(path).json()["expiry"] == 3 * 86_400
    assert refused(hundredms.get(path, params={"presign_duration": 0}), 400)
    link = hundredms.get(path, params={"presign_duration": 60}).json()
    assert (link["expiry"], link["path"]) == (60, film["path"])
    assert len(web.get(link["url"]).content) == film["size"]
    assert web.get(link["url"], headers={"authorization": "Bearer x"}).status_code == 400
    assert web.get(link["url"].replace("signature=", "signature=0")).status_code == 403
    assert web.get(link["url"].split("?")[0]).status_code == 403
    rooms_sandbox.advance(61)
    assert web.get(link["url"]).status_code == 403


def test_recording_refusals(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]) -> None:
    start, stop = (f"/v2/recordings/room/{room['id']}/{verb}" for verb in ("start", "stop"))
    assert refused(hundredms.post("/v2/recordings/room/unknown/start", json={}), 403, "required permission")
    assert refused(hundredms.post(start), 400, "request body must not be empty")
    assert refused(hundredms.post(start, json={"meeting_url": ""}), 400, "invalid input")
    assert refused(hundredms.post(start, json={"resolution": {"width": 100, "height": 100}}), 400)
    assert refused(hundredms.post(start, json={"transcription": {"enabled": True, "output_modes": ["doc"]}}), 400)
    assert refused(hundredms.post(start, json={"meeting": 1}), 400, 'unknown field "meeting"')
    for changes in ({"context": "x" * 301}, {"temperature": 0.05}, {"sections": [{"format": "bullets"}]}):
        order = {"transcription": {"enabled": True, "summary": {"enabled": True} | changes}}
        assert refused(hundredms.post(start, json=order), 400, next(iter(changes)))
    assert refused(hundredms.post(stop, json={}), 404, "beam not found")
    assert refused(hundredms.post(stop, json={"id": "x"}), 400, 'unknown field "id"')
    assert hundredms.post(start, json={}).status_code == 200
    assert refused(hundredms.post(start, json={}), 409, "beam already started")
    assert hundredms.post(f"/v2/recordings/room/{room['id']}/pause", json={}).json()["status"] == "starting"
    (job,) = hundredms.get("/v2/recordings").json()["data"]
    assert hundredms.post(f"/v2/recordings/{job['id']}/stop", json={}).json()["status"] == "stopping"
    assert refused(hundredms.post(f"/v2/recordings/{job['id']}/stop", json={}), 404, "beam not found")
    assert refused(hundredms.get("/v2/recordings", params={"status": "done"}), 400)


def test_api_templates_have_no_subdomain_so_the_url_is_needed(hundredms: httpx.Client) -> None:
    template = hundredms.post("/v2/templates", json={"name": "api made", "roles": {"host": {}, "guest": {}}}).json()
    room = hundredms.post("/v2/rooms", json={"template_id": template["id"]}).json()
    assert room["template"] == "api made"
    start = f"/v2/recordings/room/{room['id']}/start"
    assert refused(hundredms.post(start, json={}), 400, "meeting_url")
    url = "https://example.com/class"
    assert hundredms.post(start, json={"meeting_url": url}).json()["meeting_url"] == url


def test_the_recorder_opens_a_session_and_is_left_alone_for_five_minutes(
    rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]
) -> None:
    hundredms.post(f"/v2/recordings/room/{room['id']}/start", json={})
    assert [p["name"] for s in sessions(hundredms) for p in s["peers"].values()] == ["Beam"]
    rooms_sandbox.start_session("hundredms", room["id"], ["Ada"])
    assert len(sessions(hundredms)) == 1
    rooms_sandbox.end_session("hundredms", room["id"], ["Ada"])
    rooms_sandbox.advance(290)
    assert len(sessions(hundredms)) == 1
    rooms_sandbox.advance(11)
    assert sessions(hundredms) == []
    assert hundredms.get("/v2/recordings").json()["data"][0]["status"] in ("stopping", "post_processing")


def test_recording_by_control(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]) -> None:
    rooms_sandbox.start_session("hundredms", "algebra-1")
    rooms_sandbox.recording("hundredms", "algebra-1", "start")
    with pytest.raises(ControlError, match="already"):
        rooms_sandbox.recording("hundredms", "algebra-1", "start")
    done = rooms_sandbox.recording("hundredms", "algebra-1", "complete")
    assert (done["status"], done["recording_assets"][0]["type"]) == ("completed", "room-composite")
    rooms_sandbox.recording("hundredms", "algebra-1", "start")
    assert rooms_sandbox.recording("hundredms", "algebra-1", "fail")["status"] == "failed"
    rooms_sandbox.advance(600)
    assert [r["status"] for r in hundredms.get("/v2/recordings").json()["data"]] == ["failed", "completed"]


def test_live_stream(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]) -> None:
    base = "/v2/live-streams"
    assert refused(hundredms.post(f"{base}/room/{room['id']}/stop", json={}), 404, "hls not running")
    stream = hundredms.post(f"{base}/room/{room['id']}/start", json={"recording": {"hls_vod": True}}).json()
    assert stream["playback"]["url"].endswith(".m3u8")
    body = {"payload": "hello", "duration": 5}
    assert hundredms.post(f"{base}/{stream['id']}/timed-metadata", json=body).status_code == 200
    assert refused(
        hundredms.post(f"{base}/{stream['id']}/timed-metadata", json={"payload": "x" * 101, "duration": 5}), 400
    )
    assert hundredms.post(f"{base}/{stream['id']}/pause-recording").status_code == 200
    assert hundredms.post(f"{base}/{stream['id']}/stop", json={}).json()["status"] == "stopping"
    rooms_sandbox.advance(100)
    done = hundredms.get(f"{base}/{stream['id']}").json()
    assert [asset["type"] for asset in done["recording_assets"]] == ["room-vod"]
    assert hundredms.get("/v2/recordings").json()["data"] == []
    assert refused(hundredms.get(f"/v2/recordings/{stream['id']}"), 404)
