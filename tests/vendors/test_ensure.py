"""Making sure of a room while others interfere between any two requests, or the vendor does not show what it did."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from vendor_traits import TRAITS, TRAITS_OF, TYPES

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.rest_rooms import NumberedRooms
from airflow_provider_rooms.vendors.rooms import close, find, find_by_name

# -- what the vendor does not show ----------------------------------------------------------------------------------------


#: Those whose answer to a create is not the whole of the new room.
READ_BACK = [traits.conn_type for traits in TRAITS if traits.cost.read_back]
#: The number of the request that creates.
CREATES = {traits.conn_type: traits.cost.absent + 1 for traits in TRAITS}


@pytest.mark.parametrize("conn_type", READ_BACK)
def test_a_room_that_is_never_shown_is_not_taken_for_made(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type)
    worker.box.behave(conn_type, read_lag_seconds=600)
    with pytest.raises(errors.NotVisibleYetError, match="accepted the request but does not return the room yet"):
        worker.ensure()
    assert worker.slept == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert (worker.sent.count("POST"), len(worker.rooms())) == (1, 1)
    worker.box.behave(conn_type, read_lag_seconds=0)


@pytest.mark.parametrize("conn_type", [name for name in TYPES if vendor_class(name).vendor_chooses])
def test_what_the_vendor_chooses_is_no_drift(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type)
    for field, word in worker.vendor.vendor_chooses.items():
        assert worker.ensure(name=f"any-{field}", options={field: word}).unverified == [field]


# -- who comes between ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", READ_BACK)
def test_closed_between_creating_and_reading_back(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type)
    with pytest.raises(errors.RoomClosedError):
        worker.ensure((CREATES[conn_type] + 1, worker.close))
    assert len(worker.rooms()) == 1
    again = hand(conn_type)
    room = again.ensure((CREATES[conn_type] + 1, lambda: again.close("botany")), name="botany", on_closed="reopen")
    assert (room.state, room.outcome) == ("open", "reopened")


@pytest.mark.parametrize("conn_type", [traits.conn_type for traits in TRAITS if traits.cost.taken is None])
def test_made_and_closed_between_looking_and_creating(conn_type: str, hand: Any) -> None:
    """Create then gives the closed room back."""
    worker, other = hand(conn_type), hand(conn_type)
    with pytest.raises(errors.RoomClosedError):
        worker.ensure((CREATES[conn_type], lambda: (other.ensure(), other.close())))


@pytest.mark.parametrize("conn_type", TYPES)
def test_made_between_looking_and_creating(conn_type: str, hand: Any) -> None:
    worker, other = hand(conn_type), hand(conn_type)
    made: list[Any] = []
    room = worker.ensure((CREATES[conn_type], lambda: made.append(other.ensure())))
    assert room.id == made[0].id
    assert len(worker.rooms()) == 1
    # Only some tell that it was there already.
    assert room.outcome == ("created" if TRAITS_OF[conn_type].cost.taken is None else "found")


# -- finding --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
@pytest.mark.parametrize("name", ["algebra", "a" * 59])
def test_the_names_that_the_room_of_a_class_may_have(conn_type: str, name: str, hand: Any) -> None:
    worker = hand(conn_type)
    numbered = isinstance(worker.vendor, NumberedRooms)
    assert len(set(worker.vendor.names_of(name))) == (20 if numbered else 1)
    rooms = [worker.ensure(name=name)]
    for _ in range(2):
        worker.close(rooms[-1].name)
        rooms.append(worker.ensure(name=name, on_closed="reopen"))
    shown = [room.name for room in rooms]
    assert shown == list(worker.vendor.names_of(name)[:3] * (1 if numbered else 3))
    assert [worker.run(worker.vendor.first_name(one)) for one in shown] == [name] * 3


@pytest.mark.parametrize("conn_type", TYPES)
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


@pytest.mark.parametrize("conn_type", TYPES)
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


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_row_that_was_not_due_leads_to_its_room_once_it_is_made(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type)
    row = {"vendor": conn_type, "id": None, "name": "algebra", "outcome": "not_due", "starts_at": None, "ends_at": None}
    with pytest.raises(errors.NotFoundError, match="has no room yet"):
        worker.run(find(worker.vendor, row))
    room = worker.ensure()
    assert worker.run(find(worker.vendor, row)).id == room.id
    assert [worker.run(close(worker.vendor, row)).state for _ in range(2)] == ["closed", "closed"]


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_prefix_keeps_off_rooms_of_the_same_name_without_it(conn_type: str, hand: Any) -> None:
    """Else the staging DAG that closes "algebra" closes production's."""
    theirs, worker = hand(conn_type).ensure(), hand(conn_type, name_prefix="staging-")
    with pytest.raises(errors.NotFoundError):
        worker.run(find(worker.vendor, "algebra"))
    ours = worker.ensure()
    assert worker.run(find(worker.vendor, "algebra")).id == ours.id != theirs.id
    assert worker.run(find(worker.vendor, theirs.id)).id == theirs.id


def ago(hours: float) -> dict[str, dt.datetime]:
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)
    return {"starts_at": begin, "ends_at": begin + dt.timedelta(hours=1)}


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_class_that_is_over_gets_no_room_and_keeps_the_one_it_had(conn_type: str, hand: Any) -> None:
    worker = hand(conn_type)
    with pytest.raises(errors.ClassOverError):
        worker.ensure(**ago(3))
    assert ("POST" in worker.sent, worker.rooms()) == (False, [])
    room = worker.ensure()
    assert (worker.ensure(**ago(1.1)).id, len(worker.rooms())) == (room.id, 1)
