"""Airflow's REST API on this machine, as far as our own programs need it. Airflow 3 only."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
DONE = ("success", "failed")
TASK_DONE = (*DONE, "skipped", "upstream_failed")


class AirflowApi:
    """A session of one user.

    :param url: such as ``http://127.0.0.1:8080``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._token = ""

    def log_in(self, user: str, password: str) -> None:
        """Get a token for all further calls."""
        self._token = self.call("POST", "/auth/token", {"username": user, "password": password})["access_token"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call; the answer is read as JSON where it is JSON.

        :raises RuntimeError: an error status, with what Airflow says.
        """
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)  # noqa: S310
        try:
            with _OPENER.open(request, timeout=30) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()[:500]}") from None
        try:
            return json.loads(text)
        except ValueError:
            return text

    def healthy(self) -> bool:
        """Whether all of Airflow's parts are up."""
        try:
            health = self.call("GET", "/api/v2/monitor/health")
            return all(health[part]["status"] == "healthy" for part in PARTS)
        except (OSError, KeyError, TypeError, RuntimeError):
            return False

    def put_connection(self, conn_id: str, connection: dict[str, Any]) -> None:
        """Add a connection to the database, in the JSON form of ``AIRFLOW_CONN_*``."""
        extra = connection.get("extra")
        body = {**connection, "connection_id": conn_id, "extra": json.dumps(extra) if extra else None}
        self.call("POST", "/api/v2/connections", body)

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Unpause a DAG and start a run; its id."""
        self.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})
        run = self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf or {}})
        return str(run["dag_run_id"])

    def run_path(self, dag_id: str, run_id: str) -> str:
        """The path of a run."""
        return f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"

    def wait_for_run_but_for(self, dag_id: str, run_id: str, left: set[str], seconds: float) -> None:
        """Until all tasks of a run are done, but for these.

        :raises RuntimeError: they are not done in time.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            tasks = self.call("GET", f"{self.run_path(dag_id, run_id)}/taskInstances?limit=1000")["task_instances"]
            if all(task["state"] in TASK_DONE for task in tasks if task["task_id"] not in left):
                return
            time.sleep(0.5)
        raise RuntimeError(f"{dag_id} {run_id} is not done after {seconds:g} s")

    def wait_for_run(self, dag_id: str, run_id: str, seconds: float) -> str:
        """The state a run ends in.

        :raises RuntimeError: it did not end in time.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state = str(self.call("GET", self.run_path(dag_id, run_id))["state"])
            if state in DONE:
                return state
            time.sleep(0.5)
        raise RuntimeError(f"{dag_id} {run_id} is not done after {seconds:g} s")
