"""A file is whole or not there, whatever dies when."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import ObjectStoragePath

from airflow_provider_rooms import errors
from airflow_provider_rooms.tables import storage
from airflow_provider_rooms.tables.storage import whole_file


def target(path: Path) -> ObjectStoragePath:
    return ObjectStoragePath(f"file://{path}")


def test_a_file_is_there_once_the_block_ended(tmp_path: Path) -> None:
    goal = tmp_path / "new" / "folder" / "x.csv"
    with whole_file(target(goal)) as part:
        part.write_text("rows")
        assert not goal.exists()
        assert part.parent == goal.parent  # the same file system, so that it is one step
    assert goal.read_text() == "rows"
    assert list(goal.parent.iterdir()) == [goal]
    os.umask(mask := os.umask(0))
    assert goal.stat().st_mode & 0o777 == 0o666 & ~mask


def test_an_error_in_the_block_leaves_what_was_there(tmp_path: Path) -> None:
    goal = tmp_path / "x.csv"
    for before in (None, "of the last run"):
        if before is not None:
            goal.write_text(before)
        with pytest.raises(ZeroDivisionError), whole_file(target(goal)) as part:  # noqa: PT012
            part.write_text("half of the ro")
            raise ZeroDivisionError
        assert [path.read_text() for path in tmp_path.iterdir()] == ([] if before is None else [before])


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    with whole_file(target(tmp_path / "link.csv")) as part:
        part.write_text("rows")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "rows"


def test_what_killed_workers_left_is_taken_away_a_day_later(tmp_path: Path) -> None:
    old, new, other = (tmp_path / name for name in (".x[1].csv.1a.part", ".x[1].csv.2b.part", ".y.csv.1a.part"))
    for path in (old, new, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (time.time() - 90_000,) * 2)
    with whole_file(target(tmp_path / "x[1].csv")):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [".x[1].csv.2b.part", ".y.csv.1a.part", "x[1].csv"]


class Refusing:
    """A storage that does not take the file."""

    protocol = "s3"
    name = "x.csv"
    path = "bucket/x.csv"

    def __init__(self, error: Exception) -> None:
        self.error = error

    @property
    def fs(self) -> Any:
        return self

    def put_file(self, local: str, remote: str) -> None:
        assert Path(local).read_text() == "rows"
        raise self.error

    def __str__(self) -> str:
        return "s3://bucket/x.csv"


@pytest.mark.parametrize(
    ("error", "raised", "advice"),
    [
        (PermissionError("Access Denied"), errors.AccessDeniedError, "Check the permissions of the connection"),
        (FileNotFoundError("no such bucket"), errors.NotFoundError, "Create the bucket"),
        (OSError("slow down"), errors.TransportError, "slow down"),
    ],
)
def test_a_bucket_that_refuses(error: Exception, raised: type[Exception], advice: str) -> None:
    saying = pytest.raises(raised, match=f"s3://bucket/x.csv could not be written: {error}")
    with saying as told, whole_file(Refusing(error)) as part:  # type: ignore[arg-type]
        part.write_text("rows")
    assert advice in str(told.value)


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(errors.InvalidSpecError, match="could not be written"), whole_file(target(tmp_path / "file/x")):
        pass


def test_lineage_is_told_of_a_whole_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(storage, "_tell_lineage", lambda target, columns: told.append((str(target), columns)))
    with pytest.raises(ZeroDivisionError), whole_file(target(tmp_path / "x.csv"), columns=["a"]):
        raise ZeroDivisionError
    assert told == []
    with whole_file(target(tmp_path / "x.csv"), columns=["a"]):
        pass
    assert told == [(f"file://{tmp_path}/x.csv", ["a"])]


ENDLESS = """
import sys
from airflow.providers.common.compat.sdk import ObjectStoragePath
from airflow_provider_rooms.tables.columns import TABLES
from airflow_provider_rooms.tables.files import writer_for
from airflow_provider_rooms.tables.storage import whole_file

def rows():
    number = 0
    while True:
        number += 1
        if number == 20_000:
            print("writing", flush=True)
        yield dict.fromkeys(TABLES["rooms"].names, None) | {"vendor": "v", "conn_id": "c", "room_id": str(number), "state": "open"}

path = ObjectStoragePath(sys.argv[1])
with whole_file(path) as part:
    writer_for(path.name)(part, TABLES["rooms"], rows())
"""


@pytest.mark.parametrize("before", [None, "of the last run"])
def test_a_worker_killed_while_it_writes_leaves_what_was_there(tmp_path: Path, before: str | None) -> None:
    goal = tmp_path / "x.csv"
    if before is not None:
        goal.write_text(before)
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, f"file://{goal}"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    (part,) = tmp_path.glob(".x.csv.*.part")
    assert part.stat().st_size > 100_000
    assert (goal.read_text() if goal.exists() else None) == before
    with whole_file(target(goal)) as again:
        again.write_text("rows")
    assert goal.read_text() == "rows"
