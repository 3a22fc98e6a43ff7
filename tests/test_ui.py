"""`make ui` comes up by itself with something to see, listens on this machine only, and leaves no process behind."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import psutil
import pytest

from airflow_api import AirflowApi
from stack import REPO

LOOPBACK = ("127.0.0.1", "::1")


@pytest.mark.slow
def test_it_comes_up_and_ctrl_c_ends_all_of_it():
    ui = subprocess.Popen(
        [sys.executable, REPO / "scripts" / "ui.py"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    watchdog = threading.Timer(300, ui.kill)
    watchdog.start()
    try:
        said = ""
        for line in ui.stdout:
            said += line
            if "Ctrl-C ends" in line:
                break
        rooms = re.search(r"Rooms +(http://127\.0\.0\.1:\d+)/plugin/rooms +user admin, password (\S+)", said)
        api = AirflowApi(rooms[1])
        api.log_in("admin", rooms[2])
        runs = wait_for_run(api)
        running = psutil.Process(ui.pid).children(recursive=True)
        listening = addresses([psutil.Process(ui.pid), *running])
        ui.send_signal(signal.SIGINT)
        ui.stdout.read()
        assert ui.wait() == 0
        left = [process for process in running if process.is_running()]
    finally:
        watchdog.cancel()
        ui.kill()
    for process in left:
        process.kill()
    # The first address that is told.
    assert re.search(r"https?://\S+", said)[0] == f"{rooms[1]}/plugin/rooms"
    assert len(running) > 5
    assert left == []
    # Airflow, the vendors, the mail sink.
    assert len(listening) >= 3
    assert {ip for ip, _ in listening} <= set(LOOPBACK)
    # Of the fresh timetable, by its schedule alone.
    assert len(runs) == 1
    assert runs[0]["run_type"] == "scheduled"


def wait_for_run(api: AirflowApi) -> list[dict[str, Any]]:
    """The runs of the DAG that is switched on, when the first class has got its task."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        runs = api.call("GET", "/api/v2/dags/class_rooms/dagRuns")["dag_runs"]
        for run in runs:
            path = f"{api.run_path('class_rooms', run['dag_run_id'])}/taskInstances?limit=500"
            tasks = api.call("GET", path)["task_instances"]
            if any(task["task_id"] == "class_room.create" and task["map_index"] >= 0 for task in tasks):
                return runs
        time.sleep(1)
    raise AssertionError("no class got a task")


def addresses(processes: list[psutil.Process]) -> set[tuple[str, int]]:
    """Where they listen."""
    found = set()
    for process in processes:
        try:
            connections = process.net_connections(kind="inet")
        except psutil.NoSuchProcess:
            continue
        found |= {(one.laddr.ip, one.laddr.port) for one in connections if one.status == psutil.CONN_LISTEN}
    return found
