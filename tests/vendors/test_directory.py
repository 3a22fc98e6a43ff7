"""Lists that are old, cut, shuffled, late or endless: they cost requests, and make no second room, overwrite and reopen none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import flows
import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.sandbox import credentials
from airflow_provider_rooms.transport.drivers import BlockingTransport
from airflow_provider_rooms.transport.network import blocking_session
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.directory import Budget, Directory, read_directory
from airflow_provider_rooms.vendors.ensure import ensure_room
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.findings import inspect_room
from airflow_provider_rooms.vendors.flow import Request, Response, Runtime, Sleep
from airflow_provider_rooms.vendors.rooms import close

VENDORS = ("videosdk", "hundredms", "twilio_video")
SIGN_IN = {
    "videosdk": (credentials.KEY, credentials.SECRET, "videosdk"),
    "hundredms": (credentials.KEY, credentials.SECRET, "hundredms"),
    "twilio_video": (credentials.TWILIO_API_KEY, credentials.TWILIO_SECRET, "twilio"),
}
NAME_KEYS = {"videosdk": "customRoomId", "hundredms": "name", "twilio_video": "unique_name"}
#: Settings that are asked for, and others.
ASKED: dict[str, dict[str, Any]] = {
    "videosdk": {"region": "in002"},
    "hundredms": {"description": "A", "region": "eu"},
    "twilio_video": {"max_participants": 10},
}
OTHER: dict[str, dict[str, Any]] = {
    "videosdk": {"region": "us001"},
    "hundredms": {"description": "B", "region": "eu"},
    "twilio_video": {"max_participants": 20},
}
NAMES = ("there", "differs", "cancelled", "new")
Answer = Callable[[Request, Any], Any]


class Clock:
    """Seconds that a test lets pass."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Place:
    """An account with three classes' rooms, and somebody else's; answers to its lists may lie."""

    def __init__(self, box: Any, conn_type: str, session: Any) -> None:
        self.box, self.conn_type, self.clock = box, conn_type, Clock()
        login, secret, prefix = SIGN_IN[conn_type]
        given = Config(conn_id="c", base_url=f"{box.url}/{prefix}", key=login, secret=secret)
        self.vendor: Any = vendor_class(conn_type)(given, runtime=Runtime(monotonic=self.clock))
        self.transport = BlockingTransport(session, given.base_url)
        self.sent: list[Request] = []
        #: What becomes of the answer to a list; what is done before each of them.
        self.lie: Answer = lambda request, body: body
        self.before: Callable[[int], None] = lambda number: None
        self.lists = 0

    def spec(self, name: str) -> RoomSpec:
        return RoomSpec.read({"name": name, **ASKED[self.conn_type]})

    def fill(self, others: int = 30) -> None:
        for number in range(others):
            self.run(self.vendor.create(f"other-{number}", self._plan(f"other-{number}")))
        self.ensure("there")
        self.run(ensure_room(self.vendor, RoomSpec.read({"name": "differs", **OTHER[self.conn_type]})))
        self.ensure("cancelled")
        self.run(close(self.vendor, "cancelled"))
        self.sent.clear()

    def _plan(self, name: str) -> Any:
        from airflow_provider_rooms.vendors.plans import make_plan

        return make_plan(self.vendor, RoomSpec.read({"name": name}))

    def run(self, flow: Any) -> Any:
        def perform(step: Any) -> Any:
            if isinstance(step, Sleep):
                self.clock.seconds += step.seconds
            if not isinstance(step, Request):
                return None
            self.sent.append(step)
            listed = step.method == "GET" and step.path.endswith("ooms")
            if not listed or {"name", "UniqueName"} & dict(step.query).keys():
                return self.transport.send(step)
            self.lists += 1
            self.before(self.lists)
            answer = self.transport.send(step)
            body = self.lie(step, json.loads(answer.body))
            return body if isinstance(body, Response) else replace(answer, body=json.dumps(body).encode())

        return flows.run(flow, perform)

    def ensure(self, name: str, **known: Any) -> Room:
        room: Room = self.run(ensure_room(self.vendor, self.spec(name), **known))
        return room

    def directory(self, *, rooms: int = 500, names: tuple[str, ...] = NAMES, creating: bool = True) -> Directory:
        """What the lists show, as for so many rooms."""
        specs = {name: self.spec(name) for name in names}
        budget = Budget(self.vendor, rooms, creating=creating)
        found: Directory = self.run(read_directory(self.vendor, specs, budget))
        return found

    def settle(self, directory: Directory) -> dict[str, str]:
        """Make sure of every room; how each ended."""
        ends: dict[str, str] = {}
        for name in NAMES:
            try:
                ends[name] = self.ensure(name, known=directory.take(name)).outcome or ""
            except errors.RoomsError as error:
                ends[name] = type(error).__name__
        return ends

    def rooms(self, name: str) -> list[Any]:
        return [room for room in self.box.rooms(self.conn_type) if str(room[NAME_KEYS[self.conn_type]]) == name]


ENDS = {"there": "found", "differs": "DriftError", "cancelled": "RoomClosedError", "new": "created"}


@pytest.fixture(params=VENDORS)
def place(request: pytest.FixtureRequest, rooms_sandbox: Any, small_pages: None) -> Iterator[Place]:
    rooms_sandbox.limit(request.param)  # requests are sent here without their pace
    with blocking_session() as session:
        yield Place(rooms_sandbox, request.param, session)


def test_the_lists_tell_what_look_ups_would(place: Place) -> None:
    place.fill()
    directory = place.directory()
    known = {name: directory.take(name) for name in NAMES}
    # A closed room is looked up by itself: who closed it, and what took over, is not in the lists.
    assert known["cancelled"] is None
    assert known["there"] is not None
    assert known["there"].existing is not None
    assert known["new"] is not None
    assert known["new"].existing is None
    place.sent.clear()
    assert place.ensure("there", known=known["there"]).outcome == "found"
    assert place.sent == []
    assert place.ensure("new", known=known["new"]).outcome == "created"
    assert [request.method for request in place.sent].index("POST") == 0


def test_a_plan_reads_the_same(place: Place) -> None:
    place.fill()
    directory = place.directory(creating=False)
    verdicts = {
        name: place.run(inspect_room(place.vendor, place.spec(name), known=directory.take(name))).verdict
        for name in NAMES
    }
    assert verdicts == {"there": "exists", "differs": "differs", "cancelled": "closed", "new": "missing"}


def halves(request: Request, body: Any) -> Any:
    """A page cut in the middle, which says how the list goes on."""
    key = "rooms" if "rooms" in body else "data"
    items = body[key][: (len(body[key]) + 1) // 2]
    last = {"last": items[-1]["id"] if items else ""} if "last" in body else {}
    return {**body, key: items, **last}


def no_closed(request: Request, body: Any) -> Any:
    """Disabled rooms are in no list of VideoSDK."""
    if "pageInfo" not in body:
        return body
    return {**body, "data": [item for item in body["data"] if not item["disabled"]]}


def without_ids(request: Request, body: Any) -> Any:
    key = "rooms" if "rooms" in body else "data"
    return {**body, key: [{k: v for k, v in item.items() if k not in ("id", "sid", "roomId")} for item in body[key]]}


LIES: dict[str, Answer] = {
    "cut": halves,
    "hides closed ones": no_closed,
    "empty": lambda request, body: {},
    "not allowed": lambda request, body: Response(status=403, body=b"{}"),
    "away": lambda request, body: Response(status=503),
    "too many requests": lambda request, body: Response(status=429),
    "a page for people": lambda request, body: Response(status=200, body=b"<!doctype html><html>"),
    "entries without an id": without_ids,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_list_that_lies_costs_requests_and_nothing_else(lie: str, place: Place) -> None:
    place.fill()
    before = {name: place.rooms(name) for name in NAMES}
    place.lie = LIES[lie]
    assert place.settle(place.directory()) == ENDS
    for name in NAMES:
        assert len(place.rooms(name)) == 1
    # Nothing about them was changed.
    assert {n: place.rooms(n) for n in NAMES if n != "new"} == {n: before[n] for n in NAMES if n != "new"}


#: Names whose room a create would overwrite, or bring back, if lists do not show it yet.
RISKS = {"hundredms": ("there", "differs", "cancelled"), "twilio_video": ("cancelled",)}


@pytest.mark.parametrize(
    "wrong", [{"list_cut": True}, {"list_lag_seconds": 600}, {"list_stale": True}], ids=lambda wrong: "".join(wrong)
)
def test_lists_that_the_sandbox_spoils(wrong: dict[str, Any], place: Place) -> None:
    place.box.behave(place.conn_type, **wrong)
    place.directory()  # a list that is stale from now on shows none of the rooms
    place.fill()
    before = {name: place.rooms(name) for name in NAMES}
    ends = place.settle(place.directory())
    # What is in none of the lists yet: docs/promise.md.
    risks = RISKS.get(place.conn_type, ()) if "list_cut" not in wrong else ()
    for name in NAMES:
        usable = [room for room in map(place.vendor.room, place.rooms(name)) if room.state == "open"]
        assert len(usable) == (name != "cancelled") or name in risks
        assert name in risks or ends[name] == ENDS[name]
        assert name in (*risks, "new") or place.rooms(name) == before[name]
    assert len(place.rooms("there")) == len(place.rooms("new")) == 1


@pytest.mark.parametrize("order", ["oldest", "any"])
def test_lists_in_another_order(order: str, place: Place) -> None:
    place.fill()
    place.box.behave(place.conn_type, list_order=order)
    before = {name: place.rooms(name) for name in NAMES if name != "new"}
    for _ in range(5):
        ends = place.settle(place.directory())
        ends.pop("new")
        assert ends == {name: end for name, end in ENDS.items() if name != "new"}
    assert {name: place.rooms(name) for name in before} == before
    assert len(place.rooms("new")) == 1


def test_an_order_that_changes_proves_nothing(place: Place) -> None:
    place.fill()
    place.box.behave(place.conn_type, list_order="any")
    known = [place.directory(names=("absent",)).take("absent") for _ in range(5)]
    assert known == [None] * 5


def test_a_list_from_before(place: Place) -> None:
    """Rooms were made, changed and closed since the lists were read."""
    place.fill()
    old = place.directory()
    other = Place(place.box, place.conn_type, blocking_session())
    made = other.ensure("new")
    ends = place.settle(old)
    assert ends["new"] in ("found", "created")
    assert [other.vendor.room(room).id for room in place.rooms("new")] == [made.id]
    old = place.directory(names=(*NAMES, "late"))
    other.ensure("late")
    other.run(close(other.vendor, "late"))
    if place.conn_type != "twilio_video":  # where a completed room of the last minute is not to be seen
        with pytest.raises(errors.RoomClosedError):
            place.ensure("late", known=old.take("late"))
    assert len(place.rooms("late")) <= 2


def test_what_is_not_listed_counts_for_a_while(place: Place) -> None:
    place.fill()
    known = place.directory().take("new")
    assert known is not None
    other = Place(place.box, place.conn_type, blocking_session())
    other.run(ensure_room(other.vendor, RoomSpec.read({"name": "new", **OTHER[place.conn_type]})))
    place.clock.seconds += 61
    with pytest.raises(errors.DriftError):
        place.ensure("new", known=known)
    assert known.expired(place.vendor) is (place.conn_type != "videosdk")


def test_a_room_that_is_switched_on_or_off_between_two_lists_is_not_overwritten(place: Place) -> None:
    if place.conn_type != "hundredms":
        pytest.skip("only 100ms opens a room again, and overwrites")
    place.fill(5)
    (room,) = place.rooms("differs")

    def switch(enabled: bool) -> None:
        place.run(place.vendor.post(f"/v2/rooms/{room['id']}", {"enabled": enabled}))

    for first in (True, False):
        for when in range(1, 8):
            switch(first)
            place.lists = 0
            place.before = lambda number, when=when, first=first: switch(not first) if number == when else None
            known = place.directory(names=("differs", "absent")).take("differs")
            place.before = lambda number: None
            with pytest.raises((errors.DriftError, errors.RoomClosedError)):
                place.ensure("differs", known=known)
            assert place.rooms("differs")[0]["description"] == "B"


def test_an_endless_list_is_bounded_by_the_budget(place: Place) -> None:
    number = 0

    def endless(request: Request, body: Any) -> Any:
        nonlocal number
        number += 1
        url = f"{place.vendor.config.base_url}/v1/Rooms?Page={number}&PageToken=x"
        item = {"roomId": str(number), "id": str(number), "sid": str(number), "status": "in-progress"}
        return {
            "data": [item], "rooms": [item], "pageInfo": {"lastPage": 10**9}, "limit": 1, "last": str(number),
            "meta": {"next_page_url": url},
        }  # fmt: skip

    place.fill(0)
    place.lie = endless
    place.transport.send = lambda request: Response(status=200, body=b"{}")  # type: ignore[method-assign]
    assert place.directory(rooms=100).take("new") is None
    looks, made = {"videosdk": (1, 2), "hundredms": (2, 2), "twilio_video": (2, 1)}[place.conn_type]
    assert len(place.sent) <= 100 * (looks + made) // 10


def test_few_rooms_are_not_worth_a_list(place: Place) -> None:
    place.fill(0)
    assert place.directory(rooms=2).take("there") is None
    assert place.sent == []


def test_another_case_and_a_hash_are_the_same_name_where_the_vendor_says_so(place: Place) -> None:
    place.fill(0)
    shown = place.directory(names=("THERE",)).shows("THERE")
    assert shown is (place.conn_type == "hundredms")


def test_a_room_that_took_over_is_looked_up_by_itself(place: Place) -> None:
    if place.conn_type != "videosdk":
        pytest.skip("only VideoSDK's closed rooms keep their names")
    place.fill(0)
    taken_over = place.ensure("cancelled", on_closed="reopen")
    assert taken_over.name == "cancelled-r2"
    place.lie = lambda request, body: {
        **body, "data": [item for item in body["data"] if item["customRoomId"] != "cancelled"],
    }  # fmt: skip
    known = place.directory().take("cancelled")
    assert known is None
    assert place.ensure("cancelled").id == taken_over.id


@pytest.mark.parametrize("more", [True, False])
def test_what_the_list_leaves_out_is_read(more: bool, place: Place) -> None:
    """One room shows whether all have more to show than the list."""
    if place.conn_type != "videosdk":
        pytest.skip("the others either show all settings, or say which they leave out")
    place.fill(0)
    place.ensure("new")
    place.box.behave("videosdk", echo_config=more)
    place.lie = lambda request, body: {
        **body, "data": [{k: v for k, v in item.items() if k != "geoFence"} for item in body["data"]],
    }  # fmt: skip
    directory = place.directory()
    place.sent.clear()
    rooms = [place.ensure(name, known=directory.take(name)) for name in ("there", "new")]
    assert [room.unverified for room in rooms] == ([[], []] if more else [["geoFence"]] * 2)
    assert len(place.sent) == (2 if more else 0)


def test_a_full_page_before_an_empty_one_may_have_been_reordered(place: Place) -> None:
    """Nobody knows what was on the second page when the first was read."""
    if place.conn_type == "videosdk":
        pytest.skip("its lists tell how many rooms there are")
    place.fill(20)
    firsts = 0

    def lie(request: Request, body: Any) -> Any:
        nonlocal firsts
        key = "rooms" if "rooms" in body else "data"
        if {"start", "PageToken"} & dict(request.query).keys():
            return {**body, key: [], **({"last": ""} if "last" in body else {"meta": {}})}
        firsts += 1
        return {**body, key: (body[key] or [])[:: (-1) ** firsts]}

    place.lie = lie
    assert place.directory(names=("absent",)).take("absent") is None
