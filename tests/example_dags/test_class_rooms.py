"""The main job in real Airflow: every class of a day gets its one room on each vendor, and keeps it."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from example_help import names
from vendor_traits import ANY, CLOSES_UNUSED, TRAITS, TRAITS_OF

from airflow_provider_rooms.testing import airflow_versions
from airflow_provider_rooms.timetable import read_timetable
from dag_run import EXAMPLES, run_dag
from soon import daytime, write_soon

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from stack import MailSink

DAY = dt.timedelta(days=1)
UNIVERSITY = EXAMPLES.parent.parent / "shared" / "data" / "uiuc-online-2025-summer.csv"
AT_ONCE = [traits.conn_id for traits in TRAITS if traits is not CLOSES_UNUSED]
OURS = "course,section,days,start,end,timezone,title\n"

pytestmark = pytest.mark.usefixtures("airflow_db")


def ids(rooms: list[dict]) -> dict[tuple[str, str], str]:
    return {(room["conn_id"], room["name"]): room["id"] for room in rooms}


def write(file: Path, *rows: str) -> Path:
    file.write_text(OURS + "\n".join(rows) + "\n")
    return file


def insert_at_the_top(file: Path, row: dict[str, str]) -> None:
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows([rows[0] | row, *rows])


def test_every_example_can_be_imported():
    bag = airflow_versions.dag_bag(EXAMPLES)
    assert bag.import_errors == {}
    assert {file.stem for file in EXAMPLES.glob("*.py")} <= set(bag.dags)


@pytest.mark.parametrize("date", [dt.date(2026, 1, 15), dt.date(2026, 7, 15)], ids=str)
def test_a_moved_timetable_keeps_its_classes_and_begins_soon_at_any_hour(tmp_path: Path, date: dt.date):
    file = tmp_path / "soon.csv"
    for hour in range(24):
        now = dt.datetime(date.year, date.month, date.day, hour, 59, tzinfo=dt.UTC)
        moved = write_soon(file, now)
        classes = read_timetable(file).on(moved).classes
        assert moved == date
        assert len(classes) == 10
        assert all(now < one.starts_at < now + dt.timedelta(minutes=30) for one in classes)


def test_each_class_gets_one_room_per_vendor_and_a_mail_and_keeps_both_when_the_run_is_cleared(
    mails: MailSink, rooms_sandbox: RoomsSandbox, tmp_path: Path
):
    timetable = tmp_path / "soon.csv"
    date = write_soon(timetable, dt.datetime.now(dt.UTC))
    # `make demo` runs the whole day.
    timetable.write_text("".join(timetable.read_text().splitlines(keepends=True)[:6]))
    conf = {"timetable": str(timetable), "date": date.isoformat()}
    logical_date = dt.datetime.now(dt.UTC)
    wanted = sorted(one.name for one in read_timetable(timetable).on(date).classes)
    rooms = len(TRAITS) * len(wanted)
    assert rooms >= 9

    first = run_dag("class_rooms", conf, logical_date=logical_date)

    assert set(first.tasks.values()) == {"success"}
    assert all(names(rooms_sandbox, traits) == wanted for traits in TRAITS)
    assert Counter(room["outcome"] for room in first.rooms) == {"created": rooms}
    assert len({room["id"] for room in first.rooms}) == rooms
    bodies = mails.bodies()
    assert all(sum(room["id"] in body for body in bodies) == 1 for room in first.rooms)
    assert sorted(str(mail["Subject"]) for mail in mails.mails) == sorted(room["ref"] for room in first.rooms)

    insert_at_the_top(timetable, {"course": "NEW 100", "section": "Z"})
    second = run_dag("class_rooms", conf, logical_date=logical_date)

    before, after = ids(first.rooms), ids(second.rooms)
    assert {key: after[key] for key in before} == before
    assert Counter(room["outcome"] for room in second.rooms) == {"found": rooms, "created": len(TRAITS)}


def test_bad_rows_are_skipped_or_refused_as_the_param_says(
    mails: MailSink, rooms_sandbox: RoomsSandbox, tmp_path: Path
):
    timetable = write(tmp_path / "bad.csv", "ALG,A,MTWRFSU,09:00,08:00,UTC,Bad", "ALG,B,MTWRFSU,09:00,10:00,UTC,Good")
    tomorrow = dt.datetime.now(dt.UTC).date() + DAY
    conf = {"timetable": str(timetable), "date": tomorrow.isoformat(), "conn_ids": [ANY.conn_id]}

    refused = run_dag("class_rooms", conf | {"bad_rows": "refuse"})
    assert refused.state == "failed"
    assert rooms_sandbox.requests() == []

    skipped = run_dag("class_rooms", conf)
    assert skipped.state == "success"
    assert [room["ref"] for room in skipped.rooms] == ["ALG B Good"]


def test_a_title_is_text_wherever_it_goes(mails: MailSink, tmp_path: Path):
    timetable = write(tmp_path / "odd.csv", 'ALG,A,MTWRFSU,09:00,10:00,UTC,"<b>{{ 7 * 7 }}</b> &amp; more"')
    tomorrow = dt.datetime.now(dt.UTC).date() + DAY
    conf = {"timetable": str(timetable), "date": tomorrow.isoformat(), "conn_ids": [TRAITS[1].conn_id]}

    assert run_dag("class_rooms", conf).state == "success"

    (mail,) = mails.mails
    assert mail["Subject"] == "ALG A <b>{{ 7 * 7 }}</b> & more"
    assert "ALG A &lt;b&gt;{{ 7 * 7 }}&lt;/b&gt; &amp; more starts at" in mails.bodies()[0]


def test_a_day_that_is_over_makes_no_room_and_no_mail(mails: MailSink, rooms_sandbox: RoomsSandbox):
    result = run_dag("class_rooms", {"date": "2025-06-10"})
    assert result.state == "success"
    assert Counter(state for task, state in result.tasks.items() if "class_room" in task) == {"skipped": 30 + 6}
    assert mails.mails == []
    assert not any(names(rooms_sandbox, traits) for traits in TRAITS)


@pytest.mark.slow
@pytest.mark.skipif(not UNIVERSITY.exists(), reason=f"{UNIVERSITY.name} is not beside the repository")
@pytest.mark.parametrize("conn_ids", [AT_ONCE, [CLOSES_UNUSED.conn_id]])
def test_a_university_tuesday(mails: MailSink, rooms_sandbox: RoomsSandbox, tmp_path: Path, conn_ids: list[str]):
    timetable = tmp_path / "university.csv"
    timetable.write_bytes(UNIVERSITY.read_bytes())
    today = dt.datetime.now(dt.UTC).date()
    tuesday = today + ((1 - today.weekday()) % 7 or 7) * DAY
    if CLOSES_UNUSED.conn_id in conn_ids:
        # Its rooms are made within the half hour before class only: here all of them begin in ten minutes.
        tuesday = about_to_begin(timetable)
    conf = {"timetable": str(timetable), "date": tuesday.isoformat(), "conn_ids": conn_ids}
    logical_date = dt.datetime.now(dt.UTC)
    with UNIVERSITY.open(newline="") as lines:
        sections = {
            (row["subject"], row["number"], row["section"]) for row in csv.DictReader(lines) if "T" in row["days"]
        }

    first = run_dag("class_rooms", conf, logical_date=logical_date)

    assert first.state == "success"
    for conn_id in conn_ids:
        made = names(rooms_sandbox, TRAITS_OF[conn_id.removesuffix("_default")])
        assert len(made) == len(set(made)) == len(sections) == 100
    assert len(mails.mails) == len(set(ids(first.rooms).values())) == len(sections) * len(conn_ids)

    # A new class at the top, and above it a second row of one that has its room.
    insert_at_the_top(timetable, {"subject": "NEW", "number": "100", "section": "Z", "days": "MTWRFSU"})
    insert_at_the_top(timetable, {"subject": "CS", "number": "173", "section": "ONL", "days": "MTWRFSU"})
    second = run_dag("class_rooms", conf, logical_date=logical_date)

    before, after = ids(first.rooms), ids(second.rooms)
    assert {key: after[key] for key in before} == before
    assert Counter(room["outcome"] for room in second.rooms) == {"found": len(before), "created": len(conn_ids)}


def about_to_begin(timetable: Path) -> dt.date:
    """Move Tuesday to today, and every class to the same hour."""
    now = dt.datetime.now(dt.UTC)
    zone = daytime(now)[0]
    start = now.astimezone(zone) + dt.timedelta(minutes=10)
    with timetable.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if "T" in row["days"]]
    for row in rows:
        row |= {
            "days": "MTWRFSU"[start.weekday()],
            "start": f"{start:%H:%M}",
            "end": f"{start + dt.timedelta(hours=1):%H:%M}",
            "timezone": zone.key,
        }
    with timetable.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return start.date()
