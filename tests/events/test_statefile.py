"""The state file: what is taken is on the disk, once, and one process has it."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from airflow_provider_rooms.events.statefile import StateFile, StateFileError
from airflow_provider_rooms.models import RoomEvent

NOON = "2026-11-29T12:00:00.000Z"
URI = "room-events://c/other"


def event(number: int) -> RoomEvent:
    return RoomEvent(
        id=f"other:{number}", type="other", vendor="acme", conn_id="c", participant="ada", happened_at=NOON
    )


def ids(state: StateFile, limit: int = 100) -> list[str]:
    return [waiting.id for waiting in state.waiting(state.wanting(), limit)]


def test_what_is_taken_twice_waits_once_and_in_order(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state")
    assert state.publish([event(2), event(1), event(2)]) == 2
    assert state.publish([event(1)]) == 0
    assert ids(state) == ["other:2", "other:1"]
    assert ids(state, 1) == ["other:2"]
    assert state.waiting([URI], 1)[0].event == event(2).as_dict()


def test_what_airflow_has_does_not_wait_and_is_not_taken_again(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state")
    state.publish([event(1)])
    state.know(URI, {"other:1": dt.datetime.now(dt.UTC), "other:2": dt.datetime.now(dt.UTC)})
    assert state.publish([event(1), event(2)]) == 0
    assert (ids(state), state.count()) == ([], 0)
    assert [kept.id for kept in state.recent()] == ["other:1"]


def test_ids_are_forgotten_after_a_week_and_people_after_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = StateFile(tmp_path / "state")
    now = time.time()
    for number, days in ((1, 8), (2, 2), (3, 0)):
        monkeypatch.setattr(time, "time", lambda days=days: now - days * 86400)
        state.publish([event(number)])
    state.know(URI, {f"other:{n}": dt.datetime.now(dt.UTC) for n in (1, 2, 3)})
    monkeypatch.setattr(time, "time", lambda: now - 8 * 86400)
    state.publish([event(4)])
    monkeypatch.setattr(time, "time", lambda: now)
    state.forget()
    assert [state.publish([event(n)]) for n in (1, 2, 3, 4)] == [1, 0, 0, 0]  # what waits is never forgotten
    assert [kept.id for kept in state.recent()] == ["other:3", "other:1"]
    state.publish([RoomEvent(id="other:5", type="other", vendor="acme", conn_id="c")])
    state.know(URI, {"other:5": dt.datetime.now(dt.UTC)})
    for days, known in ((360, 0), (370, 1)):  # by its id alone it is told when it is sent once more
        monkeypatch.setattr(time, "time", lambda days=days: now + days * 86400)
        state.forget()
        assert state.publish([RoomEvent(id="other:5", type="other", vendor="acme", conn_id="c")]) == known


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    StateFile(tmp_path / "state").publish([event(1)])
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_a_second_process_is_told_that_it_is_in_use(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state")
    program = f"from airflow_provider_rooms.events.statefile import *; from pathlib import Path; StateFile(Path({str(state.path)!r}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=os.environ)
    assert "is in use" in done.stderr.splitlines()[-1]
    state.close()
    StateFile(state.path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "no such file or directory"),
        (lambda path: path.mkdir(parents=True), "is a directory"),
        (lambda path: (path.parent.mkdir(), path.write_bytes(b"something else" * 100)), "not a state file"),
    ],
)
def test_what_cannot_be_used_says_why(tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "folder" / "state"
    make(path)  # type: ignore[operator]
    with pytest.raises(StateFileError, match=said) as raised:
        StateFile(path)
    assert str(path) in str(raised.value)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state") as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(StateFileError, match="newer version"):
        StateFile(tmp_path / "state")


def test_what_was_taken_survives_a_kill(tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from airflow_provider_rooms.events.statefile import StateFile
from airflow_provider_rooms.models import RoomEvent
state = StateFile(Path({str(tmp_path / "state")!r}))
state.publish([RoomEvent(id="other:1", type="other", vendor="acme", conn_id="c")])
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    assert ids(StateFile(tmp_path / "state")) == ["other:1"]
