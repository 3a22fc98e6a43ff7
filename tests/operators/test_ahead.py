"""Twilio closes unused rooms within the hour: a room of it is made shortly before the class, in real Airflow."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.operators.rooms import CreateRoomOperator
from airflow_provider_rooms.testing.dag_lab import run_tasks

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

NIGHT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _connections(rooms_sandbox: RoomsSandbox, airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)


def class_in(minutes: float, length: float = 60) -> dict[str, str]:
    """Start and end of a class that begins so many minutes from now."""
    starts_at = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
    return {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + dt.timedelta(minutes=length)).isoformat()}


def create(task_id: str = "create", conn_type: str = "twilio_video", **given: Any) -> str:
    """The line of a DAG that creates a room."""
    given = {"conn_id": f"{conn_type}_default", "name": "algebra", **given}
    return f"CreateRoomOperator(task_id={task_id!r}, **{given!r})\n"


def test_the_task_waits_and_then_makes_the_room(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    """Deferred for real: the due time is half an hour before the class, a few seconds from when the task can start."""
    body = """
        @task
        def starts_at():
            return (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=30, seconds=3)).isoformat()

        CreateRoomOperator(task_id="create", conn_id="twilio_video_default", name="algebra", starts_at=starts_at())
    """
    ran = run_tasks(tmp_path, "ahead", body)
    due = dt.datetime.fromisoformat(ran.value("starts_at")) - dt.timedelta(minutes=30)
    assert ran.states == {"starts_at": "success", "create": "success"}
    room = ran.xcoms["create"]["room"]
    assert room["outcome"] == "created"
    (answer,) = rooms_sandbox.rooms("twilio")
    assert (answer["unused_room_timeout"], answer["empty_room_timeout"]) == (60, 60)
    asked = list(rooms_sandbox.requests("twilio"))
    assert min(dt.datetime.fromisoformat(row["at"]) for row in asked) >= due


class Ti:
    """Takes what a task pushes."""

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def test_a_task_that_fails_says_which_class_has_no_room_and_why(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    rooms_sandbox.fault("videosdk", "status", status=403, times=-1)
    body = create("refused", "videosdk", **class_in(20))
    ran = run_tasks(tmp_path, "refused", body)
    assert ran.states["refused"] == "failed"
    room = ran.xcoms["refused"]["room"]
    assert (room["id"], room["outcome"], room["name"]) == (None, None, "algebra")
    assert room["error"] == str(ran.errors["refused"])
    rooms_sandbox.clear_faults()
    ran = run_tasks(tmp_path, "over", create("over", "videosdk", **class_in(-120), name="yesterday"))
    assert ran.states == {"over": "skipped"}
    assert (ran.xcoms["over"]["room"]["id"], "error" in ran.xcoms["over"]["room"]) == (None, False)


@pytest.mark.parametrize(("given", "ahead"), [({}, 30), ({"create_ahead": "600"}, 10), ({"create_ahead": 3300}, 55)])
def test_it_waits_without_a_worker(given: dict[str, Any], ahead: int, rooms_sandbox: RoomsSandbox) -> None:
    times = class_in(600)
    operator = CreateRoomOperator(task_id="create", conn_id="twilio_video_default", name="algebra", **times, **given)
    ti = Ti()
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute({"ti": ti})  # type: ignore[typeddict-item]
    # What the Rooms page shows of a class that waits for its time.
    assert {key: ti.pushed["room"][key] for key in ("id", "outcome", "name", "state")} == {
        "id": None, "outcome": "not_due", "name": "algebra", "state": None,
    }  # fmt: skip
    assert ti.pushed["room"]["starts_at"] == times["starts_at"]
    due = dt.datetime.fromisoformat(times["starts_at"]) - dt.timedelta(minutes=ahead)
    assert abs((deferred.value.trigger.moment - due).total_seconds()) < 2
    assert deferred.value.kwargs is None  # dag.test() would lose them
    assert rooms_sandbox.requests() == []


def test_what_is_wrong_is_said_before_any_waiting(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    """A task that waited would hang here for hours."""
    times = class_in(600)
    bad = {
        "misspelt": {"options": {"MaxParticipant": 5}},
        "too_many": {"max_participants": 51},
        "no_such": {"description": "x"},
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
    assert [room["unique_name"] for room in rooms_sandbox.rooms("twilio")] == ["soon"]


def test_the_others_create_at_once_unless_told(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    times = class_in(600)
    body = "".join(create(conn_type, conn_type, **times) for conn_type in ("videosdk", "hundredms"))
    body += create("told", "videosdk", **{**times, "name": "told", "create_ahead": 3600, "deferrable": False})
    ran = run_tasks(tmp_path, "at_once", body)
    assert ran.states == {"videosdk": "success", "hundredms": "success", "told": "failed"}
    assert "or remove create_ahead, because VideoSDK keeps an unused room" in str(ran.errors["told"])


def test_create_ahead_may_be_given(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    body = create("early", **class_in(50), create_ahead="{{ 55 * 60 }}") + create(
        "spec", spec={**class_in(54), "create_ahead": 3300, "name": "physics"}, name=None
    )
    ran = run_tasks(tmp_path, "given_ahead", body)
    assert ran.states == {"early": "success", "spec": "success"}


def test_a_task_that_runs_again_makes_the_room_anew_when_it_died_of_old_age(
    rooms_sandbox: RoomsSandbox, tmp_path: Path
) -> None:
    """Cleared an hour later: the first room was unused for an hour, so Twilio has closed it."""
    body = create(**class_in(5, length=300))
    first = run_tasks(tmp_path, "anew", body, logical_date=NIGHT).xcoms["create"]["room"]
    again = run_tasks(tmp_path, "anew", body, logical_date=NIGHT).xcoms["create"]["room"]
    assert (again["id"], again["outcome"]) == (first["id"], "found")
    rooms_sandbox.advance(61 * 60)
    later = run_tasks(tmp_path, "anew", body, logical_date=NIGHT).xcoms["create"]["room"]
    assert later["id"] != first["id"]
    assert (later["name"], later["outcome"], later["state"]) == ("algebra", "reopened", "open")
    states = {room["sid"]: room["status"] for room in rooms_sandbox.rooms("twilio")}
    assert states == {first["id"]: "completed", later["id"]: "in-progress"}


def test_a_room_that_somebody_closed_is_not_made_anew_unless_asked(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    times = class_in(5, length=300)
    run_tasks(tmp_path, "closed", create(**times))
    get_rooms_hook("twilio_video_default").close_room("algebra")
    assert run_tasks(tmp_path, "closed_again", create(**times)).states == {"create": "failed"}
    assert len(rooms_sandbox.rooms("twilio")) == 1
    ran = run_tasks(tmp_path, "closed_reopened", create(**times, on_closed="reopen"))
    assert ran.xcoms["create"]["room"]["outcome"] == "reopened"


def test_policies_may_stand_in_the_spec_but_not_in_both_places(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    spec = {"name": "algebra", "on_drift": "ignore", "on_closed": "reopen"}
    body = create("spec", "hundredms", name=None, spec=spec)
    body += create("both", "hundredms", name=None, spec=spec, on_drift="update")
    body += create("same", "hundredms", spec=spec)
    ran = run_tasks(tmp_path, "policies", body)
    assert ran.states == {"spec": "success", "both": "failed", "same": "failed"}
