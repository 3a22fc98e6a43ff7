"""BigBlueButton through the hook, against its part of the sandbox; and answers of our own."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.models import Room
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Request, Response

from rooms_bigbluebutton.answers import read_xml
from rooms_bigbluebutton.connection import CONNECTION_TYPE

NAME = CONNECTION_TYPE.conn_type


@pytest.fixture
def hook(rooms_sandbox, monkeypatch):
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    return get_rooms_hook(CONNECTION_TYPE.default_conn_id)


def made(**settings):
    config = Config(
        conn_id="c",
        base_url="https://bbb.example.org/bigbluebutton",
        key="",
        secret="639259d4-9dd8-4b25-bf01-95f9567eaf4b",
        settings=settings,
    )
    return vendor_class(NAME)(config)


def test_the_checksum_of_the_documentations_own_example():
    query = (("name", "Test Meeting"), ("meetingID", "abc123"), ("attendeePW", "111222"), ("moderatorPW", "333444"))
    signed = made(checksum="sha1").signed(Request(method="GET", path="/api/create", query=query))
    assert dict(signed.query)["checksum"] == "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"
    text = f"create{signed.target.partition('?')[2].rpartition('&')[0]}639259d4-9dd8-4b25-bf01-95f9567eaf4b"
    other = made().signed(Request(method="GET", path="/api/create", query=query))
    assert dict(other.query)["checksum"] == hashlib.sha256(text.encode()).hexdigest()


def test_created_found_and_never_doubled(hook, rooms_sandbox):
    spec = {"name": "algebra-1", "max_participants": 30, "record": True, "options": {"meta": {"course": "MATH 101"}}}
    room = hook.ensure_room(spec)
    assert (room.id, room.outcome, room.drift) == ("algebra-1", "created", [])
    assert room.unverified == ["autoStartRecording"]
    assert room.created_at is not None
    assert hook.ensure_room(spec).outcome == "found"
    assert len(rooms_sandbox.rooms(NAME)) == 1
    with pytest.raises(errors.DriftError) as drift:
        hook.ensure_room({**spec, "max_participants": 20})
    assert drift.value.drift == [{"field": "maxParticipants", "asked": 20, "actual": "30"}]


def test_an_answer_that_is_lost_makes_no_second_meeting(hook, rooms_sandbox):
    rooms_sandbox.fault(NAME, "drop_after", path="/api/create*")
    assert hook.ensure_room({"name": "algebra-1"}).outcome == "created"
    assert len(rooms_sandbox.rooms(NAME)) == 1


def test_a_class_keeps_its_meeting_until_somebody_comes(hook, rooms_sandbox):
    start = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=20)
    hook.ensure_room({"name": "algebra-1", "starts_at": start, "ends_at": start + dt.timedelta(hours=1)})
    rooms_sandbox.advance(30 * 60)
    assert hook.find_room("algebra-1").state == "open"
    rooms_sandbox.advance(60 * 60)
    assert hook.find_room("algebra-1") is None


def test_closed_is_gone_and_a_room_dict_knows(hook, rooms_sandbox):
    room = hook.ensure_room({"name": "algebra-1"})
    assert hook.close_room(room).state == "closed"
    rooms_sandbox.advance(60)
    assert hook.find_room("algebra-1") is None
    assert hook.close_room(room.as_dict()).state == "closed"
    assert list(hook.sessions(room)) == []
    with pytest.raises(errors.NotFoundError):
        hook.close_room("algebra-1")
    again = hook.ensure_room({"name": "algebra-1"})
    assert (again.outcome, again.created_at != room.created_at) == ("created", True)


def test_sessions_of_a_meeting_and_of_one_that_is_gone(hook, rooms_sandbox):
    room = hook.ensure_room({"name": "algebra-1", "record": True})
    assert list(hook.sessions(room)) == []
    assert not hook.occupied(room)
    rooms_sandbox.start_session(NAME, "algebra-1", ["Ada", "Ben"])
    (live,) = hook.sessions(room)
    assert (live.live, hook.occupied(room), list(hook.survey().live)) == (True, True, ["algebra-1"])
    rooms_sandbox.end_session(NAME, "algebra-1")
    rooms_sandbox.advance(16 * 60)
    assert hook.find_room("algebra-1") is None
    (past,) = hook.sessions(room)
    assert (past.id, past.live) == (live.id, False)


def test_a_recording_from_the_meeting_to_its_deletion(hook, rooms_sandbox):
    room = hook.ensure_room({"name": "algebra-1", "record": True})
    rooms_sandbox.start_session(NAME, "algebra-1")
    hook.close_room(room)
    (waiting,) = hook.recordings(room)
    assert waiting.state == "processing"
    with pytest.raises(errors.NotVisibleYetError):
        hook.open_recording(waiting)
    rooms_sandbox.recording(NAME, "algebra-1", "complete")
    (ready,) = hook.recordings(room, kind="recording")
    assert (ready.state, ready.format, ready.session_id) == ("ready", "ogg", waiting.session_id)
    with hook.open_recording(ready) as file:
        assert sum(len(piece) for piece in file) > 1000
    hook.delete_recording(ready)
    hook.delete_recording(ready)
    assert list(hook.recordings(room)) == []
    with pytest.raises(errors.UnsupportedError, match="does not produce recordings of kind 'hls'"):
        list(hook.recordings(room, kind="hls"))


def test_a_link_lets_one_person_into_one_meeting(hook, rooms_sandbox):
    room = hook.ensure_room({"name": "algebra-1"})
    url = hook.join_url(room, role="host", user={"id": "u1", "name": "Ada Lovelace"})
    query = dict(parse_qsl(urlsplit(url).query))
    assert (query["role"], query["fullName"], query["userID"]) == ("MODERATOR", "Ada Lovelace", "u1")
    assert "successfullyJoined" in httpx.get(url).text
    assert "checksumError" in httpx.get(url.replace("MODERATOR", "VIEWER")).text
    assert hook.occupied(room)
    hook.close_room(room)
    rooms_sandbox.advance(60)
    hook.ensure_room({"name": "algebra-1"})
    assert "mismatchCreateTimeParam" in httpx.get(url).text


@pytest.mark.parametrize(
    ("ask", "match"),
    [
        (lambda hook, room: hook.join_token(room), "has no join tokens"),
        (lambda hook, room: hook.join_url(room, expires_at="2030-01-01T00:00:00Z"), "have no end of their own"),
        (lambda hook, room: hook.end_session(room), "cannot end a session without closing its room"),
        (lambda hook, room: hook.start_recording(room), "has no API call to start a recording"),
        (lambda hook, room: list(hook.participants("algebra-1-1")), "does not report who was in a session"),
        (lambda hook, room: hook.ensure_room({"name": "a-1", "region": "eu"}), "has no such setting"),
        (lambda hook, room: hook.ensure_room({"name": "a-1"}, on_drift="update"), "cannot change the settings"),
    ],
)
def test_what_it_lacks_is_refused_before_any_call(ask, match, hook, rooms_sandbox):
    with pytest.raises(errors.UnsupportedError, match=match) as refused:
        ask(hook, Room(vendor=NAME, conn_id="c", id="algebra-1", name="algebra-1", state="open"))
    assert refused.value.advice
    assert rooms_sandbox.requests(NAME) == []


def test_the_test_button_tells_a_wrong_secret_from_a_wrong_host(hook, rooms_sandbox, monkeypatch):
    assert hook.test_connection() == (True, "BigBlueButton accepts the shared secret.")
    given = rooms_sandbox.connection(NAME)
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", json.dumps({**given, "password": "another-secret"}))
    works, told = get_rooms_hook("wrong").test_connection()
    assert not works
    assert "the shared secret is wrong" in told
    assert "another-secret" not in told
    monkeypatch.setenv("AIRFLOW_CONN_HOSTLESS", json.dumps({**given, "host": ""}))
    assert "has no base URL (host)" in get_rooms_hook("hostless").test_connection()[1]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"<html/>", b"<response>", b"<!DOCTYPE x><response/>", b"<response>" * 60 + b"</response>" * 60],
)
def test_what_is_no_answer_of_bigbluebutton_is_told(body):
    with pytest.raises(errors.UnreadableAnswerError):
        read_xml(Response(status=200, body=body))


def test_lists_are_lists_however_many_there_are():
    assert read_xml(Response(status=200, body=b"<response><meetings/></response>")) == {"meetings": {"meeting": []}}
    one = b"<response><meetings><meeting><meetingID>a</meetingID></meeting></meetings></response>"
    assert read_xml(Response(status=200, body=one)) == {"meetings": {"meeting": [{"meetingID": "a"}]}}
