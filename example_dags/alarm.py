"""The alarm before class: every five minutes, a mail if a class that starts within ten minutes has no room.

The task fails at once, without retries, and its failure callback sends the mail. It only reads, so it never creates or closes a
room. The connection needs a ``name_prefix``: rooms with other names are not compared. Create the rooms with another DAG and the
same connection, such as ``nightly_rooms``.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import Param, dag, task
from airflow.providers.smtp.notifications.smtp import send_smtp_notification

from airflow_provider_rooms.operators.rooms import ReconcileRoomsOperator
from airflow_provider_rooms.timetable import read_timetable


@dag(
    description="A mail if a class that starts soon has no room",
    schedule="*/5 * * * *",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,  # an alarm for a class that is over helps nobody
    max_active_runs=1,
    tags=["rooms", "alarm"],
    doc_md=__doc__,
    params={
        "timetable": Param(
            str(Path(__file__).parent / "data" / "timetable.csv"), type="string", description="A CSV or .ics file."
        ),
        "conn_id": Param("school_rooms", type="string", description="A room connection with a name_prefix."),
        "minutes": Param(10, type="integer", minimum=1, description="How long before the class to check its room."),
        "mail_to": Param("office@example.com", type="string", description="Who gets the mail."),
    },
)
def alarm() -> None:
    """A mail if a class that starts soon has no room."""

    @task
    def classes_of_these_days(**context: Any) -> list[dict[str, Any]]:
        # A class belongs to the day at its own place: it may be yesterday or tomorrow there.
        today, day = dt.datetime.now(dt.UTC).date(), dt.timedelta(days=1)
        timetable = read_timetable(context["params"]["timetable"], bad_rows="skip")
        return [one.spec() for one in timetable.between(today - day, today + day).classes]

    # Airflow 3.0 and 3.1 do not tell callbacks the exception.
    what = "{{ exception | default('The log of the task names the classes.') }}"
    ReconcileRoomsOperator(
        task_id="alarm",
        conn_id="{{ params.conn_id }}",
        specs=classes_of_these_days(),
        within="{{ params.minutes * 60 }}",
        missing="fail",
        on_failure_callback=send_smtp_notification(
            to="{{ params.mail_to }}", subject="A class has no room", html_content=f"<pre>{what}</pre>"
        ),
    )


alarm()
