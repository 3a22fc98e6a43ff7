"""Which room a text, a dict or a name leads to: never to the room of another class, at any vendor."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import flows
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vendor_traits import TRAITS_OF, TYPES, facts

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room
from airflow_provider_rooms.names import fold, numbered_name
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.vendors.flow import Sleep
from airflow_provider_rooms.vendors.rest_rooms import NumberedRooms
from airflow_provider_rooms.vendors.rooms import close, find, find_by_name

PREFIXES = ("", "a-", "alg-", "a-a-")
#: Words that names are made of; some are in the form of the ids of the model below, or end as a successor's.
WORDS = st.sampled_from(["1", "x-r2", "id-0", "id-1"])


@st.composite
def accounts(draw: st.DrawFn) -> tuple[str, list[tuple[str, bool]], str]:
    """A prefix; rooms (name, whether closed) with the prefix before them no, one or several times; a text."""
    prefix = draw(st.sampled_from(PREFIXES))
    names = st.builds(lambda word, times: prefix * times + word, WORDS, st.integers(0, 3))
    rooms = draw(st.lists(st.tuples(names, st.booleans()), max_size=6, unique_by=lambda one: fold(one[0])))
    near = [text for name, _ in rooms for text in (name, name.removeprefix(prefix), prefix + name)]
    return prefix, rooms, draw(st.sampled_from(near) | names if near else names)


# -- a model of any vendor: rooms in a dict -------------------------------------------------------------------------------


@dataclass
class Account:
    """The part of a vendor that a look-up stands on, over rooms in memory.

    :param ids_are_names: the id of a room is its name, as at vendors that have no other.
    """

    rooms: list[Room]
    name_prefix: str
    ids_are_names: bool
    name: str = "model"
    title: str = "Model"
    asked: list[str] = field(default_factory=list)

    @property
    def id_form(self) -> re.Pattern[str] | None:
        return None if self.ids_are_names else re.compile(r"id-\d+")

    @property
    def config(self) -> Account:
        return self

    def not_found(self, ref: str) -> errors.NotFoundError:
        return errors.NotFoundError("none", room=ref)

    def get_room(self, room_id: str) -> Any:
        yield from ()
        self.asked.append(room_id)
        for room in self.rooms:
            if room.id == room_id:
                return room
        raise self.not_found(room_id)

    def room_named(self, name: str) -> Any:
        yield from ()
        self.asked.append(name)
        return next((room for room in self.rooms if room.name == name), None)


def account(rooms: list[tuple[str, bool]], prefix: str, ids_are_names: bool) -> Account:
    made = [
        Room(vendor="model", conn_id="c", id=name if ids_are_names else f"id-{i}", name=name, state=_state(closed))
        for i, (name, closed) in enumerate(rooms)
    ]
    return Account(made, prefix, ids_are_names)


def _state(closed: bool) -> Any:
    return "closed" if closed else "open"


@settings(max_examples=300)
@given(case=accounts(), ids_are_names=st.booleans())
def test_a_text_leads_to_the_room_that_it_means_and_to_no_other(case: Any, ids_are_names: bool) -> None:
    prefix, rooms, text = case
    vendor = account(rooms, prefix, ids_are_names)
    by_id = [] if ids_are_names else [room for room in vendor.rooms if room.id == text]
    ours = [room for room in vendor.rooms if room.name == prefix + text]
    full = [room for room in vendor.rooms if prefix and text.startswith(prefix) and room.name == text]
    if not by_id and ours and full:
        with pytest.raises(errors.InvalidSpecError) as refused:
            flows.run(find(vendor, text), nobody)
        assert all(repr(room.name) in str(refused.value) for room in ours + full)
    elif meant := by_id or ours or full:
        assert flows.run(find(vendor, text), nobody) == meant[0]
        # At most an id, the name, and the full name.
        assert len(vendor.asked) <= 3
        assert not by_id or vendor.asked == [text]
    else:
        with pytest.raises(errors.NotFoundError):
            flows.run(find(vendor, text), nobody)


@settings(max_examples=300)
@given(case=accounts(), ids_are_names=st.booleans(), data=st.data())
def test_a_room_dict_goes_by_its_id_alone(case: Any, ids_are_names: bool, data: st.DataObject) -> None:
    prefix, rooms, text = case
    vendor = account(rooms, prefix, ids_are_names)
    gone = Room(vendor="model", conn_id="c", id="gone", name=text, state="open")
    room = data.draw(st.sampled_from([*vendor.rooms, gone]))
    for ref in (room, room.as_dict(), {"id": room.id}):
        vendor.asked.clear()
        if room is gone:
            with pytest.raises(errors.NotFoundError):
                flows.run(find(vendor, ref), nobody)
        else:
            assert flows.run(find(vendor, ref), nobody) == room
        assert vendor.asked == [room.id]


def nobody(step: Any) -> Any:
    raise AssertionError(f"the model asks nobody: {step}")


# -- the vendors, on the sandbox --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=accounts(), data=st.data())
def test_at_the_vendors_too_a_text_never_leads_to_another_class(
    conn_type: str, hand: Any, rooms_sandbox: RoomsSandbox, case: Any, data: st.DataObject
) -> None:
    prefix, rooms, text = case
    rooms_sandbox.reset()  # examples share a sandbox
    worker, anybody = hand(conn_type, name_prefix=prefix), hand(conn_type)
    made = {}
    for name, closed in rooms:
        room = anybody.make(name)
        made[room.id] = anybody.run(close(anybody.vendor, room)) if closed else room
    if isinstance(worker.vendor, NumberedRooms) and made and data.draw(st.booleans()):
        # A class that was closed and reopened.
        first = next(iter(made.values()))
        anybody.run(close(anybody.vendor, first))
        successor = anybody.make(numbered_name(str(first.name), 2))
        made[successor.id] = successor
    text = data.draw(st.sampled_from([text, *made]))
    try:
        found = worker.run(find(worker.vendor, text))
    except (errors.NotFoundError, errors.InvalidSpecError):
        assert text not in made
        return
    if found.id == text:
        return
    allowed = {prefix + text} | ({text} if text.startswith(prefix) else set())
    assert any(found.name in worker.vendor.names_of(name) for name in allowed), (text, found)
    if found.name == text and prefix:
        assert not any(room.name == prefix + text for room in made.values())


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_name_that_is_prefix_and_name_of_another_class_is_refused(conn_type: str, hand: Any) -> None:
    """Else ``close_room("alg-1")`` closes the room of the class ``1``."""
    worker = hand(conn_type, name_prefix="alg-")
    other, mine = (worker.make(name) for name in ("alg-1", "alg-alg-1"))
    with pytest.raises(errors.InvalidSpecError) as refused:
        worker.run(close(worker.vendor, "alg-1"))
    for room in (other, mine):
        assert repr(room.name) in str(refused.value)
        assert room.id in str(refused.value)
    assert {worker.run(find(worker.vendor, room)).state for room in (other, mine)} == {"open"}
    # Unmistakable: the name of the one, ids, dicts. A closed room has its name still.
    assert worker.run(find(worker.vendor, "1")).id == other.id
    for ref in (mine.id, mine, mine.as_dict()):
        assert worker.run(find(worker.vendor, ref)).id == mine.id
    worker.run(close(worker.vendor, mine))
    with pytest.raises(errors.InvalidSpecError):
        worker.run(find(worker.vendor, "alg-1"))


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_full_name_is_accepted_where_no_other_class_has_it(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type, name_prefix="alg-")
    room = worker.make("alg-1")
    theirs = hand(conn_type).make("1")
    assert worker.run(find(worker.vendor, "alg-1")).id == room.id
    assert worker.run(find(worker.vendor, "1")).id == room.id
    assert worker.run(find(worker.vendor, theirs.id)).id == theirs.id
    worker.run(close(worker.vendor, room))
    assert worker.run(find(worker.vendor, "alg-1")) == worker.run(find(worker.vendor, "1"))
    # find_room takes the name alone.
    assert worker.run(find_by_name(worker.vendor, "alg-1")) is None
    assert worker.run(find_by_name(worker.vendor, "1")).id == room.id


NAMES = facts("names")


@pytest.mark.parametrize("conn_type", [name for name in TYPES if NAMES[name].LIKE_AN_ID])
def test_a_name_in_the_form_of_an_id_is_a_name_if_no_room_has_that_id(conn_type: str, hand: Any) -> None:
    name = NAMES[conn_type].LIKE_AN_ID
    theirs, worker = hand(conn_type).make(name), hand(conn_type, name_prefix="alg-")
    assert hand(conn_type).cost(name)[0].id == theirs.id
    with pytest.raises(errors.NotFoundError):
        worker.run(find(worker.vendor, name))
    ours = worker.make(f"alg-{name}")
    assert worker.run(find(worker.vendor, name)).id == ours.id
    # A dict that has it as its id means an id, and there is none.
    with pytest.raises(errors.NotFoundError):
        worker.run(find(worker.vendor, {"id": name}))


@pytest.mark.parametrize("prefix", ["", "alg-"])
@pytest.mark.parametrize("conn_type", TYPES)
def test_an_id_costs_one_request(conn_type: str, prefix: str, hand: Any, rooms_sandbox: RoomsSandbox) -> None:
    worker = hand(conn_type, name_prefix=prefix)
    room = worker.make("alg-1")
    seen = len(rooms_sandbox.requests())
    for ref in (room.id, room, room.as_dict(), {"id": room.id}):
        assert worker.cost(ref)[1] == 1
    assert len(rooms_sandbox.requests()) - seen == 4
    # A name no more than the vendor's look-up of one name, whatever the prefix.
    assert worker.cost("alg-1" if not prefix else "1")[1] == TRAITS_OF[conn_type].cost.present


@pytest.mark.parametrize("conn_type", TYPES)
def test_an_id_that_nobody_has_costs_little(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type)
    unknown = NAMES[conn_type].UNKNOWN_ID
    with pytest.raises(errors.NotFoundError, match="has no room with this id or name"):
        worker.run(find(worker.vendor, unknown))
    assert len(worker.sent) == NAMES[conn_type].UNKNOWN_COSTS


@pytest.mark.parametrize("conn_type", TYPES)
def test_an_id_that_may_not_be_read_is_not_said_to_be_missing(
    conn_type: str, hand: Any, rooms_sandbox: RoomsSandbox
) -> None:
    worker, unknown = hand(conn_type), NAMES[conn_type].UNKNOWN_ID
    rooms_sandbox.fault(conn_type, "status", status=403, path=f"*/{unknown}")
    with pytest.raises(errors.AccessDeniedError):
        worker.run(find(worker.vendor, unknown))


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_row_of_a_batch_without_a_room_has_the_full_name(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type, name_prefix="alg-")
    worker.make("alg-alg-1")
    row = {"vendor": conn_type, "id": None, "name": "alg-1", "outcome": None, "error": "HTTP 503"}
    with pytest.raises(errors.NotFoundError, match="has no room with this id or name"):
        worker.run(find(worker.vendor, row))
    room = worker.make("alg-1")
    assert worker.run(find(worker.vendor, row)).id == room.id
    # One that a user wrote has the name as the DAG gives it.
    assert worker.run(find(worker.vendor, {"name": "1"})).id == room.id


@pytest.mark.parametrize("conn_type", TYPES)
def test_an_answer_about_another_room_is_no_answer(conn_type: str, hand: Any, rooms_sandbox: RoomsSandbox) -> None:
    worker = hand(conn_type, name_prefix="alg-")
    room, other = worker.make("alg-1"), worker.make("alg-2")
    key = TRAITS_OF[conn_type].id_key
    shown = next(row for row in rooms_sandbox.rooms(conn_type) if row[key] == other.id)
    for ref in (room.id, room):
        rooms_sandbox.fault(
            conn_type, "body", method="GET", path=f"*/{room.id}", body=json.dumps(shown), status=200, times=5
        )
        with pytest.raises(errors.UnreadableAnswerError, match="about another room"):
            worker.run(find(worker.vendor, ref))
        rooms_sandbox.clear_faults()


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_room_counts_as_closed_when_it_is(
    conn_type: str, hand: Any, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = hand(conn_type)
    room = worker.make("alg-1")
    really = worker.vendor.close_room
    monkeypatch.setattr(worker.vendor, "close_room", lambda room: iter(()))
    with pytest.raises(errors.NotVisibleYetError, match="still reports it as open"):
        worker.run(close(worker.vendor, room.id))
    assert sum(worker.slept) == pytest.approx(30.5)

    def late(room: Room) -> Any:
        yield Sleep(0)
        worker.vendor.get_room = slow

    looks = count(1)
    get_room = worker.vendor.get_room

    def slow(room_id: str) -> Any:
        if next(looks) == 3:
            yield from really(room)
        return (yield from get_room(room_id))

    monkeypatch.setattr(worker.vendor, "close_room", late)
    assert worker.run(close(worker.vendor, room.id)).state == "closed"
