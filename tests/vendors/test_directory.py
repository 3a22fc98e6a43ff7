"""Lists that are old, cut, shuffled, late or endless: they cost requests, and make no second room, overwrite and reopen none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from places import NAMES, Answer, Place
from plan_help import vendor
from vendor_traits import ANY, TYPES, facts

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.transport.network import blocking_session
from airflow_provider_rooms.vendors.directory import Budget, Directory, read_directory
from airflow_provider_rooms.vendors.ensure import ensure_room
from airflow_provider_rooms.vendors.findings import inspect_room
from airflow_provider_rooms.vendors.flow import Request, Response, gathered
from airflow_provider_rooms.vendors.rest import PageNumbers
from airflow_provider_rooms.vendors.rooms import close

LISTS = facts("directory")
ENDS = {"there": "found", "differs": "DriftError", "cancelled": "RoomClosedError", "new": "created"}


@pytest.fixture(params=TYPES)
def place(request: pytest.FixtureRequest, place_of: Callable[[str], Place]) -> Place:
    return place_of(request.param)


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
    """At some vendors closed rooms are in no list."""
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


@pytest.mark.parametrize(
    "wrong", [{"list_cut": True}, {"list_lag_seconds": 600}, {"list_stale": True}], ids=lambda wrong: "".join(wrong)
)
def test_lists_that_the_sandbox_spoils(wrong: dict[str, Any], place: Place) -> None:
    place.box.behave(place.conn_type, **wrong)
    place.directory()  # a list that is stale from now on shows none of the rooms
    place.fill()
    before = {name: place.rooms(name) for name in NAMES}
    ends = place.settle(place.directory())
    unseen = LISTS[place.conn_type].UNSEEN if "list_cut" not in wrong else ()
    for name in NAMES:
        usable = [room for room in map(place.vendor.room, place.rooms(name)) if room.state == "open"]
        assert len(usable) == (name != "cancelled") or name in unseen
        assert name in unseen or ends[name] == ENDS[name]
        assert name in (*unseen, "new") or place.rooms(name) == before[name]
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
    if LISTS[place.conn_type].CLOSED_AT_ONCE:
        with pytest.raises(errors.RoomClosedError):
            place.ensure("late", known=old.take("late"))
    assert len(place.rooms("late")) <= 2


def test_what_is_not_listed_counts_for_a_while(place: Place) -> None:
    place.fill()
    known = place.directory().take("new")
    assert known is not None
    other = Place(place.box, place.conn_type, blocking_session())
    other.run(ensure_room(other.vendor, RoomSpec.read({"name": "new", **place.traits.other})))
    place.clock.seconds += 61
    with pytest.raises(errors.DriftError):
        place.ensure("new", known=known)
    assert known.expired(place.vendor) is LISTS[place.conn_type].ABSENCE_EXPIRES


def endless_at(place: Place) -> Answer:
    """A list that never ends, each page with a room that nobody knows."""
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

    return endless


def test_a_list_of_orphans_that_never_ends_is_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("flow", "directory"):
        monkeypatch.setattr(f"airflow_provider_rooms.vendors.{module}.MOST_PAGES", 20)
    place.fill(0)
    place.lie = endless_at(place)
    # That page is nowhere in the sandbox.
    place.transport.send = lambda request: Response(status=200, body=b"{}")  # type: ignore[method-assign]
    orphans: list[Any] = []
    specs = {"there": place.spec("there")}
    budget = Budget(place.vendor, 1)
    directory = place.run(read_directory(place.vendor, specs, budget, open_rooms=orphans.append))
    assert not directory.read_all_open
    assert directory.take("there") is None
    assert len(place.sent) <= 20 * len(place.vendor.listing(()).lists)
    with pytest.raises(errors.UnreadableAnswerError, match="does not end"):
        place.run(gathered(place.vendor.list_open_rooms(lambda room: True)))


def test_an_endless_list_is_bounded_by_the_budget(place: Place) -> None:
    place.fill(0)
    place.lie = endless_at(place)
    place.transport.send = lambda request: Response(status=200, body=b"{}")  # type: ignore[method-assign]
    assert place.directory(rooms=100).take("new") is None
    cost = place.traits.cost
    assert len(place.sent) <= 100 * (cost.absent + 1 + cost.read_back) // 10


def test_few_rooms_are_not_worth_a_list(place: Place) -> None:
    place.fill(0)
    assert place.directory(rooms=2).take("there") is None
    assert place.sent == []


def test_another_case_and_a_hash_are_the_same_name_where_the_vendor_says_so(place: Place) -> None:
    place.fill(0)
    shown = place.directory(names=("THERE",)).shows("THERE")
    assert shown is facts("names")[place.conn_type].FOLDS_CASE


def test_a_full_page_before_an_empty_one_may_have_been_reordered(place: Place) -> None:
    """Nobody knows what was on the second page when the first was read."""
    if isinstance(place.vendor.cursor, PageNumbers):
        pytest.skip("its lists tell how long they are")
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


def test_a_room_that_took_the_place_of_a_closed_one_is_the_one_that_counts(place: Place) -> None:
    place.fill(0)
    again = place.ensure("cancelled", on_closed="reopen")
    known = place.directory().take("cancelled")
    assert place.ensure("cancelled", known=known).id == again.id


def test_a_list_that_begins_otherwise_when_it_is_read_again_proves_nothing(place: Place) -> None:
    """Somebody's room moved to the front, so another may have moved to where it was not seen."""
    place.fill()
    asked: set[str] = set()

    def moved(request: Request, body: Any) -> Any:
        key = "rooms" if "rooms" in body else "data"
        if request.target in asked and body[key]:
            first = dict(body[key][-1], **{place.traits.id_key: "moved"})
            body = {**body, key: [first, *body[key][1:], body[key][0]]}
        asked.add(request.target)
        return body

    place.lie = moved
    known = place.directory(names=("absent",)).take("absent")
    assert place.ensure("absent", known=known).outcome == "created"
    assert len(place.rooms("absent")) == 1


def test_every_open_room_is_handed_over(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.fill()
    specs = {name: place.spec(name) for name in NAMES}

    def read() -> tuple[Directory, set[str | None]]:
        kept: list[Room] = []
        found: Directory = place.run(
            read_directory(place.vendor, specs, Budget(place.vendor, 1), open_rooms=kept.append)
        )
        return found, {room.name for room in kept}

    directory, names = read()
    assert directory.read_all_open
    assert names == {"there", "differs", *(f"other-{number}" for number in range(30))}
    monkeypatch.setattr("airflow_provider_rooms.vendors.directory.MOST_PAGES", 2)
    assert not read()[0].read_all_open


def test_a_budget_of_few_rooms_is_half_of_them() -> None:
    budget = Budget(vendor(ANY.conn_type), 1000)
    budget.narrow(10)
    assert (budget.longest, budget.pages) == (5, 5)


def test_a_listed_room_that_is_no_longer_as_listed_is_looked_up(place: Place) -> None:
    """Its settings differ in the list, so it is read: by now it may be closed, or not be shown at all."""
    place.fill(5)
    gone, closed = (place.directory().take("differs") for _ in range(2))
    assert gone is not None
    assert gone.existing is not None
    room_id = place.vendor.room(gone.existing.answer).id
    place.box.fault(place.conn_type, status=404, method="GET", path=f"*/{room_id}", times=1)
    with pytest.raises(errors.DriftError):
        place.ensure("differs", known=gone)
    place.box.clear_faults()
    other = Place(place.box, place.conn_type, blocking_session())
    other.run(close(other.vendor, "differs"))
    with pytest.raises(errors.RoomClosedError):
        place.ensure("differs", known=closed)
