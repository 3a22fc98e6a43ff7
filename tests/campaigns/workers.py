"""Airflow workers to be killed: warm once, then forked, since importing Airflow takes three seconds.

A worker here is a process that runs one task instance to its end through Airflow's own task runner, against Airflow's own
database and execution API. What the scheduler does around it (queue, retry a lost task, clear) is done by :class:`Stage`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.sandbox.client import RoomsSandbox

VENDORS = tuple(BY_TYPE)

#: Classes of a batch: enough for the lists of the account to be read.
BATCH = 12

DAG_FILE = """
from airflow.sdk import DAG
from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.operators.rooms import CreateRoomOperator, CreateRoomsOperator

for conn_type in BY_TYPE:
    with DAG(
        f"campaign_{conn_type}", schedule=None, params={"name": "unset"}, default_args={"retries": 5, "retry_delay": 0}
    ):
        for task_id in ("create", "create_too"):
            CreateRoomOperator(task_id=task_id, conn_id=f"{conn_type}_default", name="{{ params.name }}")
        for task_id in ("batch", "batch_too"):
            CreateRoomsOperator(
                task_id=task_id,
                conn_id=f"{conn_type}_default",
                specs=[{"name": "{{ params.name }}" + f"-{n}"} for n in range(BATCH)],
                concurrency=4,
            )
"""

#: What a batch may be told by the lists of the account; it asks for the same names again when it is retried.
LISTS: tuple[dict[str, Any], ...] = (
    {},
    {"list_order": "any"},
    {"list_cut": True},
    {"list_lag_seconds": 60},
    {"list_stale": True},
)


def behave(vendors: RoomsSandbox, conn_type: str, lists: Mapping[str, Any]) -> None:
    """Let the lists of an account be as wrong as that."""
    usual = {"list_order": "newest", "list_cut": False, "list_lag_seconds": 0, "list_stale": False}
    vendors.behave(conn_type, **{**usual, **lists})


def names_of(task_id: str, name: str) -> list[str]:
    """The rooms that a task makes."""
    return [f"{name}-{number}" for number in range(BATCH)] if task_id.startswith("batch") else [name]


def ids_of(value: Any) -> list[str]:
    """The ids in a task's XCom, in the order of its names."""
    return [room["id"] for room in value] if isinstance(value, list) else [value]


@dataclass
class Worker:
    """A forked process with a task instance."""

    pid: int
    #: Becomes readable when the worker begins.
    began: int

    def wait_until_it_begins(self) -> None:
        """Return as soon as the task instance is about to be run."""
        os.read(self.began, 1)
        os.close(self.began)

    def kill(self) -> bool:
        """SIGKILL; whether it was still running."""
        os.kill(self.pid, signal.SIGKILL)
        return os.WIFSIGNALED(os.waitpid(self.pid, 0)[1])

    def wait(self) -> int:
        """Let it end by itself; its exit code."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Stage:
    """Airflow's database with one DAG per vendor, and forks that run its tasks."""

    def __init__(self, home: Path) -> None:
        from airflow.dag_processing.bundles.manager import DagBundlesManager
        from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
        from airflow.serialization.serialized_objects import DagSerialization
        from airflow.utils.db import initdb

        # Warm, as a worker is that has run tasks before.
        import airflow_provider_rooms.hooks.base  # noqa: F401
        from airflow_provider_rooms.vendors import vendor_class

        initdb()
        manager = DagBundlesManager()
        manager.sync_bundles_to_db()
        (bundle,) = manager.get_all_dag_bundles()
        bag = BundleDagBag(dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
        sync_bag_to_db(bag, bundle.name, bundle.version)
        self.dags = {dag_id.removeprefix("campaign_"): dag for dag_id, dag in bag.dags.items()}
        self._scheduled = {
            name: DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
            for name, dag in self.dags.items()
        }
        asyncio.run(_first_request())
        for name in ("requests", "jwt", "urllib3", "idna"):
            importlib.import_module(name)
        for conn_type in VENDORS:
            vendor_class(conn_type)

    def new_run(self, conn_type: str, name: str) -> str:
        """A DAG run whose tasks make a room of this name."""
        from airflow.utils.session import create_session
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        now = dt.datetime.now(dt.UTC)
        with create_session() as session:
            run = self._scheduled[conn_type].create_dagrun(
                run_id=f"manual__{name}",
                logical_date=now,
                data_interval=(now, now),
                run_after=now,
                conf={"name": name},
                run_type=DagRunType.MANUAL,
                state=DagRunState.RUNNING,
                triggered_by=DagRunTriggeredByType.TEST,
                start_date=now,
                session=session,
            )
            return str(run.run_id)

    def queue(self, conn_type: str, run_id: str, task_id: str = "create") -> Any:
        """Queue the task instance as the scheduler does: for its first try, a retry, or after it was cleared."""
        from airflow.models.taskinstance import TaskInstance
        from airflow.sdk.api.datamodels._generated import TaskInstance as TaskInstanceSDK
        from airflow.utils.session import create_session
        from airflow.utils.state import TaskInstanceState
        from sqlalchemy import select

        with create_session() as session:
            ti = session.scalar(
                select(TaskInstance).where(
                    TaskInstance.dag_id == f"campaign_{conn_type}",
                    TaskInstance.run_id == run_id,
                    TaskInstance.task_id == task_id,
                )
            )
            if ti.try_number:
                ti.prepare_db_for_next_try(session)
            ti.try_number += 1
            ti.state = TaskInstanceState.QUEUED
            session.flush()
            return TaskInstanceSDK(
                id=ti.id,
                task_id=ti.task_id,
                dag_id=ti.dag_id,
                run_id=ti.run_id,
                try_number=ti.try_number,
                map_index=ti.map_index,
                dag_version_id=ti.dag_version_id,
            )

    def state_of(self, conn_type: str, run_id: str, task_id: str = "create") -> tuple[str, Any]:
        """The task instance's state, and what it has in XCom: a room id, or the rooms of a batch."""
        from airflow.models.taskinstance import TaskInstance
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session
        from sqlalchemy import select

        keys = (f"campaign_{conn_type}", run_id, task_id)
        with create_session() as session:
            state = session.scalar(
                select(TaskInstance.state).where(
                    TaskInstance.dag_id == keys[0], TaskInstance.run_id == keys[1], TaskInstance.task_id == keys[2]
                )
            )
            found = session.scalar(
                select(XComModel.value).where(
                    XComModel.dag_id == keys[0],
                    XComModel.run_id == keys[1],
                    XComModel.task_id == keys[2],
                    XComModel.key == "return_value",
                )
            )
            return str(state), found

    def fork(self, conn_type: str, ti: Any, gate: int | None = None, start: int | None = None) -> Worker:
        """A worker that runs this task instance.

        :param gate: the reading end of a pipe; the worker goes on when the writing end is closed.
        :param start: that writing end, which the worker has to close for its part.
        """
        from airflow import settings

        # No connection to the database may be shared with the child.
        settings.engine.dispose()
        read, write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            os.close(write)
            return Worker(pid, read)
        code = 1
        try:
            os.close(read)
            if start is not None:
                os.close(start)
            code = self._work(conn_type, ti, write, gate)
        finally:
            os._exit(code)

    def _work(self, conn_type: str, ti: Any, began: int, gate: int | None) -> int:
        from airflow.sdk.execution_time.supervisor import InProcessTestSupervisor, run_task_in_process
        from airflow.utils.state import TaskInstanceState

        log = os.open(os.environ["CAMPAIGN_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        task = self.dags[conn_type].task_dict[ti.task_id]
        InProcessTestSupervisor._api_client(task.dag)  # opens the transport
        os.write(began, b"!")
        if gate is not None:
            os.read(gate, 1)
        result = run_task_in_process(ti=ti, task=task)
        return 0 if result.state == TaskInstanceState.SUCCESS else 2


async def _first_request() -> None:
    """Airflow builds its execution API at the first request, which takes seconds: once here instead of in each fork."""
    import httpx
    from airflow.sdk.execution_time.supervisor import in_process_api_server

    async with httpx.AsyncClient(transport=in_process_api_server().atransport, base_url="http://in-process") as client:
        await client.get("/health")


@contextmanager
def stage(vendors: dict[str, str]) -> Iterator[Stage]:
    """A stage in a directory of its own.

    :param vendors: environment variables with the connections to the vendors.
    """
    with tempfile.TemporaryDirectory(prefix="rooms-campaign-") as directory:
        home = Path(directory)
        (home / "dags").mkdir()
        (home / "dags" / "campaign.py").write_text(f"BATCH = {BATCH}\n{DAG_FILE}")
        os.environ.update(
            AIRFLOW_HOME=str(home),
            AIRFLOW__CORE__DAGS_FOLDER=str(home / "dags"),
            AIRFLOW__CORE__LOAD_EXAMPLES="False",
            AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{home}/airflow.db",
            AIRFLOW__LOGGING__BASE_LOG_FOLDER=str(home / "logs"),
            AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
            CAMPAIGN_LOG=str(home / "workers.log"),
            **vendors,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries below
            stage = Stage(home)
        yield stage


@contextmanager
def sandbox_process(latency_ms: float) -> Iterator[RoomsSandbox]:
    """The vendors in a process of their own: a process that is forked must have no threads."""
    command = [sys.executable, "-m", "airflow_provider_rooms.sandbox", "--port", "0", "--latency-ms", str(latency_ms)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield RoomsSandbox(line.split()[-1])
    finally:
        process.terminate()
        process.wait()


def traits_of(conn_type: str) -> Any:
    """Facts about a vendor. They import Airflow, which must find its home set."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from vendor_traits import TRAITS_OF

    return TRAITS_OF[conn_type]


def name_of(conn_type: str, room: dict[str, Any]) -> str:
    """The room name in a vendor's own description."""
    return str(room[traits_of(conn_type).name_key])


def usable(conn_type: str, rooms: list[dict[str, Any]]) -> list[str]:
    """The ids of those that people can enter."""
    traits = traits_of(conn_type)
    return [room[traits.id_key] for room in rooms if traits.usable(room)]
