"""A day of classes, one mapped task per room: ``{"tag": …, "classes": per vendor}``."""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_rooms.operators.rooms import CreateRoomOperator

VENDORS = ("videosdk", "hundredms", "twilio_video")

with DAG("day", schedule=None, default_args={"retries": 5, "retry_delay": dt.timedelta(seconds=2)}):

    @task
    def classes(dag_run: Any = None) -> list[dict[str, Any]]:
        """What is to be created: a connection and a name each."""
        conf = dag_run.conf
        # Twilio closes unused rooms within minutes, unless it knows when the class begins.
        starts_at = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=20)).isoformat()
        return [
            {"conn_id": f"{vendor}_kept", "name": f"{conf['tag']}-{number}", "starts_at": starts_at}
            for number in range(int(conf["classes"]))
            for vendor in VENDORS
        ]

    CreateRoomOperator.partial(task_id="create").expand_kwargs(classes())
