"""The parts of an Airflow, started and ended: with a stand-in for its command, which notes what it is told."""

from __future__ import annotations

import datetime as dt
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from airflow_parts import PARTS, running_airflow
from airflow_provider_rooms.timetable import read_timetable
from ui import copy_dags

#: Each part has a child, as Airflow's have; the scheduler's does not heed a polite signal.
COMMAND = """#!/bin/sh
echo "$@" >> {told}
[ "$1" = db ] && exit {migrates}
[ "$1" = "{dies}" ] && exit 3
if [ "$1" = scheduler ]; then (trap '' TERM; exec sleep 600) & else sleep 600 & fi
echo $! >> {children}
wait
"""


@pytest.fixture
def airflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("airflow_parts._ENDINGS", ((signal.SIGTERM, 1), (signal.SIGKILL, 5)))

    def make(migrates: int = 0, dies: str = ""):
        told, children = tmp_path / "told", tmp_path / "children"
        text = COMMAND.format(told=told, children=children, migrates=migrates, dies=dies)
        (tmp_path / "airflow").write_text(text)
        (tmp_path / "airflow").chmod(0o755)
        return running_airflow(dict(os.environ), tmp_path / "airflow.log", tmp_path), told, children

    return make


def lines(path: Path, count: int) -> list[str]:
    for _ in range(200):
        found = path.read_text().splitlines() if path.exists() else []
        if len(found) >= count:
            return found
        time.sleep(0.05)
    return found


def test_the_database_comes_first_and_no_part_serves_logs(airflow) -> None:
    running, told, children = airflow()
    with running as started:
        commands = lines(told, 5)
        running_children = [int(pid) for pid in lines(children, 4)]
        assert started.poll() is None
    assert commands[0] == "db migrate"
    assert sorted(commands[1:]) == [
        "api-server", "dag-processor", "scheduler --skip-serve-logs", "triggerer --skip-serve-logs",
    ]  # fmt: skip
    # Nothing is left, not even what does not heed a polite signal.
    assert len(running_children) == len(PARTS)
    gone = [pid for pid in running_children if not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"]
    assert gone == running_children


def test_a_part_that_ends_is_noticed(airflow) -> None:
    running, *_ = airflow(dies="triggerer")
    with running as started:
        assert started.wait() == 3


def test_without_a_database_no_part_is_started(airflow) -> None:
    running, told, _ = airflow(migrates=1)
    with pytest.raises(RuntimeError, match="database could not be created"), running:
        pass
    assert told.read_text() == "db migrate\n"


def test_an_interruption_ends_all_parts(airflow) -> None:
    running, _, children = airflow()
    started = running.__enter__()
    lines(children, 4)
    assert not running.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert all(process.poll() is not None for process in started.processes.values())


def test_the_examples_have_a_fresh_timetable_by_default(tmp_path: Path) -> None:
    copy_dags(tmp_path / "dags")
    now = dt.datetime.now(dt.UTC)
    classes = read_timetable(tmp_path / "dags" / "data" / "timetable.csv").on(now.date()).classes
    assert classes
    assert all(one.starts_at > now for one in classes)
    # Read by its place beside the DAG file, so the copy is its default.
    assert '__file__).parent / "data" / "timetable.csv"' in (tmp_path / "dags" / "class_rooms.py").read_text()
