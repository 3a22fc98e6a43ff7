"""A dry run, then a whole term's rooms in one task.

``plan`` looks up every room with read-only requests and logs what ``create`` would find; ``create`` creates the missing
rooms, several at a time. If some fail, the run fails, and the next run creates only those. This is for vendors whose rooms are
permanent (VideoSDK, 100ms); on Twilio Video, create them just in time.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import Param, dag, task

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.operators.rooms import CreateRoomsOperator
from airflow_provider_rooms.timetable import read_timetable

log = logging.getLogger(__name__)


@dag(
    description="Plans and creates the rooms of a whole term",
    schedule=None,  # started by hand, with the dates of the term
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
        "last": Param(None, type=["null", "string"], format="date", description="Default: four weeks from the first."),
        "weekdays": Param("MTWRF", type="string", description="MTWRFSU; R is Thursday, U is Sunday."),
        "off": Param([], type="array", description="Days without classes, such as 2027-01-18."),
        "conn_id": Param("hundredms_default", type="string", description="The room connection."),
    },
)
def term_batch() -> None:
    """Read the term, look, make."""

    @task
    def classes_of_the_term(**context: Any) -> list[dict[str, Any]]:
        params = context["params"]
        due = context.get("data_interval_end") or context["dag_run"].run_after
        first = dt.date.fromisoformat(params["first"]) if params["first"] else due.date()
        last = dt.date.fromisoformat(params["last"]) if params["last"] else first + dt.timedelta(days=27)
        off = [dt.date.fromisoformat(day) for day in params["off"]]
        term = read_timetable(params["timetable"]).between(
            first, last, weekdays=params["weekdays"], off=off, clock_change="later"
        )
        for one in (*term.problems, *term.collisions):
            log.warning("%s", one)
        log.info("%d classes, %d bad rows, %d collisions", len(term.classes), len(term.bad_lines), len(term.collisions))
        return [one.spec() for one in term.classes]

    @task
    def plan(specs: list[dict[str, Any]], **context: Any) -> dict[str, int]:
        from airflow_provider_rooms.planning import plan_rooms, summary

        planned = plan_rooms(specs, context["params"]["conn_id"], get_rooms_hook)
        for one in planned:
            log.info("%s", one)
        for line in summary(planned):
            log.info("%s", line)
        return dict(Counter(one.finding.verdict for one in planned))

    specs: Any = classes_of_the_term()
    create = CreateRoomsOperator(task_id="create", conn_id="{{ params.conn_id }}", specs=specs, concurrency=10)
    plan(specs) >> create


term_batch()
