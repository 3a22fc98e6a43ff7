"""Making sure of a room while others interfere between any two requests, or the vendor does not show what it did."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import flows
import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.sandbox import credentials
from airflow_provider_rooms.transport.drivers import BlockingTransport
from airflow_provider_rooms.transport.network import blocking_session
from airflow_provider_rooms.vendors import flow as flows_of_vendors
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.ensure import ensure_room
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Request, Response, Sleep
from airflow_provider_rooms.vendors.rooms import close, find, find_by_name

VENDORS = tuple(BY_TYPE)
SIGN_IN = {
    "videosdk": (credentials.KEY, credentials.SECRET, "videosdk"),
    "hundredms": (credentials.KEY, credentials.SECRET, "hundredms"),
    "twilio_video": (credentials.TWILIO_API_KEY, credentials.TWILIO_SECRET, "twilio"),
}


class Hand:
    """Runs flows against the sandbox without really sleeping, and lets others act before a request."""

    def __init__(self, box: Any, conn_type: str, session: Any, **config: Any) -> None:
        self.box, self.conn_type = box, conn_type
        login, secret, prefix = SIGN_IN[conn_type]
        given = Config(conn_id="c", base_url=f"{box.url}/{prefix}", key=login, secret=secret, **config)
        self.vendor: Any = vendor_class(conn_type)(given)
        self.transport = BlockingTransport(session, given.base_url)
        self.sent: list[str] = []
        self.slept: list[float] = []

    def run(self, flow: Any, *meanwhile: tuple[int, Callable[[], Any]]) -> Any:
        """Its result.

        :param meanwhile: what happens before the request of that number, counted from 1.
        """
        numbers = count(1)

        def perform(step: Any) -> Response | None:
            if isinstance(step, Sleep):
                self.slept.append(step.seconds)
            if not isinstance(step, Request):
                return None
            self.sent.append(step.method)
            number = next(numbers)
            for when, act in meanwhile:
                if when == number:
                    act()
            return self.transport.send(step)

        return flows.run(flow, perform)

    def ensure(self, *meanwhile: tuple[int, Callable[[], Any]], name: str = "algebra", **given: Any) -> Any:
        asks = {key: given.pop(key) for key in ("on_drift", "on_closed") if key in given}
        return self.run(ensure_room(self.vendor, RoomSpec.read({"name": name, **given}), **asks), *meanwhile)

    def close(self, name: str = "algebra") -> None:
        """Somebody else closes the room."""
        other = Hand(self.box, self.conn_type, blocking_session())
        other.run(close(other.vendor, name))

    def rooms(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.box.rooms(self.conn_type)
        return found


@pytest.fixture
def hand(rooms_sandbox: Any) -> Iterator[Callable[..., Hand]]:
    with blocking_session() as session:
        yield lambda conn_type, **config: Hand(rooms_sandbox, conn_type, session, **config)


# -- what the vendor does not show ----------------------------------------------------------------------------------------


#: Those whose answer to a create is not the whole of the new room.
READ_BACK = ("videosdk", "hundredms")


@pytest.mark.parametrize("conn_type", READ_BACK)
def test_a_room_that_is_never_shown_is_not_taken_for_made(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type)
    worker.box.behave(conn_type, read_lag_seconds=600)
    with pytest.raises(errors.NotVisibleYetError, match="accepted the request but does not return the room yet"):
        worker.ensure()
    assert worker.slept == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert (worker.sent.count("POST"), len(worker.rooms())) == (1, 1)
    worker.box.behave(conn_type, read_lag_seconds=0)


def test_a_name_that_is_taken_by_a_room_that_is_never_shown(hand: Any) -> None:
    worker = hand("twilio_video")
    worker.box.behave("twilio_video", read_lag_seconds=600)
    made = worker.ensure()
    assert (made.outcome, made.state, worker.sent) == ("created", "open", ["GET", "GET", "POST"])
    worker.sent.clear()
    with pytest.raises(
        errors.NotVisibleYetError, match="The name is in use, but the room with that name cannot be read"
    ):
        worker.ensure()
    assert (worker.sent.count("POST"), len(worker.rooms())) == (6, 1)


def test_settings_that_videosdk_does_not_show_are_unverified(hand: Any) -> None:
    worker = hand("videosdk")
    worker.box.behave("videosdk", echo_config=False)
    assert worker.ensure(region="in002").unverified == ["geoFence"]
    found = worker.ensure(region="us001")
    assert (found.outcome, found.drift, found.unverified) == ("found", [], ["geoFence"])


def test_what_the_vendor_chooses_is_no_drift(hand: Any) -> None:
    assert hand("hundredms").ensure(region="auto").unverified == ["region"]
    assert hand("twilio_video").ensure(region="gll").unverified == ["MediaRegion"]


# -- who comes between ----------------------------------------------------------------------------------------------------

#: The number of the request that creates, and of the one that reads back.
CREATES = {"videosdk": 2, "hundredms": 3, "twilio_video": 3}


@pytest.mark.parametrize("conn_type", READ_BACK)
def test_closed_between_creating_and_reading_back(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type)
    with pytest.raises(errors.RoomClosedError):
        worker.ensure((CREATES[conn_type] + 1, worker.close))
    assert len(worker.rooms()) == 1
    again = hand(conn_type)
    room = again.ensure((CREATES[conn_type] + 1, lambda: again.close("botany")), name="botany", on_closed="reopen")
    assert (room.state, room.outcome) == ("open", "reopened")


@pytest.mark.parametrize("conn_type", ["videosdk", "hundredms"])
def test_made_and_closed_between_looking_and_creating(conn_type: str, hand: Any) -> None:
    """Create then gives the closed room back."""
    worker, other = hand(conn_type), hand(conn_type)
    with pytest.raises(errors.RoomClosedError):
        worker.ensure((CREATES[conn_type], lambda: (other.ensure(), other.close())))


@pytest.mark.parametrize("conn_type", VENDORS)
def test_made_between_looking_and_creating(conn_type: str, hand: Any) -> None:
    worker, other = hand(conn_type), hand(conn_type)
    made: list[Any] = []
    room = worker.ensure((CREATES[conn_type], lambda: made.append(other.ensure())))
    assert room.id == made[0].id
    assert len(worker.rooms()) == 1
    # Only Twilio tells that it was there already.
    assert room.outcome == ("found" if conn_type == "twilio_video" else "created")


def test_completed_between_the_clash_and_looking_again(hand: Any) -> None:
    """Twilio: the name was taken, and is free again: another room is made, as nobody decided against it."""
    worker, other = hand("twilio_video"), hand("twilio_video")
    room = worker.ensure(
        (CREATES["twilio_video"], lambda: other.ensure()),
        (CREATES["twilio_video"] + 1, other.close),
        on_closed="reopen",
    )
    assert (room.outcome, room.state) == ("reopened", "open")
    assert worker.sent.count("POST") == 2


def test_completed_while_it_is_being_completed(hand: Any) -> None:
    worker = hand("twilio_video")
    worker.ensure()
    assert worker.run(close(worker.vendor, "algebra"), (2, worker.close)).state == "closed"
    # Anything else that is wrong stays an error.
    worker.ensure(name="botany")
    worker.box.fault("twilio_video", status=400, method="POST")
    with pytest.raises(errors.RequestRefusedError):
        worker.run(close(worker.vendor, "botany"))


def test_a_conflict_at_videosdk_is_looked_into(hand: Any) -> None:
    worker = hand("videosdk")
    worker.box.fault("videosdk", status=409, method="POST")
    assert worker.ensure().outcome == "created"
    assert (worker.sent.count("POST"), len(worker.rooms())) == (2, 1)
    worker.box.fault("videosdk", status=409, method="POST", times=-1)
    with pytest.raises(errors.NotVisibleYetError):
        worker.ensure(name="botany")


def test_settings_that_100ms_does_not_keep(hand: Any) -> None:
    worker = hand("hundredms")
    room = worker.ensure(description="A")

    def undo() -> None:
        other = Hand(worker.box, "hundredms", blocking_session())
        other.run(other.vendor.post(f"/v2/rooms/{room.id}", {"description": "C"}))

    with pytest.raises(errors.DriftError, match="did not apply all settings: description: asked 'B'"):
        worker.ensure((4, undo), description="B", on_drift="update")


def test_a_room_that_100ms_lists_but_does_not_show(hand: Any) -> None:
    worker = hand("hundredms")
    room = worker.ensure()
    worker.box.fault("hundredms", status=404, method="GET", path=f"/v2/rooms/{room.id}", times=-1)
    with pytest.raises(errors.NotVisibleYetError, match="lists the room but does not return it"):
        worker.ensure()


# -- finding --------------------------------------------------------------------------------------------------------------


def test_videosdk_is_reopened_a_bounded_number_of_times(hand: Any) -> None:
    worker = hand("videosdk")
    ids = set()
    for _ in range(20):
        ids.add(worker.ensure(on_closed="reopen").id)
        worker.run(close(worker.vendor, next(room["roomId"] for room in worker.rooms() if not room["disabled"])))
    assert len(ids) == 20
    with pytest.raises(errors.RoomClosedError, match="closed and reopened 19 times"):
        worker.ensure(on_closed="reopen")


@pytest.mark.parametrize("conn_type", VENDORS)
@pytest.mark.parametrize("name", ["algebra", "a" * 59])
def test_the_names_that_the_room_of_a_class_may_have(conn_type: str, name: str, hand: Any) -> None:
    worker = hand(conn_type)
    assert len(set(worker.vendor.names_of(name))) == (20 if conn_type == "videosdk" else 1)
    rooms = [worker.ensure(name=name)]
    for _ in range(2):
        worker.close(rooms[-1].name)
        rooms.append(worker.ensure(name=name, on_closed="reopen"))
    shown = [room.name for room in rooms]
    assert shown == list(worker.vendor.names_of(name)[:3] * (1 if conn_type == "videosdk" else 3))
    assert [worker.run(worker.vendor.first_name(one)) for one in shown] == [name] * 3


def test_a_class_that_people_call_r2_is_no_successor(hand: Any) -> None:
    worker = hand("videosdk")
    names = [worker.ensure(name=name).name for name in ("seminar", "seminar-r2", "lab-r3")]
    assert [worker.run(worker.vendor.first_name(name)) for name in names] == ["seminar", "seminar-r2", "lab-r3"]


@pytest.mark.parametrize("matching", ["exact", "substring"])
@pytest.mark.parametrize("empty", ["list", "null"])
def test_a_name_is_found_among_others_however_100ms_filters(matching: str, empty: str, hand: Any) -> None:
    worker = hand("hundredms")
    worker.box.behave("hundredms", name_filter=matching, empty_data=empty)
    room = worker.ensure(name="Alg")
    for number in range(104):
        worker.run(worker.vendor.post("/v2/rooms", {"name": f"alg-{number}"}))
    again = worker.ensure(name="aLG")
    assert (again.id, again.outcome) == (room.id, "found")
    assert worker.ensure(name="lg").outcome == "created"


def test_a_list_of_100ms_that_does_not_end(hand: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows_of_vendors, "MOST_PAGES", 3)
    worker = hand("hundredms")
    flow = ensure_room(worker.vendor, RoomSpec.read({"name": "a"}))
    answer: Any = None
    pages = iter(range(9))
    with pytest.raises(errors.UnreadableAnswerError, match="does not end"):  # noqa: PT012
        while True:
            flow.send(answer)
            page = {"data": [{"id": "x", "name": "other"}], "limit": 1, "last": f"c{next(pages)}"}
            answer = Response(status=200, body=json.dumps(page).encode())


def test_names_as_100ms_shows_them(hand: Any) -> None:
    vendor = hand("hundredms").vendor
    assert vendor.same_name("ALGEBRA", "algebra")
    assert vendor.same_name(hashlib.sha256(b"algebra").hexdigest(), "algebra")
    assert not vendor.same_name("algebra-2", "algebra")
    older = {"id": "x", "recording": {"enabled": True}}
    assert vendor.shown(older) == {"recording_info": {"enabled": True}}
    assert vendor.shown({**older, "recording_info": None}) == {"recording_info": {"enabled": True}}


@pytest.mark.parametrize("conn_type", VENDORS)
def test_rooms_are_found_with_and_without_the_prefix(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type, name_prefix="staging-")
    room = worker.ensure()
    assert room.name == "staging-algebra"
    for ref in ("algebra", "staging-algebra", room.id, room.as_dict(), {"name": "algebra"}):
        assert worker.run(find(worker.vendor, ref)).id == room.id
    assert worker.run(find_by_name(worker.vendor, "algebra")).id == room.id
    assert worker.run(find_by_name(worker.vendor, "botany")) is None
    with pytest.raises(errors.NotFoundError, match="has no room with this id or name"):
        worker.run(find(worker.vendor, "botany"))
    for ref in ({}, "", "None", None, 5, {"id": ""}):
        with pytest.raises(errors.InvalidSpecError, match="expected an id, a name or the room dict"):
            worker.run(find(worker.vendor, ref))
    with pytest.raises(errors.InvalidSpecError, match="this room is from zoom"):
        worker.run(find(worker.vendor, {"vendor": "zoom", "id": "x"}))


@pytest.mark.parametrize("conn_type", VENDORS)
def test_a_name_leads_to_the_room_that_is_usable(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type)
    first = worker.ensure()
    for _ in range(2):
        worker.close(first.name)
        assert worker.run(find(worker.vendor, first.name)).state == "closed"
        again = worker.ensure(on_closed="reopen")
        found = worker.run(find(worker.vendor, first.name))
        assert (found.id, found.state) == (again.id, "open")
    assert worker.run(find(worker.vendor, first.id)).id == first.id


@pytest.mark.parametrize("conn_type", VENDORS)
def test_a_row_that_was_not_due_leads_to_its_room_once_it_is_made(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type)
    row = {"vendor": conn_type, "id": None, "name": "algebra", "outcome": "not_due", "starts_at": None, "ends_at": None}
    with pytest.raises(errors.NotFoundError, match="has no room yet"):
        worker.run(find(worker.vendor, row))
    room = worker.ensure()
    assert worker.run(find(worker.vendor, row)).id == room.id
    assert [worker.run(close(worker.vendor, row)).state for _ in range(2)] == ["closed", "closed"]


@pytest.mark.parametrize("conn_type", VENDORS)
def test_a_prefix_keeps_off_rooms_of_the_same_name_without_it(conn_type: str, hand: Any) -> None:
    """Else the staging DAG that closes "algebra" closes production's."""
    theirs, worker = hand(conn_type).ensure(), hand(conn_type, name_prefix="staging-")
    with pytest.raises(errors.NotFoundError):
        worker.run(find(worker.vendor, "algebra"))
    ours = worker.ensure()
    assert worker.run(find(worker.vendor, "algebra")).id == ours.id != theirs.id
    assert worker.run(find(worker.vendor, theirs.id)).id == theirs.id


@pytest.mark.parametrize("conn_type", ["videosdk", "twilio_video"])
def test_only_100ms_can_change_a_room(conn_type: str, hand: Any) -> None:
    with pytest.raises(errors.UnsupportedError):
        hand(conn_type).vendor.update({}, None)


def test_options_that_are_no_dict_where_one_is_needed(hand: Any) -> None:
    with pytest.raises(errors.InvalidSpecError, match=r"options\.webhook"):
        hand("hundredms").ensure(options={"webhook": "https://x.example"})


# -- Twilio's past rooms --------------------------------------------------------------------------------------------------

DAY = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def answered(flow: Any, body: Any) -> Any:
    """The result of a flow that asks at most once."""
    try:
        next(flow)
        flow.send(Response(status=200, body=json.dumps(body).encode()))
    except StopIteration as end:
        return end.value
    raise AssertionError("it asks for more")


def iso(minutes: float) -> str:
    return (DAY + dt.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("room", "left", "expired"),
    [
        ({"end_time": iso(60)}, [], True),
        ({"end_time": iso(59)}, [], False),
        ({"end_time": None}, [], False),
        ({"date_created": None, "end_time": iso(60)}, [], False),
        ({"end_time": iso(100)}, [iso(30), iso(40), None], True),
        ({"end_time": iso(70)}, [iso(40)], False),
        ({"end_time": iso(60), "unused_room_timeout": 10**18}, [], False),
        ({"end_time": iso(60), "unused_room_timeout": "60"}, [], False),
        ({"end_time": iso(60), "unused_room_timeout": 0}, [], False),
        ({"end_time": iso(60), "unused_room_timeout": None}, [], False),
    ],
)
def test_whether_twilios_own_clock_closed_a_room(
    room: dict[str, Any], left: list[str | None], expired: bool, hand: Any
) -> None:
    answer = {"sid": "RM1", "date_created": iso(0), "unused_room_timeout": 60, "empty_room_timeout": 60, **room}
    flow = hand("twilio_video").vendor._expired(answer)
    people = {"participants": [{"end_time": end} for end in left], "meta": {}}
    assert answered(flow, people) is expired


def test_the_window_of_a_class(hand: Any) -> None:
    window = hand("twilio_video").vendor._window
    hour = dt.timedelta(hours=1)
    assert window(RoomSpec(starts_at=DAY, ends_at=DAY + hour)) == (DAY - hour, DAY + hour)
    assert window(RoomSpec(starts_at=DAY)) == (DAY - hour, DAY + 12 * hour)
    assert window(RoomSpec(ends_at=DAY)) == (DAY - 13 * hour, DAY)
    since, until = window(RoomSpec())
    assert until is None
    assert dt.timedelta(hours=23) < dt.datetime.now(dt.UTC) - since < dt.timedelta(hours=25)


def test_a_room_that_twilio_shows_by_name_though_it_is_completed(hand: Any) -> None:
    body = {"sid": "RM1", "unique_name": "algebra", "status": "completed"}
    assert answered(hand("twilio_video").vendor._in_progress("algebra"), body) is None


def test_a_room_of_last_week_is_not_this_weeks(hand: Any) -> None:
    worker = hand("twilio_video")
    worker.ensure()
    worker.close()
    now = dt.datetime.now(dt.UTC)
    week = dt.timedelta(days=7)
    times = {"starts_at": (now + week).isoformat(), "ends_at": (now + week + dt.timedelta(hours=1)).isoformat()}
    assert worker.ensure(**times).outcome == "created"


def ago(hours: float) -> dict[str, dt.datetime]:
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)
    return {"starts_at": begin, "ends_at": begin + dt.timedelta(hours=1)}


@pytest.mark.parametrize("conn_type", VENDORS)
def test_a_class_that_is_over_gets_no_room_and_keeps_the_one_it_had(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type)
    with pytest.raises(errors.ClassOverError):
        worker.ensure(**ago(3))
    assert ("POST" in worker.sent, worker.rooms()) == (False, [])
    room = worker.ensure()
    assert (worker.ensure(**ago(1.1)).id, len(worker.rooms())) == (room.id, 1)


def test_todays_completed_room_is_not_yesterdays(hand: Any) -> None:
    worker = hand("twilio_video")
    worker.ensure()
    worker.close()
    with pytest.raises(errors.ClassOverError):
        worker.ensure(**ago(24))
