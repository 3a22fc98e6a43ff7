"""One DAG for three tenants on three vendors: each tenant's connection selects where its rooms are created.

Each tenant has its own Airflow connection, with its own keys and, in production, a ``name_prefix``. The DAG describes each
class in neutral parameters; fields of a single vendor are in ``options``, under its connection type, and are ignored for the others.
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

TIMETABLE = str(Path(__file__).parent / "data" / "timetable.csv")
TENANTS = {
    "north": {"conn_id": "videosdk_default", "timetable": TIMETABLE, "courses": ["ALG 101", "BIO 210"]},
    "south": {"conn_id": "hundredms_default", "timetable": TIMETABLE, "courses": ["JPN 100"]},
    "west": {"conn_id": "twilio_video_default", "timetable": TIMETABLE, "courses": ["CHEM 102", "PHYS 212"]},
}
OPTIONS = {
    "videosdk": {"autoStartConfig": {"hls": {"config": {"layout": {"type": "SPOTLIGHT"}, "quality": "high"}}}},
    "hundredms": {"description": "Made by Airflow"},
    "twilio_video": {"VideoCodecs": ["VP8"]},
}


@dag(
    description="Rooms for several tenants, each with its own vendor and timetable",
    schedule="0 18 * * *",  # in the time zone of start_date
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    default_args={"retries": 2},  # safe: a try finds the rooms of the one before
    tags=["rooms", "create"],
    doc_md=__doc__,
    params={
        "tenants": Param(
            TENANTS, type="object", description="The connection, the timetable and the courses of each tenant."
        ),
        "date": Param(None, type=["null", "string"], format="date", description="Default: the day after the run."),
    },
)
def tenants() -> None:
    """Each tenant's classes of tomorrow, on its own connection."""

    @task
    def classes_of_tomorrow(**context: Any) -> list[dict[str, Any]]:
        params = context["params"]
        due = context.get("data_interval_end") or context["dag_run"].run_after
        date = dt.date.fromisoformat(params["date"]) if params["date"] else due.date() + dt.timedelta(days=1)
        found = []
        for name, tenant in params["tenants"].items():
            day = read_timetable(tenant["timetable"], bad_rows="skip").on(date)
            mine = [one for one in day.classes if one.course in tenant["courses"]]
            log.info("%s: %d classes on %s", name, len(mine), date)
            found += [
                {
                    "conn_id": tenant["conn_id"],
                    # Two tenants may share an account one day: the tenant is part of what a class is.
                    "spec": {**one.spec(max_duration=14400, options=OPTIONS), "name": [name, *one.key]},
                }
                for one in mine
            ]
        return found

    CreateRoomOperator.partial(
        task_id="create", map_index_template="{{ task.conn_id }}: {{ task.spec.ref.title }}"
    ).expand_kwargs(classes_of_tomorrow())


tenants()
