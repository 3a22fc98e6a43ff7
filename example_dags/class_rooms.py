"""A room and a mail for every class of the day: the same DAG for VideoSDK, 100ms and Twilio Video.

It reads a timetable and creates one mapped pair of tasks per class and connection. It can be rerun at any time: a class that
already has a room keeps it. It works with any CSV that ``airflow_provider_rooms.timetable`` can read.
"""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import Param, dag, task, task_group
from airflow.providers.smtp.operators.smtp import EmailOperator

from airflow_provider_rooms.operators.rooms import CreateRoomOperator
from airflow_provider_rooms.timetable import read_timetable

log = logging.getLogger(__name__)

# Within a mapped task group, a task finds what its own class brought about by its map index.
MAIL = """
{% set room = ti.xcom_pull(task_ids="class_room.create", key="room", map_indexes=ti.map_index) %}
<p>{{ room.ref | e }} starts at {{ room.starts_at }}.</p>
<p>The room: {{ room.id }} ({{ room.vendor }}).</p>
"""


@dag(
    description="A room and a mail for every class of the day, on three vendors",
    schedule="@daily",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    default_args={"retries": 2},  # safe: a try finds the rooms of the one before
    tags=["rooms", "create"],
    doc_md=__doc__,
    params={
        "timetable": Param(
            str(Path(__file__).parent / "data" / "timetable.csv"), type="string", description="A CSV or .ics file."
        ),
        "date": Param(None, type=["null", "string"], format="date", description="Default: the day of the run."),
        "conn_ids": Param(
            ["videosdk_default", "hundredms_default", "twilio_video_default"],
            type="array",
            description="Each class gets a room on each of these connections.",
        ),
        "mail_to": Param("classes@example.com", type="string", description="Who gets the mails."),
        "bad_rows": Param(
            "skip", enum=["skip", "refuse"], description="What to do with bad rows; skipped rows are logged."
        ),
    },
)
def class_rooms() -> None:
    """One room per class and connection."""

    @task
    def classes_of_the_day(**context: Any) -> list[dict[str, Any]]:
        params = context["params"]
        due = context.get("data_interval_end") or context["dag_run"].run_after
        date = dt.date.fromisoformat(params["date"]) if params["date"] else due.date()
        day = read_timetable(params["timetable"], bad_rows=params["bad_rows"]).on(date)
        for problem in day.problems:
            log.warning("%s: %s", params["timetable"], problem)
        return [
            {
                "conn_id": conn_id,
                "name": list(one.key),
                "starts_at": one.starts_at.isoformat(),
                "ends_at": one.ends_at.isoformat(),
                "ref": f"{one.course} {one.section} {one.title}",
            }
            for one in day.classes
            for conn_id in params["conn_ids"]
        ]

    @task_group
    def class_room(conn_id: str, name: list[str], starts_at: str, ends_at: str, ref: str) -> None:
        create = CreateRoomOperator(
            task_id="create",
            conn_id=conn_id,
            name=name,
            starts_at=starts_at,
            ends_at=ends_at,
            ref=ref,
            map_index_template="{{ task.conn_id }}: {{ task.ref }}",
        )
        mail = EmailOperator(
            task_id="mail",
            to="{{ params.mail_to }}",
            subject=ref,
            html_content=MAIL,
            map_index_template="{{ task.subject }}",
        )
        create >> mail

    class_room.expand_kwargs(classes_of_the_day())


class_rooms()
