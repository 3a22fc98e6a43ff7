"""Many rooms in one task: checked by index before any call, made some at a time, told in order, made once."""

from __future__ import annotations

import datetime as dt
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowSkipException
from pushed import Pushed
from vendor_traits import ANY, CLOSES_UNUSED, TRAITS, TRAITS_OF, TYPES, facts, one_that, rows

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.operators.rooms import CloseRoomOperator, CreateRoomsOperator
from airflow_provider_rooms.testing.dag_lab import run_tasks
from airflow_provider_rooms.vendors.flow import Patience

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


#: Some tests are about several vendors.
OTHER = TRAITS[1]
#: One whose refusal of a key is final: there is no other token to try.
ONE_TRY = one_that(renews_token=False)
UPDATES = one_that(updates=True)
#: One to which names that differ in their case are one name.
FOLDS = TRAITS_OF[next(conn_type for conn_type, found in facts("names").items() if found.FOLDS_CASE)]
#: A setting that it cannot express.
CANNOT = ANY.cannot or {}
KEYS = [item for item in Room.__dataclass_fields__ if item != "details"]


pytestmark = pytest.mark.usefixtures("airflow_db", "connections")


def make(specs: Any, pushed: Pushed | None = None, **given: Any) -> list[dict[str, Any]]:
    """Execute the operator here; what a run of it in a DAG does, without the DAG."""
    given = {"conn_id": "rooms", **given}
    operator = CreateRoomsOperator(task_id="rooms", specs=specs, **given)
    return operator.execute({"ti": pushed or Pushed()})  # type: ignore[typeddict-item]


def names(sandbox: RoomsSandbox, vendor: str = ANY.conn_type) -> list[str]:
    key = TRAITS_OF[vendor].name_key
    return sorted(room[key] for room in sandbox.rooms(vendor))


# -- in a DAG ---------------------------------------------------------------------------------------------------------------


def test_rooms_of_three_vendors_in_the_order_of_the_specs(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    body = f"""
        @task
        def timetable():
            return [
                {{"name": ["algebra", number], "ref": number, "conn_id": conn_type + "_default"}}
                for number in range(4)
                for conn_type in {TYPES}
            ]

        many = CreateRoomsOperator(task_id="many", specs=timetable())

        @task
        def ids(rooms):
            return [room["id"] for room in rooms]

        ids(many.output)
        CreateRoomsOperator(task_id="text", specs='{{{{ [{{"name": "from-jinja"}}] }}}}', conn_id="rooms")
        CreateRoomsOperator(task_id="none", specs=[], conn_id="rooms")
        CreateRoomsOperator.partial(task_id="mapped", conn_id="{OTHER.conn_id}").expand(
            specs=[[{{"name": "m1"}}], [{{"name": "m2"}}]]
        )
    """
    ran = run_tasks(tmp_path, "many_rooms", body)
    assert set(ran.states.values()) == {"success"}
    rooms = ran.value("many")
    assert [(room["vendor"], room["name"], room["ref"]) for room in rooms] == [
        (conn_type, f"algebra_{number}", number) for number in range(4) for conn_type in TYPES
    ]
    for room in rooms:
        assert list(room) == KEYS
        assert (room["outcome"], room["state"]) == ("created", "open")
        assert get_rooms_hook(room["conn_id"]).get_room(room["id"]).name == room["name"]
    assert ran.value("ids") == [room["id"] for room in rooms]
    assert ran.xcoms["many"]["room_url"].endswith(rooms[0]["id"])
    assert [room["name"] for room in ran.value("text")] == ["from-jinja"]
    assert ran.value("none") == []
    assert {"m1", "m2"} <= set(names(rooms_sandbox, OTHER.conn_type))


def test_a_retry_makes_only_what_is_missing(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results are there after the failed try too, with the error of those that failed."""
    monkeypatch.setattr("airflow_provider_rooms.hooks.base.Patience", partial(Patience, first_wait=0.01))
    rooms_sandbox.fault(ANY.conn_type, "status", method="GET", path="*/second", status=503, times=5)
    body = """
        CreateRoomsOperator(
            task_id="many",
            conn_id="rooms",
            specs=[{"name": name} for name in ("first", "second", "third")],
            retries=1,
            retry_delay=dt.timedelta(seconds=0),
        )
    """
    ran = run_tasks(tmp_path, "again", body)
    assert ran.states == {"many": "success"}
    assert [room["outcome"] for room in ran.value("many")] == ["found", "created", "found"]
    posts = [row["path"] for row in rooms_sandbox.requests(ANY.conn_type, "POST")]
    assert posts == ["/v2/rooms"] * 3
    assert names(rooms_sandbox) == ["first", "second", "third"]


def test_results_are_pushed_before_the_task_fails(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    rooms_sandbox.fault(ANY.conn_type, "status", method="GET", path="*/bad", status=403, times=-1)
    specs = [{"name": "good"}, {"name": "bad"}]
    body = f"""
        CreateRoomsOperator(task_id="strict", conn_id="rooms", specs={specs})
        CreateRoomsOperator(task_id="lenient", conn_id="rooms", specs={specs}, on_error="report")
        CreateRoomsOperator(task_id="nothing", conn_id="rooms", specs={specs[1:]}, on_error="report")
    """
    ran = run_tasks(tmp_path, "failing", body)
    assert ran.states == {"strict": "failed", "lenient": "success", "nothing": "failed"}
    for task_id in ("strict", "lenient"):
        good, bad = ran.value(task_id)
        assert good["id"]
        assert "error" not in good
        assert [bad[key] for key in ("vendor", "conn_id", "id", "name", "state", "outcome")] == [
            ANY.conn_type,
            "rooms",
            None,
            "bad",
            None,
            None,
        ]
        assert "403" in bad["error"]
    assert len(ran.value("nothing")) == 1


# -- before any call ----------------------------------------------------------------------------------------------------------


def test_every_wrong_spec_is_named_before_any_call(rooms_sandbox: RoomsSandbox) -> None:
    specs = [
        {"name": "good"},
        {"name": "a b"},
        {"nam": "x"},
        {},
        "text",
        {"name": "x", "starts_at": "2026-11-20T09:00:00"},
        {"name": "x", **CANNOT},
        {"name": "x", **CANNOT},
        {"name": "good"},
        {"name": "x", "conn_id": "nowhere"},
        {"name": "y", "on_drift": "shrug"},
        {"name": "t", "conn_id": CLOSES_UNUSED.conn_id, "create_ahead": 7200},
        {"name": "Alike", "conn_id": FOLDS.conn_id},
        {"name": "alike", "conn_id": FOLDS.conn_id},
        {"name": "Alike"},
        {"name": "alike"},
        RoomSpec(name="from-python"),
    ]
    with pytest.raises(errors.InvalidSpecError) as error:
        make(specs)
    text = str(error.value)
    assert text.startswith("12 of 17 specs are invalid, so no room was created.")
    told = {line.split(":")[0]: line for line in text.splitlines()[1:]}
    expected = {
        "specs[1]": "name 'a b'",
        "specs[2]": "unknown key 'nam'",
        "specs[3]": "is required",
        "specs[4]": "not JSON",
        "specs[5]": "no time zone",
        "specs[6], specs[7]": next(iter(CANNOT)),
        "specs[8]": "also the name of specs[0]",
        "specs[9]": "no connection 'nowhere'",
        "specs[10]": "on_drift",
        "specs[11]": "create_ahead",
        "specs[13]": "also the name of specs[12]",
    }
    assert list(told) == list(expected)
    for place, words in expected.items():
        assert words in told[place]
    assert rooms_sandbox.requests() == []


def test_a_thousand_wrong_specs_fit_on_a_page(rooms_sandbox: RoomsSandbox) -> None:
    with pytest.raises(errors.InvalidSpecError) as error:
        make([{"name": f"r{number}", **CANNOT} for number in range(1000)])
    assert len(str(error.value)) < 500
    assert "specs[4] and 995 more" in str(error.value)
    with pytest.raises(errors.InvalidSpecError, match="… and 950 other problems") as error:
        make([{"name": f"r {number}"} for number in range(1000)])
    assert len(str(error.value).splitlines()) == 52
    assert rooms_sandbox.requests() == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": -1}, "concurrency"),
        ({"concurrency": 101}, "concurrency"),
        ({"concurrency": True}, "concurrency"),
        ({"concurrency": None}, "concurrency"),
        ({"on_error": "reprot"}, "Did you mean 'report'"),
        ({"max_rooms": 0}, "max_rooms"),
        ({"max_rooms": 1}, "2 rooms exceed the limit max_rooms=1"),
        ({"conn_id": None}, "conn_id: required"),
        ({"conn_id": ""}, "conn_id: required"),
        ({"specs": {"name": "x"}}, "expected a list"),
        ({"specs": "[{"}, "specs"),
        ({"specs": 7}, "expected a list"),
    ],
)
def test_bad_parameters_are_refused_before_any_call(
    given: dict[str, Any], words: str, rooms_sandbox: RoomsSandbox
) -> None:
    specs = given.pop("specs", [{"name": "a"}, {"name": "b"}])
    with pytest.raises(errors.InvalidSpecError, match=words):
        make(specs, **given)
    assert rooms_sandbox.requests() == []


def test_what_is_legal_but_surprising_is_said_once(rooms_sandbox: RoomsSandbox, logged: Callable[[], str]) -> None:
    conn_type, given, words = rows("plans", "SURPRISING")[0]
    make([{"name": f"r{number}", **given} for number in range(3)], conn_id=f"{conn_type}_default")
    assert logged().count(words) == 1


# -- while they are made -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("concurrency", [1, 3, "7"])
def test_so_many_at_once_and_no_more(
    concurrency: Any, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow_provider_rooms.planning import making

    inside = most = 0
    original = making.make_room

    def watched(*args: Any, **kwargs: Any) -> Any:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        try:
            return (yield from original(*args, **kwargs))
        finally:
            inside -= 1

    monkeypatch.setattr(making, "make_room", watched)
    make([{"name": f"r{number}"} for number in range(12)], concurrency=concurrency)
    assert most == int(concurrency)


def test_the_vendors_limit_of_writes_holds(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = rooms_sandbox.connection(ANY.conn_type)
    connection["extra"] = {"writes_per_second": 5}
    connection["login"] = "sandbox-key"
    connection["host"] = connection["host"].replace("127.0.0.1", "localhost")  # an account of its own for the limit
    monkeypatch.setenv("AIRFLOW_CONN_SLOW", json.dumps(connection))
    make([{"name": f"r{number}"} for number in range(10)], conn_id="slow")
    posts = list(rooms_sandbox.requests(ANY.conn_type, "POST"))
    begin, end = (dt.datetime.fromisoformat(posts[place]["at"]) for place in (0, -1))
    assert len(posts) == 10
    assert (end - begin).total_seconds() >= 1.7  # one every 200 ms


def test_progress_is_told(
    rooms_sandbox: RoomsSandbox, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_provider_rooms.operators.batch.REPORT_EVERY", 0.0)
    make([{"name": f"r{number}"} for number in range(3)], concurrency=1)
    assert re.findall(r"\d of 3 rooms \(.*?\)(?= after)", logged()) == [
        "1 of 3 rooms (1 created)",
        "2 of 3 rooms (2 created)",
        "3 of 3 rooms (3 created)",
        "3 of 3 rooms (3 created)",
    ]


def test_a_key_that_is_refused_is_not_tried_for_every_room(
    rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = rooms_sandbox.connection(ONE_TRY.conn_type) | {"password": "another-secret"}
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", json.dumps(wrong))
    specs = [{"name": f"c{number}", "conn_id": "wrong"} for number in range(50)] + [{"name": "good"}]
    pushed = Pushed()
    with pytest.raises(errors.PermanentError, match="50 of 51 rooms failed"):
        make(specs, pushed, concurrency=4)
    assert len(rooms_sandbox.requests(ONE_TRY.conn_type)) <= 5  # four at a time, after the list
    rows = pushed.xcoms["return_value"]
    assert [row["outcome"] for row in rows] == [None] * 50 + ["created"]
    assert "Not attempted, because the first room failed" in rows[49]["error"]
    shown = pushed.xcoms["rooms"]
    assert [{key: value for key, value in row.items() if key != "url"} for row in shown] == rows
    assert [row["url"] for row in shown] == [None] * 50 + [pushed.xcoms["room_url"]]
    assert pushed.xcoms["summary"] == "1 of 51 ready, 50 failed"


def test_one_refusal_in_the_middle_stops_nothing(rooms_sandbox: RoomsSandbox) -> None:
    make([{"name": "c0"}], conn_id=ONE_TRY.conn_id)
    rooms_sandbox.fault(ONE_TRY.conn_type, status=401, method="POST")
    pushed = Pushed()
    with pytest.raises(errors.PermanentError, match="1 of 4 rooms failed"):
        make([{"name": f"c{number}"} for number in range(4)], pushed, conn_id=ONE_TRY.conn_id, concurrency=1)
    assert [row["outcome"] for row in pushed.xcoms["return_value"]] == ["found", None, "created", "created"]


def test_a_lost_answer_makes_no_second_room(rooms_sandbox: RoomsSandbox) -> None:
    for vendor in TYPES:
        rooms_sandbox.fault(vendor, "drop_after", method="POST", path="/*/*ooms", times=3)
    specs = [{"name": f"r{number}", "conn_id": f"{conn}_default"} for number in range(5) for conn in TYPES]
    rooms = make(specs)
    assert len({room["id"] for room in rooms}) == 15
    for conn_type in TYPES:
        assert names(rooms_sandbox, conn_type) == [f"r{number}" for number in range(5)]


def test_where_unused_rooms_are_closed_a_class_that_is_too_far_ahead_is_not_due(
    rooms_sandbox: RoomsSandbox, logged: Callable[[], str]
) -> None:
    now = dt.datetime.now(dt.UTC)
    far = {"starts_at": (now + dt.timedelta(hours=3)).isoformat(), "ends_at": (now + dt.timedelta(hours=4)).isoformat()}
    soon = {"starts_at": (now + dt.timedelta(minutes=20)).isoformat()}
    later, made, early = make(
        [
            {"name": "far", **far, "ref": {"course": 7}},
            {"name": "soon", **soon},
            {"name": "other-vendor", **far, "conn_id": "rooms"},
        ],
        conn_id=CLOSES_UNUSED.conn_id,
    )
    assert later == {
        **dict.fromkeys(KEYS),
        **far,
        "vendor": CLOSES_UNUSED.conn_type,
        "conn_id": CLOSES_UNUSED.conn_id,
        "name": "far",
        "outcome": "not_due",
        "ref": {"course": 7},
        "drift": [],
        "unverified": [],
    }
    assert made["outcome"] == early["outcome"] == "created"
    assert "specs[0]: not created before" in logged()
    assert names(rooms_sandbox, CLOSES_UNUSED.conn_type) == ["soon"]


def test_a_row_that_was_not_due_leads_to_the_room_of_its_own_class(rooms_sandbox: RoomsSandbox) -> None:
    """Not to the room that had the name until now, which the vendor may still know."""
    hook = get_rooms_hook(CLOSES_UNUSED.conn_id)
    hook.close_room(hook.ensure_room({"name": "algebra"}))
    starts_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=7)
    times = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + dt.timedelta(hours=1)).isoformat()}
    (row,) = make([{"name": "algebra", **times}], conn_id=CLOSES_UNUSED.conn_id)
    assert row["outcome"] == "not_due"
    close = CloseRoomOperator(task_id="close", conn_id=CLOSES_UNUSED.conn_id, room_id=row)
    with pytest.raises(errors.NotFoundError, match=r"has no room yet.*'algebra'.*Run the batch again"):
        close.execute({"ti": Pushed()})  # type: ignore[typeddict-item]
    made = hook.ensure_room({"name": "algebra"}, on_closed="reopen")
    assert hook.get_room(row).id == made.id


def test_a_class_that_is_over_fails_nothing_and_if_all_are_the_task_is_skipped(rooms_sandbox: RoomsSandbox) -> None:
    over = {"name": "over", "starts_at": "2020-01-01T09:00:00Z", "ends_at": "2020-01-01T10:00:00Z"}
    past, today = make([over, {"name": "today"}])
    assert "class is over" in past["error"]
    assert today["outcome"] == "created"
    pushed = Pushed()
    with pytest.raises(AirflowSkipException, match="All classes are over"):
        make([over], pushed)
    assert len(pushed.xcoms["return_value"]) == 1
    assert names(rooms_sandbox) == ["today"]


def test_drift_fails_or_is_told(rooms_sandbox: RoomsSandbox, logged: Callable[[], str]) -> None:
    make([{"name": "small", "max_participants": 5}], conn_id=UPDATES.conn_id)
    bigger = {"name": "small", "max_participants": 9}
    with pytest.raises(errors.PermanentError, match=r"1 of 1 rooms failed.\nspecs\[0\]: The room exists with other"):
        make([bigger], conn_id=UPDATES.conn_id)
    (room,) = make([{**bigger, "on_drift": "ignore"}], conn_id=UPDATES.conn_id)
    (drift,) = room["drift"]
    assert (drift["asked"], drift["actual"]) == (9, 5)
    assert f"specs[0]: {drift['field']} is 5, but 9 was requested" in logged()
    (room,) = make([{**bigger, "on_drift": "update"}], conn_id=UPDATES.conn_id)
    assert room["outcome"] == "updated"


def test_the_error_says_whether_another_try_may_help(rooms_sandbox: RoomsSandbox) -> None:
    rooms_sandbox.fault(ANY.conn_type, "status", path="*/bad-*", status=403, times=-1)
    specs = [{"name": f"{kind}-{number}"} for number in range(15) for kind in ("bad", "good")]
    with pytest.raises(errors.PermanentError, match="15 of 30 rooms failed") as permanent:
        make(specs)
    assert "… and 5 more" in str(permanent.value)
    rooms_sandbox.fault(ANY.conn_type, "status", path="*/new", status=429, times=-1, headers={"Retry-After": "90"})
    with pytest.raises(errors.PassingError, match="16 of 31 rooms failed") as passing:
        make([*specs, {"name": "new"}])
    assert not isinstance(passing.value, errors.PermanentError)
    assert passing.value.retry_after == 90


def test_a_room_that_fails_in_a_way_nobody_foresaw_does_not_lose_the_others(
    rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = ANY.vendor.look_up

    def look_up(vendor: Any, name: str, spec: RoomSpec) -> Any:
        if name == "odd":
            raise ZeroDivisionError("canary-in-the-text")
        return original(vendor, name, spec)

    monkeypatch.setattr(ANY.vendor, "look_up", look_up)
    pushed = Pushed()
    with pytest.raises(errors.PassingError, match="ZeroDivisionError: see the task's log"):
        make([{"name": "one"}, {"name": "odd"}, {"name": "two"}], pushed)
    assert [room["outcome"] for room in pushed.xcoms["return_value"]] == ["created", None, "created"]
    assert "canary" not in json.dumps(pushed.xcoms)
