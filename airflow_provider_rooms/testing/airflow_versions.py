"""Where Airflow's insides moved between 2.11 and 3.3, as far as tests and our own programs look into them.

Airflow reads its environment when it is first imported, so nothing of it is imported before a function is called.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path


def version() -> tuple[int, int]:
    """Such as ``(3, 3)``."""
    import airflow

    major, minor = airflow.__version__.split(".")[:2]
    return int(major), int(minor)


def keep_api_server() -> None:
    """Let the tasks of ``dag.test()`` share one API server in this process, as they do from Airflow 3.3 on.

    Before, each builds one of its own, which takes longer than everything else in a test.
    """
    if (3, 0) <= version() < (3, 3):
        supervisor = import_module("airflow.sdk.execution_time.supervisor")
        supervisor.in_process_api_server = cache(supervisor.in_process_api_server)  # type: ignore[attr-defined]


def dag_bag(path: Path | str) -> Any:
    """The DAGs of a file or folder."""
    return _dagbag_module().DagBag(str(path))


def bag_of(dag: Any) -> Any:
    """A bag of one DAG that stands in no file."""
    bag = dag_bag(os.devnull)
    if version() < (3, 0):
        bag.bag_dag(dag, root_dag=dag)
        return bag
    if version() < (3, 1):
        dag.relative_fileloc = dag.fileloc  # looked for when it is stored, and set only for DAGs out of files
    bag.bag_dag(dag)
    return bag


def store(bag: Any) -> None:
    """Put the DAGs of a bag into Airflow's database: ``dag.test()`` looks for them there."""
    if version() < (3, 0):
        bag.sync_to_db()
        return
    import_module("airflow.dag_processing.bundles.manager").DagBundlesManager().sync_bundles_to_db()
    if version() < (3, 1):
        bag.sync_to_db("dags-folder", None)
    else:
        _dagbag_module().sync_bag_to_db(bag, "dags-folder", None)


def load_dag(dag_id: str, folder: Path) -> Any:
    """The DAG of a file of the same name, known to Airflow's database."""
    bag = dag_bag(folder / f"{dag_id}.py")
    if bag.import_errors:
        raise RuntimeError("\n".join(bag.import_errors.values()))
    store(bag)
    return bag.dags[dag_id]


def run(dag: Any, conf: dict[str, Any] | None = None, logical_date: dt.datetime | None = None) -> Any:
    """Run a DAG to its end with ``dag.test()``; its run."""
    if version() < (3, 0):
        return dag.test(run_conf=conf, execution_date=logical_date)
    return dag.test(run_conf=conf, logical_date=logical_date)


def xcoms(dag_id: str, run_id: str) -> list[tuple[str, int, str, Any]]:
    """Task id, map index, key and value of every XCom of a run, in this order."""
    from airflow.utils.session import create_session
    from sqlalchemy import select

    module = import_module("airflow.models.xcom")
    model = module.XCom if version() < (3, 0) else module.XComModel
    # Airflow 2 reads the value while it loads the row.
    read = (lambda row: row.value) if version() < (3, 0) else model.deserialize_value
    with create_session() as session:
        rows = session.scalars(select(model).where(model.dag_id == dag_id, model.run_id == run_id))
        found = [(row.task_id, row.map_index, row.key, read(row)) for row in rows]
    return sorted(found, key=lambda row: row[:3])


def asset_events(dag_id: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Task id, alias (or ``""``), asset and extra of every event that a DAG caused, in this order."""
    from airflow.utils.session import create_session
    from sqlalchemy import select

    two = version() < (3, 0)
    model = (
        import_module("airflow.models.dataset").DatasetEvent
        if two
        else import_module("airflow.models.asset").AssetEvent
    )
    found = []
    with create_session() as session:
        for event in session.scalars(select(model).where(model.source_dag_id == dag_id)):
            alias = next((one.name for one in event.source_aliases), "")
            asset = event.dataset.uri if two else event.asset.name
            found.append((event.source_task_id, alias, asset, dict(event.extra)))
    return sorted(found, key=lambda row: row[:3])


def _dagbag_module() -> Any:
    return import_module("airflow.dag_processing.dagbag" if version() >= (3, 2) else "airflow.models.dagbag")
