"""A consumer per vendor that writes down what each of its runs reads."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_rooms.events import read_events, room_events

KEPT = Path(os.environ["ROOMS_READ"])


def consumer(vendor: str) -> None:
    @dag(
        dag_id=f"consumer_{vendor}",
        schedule=room_events(f"{vendor}_school", "session_started", "session_ended", "recording_ready", "other"),
        catchup=False,
        max_active_runs=1,
        default_args={
            "retries": 3,
            "retry_delay": dt.timedelta(seconds=1),
        },  # the first tasks may start before the API server answers
        is_paused_upon_creation=False,
    )
    def follow_up() -> None:
        @task
        def read(**context):  # type: ignore[no-untyped-def]
            run = context["dag_run"]
            with KEPT.open("a") as kept:
                for event in read_events(context):
                    kept.write(json.dumps({"run": run.run_id, "start": run.start_date.isoformat(), **event}) + "\n")

        read()

    follow_up()


for each in ("videosdk", "hundredms", "twilio_video"):
    consumer(each)
