"""Sessions and people as VideoSDK may answer about them, and what may go wrong while one is ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Session
from airflow_provider_rooms.vendors.flow import gathered
from airflow_provider_rooms.vendors.sessions import attendance_of, end_session, sessions_of
from scripts import Script, gather, made, room_of

VS_SESSION = {"id": "s1", "roomId": "room-1", "start": "2026-11-20T09:00:00.000Z", "end": None, "status": "ongoing"}


@pytest.mark.parametrize(
    ("change", "ended_at"),
    [
        ({}, None),
        ({"end": "2026-11-20T10:00:00Z"}, "2026-11-20T10:00:00.000Z"),
        ({"status": "closing"}, None),
        ({"status": "ended"}, "2026-11-20T09:00:00.000Z"),
        (
            {"status": "ended", "participants": [{"timelog": [{"start": "2026-11-20T09:01:00Z", "end": "2026-11-20T09:30:00Z"},
                                                              {"start": "2026-11-20T09:40:00Z", "end": None}, {"start": None}]}]},
            "2026-11-20T09:30:00.000Z",
        ),
        ({"id": None, "_id": "s1"}, None),
    ],
)  # fmt: skip
def test_videosdk_sessions_as_they_come(change: Mapping[str, Any], ended_at: str | None) -> None:
    (session,) = gather(made("videosdk"), **{"GET__/v2/sessions": [{"data": [VS_SESSION | dict(change)]}]})
    assert (session.id, session.ended_at) == ("s1", ended_at)


def test_videosdk_sessions_that_have_not_begun_are_none() -> None:
    items = [VS_SESSION | {"start": None}, VS_SESSION | {"id": None}]
    assert gather(made("videosdk"), **{"GET__/v2/sessions": [{"data": items}]}) == []


@pytest.mark.parametrize("status", [402, 404])
def test_videosdk_may_call_a_room_without_sessions_unknown(status: int) -> None:
    assert gather(made("videosdk"), **{"GET__/v2/sessions": [status]}) == []


def test_videosdk_may_not_know_its_own_sdks_filters() -> None:
    vendor = made("videosdk")
    since = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    assert len(gather(vendor, since, **{"GET__/v2/sessions": [400, {"data": [VS_SESSION]}]})) == 1
    with pytest.raises(errors.RequestRefusedError):
        gather(vendor, since, **{"GET__/v2/sessions": [400]})
    with pytest.raises(errors.RequestRefusedError):
        gather(vendor, **{"GET__/v2/sessions": [400]})
    over = VS_SESSION | {"id": "s0", "end": "2026-11-20T08:00:00Z"}
    script = Script(**{"GET__/v2/sessions": [400, {"data": [over, VS_SESSION]}]})
    assert script.run(vendor.live_session(room_of("videosdk"))).id == "s1"
    assert [dict(request.query).get("status") for request in script.sent] == ["ongoing", None]
    with pytest.raises(errors.RequestRefusedError):
        Script(**{"GET__/v2/sessions": [400]}).run(vendor.live_session(room_of("videosdk")))
    for unknown in (400, {"data": [over]}):
        survey = Script(**{"GET__/v2/sessions": [unknown]}).run(vendor.survey())
        assert (survey.live, survey.open) == (None, None)


def test_videosdk_surveys_page_by_page() -> None:
    pages = [
        {"pageInfo": {"lastPage": 2}, "data": [VS_SESSION]},
        {"pageInfo": {"lastPage": 2}, "data": [VS_SESSION | {"roomId": "room-2"}]},
    ]
    survey = Script(**{"GET__/v2/sessions": pages}).run(made("videosdk").survey())
    assert (set(survey.live), survey.pages) == ({"room-1", "room-2"}, 2)


def test_videosdk_people_as_they_come() -> None:
    vendor = made("videosdk")
    person = {
        "participantId": "",
        "_id": "p1",
        "name": "Ann",
        "timelog": [{"start": "2026-11-20T09:00:00Z", "end": None}],
    }
    body = {"data": {"id": "s1", "participants": [person]}, "pageInfo": {"lastPage": 3}}
    pages = [body, {**body, "data": {"id": "s1", "participants": []}}]
    script = Script(**{"GET__/v2/sessions/s1/participants": pages, "GET__/v2/sessions/s1": [VS_SESSION]})
    (ann,) = script.run(gathered(vendor.list_participants("s1")))
    assert (ann.identity, ann.name, ann.intervals[0]["left_at"]) == ("p1", "Ann", None)
    with pytest.raises(errors.UnreadableAnswerError):
        Script(**{"GET__/v2/sessions": [[1]]}).run(gathered(vendor.list_participants("s1")))


@pytest.mark.parametrize(
    ("session", "left"),
    [
        (VS_SESSION | {"end": "2026-11-20T10:00:00Z"}, "2026-11-20T10:00:00.000Z"),
        (VS_SESSION | {"start": None}, None),  # unreadable: nobody says that it is over
    ],
)
def test_videosdk_who_dropped_out_left_at_the_end_of_the_session(session: Any, left: str | None) -> None:
    """In the example of VideoSDK's own page, people of a session of the past have no end."""
    person = {"participantId": "p1", "name": "Ann", "timelog": [{"start": "2026-11-20T09:00:00Z", "end": None}]}
    pages = [{"data": {"id": "s1", "participants": [person]}, "pageInfo": {"lastPage": 2}}] * 2
    script = Script(**{"GET__/v2/sessions/s1/participants": pages, "GET__/v2/sessions/s1": [session]})
    (ann,) = script.run(attendance_of(made("videosdk"), "s1"))
    assert len(script.sent) == 3  # two pages, and once the session
    assert ann.intervals == [{"joined_at": "2026-11-20T09:00:00.000Z", "left_at": left}]
    assert (ann.seconds == 3600) is bool(left)


VS_ROOM = {"roomId": "room-1", "customRoomId": "algebra"}


def test_an_end_that_does_not_come_is_told() -> None:
    script = Script().on("GET /v2/rooms/", VS_ROOM).on("GET /v2/sessions/s1", VS_SESSION)
    script.on("GET /v2/sessions", {"data": [VS_SESSION]}).on("POST /v2/sessions/end", VS_SESSION)
    with pytest.raises(errors.NotVisibleYetError, match="still reports it as live"):
        script.run(end_session(made("videosdk"), {"id": "room-1"}))
    assert sum(script.slept) > 30


def test_a_session_that_ends_by_itself_meanwhile_is_a_success() -> None:
    over = VS_SESSION | {"end": "2026-11-20T09:30:00Z"}
    script = Script().on("GET /v2/rooms/", VS_ROOM).on("GET /v2/sessions/s1", over)
    script.on("GET /v2/sessions", {"data": [VS_SESSION]}).on("POST /v2/sessions/end", 404)
    assert script.run(end_session(made("videosdk"), {"id": "room-1"})).live is False


def test_a_refusal_to_end_is_told() -> None:
    script = Script().on("GET /v2/rooms/", VS_ROOM).on("GET /v2/sessions/s1", VS_SESSION)
    script.on("GET /v2/sessions", {"data": [VS_SESSION]}).on("POST /v2/sessions/end", 406)
    with pytest.raises(errors.RequestRefusedError):
        script.run(end_session(made("videosdk"), {"id": "room-1"}))


def test_a_session_read_without_a_beginning_is_as_it_was() -> None:
    session = Session(id="s1", room_id="room-1", started_at="2026-11-20T09:00:00Z")
    script = Script().on("GET /v2/sessions/s1", VS_SESSION | {"start": None})
    assert script.run(made("videosdk").read_session(session)) is session


def test_a_list_that_moves_while_it_is_read_shows_nothing_twice() -> None:
    pages = [{"pageInfo": {"lastPage": 2}, "data": [VS_SESSION]}, {"data": [VS_SESSION, VS_SESSION | {"id": "s0"}]}]
    script = Script().on("GET /v2/rooms/", VS_ROOM).on("GET /v2/sessions", *pages)
    found = script.run(gathered(sessions_of(made("videosdk"), {"id": "room-1"})))
    assert [session.id for session in found] == ["s1", "s0"]
