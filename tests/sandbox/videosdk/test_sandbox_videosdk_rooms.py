"""The VideoSDK side of the sandbox against what its pages say: tokens and rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from videosdk_help import FULL, videosdk_token

from airflow_provider_rooms.sandbox.client import ControlError
from airflow_provider_rooms.sandbox.credentials import SECRET

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


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
