"""DAGs made inside a test, run by Airflow's own ``dag.test()``: what became of each task."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.testing import airflow_versions

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

HEAD = """
from __future__ import annotations

import datetime as dt

from airflow_provider_rooms.testing import dag_lab
from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_rooms.operators.rooms import *
from airflow_provider_rooms.sensors.rooms import *

with DAG("{dag_id}", schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), default_args=dag_lab.NOTED):
"""


@dataclass
class Ran:
    """One run: states, XComs and exceptions by task id (mapped tasks: ``task[0]``)."""

    run_id: str
    states: dict[str, str] = field(default_factory=dict)
    xcoms: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, BaseException] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)

    def value(self, task: str) -> Any:
        """The return value of a task; None when it has none."""
        return self.xcoms.get(task, {}).get("return_value")


_errors: dict[str, BaseException] = {}


def label(ti: Any) -> str:
    """``task``, or ``task[0]`` of a mapped one."""
    return _label(ti.task_id, ti.map_index)


def _label(task_id: str, map_index: int) -> str:
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"


def note_error(context: Any) -> None:
    """For ``on_failure_callback`` and the like: keeps what the task raised."""
    if "exception" in context:  # before 3.3, Airflow 3 tells it to listeners only
        _errors[label(context["ti"])] = context["exception"]


#: For ``default_args``: every task tells what it failed, or tried again, or was skipped for.
NOTED = {"on_failure_callback": note_error, "on_retry_callback": note_error, "on_skipped_callback": note_error}


@cache
def _listen() -> None:
    """Have Airflow tell what tasks raised."""
    from airflow.listeners import hookimpl

    home = "airflow.sdk.listener" if airflow_versions.version() >= (3, 2) else "airflow.listeners.listener"

    class Listener:
        @hookimpl
        def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
            _errors[label(task_instance)] = error

    import_module(home).get_listener_manager().add_listener(Listener())


def run(dag: Any, **kwargs: Any) -> Ran:
    """Run a DAG once; needs the fixture ``airflow_db``."""
    # dag.test() runs what is in the database, and looks for it in files only if it is not there.
    airflow_versions.store(airflow_versions.bag_of(dag))
    return run_stored(dag, **kwargs)


def run_tasks(folder: Path, dag_id: str, body: str, *, logical_date: dt.datetime | None = None, **conf: Any) -> Ran:
    """Run the tasks of a DAG body, which stands inside of ``with DAG(…)`` in a file; needs ``airflow_db``, too."""
    text = HEAD.format(dag_id=dag_id) + textwrap.indent(textwrap.dedent(body), "    ")
    (folder / f"{dag_id}.py").write_text(text)
    return run_stored(airflow_versions.load_dag(dag_id, folder), conf=conf, logical_date=logical_date)


def run_stored(dag: Any, **kwargs: Any) -> Ran:
    """Run a DAG once that is in the database already."""
    _errors.clear()
    if (3, 0) <= airflow_versions.version() < (3, 3):
        _listen()
    ended = airflow_versions.run(dag, **kwargs)
    ran = Ran(ended.run_id, errors=dict(_errors))
    for ti in ended.get_task_instances():
        ran.states[label(ti)] = str(ti.state)
        ran.tries[label(ti)] = ti.try_number
    for task_id, map_index, key, value in airflow_versions.xcoms(dag.dag_id, ended.run_id):
        ran.xcoms.setdefault(_label(task_id, map_index), {})[key] = value
    return ran
