"""What a fleet stands on, as far as it needs no Airflow; the fleet itself is ``make fleet``."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from airflow_provider_rooms.sandbox.credentials import SECRET
from fleet import leaks
from fleet.parts import Keeper, Part, end_all, wait_until
from fleet.report import Check, conclude, table

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def part(tmp_path: Path, code: str, name: str = "part") -> Part:
    return Part(name=name, command=[sys.executable, "-c", code], environment={}, log=tmp_path / f"{name}.log")


def test_what_dies_is_started_again_and_what_was_ended_is_not(tmp_path: Path) -> None:
    wanted, unwanted = (part(tmp_path, "import time; time.sleep(600)", name) for name in ("wanted", "unwanted"))
    wanted.start()
    unwanted.start()
    try:
        with Keeper([wanted, unwanted]):
            unwanted.end()
            wanted.kill()
            wait_until(lambda: wanted.starts == 2 and wanted.alive, 20, "a second start")
        assert (unwanted.starts, unwanted.alive) == (1, False)
    finally:
        end_all([wanted, unwanted])
    assert not wanted.alive


def test_what_does_not_end_is_killed_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.parts.POLITE", 0.5)
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STUBBORN!r}])"
    one = part(tmp_path, child)
    one.start()
    wait_until(lambda: "up" in one.log.read_text(), 20, "the child")
    assert one.process is not None
    one.end()
    # Dead ones may wait for somebody to collect them.
    wait_until(lambda: states_of_group(one.process.pid) <= {"Z"}, 20, "its end")  # type: ignore[union-attr]


def states_of_group(group: int) -> set[str]:
    states = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # gone meanwhile
            state, _, its_group, *_ = stat.read_text().rpartition(")")[2].split()
            if int(its_group) == group:
                states.add(state)
    return states


def test_waiting_ends(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError, match="for: the moon"):
        wait_until(lambda: False, 0.2, "the moon", every=0.05)
    assert time.monotonic() - began < 5


def test_a_count_that_is_wrong_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert conclude([("away", Check("rooms", 3, 3))]) == 0
    assert "WRONG" not in capsys.readouterr().out
    assert conclude([("away", Check("rooms", 3, 3)), ("away", Check("tasks", 2, 3))]) == 1
    assert "away      tasks      2         3  WRONG" in capsys.readouterr().out
    assert table(("a", "b"), [("x", "10")]).splitlines() == ["  a  b", "  x  10"]


def test_secrets_are_found_in_logs_and_in_the_database(tmp_path: Path) -> None:
    token = jwt.encode({"apikey": "sandbox-key"}, SECRET, algorithm="HS256")
    foreign = jwt.encode({"sub": "a task"}, "the key of Airflow itself, long enough", algorithm="HS256")
    (tmp_path / "logs").mkdir()
    fleet: Any = SimpleNamespace(home=tmp_path, database=SimpleNamespace(dump=lambda: f"row {token}".encode()))
    (tmp_path / "logs" / "task.log").write_text(f"token {foreign}")
    assert [check.found for check in leaks.run(fleet)] == [0, 1]
    (tmp_path / "logs" / "task.log").write_text(f"secret {SECRET}")
    assert [check.found for check in leaks.run(fleet)] == [1, 1]
