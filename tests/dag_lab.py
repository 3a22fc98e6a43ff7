"""DAGs made inside a test, run by Airflow's own ``dag.test()``: what became of each task."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Ran:
    """One run: states, XComs and exceptions by task id (mapped tasks: ``task[0]``)."""

    run_id: str
    states: dict[str, str] = field(default_factory=dict)
    xcoms: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, BaseException] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)


_errors: dict[str, BaseException] = {}


def label(ti: Any) -> str:
    """``task``, or ``task[0]`` of a mapped one."""
    return ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"


def note_error(context: Any) -> None:
    """For ``on_failure_callback`` and the like: keeps what the task raised."""
    _errors[label(context["ti"])] = context["exception"]


#: For ``default_args``: every task tells what it failed, or tried again, or was skipped for.
NOTED = {"on_failure_callback": note_error, "on_retry_callback": note_error, "on_skipped_callback": note_error}


def run(dag: Any, **kwargs: Any) -> Ran:
    """Run a DAG once; needs the fixture ``airflow_db``."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    # dag.test() runs what is in the database, and looks for it in files only if it is not there.
    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(dag_folder=os.devnull)
    bag.bag_dag(dag)
    sync_bag_to_db(bag, "dags-folder", None)
    _errors.clear()
    ended = dag.test(**kwargs)
    ran = Ran(ended.run_id, errors=dict(_errors))
    for ti in ended.get_task_instances():
        ran.states[label(ti)] = str(ti.state)
        ran.tries[label(ti)] = ti.try_number
    with create_session() as session:
        rows: Any = session.scalars(XComModel.get_many(run_id=ended.run_id, dag_ids=dag.dag_id))
        for row in rows:
            ran.xcoms.setdefault(label(row), {})[row.key] = XComModel.deserialize_value(row)
    return ran
