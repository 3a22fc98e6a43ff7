"""Sessions and people as vendors may answer about them, and what may go wrong while one is ended: answers of our own."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Generator, Mapping
from typing import Any

import flows
import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room, Session
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Patience, Request, Response, Sleep, gathered
from airflow_provider_rooms.vendors.sessions import attendance_of, end_session, session_id, sessions_of


def made(conn_type: str) -> Any:
    config = Config(
        conn_id="c", base_url="https://api.example", key="key", secret="a-secret-that-is-long-enough-to-sign"
    )
    return vendor_class(conn_type)(config, patience=Patience(tries=1))


def room_of(vendor: str) -> Room:
    return Room(vendor=vendor, conn_id="c", id="room-1", name="algebra", state="open")


class Script:
    """Runs a flow against answers by method and path; a list is answered in turn, its last one for ever."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {key.replace("__", " "): value for key, value in answers.items()}
        self.slept: list[float] = []
        self.sent: list[Request] = []

    def on(self, what: str, *answers: Any) -> Script:
        self.answers[what] = list(answers)
        return self

    def run(self, flow: Generator[Any, Any, Any]) -> Any:
        return flows.run(flow, self._perform)

    def _perform(self, step: Any) -> Response | None:
        if isinstance(step, Sleep):
            self.slept.append(step.seconds)
        if not isinstance(step, Request):
            return None
        self.sent.append(step)
        return self._answer(step)

    def _answer(self, request: Request) -> Response:
        for what, answers in self.answers.items():
            method, path = what.split(" ", 1)
            if request.method == method and request.target.startswith(path):
                body = answers.pop(0) if len(answers) > 1 else answers[0]
                status = body if isinstance(body, int) else 200
                return Response(status=status, body=json.dumps({} if isinstance(body, int) else body).encode())
        raise AssertionError(f"not expected: {request.method} {request.target}")


def gather(vendor: Any, since: Any = None, **script: Any) -> list[Session]:
    flow = vendor.list_sessions(room_of(vendor.name), since, lambda session: True)
    return Script(**script).run(gathered(flow))


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


HMS_PEER = {"id": "p1", "name": "Ann", "role": "host", "user_id": "u1", "joined_at": "2026-11-20T09:01:00Z"}
HMS_SESSION = {"id": "s1", "room_id": "room-1", "active": True, "created_at": "2026-11-20T09:00:00.1Z", "peers": {"p1": HMS_PEER}}  # fmt: skip
LEFT = {"left_at": "2026-11-20T09:30:00Z"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ("09:01", None)),
        ({"peers": [HMS_PEER]}, ("09:01", None)),
        ({"peers": {"p1": HMS_PEER | LEFT}}, ("09:01", "09:30")),
        ({"peers": None}, ("09:00", None)),
        ({"peers": None, "active": False}, ("09:00", "09:00")),
        ({"peers": {}, "active": False, "updated_at": "2026-11-20T09:45:00Z"}, ("09:00", "09:45")),
        # somebody dropped out, and nobody noted when
        ({"active": False, "updated_at": "2026-11-20T09:45:00Z"}, ("09:01", "09:45")),
        ({"peers": {"p1": HMS_PEER | LEFT, "b": {**HMS_PEER, "name": "Beam"}}}, ("09:01", "09:30")),
        ({"peers": {"b": {**HMS_PEER, "name": "Beam"}}}, None),
        ({"peers": {"b": {**HMS_PEER, "role": "__internal_recorder"}}}, None),
        ({"peers": {"p1": {**HMS_PEER, "joined_at": "0001-01-01T00:00:00Z"}}}, None),
    ],
)
def test_100ms_sessions_as_they_come(change: Mapping[str, Any], expected: Any) -> None:
    pages = [{"limit": 100, "data": [HMS_SESSION | dict(change)]}, {"limit": 100, "data": None}]
    found = gather(made("hundredms"), **{"GET__/v2/sessions": pages})
    shown = [(s.started_at[11:16], s.ended_at[11:16] if s.ended_at else None) for s in found]
    assert shown == ([expected] if expected else [])


def test_100ms_is_always_asked_for_both_kinds() -> None:
    script = Script(**{"GET__/v2/sessions": [{"limit": 100, "data": []}]})
    vendor = made("hundredms")
    since = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    script.run(gathered(vendor.list_sessions(room_of("hundredms"), since, lambda session: True)))
    queries = [dict(request.query) for request in script.sent]
    assert [query["active"] for query in queries] == ["true", "false"]
    assert {query["after"] for query in queries} == {"2026-11-20T00:00:00.000Z"}


def test_100ms_people_as_they_come() -> None:
    nobody = {"id": "p2", "name": "", "role": "", "joined_at": None}
    script = Script(**{"GET__/v2/sessions": [HMS_SESSION | {"peers": {"p1": HMS_PEER, "p2": nobody}}]})
    ann, other = script.run(gathered(made("hundredms").list_participants("s1")))
    assert (ann.identity, other.identity, other.name, other.intervals) == ("u1", "p2", None, [])


def test_100ms_who_dropped_out_left_at_the_end_of_the_session() -> None:
    """The end is that of the last change; nobody left before they came."""
    late = HMS_PEER | {"id": "p2", "user_id": "u2", "joined_at": "2026-11-20T09:50:00Z"}
    over = HMS_SESSION | {"active": False, "updated_at": "2026-11-20T09:45:00Z", "peers": [HMS_PEER, late]}
    ann, bob = Script(**{"GET__/v2/sessions": [over]}).run(attendance_of(made("hundredms"), "s1"))
    assert ann.intervals == [{"joined_at": "2026-11-20T09:01:00.000Z", "left_at": "2026-11-20T09:45:00.000Z"}]
    assert (ann.seconds, bob.seconds) == (44 * 60, 0)


def test_100ms_sessions_without_a_beginning_are_unreadable() -> None:
    with pytest.raises(errors.UnreadableAnswerError):
        gather(made("hundredms"), **{"GET__/v2/sessions": [{"data": [{"id": "s1", "active": True}]}]})


def test_100ms_live_is_what_the_answer_says() -> None:
    items = [HMS_SESSION | {"active": False}, HMS_SESSION | {"room_id": "other"}, HMS_SESSION | {"id": "s2"}]
    script = Script(**{"GET__/v2/sessions": [{"limit": 100, "data": items}]})
    assert script.run(made("hundredms").live_session(room_of("hundredms"))).id == "s2"


PA = {"sid": "PA1", "identity": "ann", "status": "connected", "start_time": "2026-11-20T09:00:00Z"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [("09:00", None)]),
        ({"status": "reconnecting"}, [("09:00", None)]),
        ({"start_time": None, "date_created": "2026-11-20T09:02:00Z"}, [("09:02", None)]),
        ({"start_time": None}, []),
        ({"status": "disconnected", "end_time": "2026-11-20T09:30:00Z"}, [("09:00", "09:30")]),
        ({"status": "disconnected", "date_updated": "2026-11-20T09:31:00Z"}, [("09:00", "09:31")]),
        ({"status": "disconnected"}, [("09:00", "09:00")]),
    ],
)
def test_twilio_participants_as_they_come(change: Mapping[str, Any], expected: Any) -> None:
    found = gather(made("twilio_video"), **{"GET__/v1/Rooms": [{"participants": [PA | dict(change)]}]})
    assert [(s.started_at[11:16], s.ended_at[11:16] if s.ended_at else None) for s in found] == expected


def test_twilio_people_do_not_slip_through_between_two_reads() -> None:
    """Somebody who leaves between the reads is in both lists; the later one counts."""
    gone = PA | {"status": "disconnected", "end_time": "2026-11-20T09:30:00Z"}
    pages = [{"participants": [PA]}, {"participants": []}, {"participants": [gone]}]
    (session,) = gather(made("twilio_video"), **{"GET__/v1/Rooms": pages})
    assert session.live is False


def test_twilio_people_who_are_gone_already_need_not_be_sent_out() -> None:
    vendor = made("twilio_video")
    session = Session(id="x", room_id="room-1", started_at="2026-11-20T09:00:00Z")
    people = {"participants": [PA]}

    def refusing(code: int) -> Script:
        script = Script(**{"GET__/v1/Rooms": [people]})
        script._answer = lambda request: (  # type: ignore[method-assign]
            Response(status=400, body=json.dumps({"code": code}).encode())
            if request.method == "POST"
            else Response(status=200, body=json.dumps(people).encode())
        )
        return script

    refusing(53209).run(vendor.end_live(room_of("twilio_video"), session))
    refusing(20404).run(vendor.end_live(room_of("twilio_video"), session))
    with pytest.raises(errors.RequestRefusedError):
        refusing(53210).run(vendor.end_live(room_of("twilio_video"), session))


def test_twilio_anonymous_people_keep_their_sid() -> None:
    vendor = made("twilio_video")
    room_sid = f"RM{'a' * 32}"
    start = int(dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC).timestamp())
    people = [PA | {"identity": None}, PA | {"sid": "PA2", "start_time": None}]
    script = Script(**{"GET__/v1/Rooms": [{"participants": people}]})
    (person,) = script.run(gathered(vendor.list_participants(f"{room_sid}-{start}")))
    assert person.identity == "PA1"


def test_a_survey_of_many_pages_at_100ms() -> None:
    items = [HMS_SESSION | {"id": f"s{number}", "room_id": f"room-{number}"} for number in range(50)]
    pages = [{"limit": 50, "data": items, "last": "s49"}, {"limit": 50, "data": [], "last": ""}]
    survey = Script(**{"GET__/v2/sessions": pages}).run(made("hundredms").survey())
    assert (len(survey.live), survey.pages) == (50, 2)


def test_twilio_sessions_read_again() -> None:
    vendor = made("twilio_video")
    script = Script(**{"GET__/v1/Rooms": [{"participants": [PA]}]})
    (session,) = script.run(gathered(vendor.list_sessions(room_of("twilio_video"), None, lambda found: True)))
    assert script.run(vendor.read_session(session)) == session
    gone = Session(id="RM-1", room_id="room-1", started_at=session.started_at)
    assert script.run(vendor.read_session(gone)) is gone


# -- ends, and what may go wrong with them --------------------------------------------------------------------------------

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


def test_sessions_are_given_in_three_ways() -> None:
    session = Session(id="s1", room_id="r", started_at="2026-11-20T09:00:00Z")
    assert {session_id(session), session_id(session.as_dict()), session_id("s1")} == {"s1"}
