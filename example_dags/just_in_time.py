"""Twilio closes unused rooms within an hour, so every ten minutes this creates rooms for the classes that start soon.

Each run reads the classes that start within the next half hour and creates the missing rooms, in one task and without
waiting. Three runs see each class: the first creates its room, the others find it, or create it if the first failed. If Twilio
has closed the room, the next run creates it again under the same name.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import Param, dag, task

from airflow_provider_rooms.operators.rooms import CreateRoomsOperator
from airflow_provider_rooms.timetable import read_timetable

AHEAD = dt.timedelta(minutes=30)


@dag(
    description="Every ten minutes, creates rooms for classes that start soon",
    schedule="*/10 * * * *",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    # A run that was missed is of no use, nor is a second try: the next run sees the same classes.
    catchup=False,
    max_active_runs=1,
    tags=["rooms", "create"],
    doc_md=__doc__,
    params={
        "timetable": Param(
            str(Path(__file__).parent / "data" / "timetable.csv"), type="string", description="A CSV or .ics file."
        ),
        "conn_id": Param("twilio_video_default", type="string", description="The room connection."),
    },
)
def just_in_time() -> None:
    """Rooms for the classes of the next half hour."""

    @task
    def classes_that_start_soon(**context: Any) -> list[dict[str, Any]]:
        now = dt.datetime.now(dt.UTC)
        timetable = read_timetable(context["params"]["timetable"], bad_rows="skip")
        return [one.spec() for one in timetable.during(now, now + AHEAD).classes]

    CreateRoomsOperator(task_id="create", conn_id="{{ params.conn_id }}", specs=classes_that_start_soon())


just_in_time()
