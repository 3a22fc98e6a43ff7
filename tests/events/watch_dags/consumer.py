"""A consumer that writes down what each of its runs reads."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_rooms.events import read_events

KEPT = Path(os.environ["ROOMS_READ"])
TYPES = ("session_started", "session_ended", "recording_ready")


def consumer(name: str, schedule: object) -> None:
    """A DAG of one task."""

    @dag(
        dag_id=name,
        schedule=schedule,
        catchup=False,
        max_active_runs=1,
        default_args={"retries": 3, "retry_delay": dt.timedelta(seconds=1)},
        is_paused_upon_creation=False,
    )
    def follow_up() -> None:
        @task
        def read(**context):  # type: ignore[no-untyped-def]
            run = context["dag_run"]
            with KEPT.open("a") as kept:
                for event in read_events(context):
                    row = {"dag": run.dag_id, "run": run.run_id, "start": run.start_date.isoformat(), **event}
                    kept.write(json.dumps(row) + "\n")

        read()

    follow_up()
