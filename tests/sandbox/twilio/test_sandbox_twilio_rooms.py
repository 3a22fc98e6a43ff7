"""The Twilio Video side of the sandbox against what its pages say: tokens and rooms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from twilio_help import code, create

from airflow_provider_rooms.sandbox.credentials import SECRET, TWILIO_ACCOUNT, TWILIO_API_KEY

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

FIELDS = {
    "sid", "status", "date_created", "date_updated", "account_sid", "enable_turn", "unique_name", "status_callback",
    "status_callback_method", "end_time", "duration", "type", "max_participants", "max_participant_duration",
    "max_concurrent_published_tracks", "record_participants_on_connect", "video_codecs", "media_region", "audio_only",
    "empty_room_timeout", "unused_room_timeout", "large_room", "url", "links",
}  # fmt: skip


@pytest.mark.parametrize(
    ("user", "password", "good"),
    [
        (TWILIO_ACCOUNT, SECRET, True),
        (TWILIO_API_KEY, SECRET, True),
        (TWILIO_ACCOUNT, "wrong", False),
        (TWILIO_API_KEY, "", False),
        ("AC" + "1" * 32, SECRET, False),
        ("", "", False),
    ],
)
def test_credentials(web: httpx.Client, user: str, password: str, good: bool) -> None:
    answer = web.get("/twilio/v1/Rooms", auth=(user, password))
    if good:
        assert answer.status_code == 200
    else:
        assert code(answer, 401) == 20003
        assert answer.json()["message"] == "Authenticate"


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Bearer x", "basic"])
def test_other_schemes_are_refused(web: httpx.Client, header: str) -> None:
    assert code(web.get("/twilio/v1/Rooms", headers={"authorization": header}), 401) == 20003


def test_a_plain_room_has_all_fields_and_the_defaults(twilio: httpx.Client) -> None:
    room = create(twilio)
    assert set(room) == FIELDS
    assert room["unique_name"] == room["sid"]
    assert re.fullmatch("RM[0-9a-f]{32}", room["sid"])
    assert room["duration"] is room["end_time"] is room["status_callback"] is None
    defaults = {
        "status": "in-progress", "type": "group", "max_participants": 50, "max_participant_duration": 14_400,
        "empty_room_timeout": 5, "unused_room_timeout": 5, "video_codecs": ["VP8", "H264"], "media_region": "us1",
        "record_participants_on_connect": False, "status_callback_method": "POST", "audio_only": False,
        "enable_turn": True, "large_room": False, "account_sid": TWILIO_ACCOUNT,
    }  # fmt: skip
    assert {name: room[name] for name in defaults} == defaults
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", room["date_created"])
    assert room["url"] == f"{twilio.base_url}v1/Rooms/{room['sid']}"


def test_every_parameter(twilio: httpx.Client) -> None:
    form = {
        "UniqueName": "Algebra 1/ä", "Type": "group", "StatusCallback": "https://example.com/cb", "StatusCallbackMethod": "GET",
        "MaxParticipants": "1", "RecordParticipantsOnConnect": "true", "RecordingRules": '[{"type": "include", "all": true}]',
        "TranscribeParticipantsOnConnect": "true", "TranscriptionsConfiguration": '{"languageCode": "en-US"}',
        "VideoCodecs": ["h264", "VP8"], "MediaRegion": "gll", "AudioOnly": "false", "MaxParticipantDuration": "86400",
        "EmptyRoomTimeout": "60", "UnusedRoomTimeout": "1", "LargeRoom": "true", "EnableTurn": "false",
    }  # fmt: skip
    room = create(twilio, **form)
    assert room["unique_name"] == form["UniqueName"]
    assert room["video_codecs"] == ["H264", "VP8"]
    assert (room["max_participants"], room["max_participant_duration"]) == (1, 86_400)
    assert (room["empty_room_timeout"], room["unused_room_timeout"]) == (60, 1)
    assert (room["status_callback"], room["status_callback_method"]) == ("https://example.com/cb", "GET")
    assert (room["record_participants_on_connect"], room["media_region"]) == (True, "gll")
    assert (room["large_room"], room["enable_turn"]) == (True, True)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"uniquename": "x"}, 20001),
        ({"UniqueName": ""}, 53100),
        ({"UniqueName": "RM" + "a" * 32}, 53100),
        ({"UniqueName": "x" * 129}, 53101),
        ({"UniqueName": ["a", "b"]}, 20001),
        ({"Type": "go"}, 53126),
        ({"Type": "peer-to-peer"}, 53126),
        ({"Type": "party"}, 53108),
        ({"AudioOnly": "true"}, 53127),
        ({"MaxParticipants": "0"}, 53107),
        ({"MaxParticipants": "51"}, 53107),
        ({"MaxParticipants": "ten"}, 53107),
        ({"MaxParticipantDuration": "599"}, 53123),
        ({"MaxParticipantDuration": "86401"}, 53123),
        ({"EmptyRoomTimeout": "0"}, 53109),
        ({"EmptyRoomTimeout": "61"}, 53109),
        ({"UnusedRoomTimeout": "1.5"}, 53109),
        ({"StatusCallbackMethod": "PUT"}, 53110),
        ({"StatusCallback": "example.com"}, 53111),
        ({"StatusCallback": "https://x.example/" + "y" * 1024}, 53111),
        ({"MediaRegion": "moon"}, 53115),
        ({"RecordParticipantsOnConnect": "True"}, 20001),
        ({"VideoCodecs": "VP8,H264"}, 20001),
        ({"VideoCodecs": ["VP8", "AV1"]}, 20001),
        ({"RecordingRules": "[]"}, 53120),
        ({"RecordingRules": "{}"}, 53120),
        ({"RecordingRules": "%5B%5D"}, 53120),
        ({"RecordingRules": '[{"type": "include"}]'}, 53120),
        ({"RecordingRules": '[{"type": "include", "all": true, "kind": "audio"}]'}, 53120),
        ({"RecordingRules": '[{"type": "include", "kind": "data"}]'}, 53120),
        ({"RecordingRules": '[{"type": "include", "all": false}]'}, 53120),
        ({"TranscriptionsConfiguration": "[]"}, 20001),
        ({"TranscriptionsConfiguration": '{"lang": "en"}'}, 20001),
    ],
)
def test_bad_parameters(twilio: httpx.Client, form: dict[str, Any], expected: int) -> None:
    assert code(twilio.post("/v1/Rooms", data=form)) == expected
    assert twilio.get("/v1/Rooms").json()["rooms"] == []


def test_name_that_is_no_utf8(twilio: httpx.Client) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert code(twilio.post("/v1/Rooms", content=b"UniqueName=%FF%FE", headers=kind)) == 53102


def test_a_json_body_is_refused_and_makes_no_room(twilio: httpx.Client) -> None:
    assert twilio.post("/v1/Rooms", json={"UniqueName": "x"}).status_code == 415
    assert twilio.get("/v1/Rooms").json()["rooms"] == []


def test_conflict_while_in_progress_and_free_afterwards(twilio: httpx.Client) -> None:
    first = create(twilio, UniqueName="algebra-1")
    conflict = twilio.post("/v1/Rooms", data={"UniqueName": "algebra-1"})
    assert code(conflict) == 53113
    assert conflict.json()["message"] == "Room exists"
    ended = twilio.post("/v1/Rooms/algebra-1", data={"Status": "completed"})
    assert (ended.status_code, ended.json()["status"]) == (202, "completed")
    assert ended.json()["end_time"] is not None
    second = create(twilio, UniqueName="algebra-1")
    assert second["sid"] != first["sid"]
    assert twilio.get("/v1/Rooms/algebra-1").json()["sid"] == second["sid"]


def test_look_up_by_name_finds_rooms_in_progress_only(twilio: httpx.Client) -> None:
    room = create(twilio, UniqueName="algebra-1")
    assert twilio.get("/v1/Rooms/algebra%2D1").json() == room
    twilio.post(f"/v1/Rooms/{room['sid']}", data={"Status": "completed"})
    gone = twilio.get("/v1/Rooms/algebra-1")
    assert code(gone, 404) == 20404
    assert gone.json()["message"] == "The requested resource /Rooms/algebra-1 was not found"
    assert twilio.get(f"/v1/Rooms/{room['sid']}").json()["status"] == "completed"
    assert code(twilio.post("/v1/Rooms/algebra-1", data={"Status": "completed"}), 404) == 20404
    assert code(twilio.post(f"/v1/Rooms/{room['sid']}", data={"Status": "completed"})) == 53112


def test_names_with_reserved_characters_are_not_for_the_path(twilio: httpx.Client) -> None:
    create(twilio, UniqueName="a/b")
    assert code(twilio.get("/v1/Rooms/a%2Fb"), 404) == 20404
    assert len(twilio.get("/v1/Rooms", params={"UniqueName": "a/b"}).json()["rooms"]) == 1


def test_update_refusals(twilio: httpx.Client) -> None:
    create(twilio, UniqueName="x")
    missing = twilio.post("/v1/Rooms/x", data={"MaxParticipants": "3"})
    assert code(missing) == 20001
    assert missing.json()["message"] == "Missing required parameter Status in the post body"
    assert code(twilio.post("/v1/Rooms/x", data={"Status": "in-progress"})) == 53112
    assert code(twilio.post("/v1/Rooms/x", data={"Status": "completed", "Name": "y"})) == 20001
    assert code(twilio.delete("/v1/Rooms/x"), 405) == 20004
    assert twilio.get("/v1/Rooms/x").json()["status"] == "in-progress"


def test_list_filters(rooms_sandbox: RoomsSandbox, twilio: httpx.Client) -> None:
    old = create(twilio, UniqueName="algebra")
    twilio.post("/v1/Rooms/algebra", data={"Status": "completed"})
    rooms_sandbox.advance(86_400)
    new = create(twilio, UniqueName="algebra")

    def sids(**query: str) -> list[str]:
        return [room["sid"] for room in twilio.get("/v1/Rooms", params=query).json()["rooms"]]

    assert sids() == sids(Status="in-progress") == [new["sid"]]
    assert sids(Status="completed") == sids(Status="completed", UniqueName="algebra") == [old["sid"]]
    assert sids(UniqueName="algebra") == [new["sid"]]
    assert sids(UniqueName="alg") == []
    assert sids(DateCreatedAfter=new["date_created"]) == [new["sid"]]  # on or after
    assert sids(DateCreatedBefore=new["date_created"]) == []  # strictly before
    assert sids(Status="completed", DateCreatedBefore=new["date_created"]) == [old["sid"]]
    assert sids(DateCreatedAfter=new["date_created"][:10]) == [new["sid"]]
    assert sids(status="completed") == [new["sid"]]  # names are case-sensitive: this one is passed over
    assert code(twilio.get("/v1/Rooms", params={"Status": "done"})) == 20001
    assert code(twilio.get("/v1/Rooms", params={"DateCreatedAfter": "today"})) == 20001


def test_paging_follows_absolute_urls_of_this_server(twilio: httpx.Client) -> None:
    made = [create(twilio, UniqueName=f"r{n}")["sid"] for n in range(7)]
    url: str | None = f"{twilio.base_url}v1/Rooms?Status=in-progress&PageSize=3"
    seen, pages = [], []
    while url:
        assert url.startswith(str(twilio.base_url))
        page = twilio.get(url).json()
        pages.append(page["meta"])
        seen += [room["sid"] for room in page["rooms"]]
        url = page["meta"]["next_page_url"]
    assert seen == made[::-1]
    assert [meta["page"] for meta in pages] == [0, 1, 2]
    assert {meta["key"] for meta in pages} == {"rooms"}
    assert {meta["page_size"] for meta in pages} == {3}
    assert pages[0]["previous_page_url"] is None
    back = twilio.get(pages[2]["previous_page_url"]).json()
    assert [room["sid"] for room in back["rooms"]] == made[::-1][3:6]
    assert twilio.get(back["meta"]["previous_page_url"]).json()["rooms"][0]["sid"] == made[-1]
    assert "Status=in-progress" in pages[1]["url"]
    assert code(twilio.get("/v1/Rooms", params={"PageSize": 1001})) == 20007
    assert code(twilio.get("/v1/Rooms", params={"PageSize": 0})) == 20007
    assert code(twilio.get("/v1/Rooms", params={"PageToken": "x", "Page": 1})) == 21481
    assert code(twilio.get("/v1/Rooms", params={"Page": 2})) == 21481


def test_answers_carry_a_request_id(twilio: httpx.Client) -> None:
    one, two = (twilio.get("/v1/Rooms").headers["twilio-request-id"] for _ in range(2))
    assert one.startswith("RQ")
    assert one != two
    assert twilio.get("/v1/Rooms/unknown").headers["twilio-request-id"]


def status(twilio: httpx.Client, sid: str) -> str:
    found: str = twilio.get(f"/v1/Rooms/{sid}").json()["status"]
    return found


@pytest.mark.parametrize(("form", "minutes"), [({}, 5), ({"UnusedRoomTimeout": "60", "EmptyRoomTimeout": "1"}, 60)])
def test_an_unused_room_ends(
    rooms_sandbox: RoomsSandbox, twilio: httpx.Client, form: dict[str, str], minutes: int
) -> None:
    room = create(twilio, **form)
    rooms_sandbox.advance(minutes * 60 - 10)
    assert status(twilio, room["sid"]) == "in-progress"
    rooms_sandbox.advance(11)
    ended = twilio.get(f"/v1/Rooms/{room['sid']}").json()
    assert (ended["status"], ended["duration"]) == ("completed", minutes * 60)


def test_an_empty_room_ends_after_the_last_has_left(rooms_sandbox: RoomsSandbox, twilio: httpx.Client) -> None:
    sid = create(twilio, UniqueName="x", UnusedRoomTimeout="1", EmptyRoomTimeout="10")["sid"]
    rooms_sandbox.start_session("twilio", "x", ["ada"])
    rooms_sandbox.advance(3600)
    assert status(twilio, sid) == "in-progress"
    rooms_sandbox.end_session("twilio", "x")
    rooms_sandbox.advance(590)
    rooms_sandbox.start_session("twilio", "x", ["ada"])  # back in time
    rooms_sandbox.advance(60)
    assert status(twilio, sid) == "in-progress"
    rooms_sandbox.end_session("twilio", "x")
    rooms_sandbox.advance(601)
    assert status(twilio, sid) == "completed"
    assert len(rooms_sandbox.state()["twilio"]["sessions"]) == 2


def test_nobody_stays_longer_than_allowed_and_no_room_longer_than_a_day(
    rooms_sandbox: RoomsSandbox, twilio: httpx.Client
) -> None:
    sid = create(twilio, UniqueName="x", MaxParticipantDuration="600", EmptyRoomTimeout="60")["sid"]
    rooms_sandbox.start_session("twilio", "x", ["ada"])
    rooms_sandbox.advance(601)
    (gone,) = twilio.get(f"/v1/Rooms/{sid}/Participants", params={"Status": "disconnected"}).json()["participants"]
    assert gone["duration"] == 600
    day = create(twilio, UniqueName="y", MaxParticipantDuration="86400")["sid"]
    rooms_sandbox.advance(200)
    rooms_sandbox.start_session("twilio", "y", ["ada"])
    rooms_sandbox.advance(86_400 - 210)
    assert status(twilio, day) == "in-progress"
    rooms_sandbox.advance(11)
    assert status(twilio, day) == "completed"
