"""Whatever started a run, what README, docs and example DAGs show makes the rooms of its day.

Airflow has two kinds of cron schedule: with data intervals (2.11; a setting in 3) the logical date is that of the run before, and
in 3 a run that was triggered has none at all, nor ``ds``.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from airflow_provider_rooms.testing import airflow_versions
from dag_run import EXAMPLES, run_dag
from stack import REPO

if TYPE_CHECKING:
    from pathlib import Path

    from stack import MailSink

SOURCES = [*REPO.glob("airflow_provider_rooms/**/*.py"), *EXAMPLES.glob("*.py")]
PAGES = [REPO / "README.md", *sorted((REPO / "docs").rglob("*.md"))]
BLOCKS = {
    f"{page.relative_to(REPO)}:{number}": textwrap.dedent(text)
    for page in PAGES
    for number, text in enumerate(re.findall(r"^ *```python\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL))
}
#: What makes rooms of a day that a template gives.
SHOWN = {name: text for name, text in BLOCKS.items() if "CreateRoomOperator(" in text and "| ds }}" in text}
# Another day under one kind of schedule, or undefined.
WRONG_DAY = re.compile(
    r"\{\{[^}]*\b(?<!\| )(ds|ds_nodash|ts|ts_nodash|logical_date|data_interval_start|execution_date)\b"
)
#: The head of a DAG for a block that is only a part of one.
WHOLE = """
from datetime import datetime, timezone
from airflow.providers.common.compat.sdk import dag
from airflow_provider_rooms.operators.rooms import CreateRoomOperator

@dag(schedule="0 7 * * 1-5", start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), catchup=False)
def shown():
{}

shown()
"""


@dataclass(frozen=True)
class Run:
    """How a run is started.

    :param logical_date: what Airflow calls it.
    :param day: what people call it.
    """

    logical_date: dt.datetime | None
    day: str


@pytest.fixture(params=["data intervals", "moments", "by hand"])
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of Monday to Friday at seven, as the scheduler or a person starts it."""
    from airflow.timetables.base import DataInterval
    from airflow.timetables.interval import CronDataIntervalTimetable

    monkeypatch.setenv("AIRFLOW__SCHEDULER__CREATE_CRON_DATA_INTERVALS", str(request.param == "data intervals"))
    if request.param == "by hand":
        if airflow_versions.version() < (3, 0):
            pytest.skip("In Airflow 2 every run has a logical date.")
        return Run(None, dt.datetime.now(dt.UTC).date().isoformat())
    due = seven(dt.datetime.now(dt.UTC) + dt.timedelta(days=1), 1)
    if request.param == "moments":
        return Run(due, due.date().isoformat())
    before = seven(due - dt.timedelta(days=1), -1)
    # dag.test() takes its runs for manual ones, which have another interval than those of the scheduler.
    monkeypatch.setattr(
        CronDataIntervalTimetable, "infer_manual_data_interval", lambda _, run_after: DataInterval(run_after, due)
    )
    return Run(before, due.date().isoformat())


def seven(moment: dt.datetime, step: int) -> dt.datetime:
    """Seven o'clock of that day or, at the weekend, of the next day on which people work."""
    while moment.weekday() > 4:
        moment += dt.timedelta(days=step)
    return moment.replace(hour=7, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize("shown", SHOWN)
def test_what_is_shown_makes_the_rooms_of_the_day(shown: str, run: Run, mails: MailSink, tmp_path: Path, monkeypatch):
    for tenant in ("school_a", "school_b"):
        monkeypatch.setenv(f"AIRFLOW_CONN_{tenant}_ROOMS".upper(), os.environ["AIRFLOW_CONN_ROOMS"])
    text = SHOWN[shown]
    # Whatever o'clock it is now, the class is to come.
    text = text.replace("T09:00:00", "T23:59:00").replace("T09:50:00", "T23:59:59")
    text = text if "@dag(" in text else WHOLE.format(textwrap.indent(text, "    "))
    dag_id = re.search(r"^def (\w+)\(\):", text, re.MULTILINE)[1]
    (tmp_path / f"{dag_id}.py").write_text(text)
    result = run_dag(dag_id, {}, logical_date=run.logical_date, folder=tmp_path)
    assert result.state == "success"
    assert result.rooms
    for room in result.rooms:
        assert run.day in room["name"]
        assert (room["starts_at"] or run.day).startswith(run.day)


def test_the_day_in_another_zone(run: Run, airflow_db: None):
    import jinja2

    page = (REPO / "docs" / "timetable.md").read_text()
    (expression,) = re.findall(r"^`(\{\{ \(data_interval_end.*\}\})`", page, re.MULTILINE)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.filters["ds"] = lambda day: day.strftime("%Y-%m-%d")

    class Known:
        timezone = dt.timezone(dt.timedelta(hours=18))
        run_after = dt.datetime(2026, 11, 20, 7, tzinfo=dt.UTC)

    assert environment.from_string(expression).render(dag=Known, dag_run=Known) == "2026-11-21"


def test_the_examples_make_the_rooms_of_their_day(run: Run, mails: MailSink, tmp_path: Path):
    timetable = tmp_path / "timetable.csv"
    timetable.write_text("course,section,days,start,end,timezone\nALG,A,MTWRFSU,09:00,10:00,UTC\n")
    text = (EXAMPLES / "nightly_rooms.py").read_text()
    assert text.count('schedule="0 18 * * *"') == 1
    (tmp_path / "nightly_rooms.py").write_text(text.replace("0 18 * * *", "0 7 * * 1-5"))
    result = run_dag("nightly_rooms", {"timetable": str(timetable)}, logical_date=run.logical_date, folder=tmp_path)
    tomorrow = dt.date.fromisoformat(run.day) + dt.timedelta(days=1)
    assert [room["ref"]["date"] for room in result.rooms] == [tomorrow.isoformat()]


def test_no_page_shows_another_day():
    assert len(SHOWN) == 2
    texts = {**BLOCKS, **{str(file): file.read_text() for file in SOURCES}}
    # A table is of its data interval, and no class's day.
    texts = {name: text for name, text in texts.items() if not re.search(r"tables|attendance_to_storage", name)}
    assert {name: WRONG_DAY.findall(text) for name, text in texts.items() if WRONG_DAY.search(text)} == {}
    for file in EXAMPLES.glob("*.py"):
        text = file.read_text()
        assert text.count("data_interval_end") == text.count(
            'due = context.get("data_interval_end") or context["dag_run"].run_after'
        )
