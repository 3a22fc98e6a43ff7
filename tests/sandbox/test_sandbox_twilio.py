"""The Twilio Video side of the sandbox against what its pages say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sandbox_help import twilio_token

from airflow_provider_rooms.sandbox.client import ControlError
from airflow_provider_rooms.sandbox.credentials import SECRET, TWILIO_ACCOUNT, TWILIO_API_KEY

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

FIELDS = {
    "sid", "status", "date_created", "date_updated", "account_sid", "enable_turn", "unique_name", "status_callback",
    "status_callback_method", "end_time", "duration", "type", "max_participants", "max_participant_duration",
    "max_concurrent_published_tracks", "record_participants_on_connect", "video_codecs", "media_region", "audio_only",
    "empty_room_timeout", "unused_room_timeout", "large_room", "url", "links",
}  # fmt: skip


def code(answer: httpx.Response, status: int = 400) -> int:
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status), answer.text
    assert set(body) == {"code", "message", "more_info", "status"}
    assert body["more_info"] == f"https://www.twilio.com/docs/errors/{body['code']}"
    found: int = body["code"]
    return found


def create(twilio: httpx.Client, **form: Any) -> dict[str, Any]:
    answer = twilio.post("/v1/Rooms", data=form)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


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


# -- life times --------------------------------------------------------------------------------------------------


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


# -- participants ------------------------------------------------------------------------------------------------


@pytest.fixture
def room(twilio: httpx.Client) -> str:
    found: str = create(twilio, UniqueName="algebra-1", RecordParticipantsOnConnect="true", EmptyRoomTimeout="60")[
        "sid"
    ]
    return found


def test_participants(rooms_sandbox: RoomsSandbox, twilio: httpx.Client, room: str) -> None:
    rooms_sandbox.start_session("twilio", "algebra-1", [{"name": "Ada", "identity": "ada"}, "bob"])
    path = "/v1/Rooms/algebra-1/Participants"

    def who(**query: str) -> list[str]:
        return [p["identity"] for p in twilio.get(path, params=query).json()["participants"]]

    assert who() == who(Status="connected") == ["bob", "ada"]
    assert who(Identity="ada") == ["ada"]
    ada = twilio.get(f"{path}/ada").json()
    assert (ada["status"], ada["end_time"], ada["duration"], ada["room_sid"]) == ("connected", None, None, room)
    assert code(twilio.post(f"{path}/ada", data={"Status": "connected"})) == 53209
    assert code(twilio.post(f"{path}/ada", data={})) == 20001
    out = twilio.post(f"{path}/ada", data={"Status": "disconnected"})
    assert (out.status_code, out.json()["status"]) == (202, "disconnected")
    assert code(twilio.get(f"{path}/ada"), 404) == 20404  # by identity: connected ones only
    assert twilio.get(f"{path}/{ada['sid']}").json()["duration"] is not None
    assert code(twilio.post(f"{path}/{ada['sid']}", data={"Status": "disconnected"})) == 53209
    assert who() == ["bob"]
    assert who(Status="disconnected") == ["ada"]
    anonymous = twilio.post(f"{path}/{ada['sid']}/Anonymize").json()
    assert anonymous["identity"] == ada["sid"]
    twilio.post(f"/v1/Rooms/{room}", data={"Status": "completed"})
    everybody = twilio.get(f"/v1/Rooms/{room}/Participants").json()["participants"]
    assert {p["status"] for p in everybody} == {"disconnected"}
    assert len(everybody) == 2


def test_the_same_identity_throws_the_first_one_out(
    rooms_sandbox: RoomsSandbox, twilio: httpx.Client, room: str
) -> None:
    rooms_sandbox.start_session("twilio", room, ["ada"])
    rooms_sandbox.start_session("twilio", room, ["ada"])
    path = f"/v1/Rooms/{room}/Participants"
    assert len(twilio.get(path).json()["participants"]) == 1
    assert len(twilio.get(path, params={"Status": "disconnected"}).json()["participants"]) == 1
    assert len(rooms_sandbox.state()["twilio"]["sessions"]) == 1


def test_a_full_or_completed_room_lets_nobody_in(rooms_sandbox: RoomsSandbox, twilio: httpx.Client) -> None:
    sid = create(twilio, UniqueName="small", MaxParticipants="1")["sid"]
    rooms_sandbox.start_session("twilio", "small", ["ada"])
    with pytest.raises(ControlError, match="53105"):
        rooms_sandbox.start_session("twilio", "small", ["bob"])
    twilio.post(f"/v1/Rooms/{sid}", data={"Status": "completed"})
    with pytest.raises(ControlError, match="completed"):
        rooms_sandbox.start_session("twilio", "small", ["ada"])


def test_tracks_and_subscribe_rules(rooms_sandbox: RoomsSandbox, twilio: httpx.Client, room: str) -> None:
    rooms_sandbox.start_session("twilio", room, ["ada", "bob"])
    path = f"/v1/Rooms/{room}/Participants/ada"
    tracks = twilio.get(f"{path}/PublishedTracks").json()["published_tracks"]
    assert sorted(track["kind"] for track in tracks) == ["audio", "video"]
    assert twilio.get(f"{path}/PublishedTracks/{tracks[0]['sid']}").json() == tracks[0]
    (one, _) = twilio.get(f"{path}/SubscribedTracks").json()["subscribed_tracks"]
    assert one["publisher_sid"] != one["participant_sid"]
    assert twilio.get(f"{path}/SubscribedTracks/{one['sid']}").json() == one
    assert twilio.get(f"{path}/SubscribeRules").json()["rules"][0]["all"] is True
    rules = json.dumps([{"type": "exclude", "kind": "data"}])
    changed = twilio.post(f"{path}/SubscribeRules", data={"Rules": rules}).json()
    assert changed["rules"][0]["kind"] == "data"
    assert code(twilio.post(f"{path}/SubscribeRules", data={"Rules": "[]"})) == 53215
    unknown = "MT" + "0" * 32
    for gone in (
        f"{path}/PublishedTracks/{unknown}",
        f"{path}/SubscribedTracks/{unknown}",
        f"/v1/Rooms/{room}/Participants/x",
    ):
        assert code(twilio.get(gone), 404) == 20404
    for by_name in ("audio", "video"):
        assert twilio.get(f"{path}/PublishedTracks/{by_name}").json()["kind"] == by_name
    twilio.post(path, data={"Status": "disconnected"})
    (left,) = twilio.get(f"/v1/Rooms/{room}/Participants", params={"Status": "disconnected"}).json()["participants"]
    assert twilio.get(f"/v1/Rooms/{room}/Participants/{left['sid']}/PublishedTracks").json()["published_tracks"] == []


# -- recordings --------------------------------------------------------------------------------------------------


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


# -- compositions and transcriptions -----------------------------------------------------------------------------------


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


# -- joining -----------------------------------------------------------------------------------------------------


def test_join_token(rooms_sandbox: RoomsSandbox, twilio: httpx.Client, room: str) -> None:
    session = rooms_sandbox.join("twilio", twilio_token())
    assert [p["identity"] for p in session["participants"]] == ["ada"]
    by_sid = {"grants": {"identity": "bob", "video": {"room": room}}}
    assert len(rooms_sandbox.join("twilio", twilio_token(**by_sid))["participants"]) == 2
    import time

    for changes, expected in (
        ({"iss": "AC" + "0" * 32}, 401),
        ({"sub": "SK" + "0" * 32}, 401),
        ({"exp": 1}, 401),
        ({"exp": int(time.time()) + 90_000}, 401),
        ({"nbf": int(time.time()) + 600}, 401),
        ({"grants": {"identity": "ada"}}, 401),
        ({"grants": {"video": {"room": room}}}, 401),
        ({"grants": {"identity": "ada", "video": {}}}, 401),
        ({"grants": {"identity": "ada", "video": {"room": "unknown"}}}, 404),
    ):
        with pytest.raises(ControlError) as refused:
            rooms_sandbox.join("twilio", twilio_token(**changes))
        assert refused.value.status == expected
