"""The same room every week, or a new room for each class, side by side.

The only difference is the date in the name. A permanent room has one link that people can keep, but everybody who ever had it can join
again, and its sessions are only distinguished by time. A new room per class has its own link, settings and recordings, and can
be closed after the class. Twilio Video has no permanent rooms, so use new ones there.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import Param, dag, task

from airflow_provider_rooms.operators.rooms import CreateRoomOperator
from airflow_provider_rooms.timetable import read_timetable


@dag(
    description="One permanent room per course, and a new room per class",
    schedule="@weekly",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    default_args={"retries": 2},  # safe: a try finds the rooms of the one before
    tags=["rooms", "create"],
    doc_md=__doc__,
    params={
        "timetable": Param(
            str(Path(__file__).parent / "data" / "timetable.csv"), type="string", description="A CSV or .ics file."
        ),
        "first": Param(None, type=["null", "string"], format="date", description="Default: the day of the run."),
        "conn_id": Param("videosdk_default", type="string", description="The room connection."),
    },
)
def lasting_or_new() -> None:
    """A week's classes, in both ways."""

    def week(context: Any) -> Any:
        params = context["params"]
        due = context.get("data_interval_end") or context["dag_run"].run_after
        first = dt.date.fromisoformat(params["first"]) if params["first"] else due.date()
        timetable = read_timetable(params["timetable"], bad_rows="skip")
        return timetable.between(first, first + dt.timedelta(days=6)).classes

    @task
    def courses(**context: Any) -> list[dict[str, Any]]:
        # What a section is, whenever it meets: no date, no times.
        sections = {one.key[:-1]: one.label for one in week(context)}
        return [{"name": ["lasting", *key], "ref": label} for key, label in sections.items()]

    @task
    def classes(**context: Any) -> list[dict[str, Any]]:
        return [one.spec() for one in week(context)]

    CreateRoomOperator.partial(
        task_id="lasting", conn_id="{{ params.conn_id }}", map_index_template="{{ task.spec.ref }}"
    ).expand(spec=courses())
    CreateRoomOperator.partial(
        task_id="new",
        conn_id="{{ params.conn_id }}",
        map_index_template="{{ task.spec.ref.title }} {{ task.spec.ref.date }}",
    ).expand(spec=classes())


lasting_or_new()
