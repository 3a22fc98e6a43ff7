"""Many deferred waits: ``{"waits": in all}``."""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_rooms.operators.rooms import CreateRoomsOperator
from airflow_provider_rooms.sensors.rooms import SessionEndedSensor

#: Twilio closes unused rooms within minutes unless told otherwise.
OPTIONS = {"twilio_video": {"UnusedRoomTimeout": 60, "EmptyRoomTimeout": 60}}
VENDORS = ("videosdk", "hundredms", "twilio_video")

with DAG("waits", schedule=None, default_args={"retries": 5, "retry_delay": dt.timedelta(seconds=2)}):

    @task
    def specs(dag_run: Any = None) -> list[dict[str, Any]]:
        """The rooms to be waited for, the vendors by turns."""
        return [
            {"conn_id": f"{VENDORS[number % len(VENDORS)]}_kept", "name": f"wait-{number}", "options": OPTIONS}
            for number in range(int(dag_run.conf["waits"]))
        ]

    @task
    def rooms(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What each sensor is given."""
        return [{"conn_id": room["conn_id"], "room_id": room} for room in made]

    made = CreateRoomsOperator(task_id="create", specs=specs())
    SessionEndedSensor.partial(task_id="wait", deferrable=True, poke_interval=5, timeout=1800).expand_kwargs(
        rooms(made.output)
    )
