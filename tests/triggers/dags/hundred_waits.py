"""A hundred classes that are waited for at once. Which rooms they have stands in the file that ROOMS_WAITS names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_rooms.sensors.rooms import SessionEndedSensor

WAITS = Path(os.environ.get("ROOMS_WAITS", "/nonexistent"))


class CountedSensor(SessionEndedSensor):
    """Writes down every time that it comes back from the triggerer."""

    def execute_complete(self, context: Any, event: Any = None) -> Any:
        value = super().execute_complete(context, event)
        with WAITS.with_suffix(".done").open("a") as done:
            done.write(f"{self.task_id}\n")
        return value


with DAG("hundred_waits", schedule=None, is_paused_upon_creation=False):
    for wait in json.loads(WAITS.read_text()) if WAITS.exists() else []:
        CountedSensor(**wait, poke_interval=2, timeout=1800, deferrable=True)
