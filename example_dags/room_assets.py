"""Rooms as assets: one DAG creates rooms, and another runs whenever a room was created, without knowing by whom.

The first has an ``AssetAlias`` among its outlets. Each of its rooms becomes an asset ``rooms://<vendor>/<name>`` behind that
alias, and the event contains ``{id, name, vendor, outcome}``.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from airflow.providers.common.compat.sdk import AssetAlias, dag, task

from airflow_provider_rooms.operators.rooms import CreateRoomOperator

log = logging.getLogger(__name__)

OFFICE_HOURS = AssetAlias("office-hours")
TEACHERS = ["ada", "emmy"]
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
RETRIES = {"retries": 2}  # safe: a try finds the rooms of the one before


@dag(
    description="Creates a room and updates an asset",
    schedule="@weekly",
    start_date=START,
    catchup=False,
    default_args=RETRIES,
    tags=["rooms", "assets"],
    doc_md=__doc__,
)
def room_assets() -> None:
    """A room for each teacher's office hour, a new one with every run."""
    CreateRoomOperator.partial(task_id="create", conn_id="videosdk_default", outlets=[OFFICE_HOURS]).expand(
        name=[["office-hour", teacher, "{{ run_id }}"] for teacher in TEACHERS]
    )


@dag(
    description="Runs whenever a room was created",
    schedule=[OFFICE_HOURS],
    start_date=START,
    catchup=False,
    default_args=RETRIES,
    tags=["rooms", "assets"],
    doc_md=__doc__,
)
def room_assets_announce() -> None:
    """Says which rooms there are; a school would write to its students here."""

    @task
    def announce(**context: Any) -> list[dict[str, Any]]:
        # Airflow 2 says dataset where Airflow 3 says asset.
        events = context.get("triggering_asset_events") or context.get("triggering_dataset_events") or {}
        rooms = [event.extra for asset in events for event in events[asset]]
        for room in rooms:
            log.info("%(name)s is %(outcome)s: room %(id)s at %(vendor)s.", room)
        return rooms

    announce()


room_assets()
room_assets_announce()
