"""Run an example DAG in this process, with Airflow's own ``dag.test()``, and say what came of it.

Airflow reads its environment when it is first imported, so nothing of it is imported before :func:`run_dag`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.testing import airflow_versions

if TYPE_CHECKING:
    import datetime as dt

EXAMPLES = Path(__file__).parent.parent / "example_dags"


@dataclass(frozen=True)
class DagResult:
    """How one run ended: its state, each task's state (``task id[map index]``), and the ``room`` of every mapped task."""

    state: str
    tasks: dict[str, str]
    rooms: list[dict[str, Any]]


def run_dag(
    dag_id: str, conf: dict[str, Any], *, logical_date: dt.datetime | None = None, folder: Path = EXAMPLES
) -> DagResult:
    """Run it to its end; the same ``logical_date`` again runs the same run again, as clearing all its tasks does.

    :raises RuntimeError: the DAG file cannot be imported.
    """
    run = airflow_versions.run(airflow_versions.load_dag(dag_id, folder), conf, logical_date)
    tasks = {f"{ti.task_id}[{ti.map_index}]": str(ti.state) for ti in run.get_task_instances()}
    rooms = [value for _, _, key, value in airflow_versions.xcoms(dag_id, run.run_id) if key == "room"]
    return DagResult(str(run.state), tasks, rooms)
