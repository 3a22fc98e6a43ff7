"""A consumer that writes down what each of its runs reads."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from typing import Any

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_rooms.events import read_events, room_events
from airflow_provider_rooms.events.assets import EVENT_TYPES


def consumer(dag_id: str, vendor: str, *, seconds: float = 0) -> None:
    """A DAG of one task.

    :param seconds: how long it does something else before it reads.
    """

    @dag(
        dag_id=dag_id,
        schedule=room_events(f"{vendor}_school", *EVENT_TYPES),
        catchup=False,
        max_active_runs=1,
        # The first tasks may start before the API server answers.
        default_args={"retries": 3, "retry_delay": dt.timedelta(seconds=1)},
        is_paused_upon_creation=False,
    )
    def follow_up() -> None:
        @task
        def read(**context: Any) -> None:
            time.sleep(seconds)
            run = context["dag_run"]
            told = {"dag": dag_id, "run": run.run_id, "start": run.start_date.isoformat()}
            lines = "".join(json.dumps({**told, **event}) + "\n" for event in read_events(context))
            with open(os.environ["ROOMS_READ"], "ab", buffering=0) as kept:
                kept.write(lines.encode())  # at once: several write

        read()

    follow_up()
