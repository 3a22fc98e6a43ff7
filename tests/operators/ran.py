"""Run tasks in real Airflow and look at what came of them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import airflow_versions
from dag_run import load_dag

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

HEAD = """
from __future__ import annotations

import datetime as dt

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_rooms.operators.rooms import *
from airflow_provider_rooms.sensors.rooms import *

with DAG("{dag_id}", schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)):
"""


@dataclass(frozen=True)
class Ran:
    """One run of a DAG: each task's state, and its XComs by task and key."""

    states: dict[str, str]
    xcoms: dict[tuple[str, str], Any]

    def value(self, task_id: str) -> Any:
        """The return value of a task; None when it has none."""
        return self.xcoms.get((task_id, "return_value"))


def run_tasks(folder: Path, dag_id: str, body: str, *, logical_date: dt.datetime | None = None, **conf: Any) -> Ran:
    """Run the tasks of a DAG body, which stands inside of ``with DAG(…)``."""
    text = HEAD.format(dag_id=dag_id) + textwrap.indent(textwrap.dedent(body), "    ")
    (folder / f"{dag_id}.py").write_text(text)
    run = airflow_versions.run(load_dag(dag_id, folder), conf, logical_date)
    states = {
        ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]": str(ti.state)
        for ti in run.get_task_instances()
    }
    xcoms = {(task_id, key): value for task_id, _, key, value in airflow_versions.xcoms(dag_id, run.run_id)}
    return Ran(states, xcoms)
