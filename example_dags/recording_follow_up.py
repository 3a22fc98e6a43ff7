"""When a recording is ready, copy it to storage and send a mail, seconds after the vendor reported it.

No task waits. The vendor calls Airflow's receiver when the file is ready, and that starts this DAG. Rooms report their events if they
were created with ``webhook=True``, the connection has ``webhook_url``, and ``[rooms] webhooks`` is on. See docs/events.md.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.common.compat.sdk import Param, dag, task
from airflow.providers.smtp.operators.smtp import EmailOperator

from airflow_provider_rooms.events import read_events, room_events
from airflow_provider_rooms.operators.rooms import RecordingToStorageOperator

CONN_ID = "videosdk_default"  # a literal: it names the asset that starts the DAG


@dag(
    description="Copies a recording and sends a mail when it is ready",
    schedule=room_events(CONN_ID, "recording_ready"),
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    default_args={"retries": 2},  # safe: a try reads the same events, and finds what is in storage already
    tags=["rooms", "events"],
    doc_md=__doc__,
    params={
        "storage": Param("file:///tmp/recordings", type="string", description="Such as s3://my_conn@my-bucket/classes"),
        "to": Param("teachers@example.org", type="string", description="Who gets the mail."),
    },
)
def recording_follow_up() -> None:
    """From the event to the file in storage and a mail about it."""

    @task
    def rooms_with_recordings(**context: Any) -> list[str]:
        # One run may have several events, of one room too.
        return sorted({event["room_id"] for event in read_events(context)})

    rooms = rooms_with_recordings()
    store = RecordingToStorageOperator.partial(
        task_id="store", conn_id=CONN_ID, to="{{ params.storage }}/{name}/{id}.{ext}"
    ).expand(room_id=rooms)
    store >> EmailOperator(
        task_id="mail",
        to="{{ params.to }}",
        subject="New recordings",
        html_content="In storage: the recordings of rooms {{ ti.xcom_pull('rooms_with_recordings') | join(', ') }}.",
    )


recording_follow_up()
