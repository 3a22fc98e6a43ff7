"""Airflow's web page with the three vendors beside it, to click through: `make ui`.

Starts Airflow, the sandbox and a mail sink, all on 127.0.0.1 and all fresh, and has the rooms of a day created; Ctrl-C ends
all of it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_api import AirflowApi
from airflow_parts import PATIENCE, running_airflow, wait_until_healthy, web_settings
from airflow_provider_rooms.connections import BY_TYPE
from soon import write_soon
from stack import REPO, MailSink, airflow_environment, free_port, mail_sink, sandbox

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

HOME = REPO / ".ui"
#: Runs by itself, so that there is something to see.
DAG_ID = "class_rooms"


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
    copy_dags(HOME / "dags")
    password = secrets.token_urlsafe(9)
    (HOME / "passwords.json").write_text(json.dumps({"admin": password}))
    port = free_port(8080)
    api = AirflowApi(f"http://127.0.0.1:{port}")
    try:
        with sandbox(HOME / "sandbox.log", port=free_port(8790)) as vendors, mail_sink(TalkingSink()) as (_, smtp_port):
            environment = airflow_environment(HOME, vendors, smtp_port) | web_settings(port, HOME)
            environment["AIRFLOW__CORE__DAGS_FOLDER"] = str(HOME / "dags")
            # Airflow's page shows connections of its database, not those of the environment.
            for name in vendors.env():
                del environment[name]
            print("Airflow is starting (about half a minute) …", flush=True)
            with running_airflow(environment, HOME / "airflow.log") as airflow:
                wait_until_healthy(airflow, api, HOME / "airflow.log")
                api.log_in("admin", password)
                for conn_type in BY_TYPE:
                    api.put_connection(f"{conn_type}_default", with_port(vendors.connection(conn_type)))
                unpause(api, DAG_ID)
                print(f"""
Rooms      {api.url}/plugin/rooms     user admin, password {password}
Vendors    {vendors.url}     their rooms, and buttons that play a class
Log        {os.path.relpath(HOME)}/airflow.log

The DAG {DAG_ID} is running: it creates the rooms of today's classes, the first of which begins in ten minutes. In a minute
the Rooms page shows them. Twilio's rooms are created half an hour before their classes: until then those tasks are deferred.
Try this:  Play a class on the vendors' page: the Rooms page shows who is live.
           Open a task from the Rooms page: XCom has the room, Details > Room leads to it at its vendor.
           Admin > Connections has one connection per vendor; the first button in its row tests it.
           Dags has the other examples; switch one on, or trigger it.
Ctrl-C ends all of it.
""", flush=True)  # fmt: skip
                return airflow.wait()
    except KeyboardInterrupt:
        print("\nEnded.")
        return 0
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1


def copy_dags(target: Path) -> None:
    """The example DAGs with a timetable whose classes begin from ten minutes on: their default, under the usual name."""
    shutil.copytree(REPO / "example_dags", target, ignore=shutil.ignore_patterns("__pycache__"))
    write_soon(target / "data" / "timetable.csv", dt.datetime.now(dt.UTC), first=10, step=10)


def unpause(api: AirflowApi, dag_id: str) -> None:
    """Switch a DAG on once it has been parsed; its schedule starts the one run of today.

    :raises RuntimeError: it does not come up.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            api.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})
        except RuntimeError:
            if time.monotonic() > until:
                raise
            time.sleep(1)
        else:
            return


def with_port(connection: dict[str, Any]) -> dict[str, Any]:
    """With its port named: the test button of Airflow 3.3.1 and 3.3.2 takes none for another port than none."""
    return {**connection, "port": urlsplit(connection["host"]).port}


if __name__ == "__main__":
    sys.exit(main())
