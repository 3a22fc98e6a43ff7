"""``execution_timeout`` ends every kind of waiting alike, deferred or not, and ``soft_fail`` makes a skip of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowTaskTimeout, TaskDeferred
from vendor_traits import ANY, CLOSES_UNUSED

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.operators.closing import CloseRoomOperator
from airflow_provider_rooms.operators.rooms import CreateRoomOperator
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sensors.rooms import SessionStartedSensor
from airflow_provider_rooms.testing import airflow_versions
from airflow_provider_rooms.testing.dag_lab import run_tasks

NOW = dt.datetime.now(dt.UTC)
LIMIT = dt.timedelta(hours=2)


@pytest.fixture(autouse=True)
def _room(airflow_db: None, connections: None) -> None:
    get_rooms_hook("rooms").ensure_room({"name": "algebra"})


@pytest.mark.parametrize("soft", ["soft_fail", "never_fail", None])
def test_a_wait_ends_with_the_task(soft: str | None, tmp_path: Path) -> None:
    """In its poke (the one of the triggerer included), and while it sleeps between two."""
    if soft is None and airflow_versions.version() < (3, 0):
        pytest.skip("dag.test() of Airflow 2 is ended by the timeout of a task")
    body = f"""
        common = dict(conn_id="rooms", room_id="algebra", timeout=60, retries=0, **{{{soft!r}: True}} if {soft!r} else {{}})
        limit = dt.timedelta(seconds=2)
        SessionStartedSensor(task_id="sleeps", poke_interval=30, execution_timeout=limit, **common)
        SessionStartedSensor(task_id="pokes", poke_interval=0.05, execution_timeout=limit, **common)
        SessionStartedSensor(task_id="deferred", poke_interval=0.2, execution_timeout=limit, deferrable=True, **common)
    """
    ran = run_tasks(tmp_path, f"execution_timeout_{soft}", body)
    assert ran.states == dict.fromkeys(("sleeps", "pokes", "deferred"), "skipped" if soft else "failed"), ran.errors
    if not soft:
        assert {type(error) for error in ran.errors.values()} == {AirflowTaskTimeout}


def context() -> Any:
    return {"ti": SimpleNamespace(start_date=NOW, xcom_push=lambda **_: None), "dag_run": None}


def deferred(step: Any, **given: Any) -> Any:
    with pytest.raises(TaskDeferred) as raised:
        step(context(), **given)
    return raised.value


def test_a_deferred_wait_is_bounded_by_what_is_left_of_it() -> None:
    given: dict[str, Any] = {"task_id": "s", "conn_id": "rooms", "room_id": "algebra", "deferrable": True}
    wait = deferred(SessionStartedSensor(execution_timeout=LIMIT, **given).execute)
    assert wait.trigger.task_timeout_at == (NOW + LIMIT).isoformat()
    # Should the triggerer be down, Airflow ends it.
    assert LIMIT / 2 < wait.timeout < 2 * LIMIT
    wait = deferred(SessionStartedSensor(**given).execute)
    assert wait.trigger.task_timeout_at is None
    assert wait.timeout > dt.timedelta(days=1)


def test_a_deferred_create_is_bounded() -> None:
    starts_at = NOW + dt.timedelta(hours=5)
    given: dict[str, Any] = {"task_id": "c", "conn_id": CLOSES_UNUSED.conn_id, "name": "a", "starts_at": starts_at}
    left = deferred(CreateRoomOperator(execution_timeout=LIMIT, **given).execute).timeout
    assert LIMIT / 2 < left <= LIMIT
    assert deferred(CreateRoomOperator(**given).execute).timeout is None


def test_closing_a_room_waits_no_longer_after_people_came_back(rooms_sandbox: RoomsSandbox) -> None:
    rooms_sandbox.start_session(ANY.conn_type, "algebra")
    close = CloseRoomOperator(
        task_id="close", conn_id="rooms", room_id="algebra", if_live="wait", execution_timeout=LIMIT
    )
    trigger = deferred(close.execute).trigger
    assert trigger.task_timeout_at == (NOW + LIMIT).isoformat()
    event = {"status": "success", "task_timeout_at": "2026-01-01T00:00:00+00:00", "give_up_at": trigger.give_up_at}
    assert deferred(close.execute_complete, event=event).trigger.task_timeout_at == "2026-01-01T00:00:00+00:00"
