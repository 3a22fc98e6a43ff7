"""Where unused rooms are closed within the hour, a room is made shortly before the class, in real Airflow."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred
from pushed import Pushed
from vendor_traits import ANY, CLOSES_UNUSED, TRAITS, one_that

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.operators.rooms import CreateRoomOperator
from airflow_provider_rooms.testing.dag_lab import run_tasks
from airflow_provider_rooms.triggers.rooms import MomentTrigger

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

#: Vendors that keep an unused room.
AT_ONCE = [traits.conn_type for traits in TRAITS if not traits.vendor.usual_ahead]
UPDATES = one_that(updates=True)
NIGHT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


pytestmark = pytest.mark.usefixtures("airflow_db", "connections")


def class_in(minutes: float, length: float = 60) -> dict[str, str]:
    """Start and end of a class that begins so many minutes from now."""
    starts_at = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
    return {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + dt.timedelta(minutes=length)).isoformat()}


def create(task_id: str = "create", conn_type: str = CLOSES_UNUSED.conn_type, **given: Any) -> str:
    """The line of a DAG that creates a room."""
    given = {"conn_id": f"{conn_type}_default", "name": "algebra", **given}
    return f"CreateRoomOperator(task_id={task_id!r}, **{given!r})\n"


def test_the_task_waits_and_then_makes_the_room(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    """Deferred for real: the due time is half an hour before the class, a few seconds from when the task can start."""
    body = f"""
        @task
        def starts_at():
            return (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=30, seconds=3)).isoformat()

        CreateRoomOperator(task_id="create", conn_id="{CLOSES_UNUSED.conn_id}", name="algebra", starts_at=starts_at())
    """
    ran = run_tasks(tmp_path, "ahead", body)
    due = dt.datetime.fromisoformat(ran.value("starts_at")) - dt.timedelta(minutes=30)
    assert ran.states == {"starts_at": "success", "create": "success"}
    room = ran.xcoms["create"]["room"]
    assert room["outcome"] == "created"
    assert len(rooms_sandbox.rooms(CLOSES_UNUSED.conn_type)) == 1
    asked = list(rooms_sandbox.requests(CLOSES_UNUSED.conn_type))
    assert min(dt.datetime.fromisoformat(row["at"]) for row in asked) >= due


def test_a_task_that_fails_says_which_class_has_no_room_and_why(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    rooms_sandbox.fault(ANY.conn_type, "status", status=403, times=-1)
    body = create("refused", ANY.conn_type, **class_in(20))
    ran = run_tasks(tmp_path, "refused", body)
    assert ran.states["refused"] == "failed"
    room = ran.xcoms["refused"]["room"]
    assert (room["id"], room["outcome"], room["name"]) == (None, None, "algebra")
    assert room["error"] == str(ran.errors["refused"])
    rooms_sandbox.clear_faults()
    ran = run_tasks(tmp_path, "over", create("over", ANY.conn_type, **class_in(-120), name="yesterday"))
    assert ran.states == {"over": "skipped"}
    assert (ran.xcoms["over"]["room"]["id"], "error" in ran.xcoms["over"]["room"]) == (None, False)


@pytest.mark.parametrize(("given", "ahead"), [({}, 30), ({"create_ahead": "600"}, 10), ({"create_ahead": 3300}, 55)])
def test_it_waits_without_a_worker(given: dict[str, Any], ahead: int, rooms_sandbox: RoomsSandbox) -> None:
    times = class_in(600)
    operator = CreateRoomOperator(task_id="create", conn_id=CLOSES_UNUSED.conn_id, name="algebra", **times, **given)
    ti = Pushed()
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute({"ti": ti})  # type: ignore[typeddict-item]
    # What the Rooms page shows of a class that waits for its time.
    assert {key: ti.xcoms["room"][key] for key in ("id", "outcome", "name", "state")} == {
        "id": None, "outcome": "not_due", "name": "algebra", "state": None,
    }  # fmt: skip
    assert ti.xcoms["room"]["starts_at"] == times["starts_at"]
    due = dt.datetime.fromisoformat(times["starts_at"]) - dt.timedelta(minutes=ahead)
    assert abs((deferred.value.trigger.moment - due).total_seconds()) < 2
    assert deferred.value.kwargs is None  # dag.test() would lose them
    assert rooms_sandbox.requests() == []


async def test_a_wait_of_many_sleeps_logs_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(MomentTrigger, "longest_sleep", 0.005)
    monkeypatch.setattr(MomentTrigger, "log", logging.getLogger("moment"), raising=False)
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=0.3)
    with caplog.at_level(logging.INFO, "moment"):
        events = [event async for event in MomentTrigger(moment=moment.isoformat()).run()]
    assert dt.datetime.now(dt.UTC) >= moment
    assert len(events) == 1
    assert [record.getMessage() for record in caplog.records] == [f"Waiting until {moment.isoformat()}."]


def test_what_is_wrong_is_said_before_any_waiting(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    """A task that waited would hang here for hours."""
    times = class_in(600)
    bad = {
        "misspelt": CLOSES_UNUSED.misspelt,
        "too_many": CLOSES_UNUSED.out_of_range,
        "no_such": CLOSES_UNUSED.cannot or {},
        "drift": {"on_drift": "update"},
        "too_early": {"create_ahead": 56 * 60},
        "negative": {"create_ahead": -1},
        "spec": {"spec": {"create_ahead": 56 * 60}},
    }
    body = "".join(create(task_id, **{**times, **given}) for task_id, given in bad.items())
    ran = run_tasks(tmp_path, "wrong_ahead", body)
    assert ran.states == dict.fromkeys(bad, "failed")
    assert rooms_sandbox.requests() == []


def test_without_deferring_a_class_too_far_ahead_is_refused_with_advice(
    rooms_sandbox: RoomsSandbox, tmp_path: Path
) -> None:
    body = create("far", **class_in(600), deferrable=False) + create(
        "soon", **class_in(20), name="soon", deferrable=False
    )
    ran = run_tasks(tmp_path, "not_deferrable", body)
    assert ran.states == {"far": "failed", "soon": "success"}
    advice = "Remove deferrable=False, so that the task waits until then; or run it later"
    assert advice in str(ran.errors["far"])
    assert [room[CLOSES_UNUSED.name_key] for room in rooms_sandbox.rooms(CLOSES_UNUSED.conn_type)] == ["soon"]


def test_the_others_create_at_once_unless_told(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    times = class_in(600)
    body = "".join(create(conn_type, conn_type, **times) for conn_type in AT_ONCE)
    body += create("told", ANY.conn_type, **{**times, "name": "told", "create_ahead": 3600, "deferrable": False})
    ran = run_tasks(tmp_path, "at_once", body)
    assert ran.states == {**dict.fromkeys(AT_ONCE, "success"), "told": "failed"}
    assert f"or remove create_ahead, because {ANY.kind.title} keeps an unused room" in str(ran.errors["told"])


def test_create_ahead_may_be_given(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    body = create("early", **class_in(50), create_ahead="{{ 55 * 60 }}") + create(
        "spec", spec={**class_in(54), "create_ahead": 3300, "name": "physics"}, name=None
    )
    ran = run_tasks(tmp_path, "given_ahead", body)
    assert ran.states == {"early": "success", "spec": "success"}


def test_a_task_that_runs_again_makes_the_room_anew_when_it_died_of_old_age(
    rooms_sandbox: RoomsSandbox, tmp_path: Path
) -> None:
    """Cleared an hour later: the first room was unused for an hour, so the vendor has closed it."""
    body = create(**class_in(5, length=300))
    first = run_tasks(tmp_path, "anew", body, logical_date=NIGHT).xcoms["create"]["room"]
    again = run_tasks(tmp_path, "anew", body, logical_date=NIGHT).xcoms["create"]["room"]
    assert (again["id"], again["outcome"]) == (first["id"], "found")
    rooms_sandbox.advance(61 * 60)
    later = run_tasks(tmp_path, "anew", body, logical_date=NIGHT).xcoms["create"]["room"]
    assert later["id"] != first["id"]
    assert (later["name"], later["outcome"], later["state"]) == ("algebra", "reopened", "open")
    usable = {
        room[CLOSES_UNUSED.id_key]: CLOSES_UNUSED.usable(room) for room in rooms_sandbox.rooms(CLOSES_UNUSED.conn_type)
    }
    assert usable == {first["id"]: False, later["id"]: True}


def test_a_room_that_somebody_closed_is_not_made_anew_unless_asked(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    times = class_in(5, length=300)
    run_tasks(tmp_path, "closed", create(**times))
    get_rooms_hook(CLOSES_UNUSED.conn_id).close_room("algebra")
    assert run_tasks(tmp_path, "closed_again", create(**times)).states == {"create": "failed"}
    assert len(rooms_sandbox.rooms(CLOSES_UNUSED.conn_type)) == 1
    ran = run_tasks(tmp_path, "closed_reopened", create(**times, on_closed="reopen"))
    assert ran.xcoms["create"]["room"]["outcome"] == "reopened"


def test_policies_may_stand_in_the_spec_but_not_in_both_places(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    spec = {"name": "algebra", "on_drift": "ignore", "on_closed": "reopen"}
    body = create("spec", UPDATES.conn_type, name=None, spec=spec)
    body += create("both", UPDATES.conn_type, name=None, spec=spec, on_drift="update")
    body += create("same", UPDATES.conn_type, spec=spec)
    ran = run_tasks(tmp_path, "policies", body)
    assert ran.states == {"spec": "success", "both": "failed", "same": "failed"}
