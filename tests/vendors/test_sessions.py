"""Sessions, who was in them, and their end: against the sandbox, and against answers that only real vendors give."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Generator, Mapping
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Participant, Room, Session
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.vendors import VENDORS, vendor_class
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Patience, Request, Response, Sleep, gathered
from airflow_provider_rooms.vendors.sessions import attendance_of, end_session, session_id, sessions_of

MINUTE = 60.0


def minutes(person: Participant) -> int:
    return round(person.seconds / 60)


# -- against the sandbox --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_room_without_people_has_no_session(vendor: str, hooks: Any) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    assert list(hook.sessions("algebra")) == []
    assert hook.end_session(room.id) is None
    assert hook.occupied(room) is False


@pytest.mark.parametrize("vendor", VENDORS)
def test_sessions_newest_first_with_stable_ids(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(vendor, room.id)
    (live,) = hook.sessions(room.as_dict())
    assert (live.live, live.seconds, live.room_id) == (True, None, room.id)
    assert hook.occupied(room) is True
    rooms_sandbox.advance(10 * MINUTE)
    rooms_sandbox.end_session(vendor, room.id)
    (over,) = hook.sessions(room.id)
    assert (over.id, over.started_at) == (live.id, live.started_at)
    assert abs(over.seconds - 600) <= 2
    assert over.as_dict()["seconds"] == over.seconds
    rooms_sandbox.advance(10 * MINUTE)
    middle = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=15)
    rooms_sandbox.start_session(vendor, room.id)
    assert [session.live for session in hook.sessions(room.id)] == [True, False]
    assert [session.id for session in hook.sessions(room.id, since=middle)] != [over.id]
    assert len(list(hook.sessions(room.id, since=middle.isoformat()))) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_lists_of_many_pages_are_read_to_the_end(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    for _ in range(25):
        rooms_sandbox.start_session(vendor, room.id, ["Ann", "Bob", "Cleo", "Dan", "Eve"])
        rooms_sandbox.advance(MINUTE)
        rooms_sandbox.end_session(vendor, room.id)
        rooms_sandbox.advance(2 * MINUTE)
    found = list(hook.sessions(room.id))
    assert len({session.id for session in found}) == len(found) == 25
    assert [session.started_at for session in found] == sorted((s.started_at for s in found), reverse=True)
    names = [f"p{number}" for number in range(45)]
    rooms_sandbox.start_session(vendor, room.id, names)
    assert len(list(hook.participants(next(iter(hook.sessions(room.id)))))) == 45


@pytest.mark.parametrize("vendor", VENDORS)
def test_attendance_merges_rejoins(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(vendor, room.id, ["Ann", "Bob"])
    rooms_sandbox.advance(10 * MINUTE)
    rooms_sandbox.end_session(vendor, room.id, ["Ann"])
    rooms_sandbox.advance(5 * MINUTE)
    rooms_sandbox.start_session(vendor, room.id, ["Ann"])
    rooms_sandbox.advance(20 * MINUTE)
    rooms_sandbox.end_session(vendor, room.id)
    (session,) = hook.sessions(room.id)
    by_minutes = {minutes(person): person for person in hook.attendance(session)}
    assert set(by_minutes) == {30, 35}
    ann, bob = by_minutes[30], by_minutes[35]
    assert [len(ann.intervals), len(bob.intervals)] == [2, 1]
    assert all(stay["left_at"] for person in (ann, bob) for stay in person.intervals)
    assert ann.identity != bob.identity
    if vendor == "hundredms":
        assert [(ann.name, ann.role), (bob.name, bob.role)] == [("Ann", "host"), ("Bob", "guest")]
    # a session's dict and its id will do as well, and the awaitable gives the same
    assert hook.attendance(session.as_dict()) == hook.attendance(session.id)
    assert asyncio.run(_awaited(hook, session)) == hook.attendance(session)


async def _awaited(hook: Any, session: Session) -> Any:
    async with hook.aio as rooms:
        assert [found.id async for found in rooms.sessions(session.room_id)] == [session.id]
        return await rooms.attendance(session)


@pytest.mark.parametrize("vendor", VENDORS)
def test_who_is_still_there_counts_up_to_now(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(vendor, room.id, ["Ann"])
    (session,) = hook.sessions(room.id)
    (ann,) = hook.attendance(session)
    assert ann.intervals[0]["left_at"] is None
    assert ann.as_dict()["intervals"] == ann.intervals
    assert ann.seconds <= 2


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_session_is_ended_and_seen_to_be_over(vendor: str, hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks(vendor)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(vendor, room.id)
    (session,) = hook.sessions(room.id)
    ended = hook.end_session("algebra")
    assert (ended.id, ended.live) == (session.id, False)
    assert hook.get_room(room.id).state == "open"
    assert hook.end_session(room.id) is None
    writes = [
        row for row in rooms_sandbox.requests(vendor, "POST") if "deactivate" in row["path"] or "Status" in row["path"]
    ]
    assert writes == []


def test_the_recorder_is_no_person(hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks("hundredms")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.recording("hundredms", room.id, "start")
    assert list(hook.sessions(room.id)) == []
    assert hook.survey().live == {}
    assert hook.occupied(room) is False
    rooms_sandbox.start_session("hundredms", room.id, ["Ann"])
    assert hook.occupied(room) is True
    (session,) = hook.sessions(room.id)
    assert hook.survey().live == {room.id: session}
    assert {person.name for person in hook.participants(session)} == {"Beam", "Ann"}
    assert [person.name for person in hook.attendance(session)] == ["Ann"]
    rooms_sandbox.advance(MINUTE)
    rooms_sandbox.end_session("hundredms", room.id, ["Ann"])
    (over,) = hook.sessions(room.id)
    assert over.live is False
    assert hook.occupied(room) is False
    # it is still running at the vendor, and ended all the same
    assert hook.end_session(room.id).id == session.id


def test_a_page_reloaded_is_one_session_at_twilio(hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks("twilio_video")
    room = hook.ensure_room({"name": "algebra"})
    for pause in (40.0, 300.0, 0.0):
        rooms_sandbox.start_session("twilio", room.id, ["Ann"])
        rooms_sandbox.advance(600.0)
        rooms_sandbox.end_session("twilio", room.id)
        rooms_sandbox.advance(pause)
    later, first = hook.sessions(room.id)
    assert (first.seconds, later.seconds) == (1240, 600)
    assert [len(hook.attendance(session)[0].intervals) for session in (first, later)] == [2, 1]
    hook.close_room(room.id)
    assert list(hook.sessions(room.id)) == [later, first]


def test_the_live_rooms_of_an_account(hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    for vendor in VENDORS:
        hook = hooks(vendor)
        rooms = [hook.ensure_room({"name": f"class-{number}"}) for number in range(3)]
        rooms_sandbox.start_session(vendor, rooms[1].id)
        survey = hook.survey()
        if vendor == "twilio_video":
            assert (survey.live, survey.open) == (None, {room.id for room in rooms})
        else:
            assert (set(survey.live), survey.open) == ({rooms[1].id}, None)


@pytest.mark.parametrize("vendor", VENDORS)
def test_unknown_rooms_and_sessions(vendor: str, hooks: Any) -> None:
    hook = hooks(vendor)
    hook.ensure_room({"name": "algebra"})
    with pytest.raises(errors.NotFoundError):
        list(hook.sessions("no-such-room"))
    with pytest.raises(errors.NotFoundError):
        hook.end_session("no-such-room")
    unknown = f"RM{'0' * 32}-1" if vendor == "twilio_video" else "0" * 24
    for read in (hook.attendance, lambda session: list(hook.participants(session))):
        with pytest.raises(errors.NotFoundError, match=f"has no session '{unknown}'"):
            read(unknown)
    for nothing in ("", None, {}, 5, "None"):
        with pytest.raises(errors.InvalidSpecError):
            hook.attendance(nothing)


def test_ids_of_other_vendors_are_told_apart(hooks: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hooks("twilio_video")
    room = hook.ensure_room({"name": "algebra"})
    with pytest.raises(errors.InvalidSpecError, match="no session of Twilio"):
        hook.attendance("0" * 24)
    rooms_sandbox.start_session("twilio", room.id)
    with pytest.raises(errors.NotFoundError, match="began then"):
        hook.attendance(f"{room.id}-1")


# -- against answers of our own -------------------------------------------------------------------------------------------


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
        answer: Response | None = None
        while True:
            try:
                step = flow.send(answer)
            except StopIteration as end:
                return end.value
            answer = None
            if isinstance(step, Sleep):
                self.slept.append(step.seconds)
            elif isinstance(step, Request):
                self.sent.append(step)
                answer = self._answer(step)

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
    pages = [{"data": {"id": "s1", "participants": [person]}, "pageInfo": {"lastPage": 1}}]
    script = Script(**{"GET__/v2/sessions/s1/participants": pages, "GET__/v2/sessions/s1": [session]})
    (ann,) = script.run(attendance_of(made("videosdk"), "s1"))
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
    with pytest.raises(errors.NotVisibleYetError, match="still shows it as live"):
        script.run(end_session(made("videosdk"), "room-1"))
    assert sum(script.slept) > 30


def test_a_session_that_ends_by_itself_meanwhile_is_a_success() -> None:
    over = VS_SESSION | {"end": "2026-11-20T09:30:00Z"}
    script = Script().on("GET /v2/rooms/", VS_ROOM).on("GET /v2/sessions/s1", over)
    script.on("GET /v2/sessions", {"data": [VS_SESSION]}).on("POST /v2/sessions/end", 404)
    assert script.run(end_session(made("videosdk"), "room-1")).live is False


def test_a_refusal_to_end_is_told() -> None:
    script = Script().on("GET /v2/rooms/", VS_ROOM).on("GET /v2/sessions/s1", VS_SESSION)
    script.on("GET /v2/sessions", {"data": [VS_SESSION]}).on("POST /v2/sessions/end", 406)
    with pytest.raises(errors.RequestRefusedError):
        script.run(end_session(made("videosdk"), "room-1"))


def test_a_session_read_without_a_beginning_is_as_it_was() -> None:
    session = Session(id="s1", room_id="room-1", started_at="2026-11-20T09:00:00Z")
    script = Script().on("GET /v2/sessions/s1", VS_SESSION | {"start": None})
    assert script.run(made("videosdk").read_session(session)) is session


def test_a_list_that_moves_while_it_is_read_shows_nothing_twice() -> None:
    pages = [{"pageInfo": {"lastPage": 2}, "data": [VS_SESSION]}, {"data": [VS_SESSION, VS_SESSION | {"id": "s0"}]}]
    script = Script().on("GET /v2/rooms/", VS_ROOM).on("GET /v2/sessions", *pages)
    found = script.run(gathered(sessions_of(made("videosdk"), "room-1")))
    assert [session.id for session in found] == ["s1", "s0"]


def test_sessions_are_given_in_three_ways() -> None:
    session = Session(id="s1", room_id="r", started_at="2026-11-20T09:00:00Z")
    assert {session_id(session), session_id(session.as_dict()), session_id("s1")} == {"s1"}
