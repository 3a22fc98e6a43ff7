"""Tasks that stop at a gate before they call Airflow; beyond it, Airflow's database is away."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_rooms.operators.rooms import CloseRoomOperator, CreateRoomOperator, CreateRoomsOperator
from airflow_provider_rooms.sensors.rooms import SessionStartedSensor

GATE = Path(os.environ.get("ROOMS_FLEET_GATE", "/nonexistent"))
VENDORS = ("videosdk", "hundredms", "twilio_video")


def stop_at_the_gate(task_id: str) -> None:
    """Say that the task is here, and wait until the gate is open."""
    (GATE / f"{task_id}.here").touch()
    while not (GATE / "open").exists():
        time.sleep(0.05)


class AwayAtLookUp(CreateRoomOperator):
    """Looks its connection up in vain."""

    def execute(self, context: Any) -> str:
        stop_at_the_gate(self.task_id)
        return super().execute(context)


class AwayAtPush(CreateRoomOperator):
    """Has created its room, and cannot push it."""

    def _report(self, room: Any) -> None:
        stop_at_the_gate(self.task_id)
        super()._report(room)


class AwayAtTemplates(CloseRoomOperator):
    """Cannot pull the XCom that names its room."""

    def _do_render_template_fields(self, *args: Any, **kwargs: Any) -> None:
        stop_at_the_gate(self.task_id)
        super()._do_render_template_fields(*args, **kwargs)


class BatchAway(CreateRoomsOperator):
    """Cannot look up the connections of its specs."""

    def execute(self, context: Any) -> Any:
        stop_at_the_gate(self.task_id)
        return super().execute(context)


with DAG("outage", schedule=None, default_args={"retry_delay": dt.timedelta(seconds=2)}):
    waited: Any = CreateRoomOperator(task_id="waited", conn_id="videosdk_kept", name="waited", retries=5)
    for retries in (0, 2):
        for vendor in VENDORS:
            AwayAtLookUp(
                task_id=f"look_up_{vendor}_{retries}",
                conn_id=f"{vendor}_kept",
                name=f"look-up-{retries}",
                retries=retries,
            )
        AwayAtPush(task_id=f"push_{retries}", conn_id="hundredms_kept", name=f"push-{retries}", retries=retries)
        specs = [{"name": f"batch-{retries}-{n}", "conn_id": f"{vendor}_kept"} for n in range(5) for vendor in VENDORS]
        BatchAway(task_id=f"batch_{retries}", specs=specs, retries=retries)
        made: Any = CreateRoomOperator(
            task_id=f"made_{retries}", conn_id="videosdk_kept", name=f"made-{retries}", retries=5
        )
        AwayAtTemplates(
            task_id=f"template_{retries}", conn_id="videosdk_kept", room_id=made.output["room"], retries=retries
        )
        for mode in ("poke", "reschedule", "deferred"):
            common: dict[str, Any] = {
                "conn_id": "videosdk_kept",
                "room_id": waited.output,
                "timeout": 600,
                "poke_interval": 3,
            }
            SessionStartedSensor(
                task_id=f"wait_{mode}_{retries}",
                retries=retries,
                **common,
                **({"deferrable": True} if mode == "deferred" else {"mode": mode}),
            )
