"""Write attendance to a file every night, and load the file into a database.

The first DAG writes the attendance of the last day; its file is an asset. The second runs whenever there is a new file and loads
it into SQLite, or into any other database for which Airflow has a ``common.sql`` hook. Both can be rerun: a file is replaced, and
an existing row is updated.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import logging
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import Asset, BaseHook, ObjectStoragePath, Param, dag, task
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_rooms.operators.rooms import SessionsToStorageOperator

log = logging.getLogger(__name__)

ATTENDANCE = Asset("attendance")
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
RETRIES = {"retries": 2}  # safe: a file is replaced as a whole

CREATE = """
create table if not exists attendance (
    vendor text, conn_id text, room_name text, room_id text, session_id text, identity text, name text, role text,
    first_joined_at text, last_left_at text, seconds integer, stays integer,
    primary key (vendor, session_id, identity)
)
"""


@dag(
    description="Writes attendance to a file every night",
    # At four in the morning no class is going on. A plain cron string has no data interval in Airflow 3.
    schedule=CronDataIntervalTimetable("0 4 * * *", timezone="Europe/Berlin"),
    start_date=START,
    catchup=False,
    default_args=RETRIES,
    tags=["rooms", "tables"],
    doc_md=__doc__,
    params={
        "folder": Param(
            f"file://{Path.home()}/attendance", type="string", description="Such as s3://conn@bucket/attendance"
        ),
        "conn_id": Param("videosdk_default", type="string", description="The room connection."),
    },
)
def attendance_to_storage() -> None:
    """The sessions that ended in the last day, a row per person and session."""
    SessionsToStorageOperator(
        task_id="write",
        conn_id="{{ params.conn_id }}",
        table="attendance",
        to="{{ params.folder }}/{{ data_interval_start | ds }}.csv",
        outlets=[ATTENDANCE],
    )


@dag(
    description="Loads attendance files into a database",
    schedule=[ATTENDANCE],
    start_date=START,
    catchup=False,
    default_args=RETRIES,
    tags=["rooms", "tables"],
    doc_md=__doc__,
    params={
        "database": Param("sqlite_default", type="string", description="The connection of the database."),
        "paths": Param([], type="array", description="Files to load, for a manual run."),
    },
)
def attendance_to_storage_load() -> None:
    """Load every file that was written since the last run."""

    @task
    def load(**context: Any) -> int:
        # Airflow 2 says dataset where Airflow 3 says asset.
        events = context.get("triggering_asset_events") or context.get("triggering_dataset_events") or {}
        paths = [event.extra["path"] for asset in events for event in events[asset]] or context["params"]["paths"]
        database: Any = BaseHook.get_hook(context["params"]["database"])
        database.run(CREATE)
        loaded = 0
        for path in dict.fromkeys(paths):
            source: Any = ObjectStoragePath(path)
            # Read whole: the files that Airflow 2 opens cannot be read line by line.
            lines = io.StringIO(source.read_text(encoding="utf-8"))
            rows = [{key: value or None for key, value in row.items()} for row in csv.DictReader(lines)]
            if rows:
                database.insert_rows(
                    "attendance", [list(row.values()) for row in rows], target_fields=list(rows[0]), replace=True
                )
            log.info("%d rows of %s", len(rows), path)
            loaded += len(rows)
        return loaded

    load()


attendance_to_storage()
attendance_to_storage_load()
