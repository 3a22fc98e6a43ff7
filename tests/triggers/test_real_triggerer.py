"""A hundred waits over three vendors in a real triggerer, which is killed while they wait: all end, none twice."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_api import AirflowApi
from airflow_parts import standalone, wait_until_healthy, web_settings
from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.hooks import get_rooms_hook
from stack import airflow_environment, free_port, sandbox
from triggerers import kill_triggerer, triggerer

pytestmark = pytest.mark.slow

VENDORS = tuple(BY_TYPE)
WAITS = 100
#: Seconds for a hundred tasks to start on two slow cores.
PATIENCE = 1500


def test_all_waits_survive_the_triggerer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = tmp_path / "waits.json"
    with sandbox(tmp_path / "sandbox.log") as box:
        for name, value in box.env().items():
            monkeypatch.setenv(name, value)
        rooms = _make_rooms()
        waits.write_text(json.dumps([
            {"task_id": f"wait_{number}", "conn_id": f"{vendor}_default", "room_id": room, "since": "2020-01-01T00:00:00Z"}
            for number, (vendor, room) in enumerate(rooms)
        ]))  # fmt: skip
        port = free_port()
        environment = airflow_environment(tmp_path, box, free_port()) | web_settings(port, tmp_path) | {
            "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent / "dags"),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__PARALLELISM": "6",
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "200",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "3600",
            "ROOMS_WAITS": str(waits),
        }  # fmt: skip
        with standalone(environment, tmp_path / "airflow.log") as airflow:
            wait_until_healthy(airflow, AirflowApi(f"http://127.0.0.1:{port}"), tmp_path / "airflow.log")
            _trigger(port)
            _until(lambda: _states(tmp_path)["deferred"] == WAITS, "all tasks wait", tmp_path)
            for vendor, room in rooms:
                box.start_session(vendor, room)
            for vendor, room in rooms[: WAITS // 2]:
                box.end_session(vendor, room)
            _until(lambda: _states(tmp_path)["success"] >= 5, "some tasks are done", tmp_path)
            kill_triggerer(airflow.pid)
            for vendor, room in rooms[WAITS // 2 :]:
                box.end_session(vendor, room)
            with triggerer(environment, tmp_path / "triggerer.log"):
                _until(lambda: _states(tmp_path)["success"] == WAITS, "all tasks are done", tmp_path)
    done = Counter(waits.with_suffix(".done").read_text().split())
    assert done == {f"wait_{number}": 1 for number in range(WAITS)}
    with sqlite3.connect(tmp_path / "airflow.db") as database:
        assert database.execute("select max(try_number) from task_instance").fetchone() == (1,)
        values = [json.loads(row[0]) for row in database.execute("select value from xcom where key = 'return_value'")]
    assert len(values) == WAITS
    assert all(len(value["sessions"]) == 1 and value["last_end"] for value in values)


def _make_rooms() -> list[tuple[str, str]]:
    made = []
    for number in range(WAITS):
        vendor = VENDORS[number % len(VENDORS)]
        made.append((vendor, get_rooms_hook(f"{vendor}_default").ensure_room({"name": f"class-{number}"}).id))
    return made


def _trigger(port: int) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v2/dags/hundred_waits/dagRuns",
        data=json.dumps({"logical_date": None}).encode(),
        headers={"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(120):
        try:
            opener.open(request, timeout=10).close()
            return
        except urllib.error.HTTPError as error:
            assert error.code in (401, 404), error.read()  # noqa: PT017 - the DAG file may not have been read yet
            time.sleep(1)
    raise AssertionError("the DAG never came up")


def _states(home: Path) -> Counter[str]:
    with sqlite3.connect(f"file:{home}/airflow.db?mode=ro", uri=True, timeout=30) as database:
        rows = database.execute("select state, count(*) from task_instance group by state").fetchall()
    states = Counter({str(state): count for state, count in rows})
    assert not states["failed"], states
    assert not states["up_for_retry"], states
    return states


def _until(reached: Callable[[], bool], what: str, home: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < until, f"waited for: {what}; {_states(home)}"
        time.sleep(1)
    print(f"{time.strftime('%H:%M:%S')} {what}: {dict(_states(home))}", file=sys.stderr)  # noqa: T201
