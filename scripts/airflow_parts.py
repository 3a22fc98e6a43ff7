"""A whole Airflow on this machine, and its end.

:func:`running_airflow` starts the parts one by one and listens on 127.0.0.1 only. :func:`standalone` also works on Airflow 2,
but `airflow standalone` serves logs on all addresses.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stack import free_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from airflow_api import AirflowApi

PATIENCE = 180  # seconds until Airflow is up
PROGRAMS = Path(sys.executable).parent
#: Each part and its options. Logs are read from files: all parts are on one machine.
PARTS: Mapping[str, tuple[str, ...]] = {
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
    "api-server": (),
}
#: Signals that end a part, and seconds until it is gone.
_ENDINGS = ((signal.SIGTERM, 20), (signal.SIGKILL, 5))


def web_settings(port: int, home: Path) -> dict[str, str]:
    """Where Airflow's parts listen, and who may log in.

    :param home: holds ``passwords.json``.
    """
    here = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": here,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{here}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        # Airflow's parts write to one file: on a busy machine their turns are longer than SQLite's five seconds.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db?timeout=60",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        # Mapped tasks wait for nothing but each other.
        "AIRFLOW__CORE__PARALLELISM": "8",
    }


@dataclass(frozen=True)
class RunningAirflow:
    """The processes by the names of their parts."""

    processes: Mapping[str, subprocess.Popen[bytes]]

    def poll(self) -> int | None:
        """The exit code of a part that has ended; None while all run."""
        codes = (process.poll() for process in self.processes.values())
        return next((code for code in codes if code is not None), None)

    def wait(self) -> int:
        """The exit code of the first part that ends."""
        while (code := self.poll()) is None:
            time.sleep(0.5)
        return code


def start_airflow(
    command: str, environment: Mapping[str, str], log: Path, programs: Path = PROGRAMS, options: Iterable[str] = ()
) -> subprocess.Popen[bytes]:
    """An `airflow` command in a process group of its own, its output at the end of the log.

    :param programs: where the programs of that Airflow's virtual environment are.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [programs / "airflow", command, *options],
            env={**environment, "PATH": f"{programs}:{environment.get('PATH', '')}"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@contextmanager
def running_airflow(environment: Mapping[str, str], log: Path, programs: Path = PROGRAMS) -> Iterator[RunningAirflow]:
    """All parts of an Airflow, whose process groups are empty on the way out.

    :raises RuntimeError: its database cannot be created.
    """
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        # First and alone: it also writes the keys that the parts share.
        migrate = processes["db"] = start_airflow("db", environment, log, programs, ("migrate",))
        if migrate.wait():
            raise RuntimeError(f"Airflow's database could not be created; see {log}")
        del processes["db"]
        for part, options in PARTS.items():
            processes[part] = start_airflow(part, environment, log, programs, options)
        yield RunningAirflow(processes)
    finally:
        print("\nEnding Airflow …", flush=True)
        end_groups(processes.values())


@contextmanager
def standalone(
    environment: Mapping[str, str], log: Path, programs: Path = PROGRAMS
) -> Iterator[subprocess.Popen[bytes]]:
    """`airflow standalone`, whose process group is empty on the way out."""
    process = start_airflow("standalone", environment, log, programs)
    try:
        yield process
    finally:
        print("\nEnding Airflow …", flush=True)
        end_groups([process])


def end_groups(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """End process groups, all at once, and wait until nothing of them is left."""
    left = list(processes)
    for number, seconds in _ENDINGS:
        for process in left:
            _signal(process, number)
        until = time.monotonic() + seconds
        while (left := [process for process in left if _signal(process, 0)]) and time.monotonic() < until:
            time.sleep(0.2)


def _signal(process: subprocess.Popen[bytes], number: int) -> bool:
    """Signal a process group; whether anything of it is left."""
    process.poll()  # collects the leader, which would count as alive otherwise
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return False
    return True


def wait_until_healthy(airflow: RunningAirflow | subprocess.Popen[bytes], api: AirflowApi, log: Path) -> None:
    """Until all of Airflow's parts are up.

    :raises RuntimeError: one ended, or it takes too long.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and airflow.poll() is None:
        if api.healthy():
            return
        time.sleep(0.5)
    raise RuntimeError(f"Airflow did not come up; see {log}")
