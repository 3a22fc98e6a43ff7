"""Report who attended, as soon as a session has ended.

The vendor reports the end of each session to Airflow's receiver, which starts this DAG. If no webhook can reach Airflow, use
``schedule=room_events(CONN_ID, "session_ended", watch=True)``: the triggerer then polls the vendor. See docs/events.md.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_rooms.events import read_events, room_events
from airflow_provider_rooms.hooks import get_rooms_hook

log = logging.getLogger(__name__)

CONN_ID = "videosdk_default"


@dag(
    description="Reports who attended when a session has ended",
    schedule=room_events(CONN_ID, "session_ended"),
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    default_args={"retries": 2},  # safe: a try reads the same events
    tags=["rooms", "events"],
    doc_md=__doc__,
)
def attendance_by_event() -> None:
    """One row per person and session."""

    @task
    def attendance(**context: Any) -> list[dict[str, Any]]:
        hook = get_rooms_hook(CONN_ID)
        rows = [
            {"session_id": event["session_id"], "identity": person.identity, "seconds": person.seconds}
            for event in read_events(context)
            for person in hook.attendance(event["session_id"])
        ]
        log.info("%d people were there.", len(rows))
        return rows

    attendance()


attendance_by_event()
