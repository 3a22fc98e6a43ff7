"""Triggerers of a real Airflow, killed and started by tests."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_parts import start_airflow
from stack import end

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator


def kill_triggerer(standalone_pid: int) -> None:
    """SIGKILL for the triggerer that ``airflow standalone`` started, and for the process in which its triggers run.

    :raises RuntimeError: there is not exactly one.
    """
    children: dict[int, list[int]] = {}
    titles: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        try:
            stat = (entry / "stat").read_text() if entry.name.isdigit() else ""
            titles[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, ValueError):
            continue
        children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    ours = [pid for pid in children.get(standalone_pid, []) if "triggerer" in titles[pid]]
    if len(ours) != 1:
        raise RuntimeError(f"{len(ours)} triggerers among {[titles[pid] for pid in children.get(standalone_pid, [])]}")
    for pid in [*ours, *children.get(ours[0], [])]:
        os.kill(pid, signal.SIGKILL)


@contextmanager
def triggerer(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[Any]]:
    """A triggerer in a process of its own, ended on the way out."""
    process: subprocess.Popen[Any] = start_airflow("triggerer", environment, log)
    try:
        yield process
    finally:
        end(process)
        # What serves its logs outlives a triggerer that takes longer to end than we wait.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
