"""Twilio's own Python SDK against the sandbox: it must not notice the difference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from sandbox_help import examples

from airflow_provider_rooms.sandbox.credentials import SECRET, TWILIO_ACCOUNT, TWILIO_API_KEY

if TYPE_CHECKING:
    from twilio.rest import Client

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytest.importorskip("twilio")
from twilio.base.exceptions import TwilioException, TwilioRestException


def client_of(sandbox: RoomsSandbox, user: str = TWILIO_API_KEY, password: str = SECRET) -> Client:
    from twilio.rest import Client

    client = Client(user, password, TWILIO_ACCOUNT)
    client.video.base_url = f"{sandbox.url}/twilio"
    return client


@pytest.fixture
def client(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return client_of(rooms_sandbox)


def test_create_with_every_parameter_and_fetch(client: Client) -> None:
    room = client.video.v1.rooms.create(
        enable_turn=True,
        type="group",
        unique_name="algebra-1",
        status_callback="https://example.com/cb",
        status_callback_method="POST",
        max_participants=12,
        record_participants_on_connect=True,
        transcribe_participants_on_connect=True,
        video_codecs=["VP8", "H264"],
        media_region="de1",
        recording_rules=[{"type": "include", "all": True}],
        transcriptions_configuration={"languageCode": "de-DE"},
        audio_only=False,
        max_participant_duration=3600,
        empty_room_timeout=10,
        unused_room_timeout=60,
        large_room=False,
    )
    assert room.sid is not None
    assert (room.status, room.type, room.max_participants) == ("in-progress", "group", 12)
    assert (room.media_region, room.video_codecs) == ("de1", ["VP8", "H264"])
    assert (room.empty_room_timeout, room.unused_room_timeout, room.max_participant_duration) == (10, 60, 3600)
    assert room.date_created is not None
    assert abs(room.date_created - datetime.now(UTC)) < timedelta(minutes=1)
    assert client.video.v1.rooms(room.sid).fetch().unique_name == "algebra-1"
    assert client.video.v1.rooms("algebra-1").fetch().sid == room.sid


def test_conflict_is_53113(client: Client) -> None:
    client.video.v1.rooms.create(unique_name="algebra-1")
    with pytest.raises(TwilioRestException) as conflict:
        client.video.v1.rooms.create(unique_name="algebra-1")
    assert (conflict.value.status, conflict.value.code) == (400, 53113)


def test_complete_by_name_and_then_by_sid(client: Client) -> None:
    sid = client.video.v1.rooms.create(unique_name="algebra-1").sid
    assert sid is not None
    ended = client.video.v1.rooms("algebra-1").update(status="completed")
    assert (ended.status, ended.end_time is not None) == ("completed", True)
    with pytest.raises(TwilioRestException) as gone:
        client.video.v1.rooms("algebra-1").fetch()
    assert (gone.value.status, gone.value.code) == (404, 20404)
    with pytest.raises(TwilioRestException) as again:
        client.video.v1.rooms(sid).update(status="completed")
    assert again.value.code == 53112
    assert client.video.v1.rooms(sid).fetch().status == "completed"


def test_list_follows_pages_and_filters(client: Client) -> None:
    names = [f"class-{n}" for n in range(12)]
    for name in names:
        client.video.v1.rooms.create(unique_name=name)
    assert [room.unique_name for room in client.video.v1.rooms.list(page_size=5)] == names[::-1]
    assert len(client.video.v1.rooms.list(limit=3)) == 3
    assert [room.unique_name for room in client.video.v1.rooms.list(unique_name="class-7")] == ["class-7"]
    client.video.v1.rooms("class-7").update(status="completed")
    assert client.video.v1.rooms.list(unique_name="class-7") == []
    assert len(client.video.v1.rooms.list(unique_name="class-7", status="completed")) == 1
    today = datetime.now(UTC)
    assert len(client.video.v1.rooms.list(date_created_after=today - timedelta(hours=1))) == 11
    assert client.video.v1.rooms.list(date_created_after=today + timedelta(hours=1)) == []


@pytest.mark.parametrize(("user", "password"), [(TWILIO_API_KEY, "wrong"), ("SK" + "1" * 32, SECRET)])
def test_wrong_credentials_are_20003(rooms_sandbox: RoomsSandbox, user: str, password: str) -> None:
    client = client_of(rooms_sandbox, user, password)
    with pytest.raises(TwilioRestException) as refused:
        client.video.v1.rooms.create(unique_name="x")
    assert (refused.value.status, refused.value.code) == (401, 20003)
    with pytest.raises(TwilioException):
        client.video.v1.rooms.list()


def test_account_credentials_work_too(rooms_sandbox: RoomsSandbox) -> None:
    assert client_of(rooms_sandbox, TWILIO_ACCOUNT).video.v1.rooms.list() == []


def test_participants_and_recordings(rooms_sandbox: RoomsSandbox, client: Client) -> None:
    sid = client.video.v1.rooms.create(unique_name="algebra-1", record_participants_on_connect=True).sid
    assert sid is not None
    rooms_sandbox.start_session("twilio", "algebra-1", ["ada", "bob"])
    room = client.video.v1.rooms(sid)
    assert {person.identity for person in room.participants.list()} == {"ada", "bob"}
    assert room.participants("ada").update(status="disconnected").status == "disconnected"
    assert room.recording_rules.fetch().rules[0]["type"] == "include"
    room.recording_rules.update(rules=[{"type": "exclude", "all": True}])
    room.update(status="completed")
    rooms_sandbox.advance(10)
    recordings = client.video.v1.recordings.list(grouping_sid=[sid])
    assert len(recordings) == 4
    assert {recording.status for recording in recordings} == {"completed"}
    assert client.video.v1.recordings(recordings[0].sid).delete() is True
    composition = client.video.v1.compositions.create(
        room_sid=sid, audio_sources=["*"], video_layout={"grid": {"video_sources": ["*"]}}, format="mp4"
    )
    assert composition.status == "processing"
    rooms_sandbox.advance(60)
    assert client.video.v1.compositions(composition.sid).fetch().status == "completed"


def test_access_token_of_the_sdk_opens_the_door(rooms_sandbox: RoomsSandbox, client: Client) -> None:
    from twilio.jwt.access_token import AccessToken
    from twilio.jwt.access_token.grants import VideoGrant

    client.video.v1.rooms.create(unique_name="algebra-1")
    token = AccessToken(TWILIO_ACCOUNT, TWILIO_API_KEY, SECRET, identity="ada", ttl=3600)
    token.add_grant(VideoGrant(room="algebra-1"))
    assert rooms_sandbox.join("twilio", token.to_jwt())["participants"][0]["identity"] == "ada"


def test_error_bodies_are_those_quoted_from_the_vendor(rooms_sandbox: RoomsSandbox, twilio: httpx.Client) -> None:
    """Documented or observed bodies, word for word where the sandbox can be made to give them."""
    quoted = {example["name"]: example["response"]["body"] for example in examples("twilio-examples-extra.json")}
    twilio.post("/v1/Rooms", data={"UniqueName": "x"})
    assert twilio.post("/v1/Rooms", data={"UniqueName": "x"}).json() == quoted["CreateRoom.conflict"]
    assert twilio.get("/v1/Rooms/RM71").json() == quoted["FetchRoom.notFound"]
    assert (
        twilio.post("/v1/Rooms/x/RecordingRules", data={"Rules": "[]"}).json()
        == quoted["UpdateRoomRecordingRule.invalid"]
    )
    wrong = twilio.post("/v1/Rooms/x", data={"RecordParticipantsOnConnect": "True"})
    assert wrong.json() == quoted["UpdateRoom.missingStatus"]
    assert twilio.get("/v1/Rooms", auth=("x", "y")).json() == quoted["Any.unauthenticated"]
    for status, name in ((429, "Any.rateLimited"), (503, "Any.unavailable")):
        rooms_sandbox.fault("twilio", "status", status=status)
        assert twilio.get("/v1/Rooms").json() == quoted[name]
