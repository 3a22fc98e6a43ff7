"""Run an example DAG in this process, with Airflow's own ``dag.test()``, and say what came of it.

Airflow reads its environment when it is first imported, so nothing of it is imported before :func:`run_dag`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    run = load_dag(dag_id, folder).test(run_conf=conf, logical_date=logical_date)
    tasks = {f"{ti.task_id}[{ti.map_index}]": str(ti.state) for ti in run.get_task_instances()}
    with create_session() as session:
        found: Any = session.scalars(XComModel.get_many(run_id=run.run_id, dag_ids=dag_id, key="room"))
        rooms = [XComModel.deserialize_value(row) for row in sorted(found, key=lambda row: row.map_index)]
    return DagResult(str(run.state), tasks, rooms)


def load_dag(dag_id: str, folder: Path = EXAMPLES) -> Any:
    """The DAG of a file of the same name, known to Airflow's database."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    bag = DagBag(str(folder / f"{dag_id}.py"))
    if bag.import_errors:
        raise RuntimeError("\n".join(bag.import_errors.values()))
    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    sync_bag_to_db(bag, "dags-folder", None)
    return bag.dags[dag_id]
