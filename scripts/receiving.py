"""An Airflow that receives webhooks: API server of two workers, scheduler, dag-processor, a database, the sandbox beside it.

Every vendor has a connection ``<type>_school`` that takes part; what consumers read is written to a file.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from airflow_api import AirflowApi
from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.sandbox.credentials import SECRET
from fleet.parts import Keeper, Part, end_all, wait_until
from fleet.stores import listens
from stack import airflow_environment, free_port, sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from fleet.mariadb import MariaDB
    from fleet.stores import Postgres

#: Seconds for one part to come up on a slow machine.
PATIENCE = 400.0
#: What a connection needs beside the sandbox's credentials for its deliveries to be checked.
CHECKED_BY: dict[str, dict[str, Any]] = {
    "hundredms": {"webhook_headers": {"X-Rooms": "webhook-header-canary"}},
    "twilio_video": {"auth_token": SECRET},
}
DATABASES = ("sqlite", "postgres", "mariadb")


@dataclass(kw_only=True)
class Receiving:
    """Runs while it is entered. Everything it has lies in ``home``, which is removed on the way out.

    :param dags: the folder of the consumers.
    :param database: one of :data:`DATABASES`.
    :param workers: of the API server.
    :param triggerer: whether there is one.
    :param programs: where the programs of the Airflow lie.
    :param box: a sandbox that runs already, instead of one of its own.
    :param keep: leave ``home`` there, to look at its logs.
    """

    dags: Path
    database: str = "sqlite"
    workers: int = 2
    triggerer: bool = False
    programs: Path = Path(sys.executable).parent
    settings: Mapping[str, str] = field(default_factory=dict)
    box: RoomsSandbox | None = None
    keep: bool = False

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        with self._stack:
            self._start()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="rooms-receiving-"))
        self._stack.callback(self._clean)
        self.home.chmod(0o755)  # the database may run as somebody else
        self.store = self._store()
        self.vendors = self.box or self._stack.enter_context(sandbox(self.home / "sandbox.log"))
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.environment = self._environment()
        self.command("db", "migrate")
        quiet = "--skip-serve-logs"  # its servers would listen on all addresses
        parts = [("api-server",), ("scheduler", quiet), ("dag-processor",)]
        parts += [("triggerer", quiet)] if self.triggerer else []
        self.parts = {part[0]: self._part(*part) for part in parts}
        self._stack.callback(lambda: end_all(self.parts.values()))
        for part in self.parts.values():
            part.start()
        self._stack.enter_context(Keeper(list(self.parts.values())))
        self.api = AirflowApi(self.url)
        self.wait_for_api()
        self.api.log_in("admin", "admin")

    def _store(self) -> Postgres | MariaDB | None:
        if self.database == "sqlite":
            return None
        if self.database == "postgres":
            from fleet.stores import Postgres

            store: Postgres | MariaDB = Postgres(home=self.home, port=free_port())
        else:
            from fleet.mariadb import MariaDB

            store = MariaDB(home=self.home, port=free_port())
        self._stack.callback(store.stop)
        store.start()
        store.create()
        return store

    def _environment(self) -> dict[str, str]:
        (self.home / "passwords.json").write_text(json.dumps({"admin": "admin"}))
        # Airflow's parts write to one file: on a busy machine their turns are longer than SQLite's five seconds.
        url = self.store.url if self.store else f"sqlite:///{self.home}/airflow.db?timeout=60"
        settings = {
            "API__BASE_URL": self.url,
            "API__HOST": "127.0.0.1",
            "API__PORT": str(self._port),
            "API__SECRET_KEY": secrets.token_urlsafe(32),
            "API__WORKERS": str(self.workers),
            "API_AUTH__JWT_SECRET": secrets.token_urlsafe(32),
            "CORE__DAGS_FOLDER": str(self.dags),
            "CORE__DAG_DISCOVERY_SAFE_MODE": "False",
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__PARALLELISM": "4",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "DATABASE__SQL_ALCHEMY_CONN": url,
            "ROOMS__WEBHOOKS": "True",
            # Airflow does not support MariaDB: what it removes unused assets with ends its scheduler there.
            **({"SCHEDULER__PARSING_CLEANUP_INTERVAL": "86400"} if self.database == "mariadb" else {}),
            **self.settings,
        }
        return {
            **airflow_environment(self.home, self.vendors, free_port()),
            **{f"AIRFLOW__{name}": value for name, value in settings.items()},
            **{f"AIRFLOW_CONN_{vendor.upper()}_SCHOOL": json.dumps(self.connection(vendor)) for vendor in BY_TYPE},
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "ROOMS_READ": str(self.home / "read.jsonl"),
        }

    def connection(self, vendor: str) -> dict[str, Any]:
        """The connection that takes part, in Airflow's JSON form."""
        connection = self.vendors.connection(vendor)
        own = {"webhook_url": f"{self.url}/rooms/webhooks/{vendor}_school", **CHECKED_BY.get(vendor, {})}
        return {**connection, "extra": {**connection.get("extra", {}), **own}}

    def _part(self, *command: str) -> Part:
        return Part(
            name=command[0],
            command=[str(self.programs / "airflow"), *command],
            environment=self.environment,
            log=self.home / f"{command[0]}.log",
        )

    def _clean(self) -> None:
        if self.keep:
            print(f"Logs: {self.home}")
        else:
            shutil.rmtree(self.home, ignore_errors=True)

    def wait_for_api(self) -> None:
        """Until the API server listens."""
        wait_until(lambda: listens(self._port), PATIENCE, "the API server", every=0.2)

    def restart(self, name: str) -> None:
        """End one part, and start it again."""
        self.parts[name].end()
        self.parts[name].start()
        self.wait_for_api()

    def wait_for_dags(self, *dag_ids: str) -> None:
        """Until DAGs are known, and with them the assets that they are scheduled on."""

        def known() -> bool:
            found = self.api.call("GET", "/api/v2/dags?limit=100")["dags"]
            return {*dag_ids} <= {dag["dag_id"] for dag in found}

        wait_until(known, PATIENCE, "the DAGs", every=0.5)

    def command(self, *arguments: str) -> str:
        """Run an ``airflow`` command; what it printed.

        :raises RuntimeError: it failed.
        """
        ran = subprocess.run(
            [self.programs / "airflow", *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            raise RuntimeError(f"airflow {' '.join(arguments)}: {ran.stderr[-2000:]}")
        return ran.stdout

    def read(self) -> list[dict[str, Any]]:
        """What the consumers have read so far, with the DAG and its run."""
        kept = self.home / "read.jsonl"
        return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
