"""Some tasks of one account at once, each with its part of the rooms: ``{"tag": …, "rooms": in all, "tasks": how many}``."""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_rooms.operators.rooms import CreateRoomsOperator

# Without retries: a 429 costs time, and never a task.
with DAG("limit", schedule=None):

    @task
    def parts(dag_run: Any = None) -> list[list[dict[str, Any]]]:
        """The rooms of each task."""
        conf = dag_run.conf
        starts_at = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=20)).isoformat()
        rooms = [{"name": f"{conf['tag']}-{number}", "starts_at": starts_at} for number in range(int(conf["rooms"]))]
        return [rooms[part :: int(conf["tasks"])] for part in range(int(conf["tasks"]))]

    CreateRoomsOperator.partial(task_id="create", conn_id="twilio_video_kept").expand(specs=parts())
