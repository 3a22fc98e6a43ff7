"""Airflow's web page with the three vendors beside it, to click through: `make ui`.

Starts `airflow standalone`, the sandbox and a mail sink, all on 127.0.0.1 and all fresh; Ctrl-C ends them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_api import AirflowApi
from airflow_provider_rooms.connections import BY_TYPE
from soon import write_soon
from stack import REPO, MailSink, airflow_environment, free_port, mail_sink, sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

HOME = REPO / ".ui"
PATIENCE = 180  # seconds until Airflow is up
PROGRAMS = Path(sys.executable).parent


class TalkingSink(MailSink):
    """Says on the terminal what arrived."""

    def take(self, mail: EmailMessage) -> None:
        """Keep the mail and name it."""
        super().take(mail)
        print(f"  mail to {mail['To']}: {mail['Subject']}", flush=True)


def main() -> int:
    """Serve until interrupted."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir()
    timetable = HOME / "timetable.csv"
    write_soon(timetable, dt.datetime.now(dt.UTC), first=10, step=10)
    password = secrets.token_urlsafe(9)
    (HOME / "passwords.json").write_text(json.dumps({"admin": password}))
    port = free_port(8080)
    api = AirflowApi(f"http://127.0.0.1:{port}")
    try:
        with sandbox(HOME / "sandbox.log", port=free_port(8790)) as vendors, mail_sink(TalkingSink()) as (_, smtp_port):
            environment = airflow_environment(HOME, vendors, smtp_port) | web_settings(port)
            # Airflow's page shows connections of its database, not those of the environment.
            for name in vendors.env():
                del environment[name]
            with standalone(environment, HOME / "airflow.log") as airflow:
                print("Airflow is starting (about half a minute) …", flush=True)
                wait_until_healthy(airflow, api, HOME / "airflow.log")
                api.log_in("admin", password)
                for conn_type in BY_TYPE:
                    api.put_connection(f"{conn_type}_default", with_port(vendors.connection(conn_type)))
                print(f"""
Airflow    {api.url}     user admin, password {password}
Vendors    {vendors.url}     their rooms, and buttons that play a class
Log        {os.path.relpath(HOME)}/airflow.log

Try this:  Dags > class_rooms > Trigger, with this timetable, whose classes begin from ten minutes on:
           {timetable}
           Then open a task of class_room.create: Storage > XCom has the room, Details > Room leads to it at its vendor.
           Twilio's rooms are made half an hour before their classes: until then those tasks are deferred.
           Admin > Connections has one connection per vendor; the first button in its row tests it.
Ctrl-C ends all of it.
""")
                return airflow.wait()
    except KeyboardInterrupt:
        print("\nEnded.")
        return 0
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1


def with_port(connection: dict[str, Any]) -> dict[str, Any]:
    """With its port named: the test button of Airflow 3.3.1 and 3.3.2 takes none for another port than none."""
    return {**connection, "port": urlsplit(connection["host"]).port}


def web_settings(port: int, home: Path = HOME) -> dict[str, str]:
    """Where Airflow's parts listen, and who may log in."""
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


def start_airflow(
    command: str, environment: dict[str, str], log: Path, programs: Path = PROGRAMS
) -> subprocess.Popen[bytes]:
    """An `airflow` command in a process group of its own, its output in the log.

    :param programs: where the programs of that Airflow's virtual environment lie.
    """
    with log.open("wb") as output:
        return subprocess.Popen(
            [programs / "airflow", command],
            env=environment | {"PATH": f"{programs}:{environment.get('PATH', '')}"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@contextmanager
def standalone(environment: dict[str, str], log: Path, programs: Path = PROGRAMS) -> Iterator[subprocess.Popen[bytes]]:
    """`airflow standalone`, whose process group is empty on the way out."""
    process = start_airflow("standalone", environment, log, programs)
    try:
        yield process
    finally:
        print("\nEnding Airflow …", flush=True)
        for number, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
            if _end_group(process, number, seconds):
                break


def _end_group(process: subprocess.Popen[bytes], number: signal.Signals, seconds: float) -> bool:
    """Send the signal to the whole group; whether it is gone within the time."""
    until = time.monotonic() + seconds
    try:
        os.killpg(process.pid, number)
        while time.monotonic() < until:
            process.poll()  # collects the leader, which would count as alive otherwise
            os.killpg(process.pid, 0)
            time.sleep(0.2)
    except ProcessLookupError:
        return True
    return False


def wait_until_healthy(process: subprocess.Popen[bytes], api: AirflowApi, log: Path) -> None:
    """Until all of Airflow's parts are up.

    :raises RuntimeError: it ended, or takes too long.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        if api.healthy():
            return
        time.sleep(0.5)
    raise RuntimeError(f"Airflow did not come up; see {log}")


if __name__ == "__main__":
    sys.exit(main())
