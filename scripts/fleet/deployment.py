"""One Airflow of many processes: Postgres, Redis, API server, schedulers, dag-processor, triggerers, Celery workers, the sandbox."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from airflow_api import AirflowApi
from airflow_provider_rooms.connections import BY_TYPE
from fleet.parts import Keeper, Part, end_all, wait_until
from fleet.stores import Postgres, listens, redis
from stack import free_port, sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

PROGRAMS = Path(sys.executable).parent
DAGS = Path(__file__).parent / "dags"
#: Seconds for one part to come up on a slow machine.
PATIENCE = 240.0
DONE = ("success", "failed", "skipped", "upstream_failed")


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How large a fleet is.

    :param concurrency: tasks that one worker runs at once.
    :param api_retries: ``[workers] execution_api_retries``; 5 is Airflow's default.
    :param classes: classes of a day, for each vendor.
    :param waits: deferred waits.
    :param kills: how many workers are killed.
    :param limited: rooms of one account that tasks create at once.
    """

    schedulers: int = 2
    triggerers: int = 2
    workers: int = 3
    concurrency: int = 6
    api_retries: int = 5
    classes: int = 10
    waits: int = 100
    kills: int = 3
    limited: int = 120


@dataclass(kw_only=True)
class Fleet:
    """An Airflow that runs while it is entered. Everything it has lies in ``home``, which is removed on the way out.

    :param keep: leave ``home`` there, to look at its logs.
    """

    sizes: Sizes
    keep: bool = False
    parts: dict[str, Part] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        with self._stack:
            self._start()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        began = time.monotonic()
        self.home = Path(tempfile.mkdtemp(prefix="rooms-fleet-"))
        self._stack.callback(self._clean)
        self.home.chmod(0o755)  # Postgres may run as somebody else
        self.gate = self.home / "gate"
        self.gate.mkdir()
        self.database = Postgres(home=self.home, port=free_port())
        self._stack.callback(self.database.stop)
        self.database.start()
        self.database.create()
        self.redis = redis(self.home, free_port())
        self._redis_port = int(self.redis.command[2])
        self._stack.callback(self.redis.end)
        self.start_redis()
        self.vendors: RoomsSandbox = self._stack.enter_context(sandbox(self.home / "sandbox.log"))
        self._port = free_port()
        self.api = AirflowApi(f"http://127.0.0.1:{self._port}")
        self.password = secrets.token_urlsafe(12)
        (self.home / "passwords.json").write_text(json.dumps({"admin": self.password}))
        self.environment = self._environment()
        self._say(began, "database, Redis and sandbox are up")
        self.command("db", "migrate")
        self._say(began, "the database has its tables")
        self.parts = {part.name: part for part in self._parts()}
        self._stack.callback(lambda: end_all(self.parts.values()))
        self.parts["api-server"].start()
        wait_until(lambda: listens(self._port), PATIENCE, "the API server")
        for part in self.parts.values():
            if part.starts == 0:
                part.start()
        self._stack.enter_context(Keeper(list(self.parts.values())))
        wait_until(self.api.healthy, PATIENCE, "all of Airflow's parts")
        self.api.log_in("admin", self.password)
        for conn_type in BY_TYPE:
            self.api.put_connection(f"{conn_type}_kept", self.vendors.connection(conn_type))
        self._say(began, f"{len(self.parts)} processes of Airflow are up")

    def _say(self, began: float, what: str) -> None:
        print(f"  {time.monotonic() - began:5.0f} s  {what}", flush=True)

    def _clean(self) -> None:
        if self.keep:
            print(f"Logs: {self.home}")
        else:
            shutil.rmtree(self.home, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        """What all parts share; of the user's own Airflow, nothing."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        here = self.api.url
        settings = {
            "API__BASE_URL": here,
            "API__HOST": "127.0.0.1",
            "API__PORT": str(self._port),
            "API__SECRET_KEY": secrets.token_urlsafe(32),
            "API_AUTH__JWT_SECRET": secrets.token_urlsafe(32),
            "CELERY__BROKER_URL": f"redis://127.0.0.1:{self._redis_port}/0",
            "CELERY__RESULT_BACKEND": f"db+{self.database.url}",
            "CELERY__WORKER_CONCURRENCY": str(self.sizes.concurrency),
            "CORE__DAGS_FOLDER": str(DAGS),
            "CORE__EXECUTION_API_SERVER_URL": f"{here}/execution/",
            "CORE__EXECUTOR": "CeleryExecutor",
            "CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__MAX_ACTIVE_TASKS_PER_DAG": "400",
            "CORE__PARALLELISM": "400",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "DAG_PROCESSOR__REFRESH_INTERVAL": "20",
            "DATABASE__SQL_ALCHEMY_CONN": self.database.url,
            "LOGGING__BASE_LOG_FOLDER": str(self.home / "logs"),
            # What is dead is missed sooner than the minutes that Airflow takes by default.
            "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "20",
            "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "30",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "40",
            "SCHEDULER__TASK_QUEUED_TIMEOUT": "90",
            "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "15",
            "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "20",
            "WORKERS__EXECUTION_API_RETRIES": str(self.sizes.api_retries),
        }
        return {
            **inherited,
            **{f"AIRFLOW__{name}": value for name, value in settings.items()},
            "AIRFLOW_HOME": str(self.home),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "ROOMS_FLEET_GATE": str(self.gate),
        }

    def _parts(self) -> list[Part]:
        quiet = "--skip-serve-logs"  # its servers would listen on all addresses
        parts = [self._part("api-server", "api-server"), self._part("dag-processor", "dag-processor")]
        parts += [self._part(f"scheduler-{n}", "scheduler", quiet) for n in range(self.sizes.schedulers)]
        parts += [self._part(f"triggerer-{n}", "triggerer", quiet) for n in range(self.sizes.triggerers)]
        for n in range(self.sizes.workers):
            name, alone = f"worker-{n}", ("--without-mingle", "--without-gossip")
            pid = str(self.home / f"{name}.pid")
            parts.append(self._part(name, "celery", "worker", "-H", f"{name}@%h", "--pid", pid, quiet, *alone))
        return parts

    def _part(self, name: str, *arguments: str) -> Part:
        return Part(
            name=name,
            command=[str(PROGRAMS / "airflow"), *arguments],
            environment=self.environment,
            log=self.home / f"{name}.log",
        )

    def named(self, kind: str) -> list[Part]:
        """The parts of a kind, such as ``worker``."""
        return [part for name, part in self.parts.items() if name.startswith(kind)]

    def start_redis(self) -> None:
        """Start Redis, and wait until it listens."""
        self.redis.start()
        wait_until(lambda: listens(self._redis_port), 60, "Redis", every=0.1)

    def command(self, *arguments: str) -> str:
        """Run an ``airflow`` command; what it printed.

        :raises RuntimeError: it failed.
        """
        ran = subprocess.run(
            [PROGRAMS / "airflow", *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            raise RuntimeError(f"airflow {' '.join(arguments)}: {ran.stderr[-2000:]}")
        return ran.stdout

    def trigger(self, dag_id: str, conf: Mapping[str, object] | None = None) -> str:
        """Start a run of a DAG, once its file has been read; the run's id."""

        def known() -> bool:
            try:
                self.api.call("GET", f"/api/v2/dags/{dag_id}")
            except RuntimeError:
                return False
            return True

        wait_until(known, PATIENCE, f"the DAG {dag_id}")
        return self.api.trigger(dag_id, dict(conf or {}))

    def tasks(self, dag_id: str, run_id: str | None = None) -> list[tuple[str, str, int]]:
        """Task id (with map index), state and number of tries of all task instances of a DAG, or of one run."""
        rows = self.database.query(
            "select dag_id, run_id, task_id, map_index, coalesce(state, ''), try_number from task_instance order by 3, 4"
        )
        return [
            (task if index == "-1" else f"{task}[{index}]", state, int(tries))
            for dag, run, task, index, state, tries in rows
            if dag == dag_id and run_id in (None, run)
        ]

    def wait_for(self, dag_id: str, seconds: float, run_id: str | None = None) -> list[tuple[str, str, int]]:
        """Wait until all tasks are done, or the time is up; what became of them."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            rows = self.tasks(dag_id, run_id)
            if rows and all(state in DONE for _, state, _ in rows):
                return rows
            time.sleep(1)
        return self.tasks(dag_id, run_id)
