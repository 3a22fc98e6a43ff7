"""What tasks pushed, as the classes that the Rooms page shows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from airflow_provider_rooms.page.classes import Pushed, classes_of

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY = {"start": NOON - dt.timedelta(hours=12), "end": NOON + dt.timedelta(hours=12), "now": NOON}
LATER, EARLIER = "2026-11-20T15:00:00+00:00", "2026-11-20T09:00:00+00:00"


def row(**given: Any) -> dict[str, Any]:
    made = {
        "vendor": "acme",
        "conn_id": "school",
        "id": "abcd-efgh",
        "name": "algebra",
        "state": "open",
        "outcome": "created",
        "starts_at": LATER,
        "ends_at": None,
        "ref": None,
        "drift": [],
    }
    return made | given


def pushed(value: Any, key: str | None = "room", **given: Any) -> Pushed:
    known: dict[str, Any] = {
        "dag_id": "nightly",
        "run_id": "manual__2026-11-20T00:00:00+00:00",
        "task_id": "create",
        "map_index": 3,
        "task_state": "success",
        "label": "Algebra",
        "at": NOON,
        "run_after": NOON,
    }
    return Pushed(key=key, value=value, **(known | given))


NO_ROOM = {"id": None, "state": None, "outcome": None}


@pytest.mark.parametrize(
    ("given", "task_state", "state"),
    [
        ({}, "success", "ready"),
        ({"outcome": "found"}, "success", "ready"),
        ({"drift": [{"field": "region", "asked": "eu", "actual": "us"}]}, "success", "differs"),
        ({"state": "closed"}, "success", "closed"),
        ({"ends_at": EARLIER, "starts_at": EARLIER}, "success", "over"),
        ({"state": "closed", "starts_at": EARLIER, "ends_at": EARLIER}, "success", "over"),
        # Without an end, a class is over after the longest session there is.
        ({"starts_at": EARLIER}, "success", "ready"),
        ({**NO_ROOM, "outcome": "not_due"}, "deferred", "not_due"),
        ({**NO_ROOM, "outcome": "not_due", "starts_at": EARLIER}, "deferred", "missing"),
        ({**NO_ROOM, "outcome": "not_due"}, "failed", "failed"),
        ({**NO_ROOM, "error": "No."}, "failed", "failed"),
        ({**NO_ROOM, "error": "No."}, "up_for_retry", "failed"),
        ({**NO_ROOM, "error": "No.", "starts_at": EARLIER, "ends_at": EARLIER}, "failed", "failed"),
        ({**NO_ROOM}, "skipped", "over"),
        ({**NO_ROOM, "verdict": "missing"}, "success", "missing"),
        ({**NO_ROOM, "verdict": "refused", "error": "No."}, "success", "failed"),
        ({**NO_ROOM, "verdict": "unknown", "error": "No."}, "success", "unknown"),
        ({"verdict": "exists"}, "success", "ready"),
        ({"verdict": "differs"}, "success", "differs"),
        ({"verdict": "a verdict of next year"}, "success", "ready"),
    ],
)
def test_the_state_of_a_class(given: dict[str, Any], task_state: str, state: str) -> None:
    (shown,) = classes_of([pushed(row(**given), task_state=task_state)], **DAY).classes
    assert shown["state"] == state


def test_what_is_shown_of_a_class() -> None:
    ref = {"title": "Algebra I", "timezone": "America/New_York", "tutor": "not for everybody"}
    one = pushed(row(ref=ref), room_url="https://console.example/r/1")
    (shown,) = classes_of([one], **DAY).classes
    assert (shown["title"], shown["timezone"], shown["id"]) == ("Algebra I", "America/New_York", "abcd-efgh")
    assert shown["task_url"] == ("dags/nightly/runs/manual__2026-11-20T00%3A00%3A00%2B00%3A00/tasks/create/mapped/3")
    assert shown["room_url"] == "https://console.example/r/1"
    assert "not for everybody" not in str(shown)


def test_each_room_of_a_batch_has_a_link_of_its_own() -> None:
    rows = [row(name=name, url=f"https://console.example/{name}") for name in ("a", "b")]
    shown = classes_of([pushed(rows, key="rooms", room_url="https://console.example/first")], **DAY).classes
    assert [one["room_url"] for one in shown] == ["https://console.example/a", "https://console.example/b"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", 7, None])
def test_an_address_that_is_none_leads_nowhere(url: Any) -> None:
    for one in (pushed(row(), room_url=url), pushed([row(url=url)], key="rooms")):
        (shown,) = classes_of([one], **DAY).classes
        assert shown["room_url"] is None


def test_values_that_differ_stay_in_the_xcom() -> None:
    drift = [{"field": "webhook", "asked": "https://a.example/key1", "actual": "https://a.example/key2"}, "broken", {}]
    (shown,) = classes_of([pushed(row(drift=drift))], **DAY).classes
    assert shown["differs"] == ["webhook"]
    assert "key" not in str(shown)


def test_a_class_stands_once_as_the_last_task_left_it() -> None:
    first = pushed(row(), at=NOON - dt.timedelta(hours=2))
    alarm = pushed([row(**NO_ROOM, verdict="missing")], key="rooms", task_id="alarm", map_index=-1)
    for order in ([first, alarm], [alarm, first]):
        (shown,) = classes_of(order, **DAY).classes
        assert (shown["state"], shown["task"]) == ("missing", "nightly · alarm")


def test_one_name_at_two_connections_or_times_is_two_classes() -> None:
    rows = [row(), row(conn_id="other"), row(starts_at="2026-11-20T16:00:00+00:00")]
    assert len(classes_of([pushed(rows, key="rooms")], **DAY).classes) == 3


def test_a_task_that_failed_early_is_a_class_by_its_label() -> None:
    (shown,) = classes_of([pushed(None, key=None, task_state="failed")], **DAY).classes
    assert (shown["title"], shown["state"], shown["starts_at"]) == ("Algebra", "failed", None)


def test_classes_of_other_days_are_left_out_and_the_others_are_in_order() -> None:
    rows = [
        row(name=str(hour), starts_at=f"2026-11-{date}T{hour:02}:00:00+01:00") for date in (20, 21) for hour in (18, 2)
    ]
    assert [shown["name"] for shown in classes_of([pushed(rows, key="rooms")], **DAY).classes] == ["2", "18"]


@pytest.mark.parametrize(
    "value",
    [
        "s3://bucket/xcom/1",
        None,
        7,
        {},
        {"id": "somebody else's room"},
        row(conn_id=None),
        row(starts_at="tomorrow"),
        row(starts_at="2026-11-20T15:00:00"),
        row(starts_at=7),
        row(ends_at=["x"]),
    ],
)
@pytest.mark.parametrize("key", ["room", "rooms"])
def test_what_cannot_be_read_is_counted_and_stops_nothing(key: str, value: Any) -> None:
    good = row(name="geometry")
    day = classes_of([pushed(value, key=key), pushed([value, good], key="rooms")], **DAY)
    assert [shown["name"] for shown in day.classes] == ["geometry"]
    assert day.unreadable == 2


def test_odd_values_of_other_fields_are_left_out() -> None:
    odd = row(ref=["x"], drift="none", vendor={"a": 1}, error=None, id=17, name=None)
    (shown,) = classes_of([pushed(odd)], **DAY).classes
    assert (shown["title"], shown["vendor"], shown["id"]) == ("Algebra", "", "17")


def test_a_room_of_another_vendor_or_version_is_shown_as_far_as_it_is_known() -> None:
    other = row(vendor="acme_meet", id="M 1/2", state="hibernating", outcome="adopted", colour="red", drift=None)
    (shown,) = classes_of([pushed(other)], **DAY).classes
    assert (shown["vendor"], shown["id"], shown["state"], shown["differs"]) == ("acme_meet", "M 1/2", "ready", [])
    assert "colour" not in shown


def recording(state: Any = "ready", at: dt.datetime = NOON, **given: Any) -> Pushed:
    known = {"vendor": "acme", "conn_id": "school", "id": "abcd-efgh", "name": "algebra", "starts_at": EARLIER}
    value = known | {"recording": state, "message": f"It is {state}."} | given
    return pushed(value, key="recording", task_id="recorded", at=at)


OVER = {"starts_at": EARLIER, "ends_at": "2026-11-20T10:00:00+00:00"}


@pytest.mark.parametrize(
    ("said", "state", "error"),
    [
        ("ready", "recorded", None),
        ("late", "recording_late", "It is late."),
        ("failed", "recording_failed", "It is failed."),
    ],
)
def test_what_became_of_the_recording_of_a_class(said: str, state: str, error: str | None) -> None:
    made = pushed(row(**OVER), room_url="https://console.example/r/1")
    for order in ([made, recording(said)], [recording(said), made]):
        (shown,) = classes_of(order, **DAY).classes
        assert (shown["state"], shown["error"]) == (state, error)
        # The task that waited says more, the room is the same.
        assert shown["task"] == "nightly · recorded[3]"
        assert shown["task_url"].endswith("/tasks/recorded/mapped/3")
        assert shown["room_url"] == "https://console.example/r/1"


def test_the_last_word_on_a_recording_counts() -> None:
    both = [recording("ready"), recording("late", at=NOON - dt.timedelta(hours=1))]
    for order in (both, both[::-1]):
        (shown,) = classes_of([pushed(row(**OVER)), *order], **DAY).classes
        assert shown["state"] == "recorded"


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        ({}, ["morning"]),
        ({"starts_at": "2026-11-20T10:00:00+01:00"}, ["morning"]),  # the same time
        # Nothing but the room is known: the last class in it that has begun.
        ({"starts_at": None}, ["noon"]),
        ({"starts_at": "2026-11-19T09:00:00+00:00"}, []),
        ({"id": "another"}, []),
        ({"conn_id": "another"}, []),
    ],
)
def test_a_recording_is_of_one_class_of_its_room(given: dict[str, Any], recorded: list[str]) -> None:
    times = {"morning": EARLIER, "noon": "2026-11-20T11:00:00+00:00", "evening": LATER}
    rooms = [row(name=name, starts_at=start) for name, start in times.items()]
    shown = classes_of([pushed(rooms, key="rooms"), recording(**given)], **DAY).classes
    assert [one["name"] for one in shown if one["state"] == "recorded"] == recorded
    assert len(shown) == 3


def test_a_recording_by_itself_is_no_class() -> None:
    day = classes_of([recording()], **DAY)
    assert (day.classes, day.unreadable) == ([], 0)


@pytest.mark.parametrize(
    "given", [{"recording": "trimmed"}, {"recording": ["ready"]}, {"id": None}, {"starts_at": "x"}, {"conn_id": 1}]
)
def test_a_recording_of_another_form_is_counted(given: dict[str, Any]) -> None:
    assert classes_of([recording(**given)], **DAY).unreadable == 1
