"""One DAG over each vendor from outside: create → found → session → close. Nothing here knows a vendor by name.

Run by the Python of an environment that has such vendors: ``python try_vendors.py <airflow home>``. Prints what each task
of each vendor came to, as JSON on the last line.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path

BODY = """
spec = {{"name": "seminar-1", "starts_at": dt.datetime.now(dt.UTC).isoformat()}}
common = {{"conn_id": "{conn_type}_default"}}
create = CreateRoomOperator(task_id="create", spec=spec, **common)
again = CreateRoomOperator(task_id="again", spec=spec, **common)

@task
def people_come(room):
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

    RoomsSandbox("{url}").start_session("{conn_type}", room)

room = create.output["room"]
session = SessionStartedSensor(task_id="session", room_id=room, poke_interval=1, timeout=60, **common)
close = CloseRoomOperator(task_id="close", room_id=room, if_live="fail", **common)

@task
def people_go(room):
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

    RoomsSandbox("{url}").end_session("{conn_type}", room)

create >> again >> people_come(create.output) >> session >> people_go(create.output) >> close
"""


def main(home: str) -> None:
    """Run the DAGs and print what came of them."""
    os.environ |= {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": home,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }
    from airflow.utils.db import initdb

    from airflow_provider_rooms.hooks import get_rooms_hook
    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from airflow_provider_rooms.sandbox.server import SandboxServer
    from airflow_provider_rooms.testing import dag_lab

    initdb()
    told = {}
    with SandboxServer() as server:
        os.environ |= RoomsSandbox(server.url).env()
        for entry in entry_points(group="airflow_provider_rooms.vendors"):
            conn_type = entry.load().conn_type
            ran = dag_lab.run_tasks(Path(home), conn_type, BODY.format(conn_type=conn_type, url=server.url))
            told[conn_type] = {
                "states": ran.states,
                "outcomes": [ran.xcoms[task]["room"]["outcome"] for task in ("create", "again")],
                "ids": len({ran.value("create"), ran.value("again")}),
                "errors": {task: str(error) for task, error in ran.errors.items()},
                "open": len(list(get_rooms_hook(f"{conn_type}_default").list_rooms(only_open=True))),
            }
    sys.stdout.write(f"\n{json.dumps(told)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
