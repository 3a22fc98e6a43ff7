"""Whether an installed package works at all: Airflow knows it, its parts are imported, its tasks make a DAG.

Run by ``scripts/dist.py`` with the Python of an environment that has the package without any extra:

    python -I scripts/smoke.py
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

PUBLIC = ("hooks", "names", "errors", "models", "timetable", "retry_policy", "notifications.invitations", "plugin")


def main() -> int:
    """0 if everything was there; what is missing is an exception."""
    with tempfile.TemporaryDirectory() as home:
        # Before Airflow is imported: it makes its files wherever this says.
        os.environ |= {"AIRFLOW_HOME": home, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db"}
        known_to_airflow()
        parts()
        tasks()
    print(f"airflow-provider-rooms {version('airflow-provider-rooms')} works with Airflow {version('apache-airflow')}.")
    return 0


def known_to_airflow() -> None:
    """The provider, its connection types, and its command line."""
    folder = Path(sys.executable).parent
    listed = subprocess.run([folder / "airflow", "providers", "hooks"], check=True, capture_output=True, text=True)
    types = import_module("airflow_provider_rooms.connections").BY_TYPE
    if missing := [name for name in types if name not in listed.stdout]:
        raise SystemExit(f"Airflow does not list the connection types {missing}:\n{listed.stdout}")
    subprocess.run([sys.executable, "-m", "airflow_provider_rooms", "--help"], check=True, capture_output=True)


def parts() -> None:
    """What a DAG or a script imports."""
    for name in PUBLIC:
        import_module(f"airflow_provider_rooms.{name}")
    hooks = import_module("airflow_provider_rooms.hooks")
    for name in hooks.__all__:
        getattr(hooks, name)


def tasks() -> None:
    """A DAG of operators and sensors, each with its required parameters only."""
    from airflow.providers.common.compat.sdk import DAG

    from airflow_provider_rooms.operators import rooms as operators
    from airflow_provider_rooms.sensors import rooms as sensors

    with DAG("smoke", start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), schedule=None):
        create = operators.CreateRoomOperator(task_id="create", conn_id="rooms", name="algebra-1")
        for name in sensors.__all__:
            create >> getattr(sensors, name)(task_id=name, conn_id="rooms", room_id=create.output["room"])
        for name in ("StartRecordingOperator", "StopRecordingOperator", "EndSessionOperator", "CloseRoomOperator"):
            create >> getattr(operators, name)(task_id=name, conn_id="rooms", room_id=create.output)


if __name__ == "__main__":
    sys.exit(main())
