"""The VideoSDK side of the sandbox against what its pages say."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sandbox_help import videosdk_token

from airflow_provider_rooms.sandbox.client import ControlError
from airflow_provider_rooms.sandbox.credentials import SECRET

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

FULL: dict[str, Any] = {
    "customRoomId": "algebra-1",
    "geoFence": "eu001",
    "webhook": {"endPoint": "https://example.com/hook", "events": ["session-started", "recording-*"]},
    "autoCloseConfig": {"type": "session-end-and-deactivate", "duration": 60},
    "autoStartConfig": {
        "recording": {
            "transcription": {"enabled": True, "summary": {"enabled": True, "prompt": "Short"}},
            "config": {
                "layout": {"type": "GRID", "priority": "SPEAKER", "gridSize": 4},
                "theme": "DARK",
                "mode": "video-and-audio",
                "quality": "med",
                "orientation": "landscape",
            },
            "awsDirPath": "classes",
        },
        "hls": {"config": {"layout": {"type": "SPOTLIGHT"}, "recording": {"enabled": True}}},
    },
    "multiComposition": {"recording": True, "hls": False, "rtmp": False},
    "allowedParticipantIds": ["ada", "bob"],
}


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 200),
        ({"roles": None}, 200),
        ({"roles": ["crawler", "rtc"]}, 200),
        ({"permissions": ["allow_join", "allow_mod"]}, 200),
        ({"permissions": ["ask_join"]}, 200),
        ({"apikey": "other"}, 401),
        ({"apikey": None}, 401),
        ({"exp": None}, 401),
        ({"exp": 1_600_000_000}, 401),
        ({"nbf": 4_000_000_000}, 401),
        ({"permissions": None}, 401),
        ({"permissions": []}, 401),
        ({"permissions": ["allow_all"]}, 401),
        ({"permissions": [["allow_join"]]}, 401),
        ({"permissions": ["ask_join", "allow_join"]}, 401),
        ({"version": None}, 403),
        ({"version": "2"}, 403),
        ({"version": 1}, 403),
        ({"roles": ["rtc"]}, 403),
        ({"roles": "crawler"}, 403),
        ({"roomId": "abcd-efgh-ijkl"}, 403),
        ({"participantId": "ada"}, 403),
    ],
)
def test_token_claims(web: httpx.Client, claims: dict[str, Any], status: int) -> None:
    answer = web.get("/videosdk/v2/rooms", headers={"authorization": videosdk_token(**claims)})
    assert answer.status_code == status
    assert (status == 200) == ("error" not in answer.json())


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_no_prefix_no_foreign_secret_no_other_algorithm(web: httpx.Client) -> None:
    import jwt

    good = videosdk_token()
    claims = jwt.decode(good, options={"verify_signature": False})
    header, payload, signature = good.split(".")
    bad = [
        f"Bearer {good}",
        f"Basic {good}",
        "",
        "x",
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature}=",
        f"{header}.{payload}.{signature}.x",
        f"{header}.{payload}.{signature[:-1]}*",
        f"{header}.{payload}.{signature[::-1]}",
        jwt.encode(claims, "another-secret-that-is-32-bytes-long"),
        jwt.encode(claims, None, algorithm="none"),
        jwt.encode(claims, SECRET, algorithm="HS384"),
    ]
    for value in bad:
        answer = web.get("/videosdk/v2/rooms", headers={"authorization": value})
        assert answer.status_code == 401, value[:12]
        assert answer.json() == {"error": "Token is invalid or expired"}


def test_create_twice_is_get_or_create_and_changes_nothing(videosdk: httpx.Client) -> None:
    first = videosdk.post("/v2/rooms", json=FULL)
    assert first.status_code == 200
    again = videosdk.post("/v2/rooms", json={"customRoomId": "algebra-1", "geoFence": "us001"})
    assert again.json() == first.json()
    assert again.json()["geoFence"] == "eu001"


def test_create_without_a_body_or_a_name_makes_a_room_each_time(videosdk: httpx.Client) -> None:
    rooms = {videosdk.post("/v2/rooms").json()["roomId"], videosdk.post("/v2/rooms", json={}).json()["roomId"]}
    assert len(rooms) == 2
    assert all(len(part) == 4 for room in rooms for part in room.split("-"))
    assert videosdk.post("/v2/rooms").json()["customRoomId"] is None


def test_config_is_echoed_unless_switched_off(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> None:
    room = videosdk.post("/v2/rooms", json=FULL).json()
    sent = {name: value for name, value in FULL.items() if name != "customRoomId"}
    assert {name: room[name] for name in sent} == sent
    assert {name: videosdk.get("/v2/rooms/algebra-1").json()[name] for name in sent} == sent
    rooms_sandbox.behave("videosdk", echo_config=False)
    assert not set(sent) & set(videosdk.get("/v2/rooms/algebra-1").json())


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"customRoomID": "x"}, "customRoomID"),
        ({"customRoomId": 5}, "customRoomId"),
        ({"customRoomId": ""}, "customRoomId"),
        ({"customRoomId": "with space"}, "customRoomId"),
        ({"customRoomId": "a/b"}, "customRoomId"),
        ({"customRoomId": "x" * 129}, "customRoomId"),
        ({"webhook": {"endpoint": "https://x.example"}}, "webhook.endPoint"),
        ({"webhook": {"endPoint": "ftp://x.example"}}, "webhook.endPoint"),
        ({"webhook": {"endPoint": "https://x.example/" + "y" * 512}}, "webhook.endPoint"),
        ({"webhook": {"endPoint": "https://x.example", "events": "*"}}, "webhook.events"),
        ({"autoCloseConfig": {"type": "session-ended"}}, "autoCloseConfig.type"),
        ({"autoCloseConfig": {"type": "session-ends", "duration": "60"}}, "autoCloseConfig.duration"),
        ({"autoCloseConfig": {"type": "session-ends", "duration": 0}}, "autoCloseConfig.duration"),
        ({"autoCloseConfig": {"type": "session-ends", "duration": True}}, "autoCloseConfig.duration"),
        ({"autoStartConfig": {"recording": True}}, "autoStartConfig.recording"),
        ({"autoStartConfig": {"recording": {"config": {"quality": "med"}}}}, "autoStartConfig.recording.config.layout"),
        ({"autoStartConfig": {"recording": {"theme": "DARK"}}}, "autoStartConfig.recording.theme"),
        (
            {"autoStartConfig": {"recording": {"config": {"layout": {"type": "grid"}}}}},
            "autoStartConfig.recording.config.layout.type",
        ),
        (
            {"autoStartConfig": {"hls": {"config": {"layout": {}, "recording": {"enabled": "true"}}}}},
            "autoStartConfig.hls.config.recording.enabled",
        ),
        ({"multiComposition": {"recording": 1}}, "multiComposition.recording"),
        ({"allowedParticipantIds": ["ada lovelace"]}, "allowedParticipantIds[0]"),
        ([], "body"),
    ],
)
def test_bad_bodies_are_400_in_plain_text(videosdk: httpx.Client, body: Any, place: str) -> None:
    answer = videosdk.post("/v2/rooms", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert place in answer.text
    assert videosdk.get("/v2/rooms").json()["data"] == []


def test_broken_json_and_other_content_types_are_400(videosdk: httpx.Client) -> None:
    for content, kind in (
        (b'{"customRoomId": }', "application/json"),
        (b"customRoomId=x", "application/x-www-form-urlencoded"),
    ):
        assert videosdk.post("/v2/rooms", content=content, headers={"content-type": kind}).status_code == 400


def test_unknown_fields_can_be_let_pass(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> None:
    rooms_sandbox.behave("videosdk", unknown_fields="accept")
    assert videosdk.post("/v2/rooms", json={"customRoomId": "x", "brandNew": 1}).status_code == 200
    assert videosdk.post("/v2/rooms", json={"customRoomId": 5, "brandNew": 1}).status_code == 400


def test_look_up_by_every_key_and_percent_encoded(videosdk: httpx.Client) -> None:
    room = videosdk.post("/v2/rooms", json={"customRoomId": "algebra-1"}).json()
    for key in (room["roomId"], room["id"], "algebra-1", "algebra%2D1"):
        answer = videosdk.get(f"/v2/rooms/{key}")
        assert answer.json()["roomId"] == room["roomId"]
        # fetch shows the user, create the user's id
        assert "userId" not in answer.json()
        assert answer.json()["user"]["id"] == room["userId"]
    assert videosdk.get("/v2/rooms/algebra-1/").status_code == 200


def test_unknown_rooms_402_on_fetch_and_400_on_validate(videosdk: httpx.Client) -> None:
    assert videosdk.get("/v2/rooms/nope").status_code == 402
    assert videosdk.get("/v2/rooms/a%2Fb").status_code == 402
    unknown = videosdk.get("/v2/rooms/validate/nope")
    assert (unknown.status_code, unknown.text) == (400, "Room not found.")
    videosdk.post("/v2/rooms", json={"customRoomId": "algebra-1"})
    assert videosdk.get("/v2/rooms/validate/algebra-1").json()["customRoomId"] == "algebra-1"


def test_a_room_named_like_an_endpoint_is_still_reachable(videosdk: httpx.Client) -> None:
    videosdk.post("/v2/rooms", json={"customRoomId": "validate"})
    assert videosdk.get("/v2/rooms/validate").json()["customRoomId"] == "validate"
    assert videosdk.get("/v2/rooms/validate/validate").json()["customRoomId"] == "validate"


def test_list_pages(videosdk: httpx.Client) -> None:
    for number in range(25):
        videosdk.post("/v2/rooms", json={"customRoomId": f"r{number:02}"})
    first = videosdk.get("/v2/rooms").json()
    assert first["pageInfo"] == {"currentPage": 1, "perPage": 20, "lastPage": 2, "total": 25}
    second = videosdk.get("/v2/rooms/", params={"page": 2}).json()
    names = [room["customRoomId"] for room in first["data"] + second["data"]]
    assert names == [f"r{number:02}" for number in reversed(range(25))]
    assert videosdk.get("/v2/rooms", params={"page": 3}).json()["data"] == []
    assert videosdk.get("/v2/rooms", params={"perPage": 1000}).json()["pageInfo"]["perPage"] == 100
    assert [r["customRoomId"] for r in videosdk.get("/v2/rooms", params={"query": "r07"}).json()["data"]] == ["r07"]
    assert videosdk.get("/v2/rooms", params={"query": "r0"}).json()["data"] == []
    for bad in ("0", "-1", "x", "1.5", ""):
        assert videosdk.get("/v2/rooms", params={"page": bad}).status_code == 400


def test_deactivate_wants_the_real_id_and_is_for_ever(videosdk: httpx.Client) -> None:
    room = videosdk.post("/v2/rooms", json=FULL).json()
    assert videosdk.post("/v2/rooms/deactivate", json={"roomId": "algebra-1"}).status_code == 402
    assert videosdk.post("/v2/rooms/deactivate", json={}).status_code == 400
    gone = videosdk.post("/v2/rooms/deactivate", json={"roomId": room["roomId"]})
    assert gone.status_code == 200
    assert (gone.json()["disabled"], gone.json()["meetingId"], gone.json()["userMeetingId"]) == (
        True, room["roomId"], "algebra-1",
    )  # fmt: skip
    assert gone.json()["webhook"] == {"events": FULL["webhook"]["events"], "endPoint": FULL["webhook"]["endPoint"]}
    assert "links" not in gone.json()
    # create gives it back, disabled
    assert videosdk.post("/v2/rooms", json={"customRoomId": "algebra-1"}).json()["disabled"] is True


def test_nobody_joins_a_deactivated_room(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> None:
    room = videosdk.post("/v2/rooms", json={"customRoomId": "x"}).json()
    videosdk.post("/v2/rooms/deactivate", json={"roomId": room["roomId"]})
    with pytest.raises(ControlError, match="deactivated"):
        rooms_sandbox.start_session("videosdk", "x")


def test_update_endpoint_is_not_there(videosdk: httpx.Client) -> None:
    room = videosdk.post("/v2/rooms", json={}).json()
    assert videosdk.post(f"/v2/rooms/{room['roomId']}", json={"status": "disabled"}).status_code == 404


# -- sessions ----------------------------------------------------------------------------------------------------


@pytest.fixture
def room(videosdk: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = videosdk.post("/v2/rooms", json={"customRoomId": "algebra-1"}).json()
    return found


def live(videosdk: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = videosdk.get("/v2/sessions", params=query).json()["data"]
    return found


def test_session_from_first_join_to_last_leave(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]
) -> None:
    assert live(videosdk, roomId=room["roomId"]) == []
    rooms_sandbox.start_session("videosdk", "algebra-1", ["Ada", "Bob"])
    (session,) = live(videosdk, customRoomId="algebra-1", status="ongoing")
    assert (session["status"], session["end"]) == ("ongoing", None)
    rooms_sandbox.end_session("videosdk", "algebra-1", ["Ada"])
    rooms_sandbox.start_session("videosdk", "algebra-1", ["Ada"])
    ada = next(p for p in videosdk.get(f"/v2/sessions/{session['id']}").json()["participants"] if p["name"] == "Ada")
    assert [entry["end"] is None for entry in ada["timelog"]] == [False, True]  # a rejoin is the same participant
    rooms_sandbox.end_session("videosdk", "algebra-1", ["Ada", "Bob"])
    (session,) = live(videosdk, status="ended")
    assert session["end"] is not None
    assert live(videosdk, status="ongoing") == []


def test_session_filters(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]) -> None:
    rooms_sandbox.start_session("videosdk", "algebra-1")
    rooms_sandbox.end_session("videosdk", "algebra-1")
    now = int(time.time() * 1000)
    assert len(live(videosdk, startDate=now - 60_000, endDate=now + 60_000)) == 1
    assert live(videosdk, startDate=now + 60_000) == []
    assert live(videosdk, endDate=now - 60_000) == []
    (session,) = live(videosdk)
    start = round(datetime.fromisoformat(session["start"]).timestamp() * 1000)
    assert live(videosdk, startDate=start, endDate=start) == [session]
    assert live(videosdk, startDate=start + 1) == live(videosdk, endDate=start - 1) == []
    assert live(videosdk, roomId="unknown") == []
    assert videosdk.get("/v2/sessions", params={"status": "active"}).status_code == 400
    assert videosdk.get("/v2/sessions", params={"startDate": "2026-01-01"}).status_code == 400
    assert videosdk.get("/v2/sessions/unknown").status_code == 404


def test_participants_is_one_session_and_active_is_an_array(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]
) -> None:
    rooms_sandbox.start_session("videosdk", "algebra-1", ["Ada", "Bob", "Cid"])
    rooms_sandbox.end_session("videosdk", "algebra-1", ["Bob"])
    (session,) = live(videosdk)
    base = f"/v2/sessions/{session['id']}/participants"
    everybody = videosdk.get(base, params={"perPage": 2}).json()
    assert everybody["pageInfo"]["total"] == 3
    assert len(everybody["data"]["participants"]) == 2
    active = videosdk.get(f"{base}/active").json()
    assert [p["name"] for p in active["data"][0]["participants"]] == ["Ada", "Cid"]
    assert active["data"][0]["_id"] == session["id"]
    one = session["participants"][0]["participantId"]
    assert videosdk.get(f"{base}/{one}").json()["name"] == "Ada"
    assert videosdk.get(f"{base}/nobody").status_code == 404
    rooms_sandbox.end_session("videosdk", "algebra-1")
    assert videosdk.get(f"{base}/active").status_code == 404


def test_end_says_ongoing_and_is_over_a_second_later(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]
) -> None:
    rooms_sandbox.start_session("videosdk", "algebra-1")
    (session,) = live(videosdk)
    ended = videosdk.post("/v2/sessions/end", json={"roomId": "algebra-1"})
    assert (ended.status_code, ended.json()["status"], ended.json()["end"]) == (200, "ongoing", None)
    assert videosdk.get(f"/v2/sessions/{session['id']}").json()["status"] == "ongoing"
    rooms_sandbox.advance(1)
    assert videosdk.get(f"/v2/sessions/{session['id']}").json()["status"] == "ended"
    assert videosdk.post("/v2/sessions/end", json={"roomId": room["roomId"]}).status_code == 404
    assert videosdk.post("/v2/sessions/end", json={"roomId": "unknown"}).status_code == 402
    assert videosdk.post("/v2/sessions/end", json={"sessionId": session["id"]}).status_code == 400


def test_remove_a_participant(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]) -> None:
    rooms_sandbox.start_session("videosdk", "algebra-1", [{"name": "Ada", "identity": "ada-1"}, "Bob"])
    (session,) = live(videosdk)
    path = "/v2/sessions/participants/remove"
    assert videosdk.post(path, json={"roomId": room["roomId"]}).status_code == 400
    assert videosdk.post(path, json={"roomId": room["roomId"], "participantId": "x"}).status_code == 404
    assert videosdk.post(path, json={"sessionId": session["id"], "participantId": "ada-1"}).status_code == 200
    (session,) = live(videosdk)
    assert session["participants"][0]["timelog"][0]["end"] is not None
    assert session["status"] == "ongoing"


@pytest.mark.parametrize(("unit", "seconds"), [("minutes", 3600), ("seconds", 60)])
def test_auto_close_ends_the_session_and_the_room(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, unit: str, seconds: int
) -> None:
    rooms_sandbox.behave("videosdk", auto_close_unit=unit)
    videosdk.post("/v2/rooms", json={"customRoomId": "x", "autoCloseConfig": FULL["autoCloseConfig"]})
    rooms_sandbox.start_session("videosdk", "x")
    rooms_sandbox.advance(seconds - 10)
    assert live(videosdk)[0]["status"] == "ongoing"
    rooms_sandbox.advance(11)
    (session,) = live(videosdk)
    assert session["status"] == "ended"
    assert videosdk.get("/v2/rooms/x").json()["disabled"] is True


def test_session_ends_leaves_the_room_open(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> None:
    videosdk.post("/v2/rooms", json={"customRoomId": "x", "autoCloseConfig": {"type": "session-ends", "duration": 1}})
    rooms_sandbox.start_session("videosdk", "x")
    rooms_sandbox.advance(61)
    assert videosdk.get("/v2/rooms/x").json()["disabled"] is False
    rooms_sandbox.start_session("videosdk", "x")
    assert [s["status"] for s in live(videosdk)] == ["ongoing", "ended"]


# -- recordings --------------------------------------------------------------------------------------------------


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


# -- joining -----------------------------------------------------------------------------------------------------


def test_join_token(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]) -> None:
    good = {"roles": ["rtc"], "roomId": room["roomId"], "participantId": "ada"}
    session = rooms_sandbox.join("videosdk", videosdk_token(**good), "Ada")
    assert session["participants"][0]["participantId"] == "ada"
    for changes, status in (
        ({"roles": ["crawler"]}, 401),
        ({"version": None}, 401),
        ({"roomId": None}, 401),
        ({"exp": 1}, 401),
        ({"permissions": ["ask_join"]}, 401),
        ({"participantId": "a b"}, 401),
        ({"roomId": "algebra-1"}, 404),
    ):
        with pytest.raises(ControlError) as refused:
            rooms_sandbox.join("videosdk", videosdk_token(**(good | changes)))
        assert refused.value.status == status
        assert "eyJ" not in refused.value.reason
