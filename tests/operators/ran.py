"""Run tasks in real Airflow and look at what came of them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import dag_lab

from dag_run import load_dag

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

HEAD = """
from __future__ import annotations

import datetime as dt

import dag_lab
from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_rooms.operators.rooms import *
from airflow_provider_rooms.sensors.rooms import *

with DAG("{dag_id}", schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), default_args=dag_lab.NOTED):
"""


def run_tasks(
    folder: Path, dag_id: str, body: str, *, logical_date: dt.datetime | None = None, **conf: Any
) -> dag_lab.Ran:
    """Run the tasks of a DAG body, which stands inside of ``with DAG(…)``."""
    text = HEAD.format(dag_id=dag_id) + textwrap.indent(textwrap.dedent(body), "    ")
    (folder / f"{dag_id}.py").write_text(text)
    return dag_lab.run_stored(load_dag(dag_id, folder), conf=conf, logical_date=logical_date)
