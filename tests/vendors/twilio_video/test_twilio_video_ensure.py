"""Making sure of a room of Twilio: names that are taken, rooms that its own clock closed, and those of other days."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.vendors.flow import Response
from airflow_provider_rooms.vendors.rooms import close

#: The number of the request that creates, after the look by name and in the list of completed rooms.
CREATES = 3


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


def test_completed_between_the_clash_and_looking_again(hand: Any) -> None:
    """Twilio: the name was taken, and is free again: another room is made, as nobody decided against it."""
    worker, other = hand("twilio_video"), hand("twilio_video")
    room = worker.ensure(
        (CREATES, lambda: other.ensure()),
        (CREATES + 1, other.close),
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


def test_todays_completed_room_is_not_yesterdays(hand: Any) -> None:
    worker = hand("twilio_video")
    worker.ensure()
    worker.close()
    with pytest.raises(errors.ClassOverError):
        worker.ensure(**ago(24))


def test_a_room_that_nobody_is_in_is_kept_as_long_as_twilio_can(hand: Any) -> None:
    worker = hand("twilio_video")
    worker.ensure()
    (room,) = worker.rooms()
    assert (room["unused_room_timeout"], room["empty_room_timeout"]) == (60, 60)
