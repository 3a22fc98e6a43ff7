"""Every evening, create a room for each of tomorrow's classes.

It reads a timetable and creates one mapped task per class. It can be rerun or cleared, and the timetable may change in between: a
class that already has a room keeps it. Each class's own time zone in the timetable decides which classes are tomorrow's.
"""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import Param, dag, task

from airflow_provider_rooms.operators.rooms import CreateRoomOperator
from airflow_provider_rooms.timetable import read_timetable

log = logging.getLogger(__name__)


@dag(
    description="Every evening, a room for each of tomorrow's classes",
    schedule="0 18 * * *",  # in the time zone of start_date
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    default_args={"retries": 2},  # safe: a try finds the rooms of the one before
    tags=["rooms", "create"],
    doc_md=__doc__,
    params={
        "timetable": Param(
            str(Path(__file__).parent / "data" / "timetable.csv"), type="string", description="A CSV or .ics file."
        ),
        "date": Param(None, type=["null", "string"], format="date", description="Default: the day after the run."),
        "conn_id": Param("videosdk_default", type="string", description="The room connection."),
    },
)
def nightly_rooms() -> None:
    """One room per class of tomorrow."""

    @task
    def classes_of_tomorrow(**context: Any) -> list[dict[str, Any]]:
        params = context["params"]
        # When the run is due, so that a run that is cleared later means the same day.
        due = context.get("data_interval_end") or context["dag_run"].run_after
        date = dt.date.fromisoformat(params["date"]) if params["date"] else due.date() + dt.timedelta(days=1)
        # Bad rows are named in the log and cost nobody else's class its room.
        day = read_timetable(params["timetable"], bad_rows="skip").on(date)
        for problem in day.problems:
            log.warning("%s: %s", params["timetable"], problem)
        return [one.spec() for one in day.classes]

    CreateRoomOperator.partial(
        task_id="create",
        conn_id="{{ params.conn_id }}",
        # Linear Algebra, 09:00 Europe/Berlin
        map_index_template="{{ task.spec.ref.title }}, {{ task.spec.starts_at[11:16] }} {{ task.spec.ref.timezone }}",
    ).expand(spec=classes_of_tomorrow())


nightly_rooms()
