"""Every example DAG, run as it is against the sandbox."""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import icalendar
import pytest
from example_help import names, vendor_of
from vendor_traits import TRAITS

from airflow_provider_rooms.testing.airflow_versions import load_dag
from dag_run import EXAMPLES, run_dag
from soon import write_soon

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from stack import MailSink

pytestmark = pytest.mark.usefixtures("mails")

DAY = dt.timedelta(days=1)
TODAY = dt.datetime.now(dt.UTC).date()
#: A week that is still to come, whenever the tests run.
MONDAY = TODAY + dt.timedelta(days=28 - TODAY.weekday())
TUESDAY = (MONDAY + DAY).isoformat()


def outcomes(result: Any) -> dict[str, int]:
    return dict(Counter(room["outcome"] for room in result.rooms))


def calendar_events(sink: MailSink) -> list[Any]:
    found = []
    for mail in sink.mails:
        (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
        (event,) = icalendar.Calendar.from_ical(part.get_content()).walk("VEVENT")
        found.append((part["Content-Type"].params["method"], event))
    return found


def xcoms(dag_id: str, task_id: str) -> list[Any]:
    """What every run of a task has returned, oldest first."""
    from airflow import settings
    from airflow.models import xcom
    from sqlalchemy import select

    model = getattr(xcom, "XComModel", None) or xcom.XCom
    wanted = (model.dag_id == dag_id, model.task_id == task_id, model.key == "return_value")
    with settings.Session() as session:
        rows = session.scalars(select(model).where(*wanted).order_by(model.timestamp))
        # Airflow 2 reads the value while it loads the row.
        return [row.value if model.__name__ == "BaseXCom" else model.deserialize_value(row) for row in rows]


def labels(dag_id: str) -> set[str | None]:
    """What the page of Airflow shows for the mapped tasks of a DAG."""
    from airflow import settings
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    with settings.Session() as session:
        return set(session.scalars(select(TaskInstance.rendered_map_index).where(TaskInstance.dag_id == dag_id)))


def stored_texts() -> str:
    """All that Airflow keeps of any run: XComs, rendered fields, notes, and the log files."""
    from airflow import settings
    from sqlalchemy import text

    with settings.Session() as session:
        rows = [
            str(row)
            for table in ("xcom", "rendered_task_instance_fields", "task_instance", "trigger", "log")
            for row in session.execute(text(f"select * from {table}"))
        ]
    logs = Path(settings.AIRFLOW_HOME) / "logs"
    return "\n".join([*rows, *(file.read_text(errors="replace") for file in logs.rglob("*.log"))])


class TestNightlyRooms:
    def test_tomorrows_classes_get_their_rooms(self, rooms_sandbox: RoomsSandbox):
        first = run_dag("nightly_rooms", {"date": TUESDAY})
        assert first.state == "success"
        assert outcomes(first) == {"created": 6}
        assert len(names(rooms_sandbox, vendor_of("nightly_rooms"))) == 6
        assert {room["ref"]["date"] for room in first.rooms} == {TUESDAY}
        assert "JPN 100 A Japanese for Beginners, 18:00 Asia/Tokyo" in labels("nightly_rooms")
        again = run_dag("nightly_rooms", {"date": TUESDAY})
        assert outcomes(again) == {"found": 6}

    def test_without_a_date_it_is_the_day_after_the_run(self, rooms_sandbox: RoomsSandbox):
        monday = dt.datetime.combine(MONDAY, dt.time(18), dt.UTC)
        result = run_dag("nightly_rooms", {}, logical_date=monday)
        assert {room["ref"]["date"] for room in result.rooms} == {TUESDAY}


class TestClassLife:
    """From the room to the recording in storage, with people who come and go while the DAG waits."""

    @pytest.fixture
    def impatient(self, tmp_path: Path) -> Path:
        folder = tmp_path / "dags"
        folder.mkdir()
        source = (EXAMPLES / "class_life.py").read_text()
        assert source.count("LOOK_EVERY = 60") == 1
        (folder / "class_life.py").write_text(source.replace("LOOK_EVERY = 60", "LOOK_EVERY = 1"))
        return folder

    @staticmethod
    def timetable(file: Path, began: int, seconds: int) -> Path:
        start, end = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=s) for s in (-began, seconds))
        lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:logic", "SUMMARY:Logic",
            f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}",
            "ORGANIZER:mailto:office@example.com", "ATTENDEE;CN=Ada:mailto:ada@example.com",
            "ATTENDEE:mailto:emmy@example.com", "END:VEVENT", "END:VCALENDAR",
        ]  # fmt: skip
        file.write_text("\n".join(lines))
        return file

    @pytest.mark.slow
    def test_from_the_room_to_the_recording(
        self, rooms_sandbox: RoomsSandbox, mails: MailSink, tmp_path: Path, impatient: Path
    ):
        played = threading.Thread(target=self.play, args=(rooms_sandbox, mails), daemon=True)
        played.start()
        conf = {
            "timetable": str(self.timetable(tmp_path / "today.ics", began=600, seconds=20)),
            "date": (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=600)).date().isoformat(),
            "storage": f"file://{tmp_path}/recordings",
        }
        result = run_dag("class_life", conf, folder=impatient)
        played.join(30)
        assert set(result.tasks.values()) == {"success"}
        (stored,) = (tmp_path / "recordings").rglob("*.mp4")
        assert stored.stat().st_size > 0
        assert stored.parent.name == "logic"
        # Two people, two mails, two links; and nothing that Airflow keeps holds one of them.
        events = calendar_events(mails)
        assert [(method, str(event["UID"])) for method, event in events] == [("REQUEST", "logic@example.com")] * 2
        links = {str(event["LOCATION"]) for _, event in events}
        assert len(links) == 2
        kept = stored_texts()
        assert result.rooms[0]["id"] in kept
        for link in links:
            assert link not in kept
            assert re.search("token=([^&]+)", link)[1] not in kept

    @staticmethod
    def play(sandbox: RoomsSandbox, mails: MailSink) -> None:
        """Somebody joins as soon as the invitations are there, stays for a moment, and the recording gets ready."""
        until = time.monotonic() + 60
        while len(mails.mails) < 2 and time.monotonic() < until:
            time.sleep(0.2)
        sandbox.start_session(vendor_of("class_life").conn_type, "logic")
        time.sleep(2)
        sandbox.end_session(vendor_of("class_life").conn_type, "logic")
        sandbox.recording(vendor_of("class_life").conn_type, "logic", "complete")

    def test_nobody_came(self, mails: MailSink, tmp_path: Path, impatient: Path):
        conf = {
            "timetable": str(self.timetable(tmp_path / "today.ics", began=1860, seconds=600)),
            "date": (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1860)).date().isoformat(),
            "storage": f"file://{tmp_path}/recordings",
        }
        result = run_dag("class_life", conf, folder=impatient)
        states = {task.split(".")[-1]: state for task, state in result.tasks.items()}
        assert (states["invite[0]"], states["started[0]"], states["store[0]"]) == ("success", "skipped", "skipped")
        assert not (tmp_path / "recordings").exists()


class TestChangedClasses:
    HEAD = "course,section,days,start,end,timezone,title,date,moved to,cancelled,attendees\n"
    CLASS = "ALG,A,M,09:00,10:00,Europe/Berlin,Algebra,,,,ada@example.com\n"

    @staticmethod
    def conf(timetable: Path) -> dict[str, str]:
        # Each test remembers by itself.
        return {
            "timetable": str(timetable),
            "first": MONDAY.isoformat(),
            "last": (MONDAY + 6 * DAY).isoformat(),
            "memory": timetable.parent.name,
        }

    def run(self, timetable: Path, *rows: str) -> Any:
        timetable.write_text(self.HEAD + self.CLASS + "".join(f"{row}\n" for row in rows))
        result = run_dag("changed_classes", self.conf(timetable))
        assert result.state == "success"
        return result

    @pytest.mark.slow
    def test_moved_cancelled_and_back_again(self, rooms_sandbox: RoomsSandbox, mails: MailSink, tmp_path: Path):
        timetable = tmp_path / "timetable.csv"
        moved = f"ALG,A,,14:00,15:00,Europe/Berlin,Algebra,{MONDAY},{TUESDAY},,ada@example.com"
        cancelled = f"ALG,A,,,,Europe/Berlin,Algebra,{MONDAY},,yes,ada@example.com"
        told = []
        for rows in ([], [], [moved], [cancelled], [cancelled], []):
            mails.mails.clear()
            self.run(timetable, *rows)
            told.append([(method, event) for method, event in calendar_events(mails)])
            traits = vendor_of("changed_classes")
            (room,) = rooms_sandbox.rooms(traits.conn_type)
            assert traits.usable(room) is (rows != [cancelled])
            time.sleep(1)  # SEQUENCE counts seconds
        # Told once each, and nothing is said where nothing changed.
        assert [[method for method, _ in events] for events in told] == [
            ["REQUEST"], [], ["REQUEST"], ["CANCEL"], [], ["REQUEST"],
        ]  # fmt: skip
        events = [event for one in told for _, event in one]
        assert len({str(event["UID"]) for event in events}) == 1
        sequences = [event["SEQUENCE"] for event in events]
        assert sequences == sorted(set(sequences))
        assert [f"{event['DTSTART'].dt:%Y-%m-%d %H:%M}" for event in events] == [
            f"{MONDAY} 09:00", f"{TUESDAY} 14:00", f"{TUESDAY} 14:00", f"{MONDAY} 09:00",
        ]  # fmt: skip

    def test_an_evening_class_does_not_look_cancelled_at_midnight_in_utc(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        timetable = tmp_path / "timetable.csv"
        timetable.write_text(self.HEAD + "ALG,A,M,19:00,20:30,America/Chicago,Algebra,,,,\n")
        planned = load_dag("changed_classes", EXAMPLES).get_task("planned").python_callable

        class Clock(dt.datetime):
            @classmethod
            def now(cls, tz: dt.tzinfo | None = None) -> Any:
                return dt.datetime(2027, 1, 12, 1, 30, tzinfo=dt.UTC)  # half an hour into Monday's class

        monkeypatch.setitem(planned.__globals__, "dt", SimpleNamespace(**{**vars(dt), "datetime": Clock}))
        specs = planned(params={**self.conf(timetable), "first": None, "last": None, "people": ""})
        assert [spec["ref"]["date"] for spec in specs] == ["2027-01-11", "2027-01-18", "2027-01-25"]

    def test_a_mail_that_fails_is_sent_by_the_next_run(
        self, mails: MailSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        timetable = tmp_path / "timetable.csv"
        timetable.write_text(self.HEAD + self.CLASS)
        conf = self.conf(timetable)
        with monkeypatch.context() as broken:
            broken.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
            assert run_dag("changed_classes", conf).state == "failed"
        assert mails.mails == []
        self.run(timetable)
        assert [method for method, _ in calendar_events(mails)] == ["REQUEST"]


class TestJustInTime:
    def test_rooms_for_what_starts_soon_and_again_when_the_vendor_closed_them(
        self, rooms_sandbox: RoomsSandbox, tmp_path: Path
    ):
        timetable = tmp_path / "soon.csv"
        write_soon(timetable, dt.datetime.now(dt.UTC), first=10, step=5)  # four of them within the half hour
        conf = {"timetable": str(timetable)}
        first = run_dag("just_in_time", conf)
        assert first.state == "success"
        vendor = vendor_of("just_in_time")
        made = names(rooms_sandbox, vendor)
        assert len(made) in (4, 5)
        assert run_dag("just_in_time", conf).state == "success"
        assert len(rooms_sandbox.rooms(vendor.conn_type)) == len(made)
        rooms_sandbox.advance(3700)  # nobody came: the vendor's clock closes them
        assert run_dag("just_in_time", conf).state == "success"
        open_rooms = [room for room in rooms_sandbox.rooms(vendor.conn_type) if vendor.usable(room)]
        assert sorted(room[vendor.name_key] for room in open_rooms) == made


class TestTenants:
    def test_each_tenants_rooms_are_with_its_own_vendor(self, rooms_sandbox: RoomsSandbox, tmp_path: Path):
        soon = tmp_path / "soon.csv"
        today = write_soon(soon, dt.datetime.now(dt.UTC))
        north, south, west = TRAITS
        tenants = {
            "north": {"conn_id": north.conn_id, "timetable": str(soon), "courses": ["ALG 101", "BIO 210"]},
            "south": {"conn_id": south.conn_id, "timetable": str(soon), "courses": ["JPN 100"]},
            "west": {"conn_id": west.conn_id, "timetable": str(soon), "courses": ["CHEM 102"]},
        }
        result = run_dag("tenants", {"tenants": tenants, "date": today.isoformat()})
        assert result.state == "success"
        assert outcomes(result) == {"created": 5}
        assert [len(names(rooms_sandbox, traits)) for traits in TRAITS] == [3, 1, 1]
        (room,) = rooms_sandbox.rooms(west.conn_type)
        assert room[west.name_key].startswith("west_2026-autumn_chem-102")
        assert room["video_codecs"] == ["VP8"]
        assert room["max_participant_duration"] == 14400

    def test_as_it_is(self):
        result = run_dag("tenants", {"date": TUESDAY, "tenants": {}})
        assert result.state == "success"


class TestTermBatch:
    def test_a_term_is_planned_and_made_and_found_again(self, rooms_sandbox: RoomsSandbox):
        day_off = (MONDAY + 7 * DAY).isoformat()
        term = {"first": MONDAY.isoformat(), "last": (MONDAY + 25 * DAY).isoformat(), "off": [day_off]}
        assert run_dag("term_batch", term).state == "success"
        assert xcoms("term_batch", "plan")[-1] == {"missing": 110}
        traits = vendor_of("term_batch")
        made = names(rooms_sandbox, traits)
        assert len(made) == 110
        assert not any(day_off in name for name in made)
        assert run_dag("term_batch", term).state == "success"
        assert len(rooms_sandbox.rooms(traits.conn_type)) == 110
        assert xcoms("term_batch", "plan")[-1] == {"exists": 110}

    def test_without_dates_it_is_four_weeks_from_the_day_of_the_run(self):
        read = load_dag("term_batch", EXAMPLES).get_task("classes_of_the_term").python_callable
        timetable = EXAMPLES / "data" / "timetable.csv"
        params = {"timetable": str(timetable), "first": None, "last": None, "weekdays": "MTWRF", "off": []}
        specs = read(params=params, data_interval_end=dt.datetime(2027, 1, 11, 18, tzinfo=dt.UTC))
        dates = {spec["ref"]["date"] for spec in specs}
        assert (min(dates), max(dates)) == ("2027-01-11", "2027-02-05")


class TestLastingOrNew:
    def test_two_weeks_side_by_side(self, rooms_sandbox: RoomsSandbox, tmp_path: Path):
        timetable = tmp_path / "two.csv"
        timetable.write_text(
            "course,section,days,start,end,timezone\nALG,A,MWF,09:00,10:00,UTC\nBIO,B,T,09:00,10:00,UTC\n"
        )
        made = []
        for first in (MONDAY, MONDAY + 7 * DAY):
            result = run_dag("lasting_or_new", {"first": first.isoformat(), "timetable": str(timetable)})
            assert result.state == "success"
            lasting = [room for room in result.rooms if room["name"].startswith("lasting")]
            made.append((dict(Counter(room["outcome"] for room in lasting)), len(result.rooms) - len(lasting)))
        assert made == [({"created": 2}, 4), ({"found": 2}, 4)]
        assert len(names(rooms_sandbox, vendor_of("lasting_or_new"))) == 2 + 4 + 4
