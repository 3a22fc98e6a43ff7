"""The dry run: what a timetable would make, told with read-only calls."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from vendor_traits import ANY, CLOSES_UNUSED, TRAITS, TRAITS_OF, TYPES

from airflow_provider_rooms.commands import plan as plan_command
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.planning.lookups import plan_rooms

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from airflow_provider_rooms.testing import Traits

REPO = Path(__file__).parents[2]
UNIVERSITY = REPO.parent / "shared" / "data" / "uiuc-online-2025-summer.csv"
SHIPPED = REPO / "example_dags" / "data" / "timetable.csv"
DEFAULTS = [traits.conn_id for traits in TRAITS]
#: A Tuesday of next year's January: to come whenever the tests run, and in winter time.
TUESDAY = next(
    day
    for day in (dt.date(dt.datetime.now(dt.UTC).year + 1, 1, number) for number in range(10, 17))
    if day.isoweekday() == 2
)
HEADER = "course,section,days,start,end,timezone\n"


pytestmark = pytest.mark.usefixtures("connections")


def plan(*arguments: Any) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    plan_command.add_arguments(parser)
    written: list[str] = []
    code = plan_command.run(parser.parse_args([str(one) for one in arguments]), written.append)
    return code, "".join(written)


def tomorrow(hour: int = 12) -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(hour=hour, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)


def spec(name: str, start: dt.datetime | None = None, **more: Any) -> dict[str, Any]:
    start = start or tomorrow()
    times = {"starts_at": start.isoformat(), "ends_at": (start + dt.timedelta(hours=1)).isoformat()}
    return {"name": name, **times, **more}


def verdicts(specs: list[dict[str, Any]], conn_id: str) -> list[str]:
    hooks = {name: get_rooms_hook(name) for name in DEFAULTS}
    return [one.finding.verdict for one in plan_rooms(specs, conn_id, hooks.__getitem__)]


@pytest.mark.skipif(not UNIVERSITY.exists(), reason=f"{UNIVERSITY.name} is not beside the repository")
def test_a_whole_term_in_one_command():
    term = ["--from", "2025-06-16", "--to", "2025-08-08", "--weekdays", "MTWRF"]
    command = [sys.executable, "-m", "airflow_provider_rooms", "plan", str(UNIVERSITY), *term]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "3320 classes on 40 days, 2025-06-16 to 2025-08-08\n"
        "3320 keys, 3320 room names\n"
        "2 collisions, 0 bad rows, 0 cancelled\n"
    )
    assert "2025-06-16    90  100  102   94   29    -    -\n" in done.stdout
    assert "lines 206, 207 and 208: one class SOCW 561 A on 8 days" in done.stdout
    assert "line 98: GLBL 499 AM1 has no meeting pattern" in done.stdout


class TestRooms:
    def test_nothing_is_written_and_every_class_is_named(self, rooms_sandbox: RoomsSandbox):
        code, text = plan(
            SHIPPED, "--from", TUESDAY.isoformat(), *[part for name in DEFAULTS for part in ("--conn", name)]
        )
        assert code == 0
        assert {request["method"] for request in rooms_sandbox.requests()} == {"GET"}
        assert f"{ANY.conn_id}: 6 would be created\n" in text
        assert f"{CLOSES_UNUSED.conn_id}: 6 would be created later\n" in text
        assert text.count("ALG 101 B Linear Algebra") == 3
        assert re.search(rf"{CLOSES_UNUSED.conn_id}  .* ALG 101 B .*: would be created at {TUESDAY}T13:30\+01:00", text)

    @pytest.mark.parametrize("conn_id", DEFAULTS)
    def test_what_making_the_rooms_comes_upon_is_what_was_told(self, conn_id: str):
        hook = get_rooms_hook(conn_id)
        soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10)
        past = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
        asked = TRAITS_OF[conn_id.removesuffix("_default")].sample
        for name in ("there", "closed", "other"):
            hook.ensure_room(spec(name, soon, **asked))
        hook.close_room("closed")
        specs = [
            spec("there", soon, **asked),
            spec("new", soon),
            spec("closed", soon, **asked),
            spec("past", past),
            spec("there", soon, **asked),  # the same name again
            spec("bad name", soon),
            spec("low", soon, max_participants=0),
        ]
        assert verdicts(specs, conn_id) == ["exists", "missing", "closed", "over", "refused", "refused", "refused"]
        for one in specs[:2]:
            assert hook.ensure_room(one).outcome in ("found", "created")

    @pytest.mark.parametrize("traits", TRAITS, ids=TYPES)
    def test_a_room_with_other_settings(self, traits: Traits):
        hook = get_rooms_hook(traits.conn_id)
        soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10)
        hook.ensure_room(spec("class", soon, **traits.sample))
        (found,) = plan_rooms([spec("class", soon, **traits.other)], traits.conn_id, lambda _: hook)
        assert found.finding.verdict == "differs"
        (drift,) = found.as_dict()["drift"]
        assert drift["field"] == traits.drifts
        assert (drift["asked"] in traits.other.values(), drift["actual"] in traits.sample.values()) == (True, True)
        told = f"differs: {traits.drifts}: requested {drift['asked']!r}, is {drift['actual']!r} (id {found.finding.room.id})"
        assert told in str(found)

    def test_a_room_is_made_later_where_unused_ones_are_closed(self):
        (found,) = plan_rooms([spec("class", tomorrow())], CLOSES_UNUSED.conn_id, get_rooms_hook)
        assert found.finding.verdict == "not_due"
        assert found.finding.due == tomorrow() - dt.timedelta(minutes=30)
        (told,) = plan_rooms([spec("class", tomorrow(), create_ahead=3300)], CLOSES_UNUSED.conn_id, get_rooms_hook)
        assert told.finding.due == tomorrow() - dt.timedelta(minutes=55)

    def test_a_vendor_that_does_not_answer_costs_one_class_only(self, rooms_sandbox: RoomsSandbox):
        rooms_sandbox.fault(ANY.conn_type, "status", status=500, path="*/b", times=20)
        hook = get_rooms_hook(ANY.conn_id)
        hook.patience = type(hook.patience)(tries=1)
        found = plan_rooms([spec("a"), spec("b"), spec("c")], ANY.conn_id, lambda _: hook)
        assert [one.finding.verdict for one in found] == ["missing", "unknown", "missing"]
        assert "HTTP 500" in found[1].finding.told

    def test_wrong_credentials_are_told_once(
        self, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch, capsys
    ):
        monkeypatch.setenv(
            "AIRFLOW_CONN_WRONG", rooms_sandbox.env()[f"AIRFLOW_CONN_{ANY.conn_id.upper()}"].replace("tests", "xxxxx")
        )
        code, text = plan(SHIPPED, "--from", TUESDAY.isoformat(), "--conn", "wrong")
        assert (code, text) == (2, "")
        assert capsys.readouterr().err.count("Check") == 1

    def test_what_needs_attention_sets_the_exit_code(self, tmp_path: Path):
        timetable = tmp_path / "one.csv"
        timetable.write_text(HEADER + "ALG,A,MTWRFSU,12:00,13:00,UTC\n")
        ((field, value),) = CLOSES_UNUSED.out_of_range.items()
        low, high = CLOSES_UNUSED.vendor.limits[field]
        code, text = plan(timetable, "--conn", CLOSES_UNUSED.conn_id, "--spec", json.dumps({field: value}))
        assert code == 1
        refusal = f"{field}: {value} is out of range; {CLOSES_UNUSED.kind.title} accepts {low} to {high}."
        assert f"would be refused: {refusal}" in text

    def test_a_connection_named_twice_is_asked_once(self):
        once, twice = (
            plan(SHIPPED, "--from", TUESDAY.isoformat(), *["--conn", ANY.conn_id] * count) for count in (1, 2)
        )
        assert once == twice
        assert "6 would be created\n" in once[1]

    def test_a_connection_that_cannot_be_looked_up_is_named(self, monkeypatch: pytest.MonkeyPatch, capsys):
        monkeypatch.setattr(
            "airflow_provider_rooms.commands.check.look_up", lambda _: ("-", None, "The database is away.")
        )
        assert plan(SHIPPED, "--from", TUESDAY.isoformat(), "--conn", "elsewhere") == (2, "")
        assert "Connection 'elsewhere' was not found. The database is away." in capsys.readouterr().err

    @pytest.mark.parametrize("key", ["name", "starts_at", "ends_at", "conn_id"])
    def test_what_the_timetable_says_is_not_for_every_class(self, key: str, capsys):
        with pytest.raises(SystemExit, match="2"):
            plan(SHIPPED, "--conn", ANY.conn_id, "--spec", f'{{"{key}": "x"}}')
        assert f"--spec: {key} cannot be the same for every class" in capsys.readouterr().err


class TestJson:
    def test_one_document_has_all_that_the_text_has(self, rooms_sandbox: RoomsSandbox):
        conns = [part for name in DEFAULTS for part in ("--conn", name)]
        code, text = plan(SHIPPED, "--from", TUESDAY.isoformat(), *conns, "--json")
        told = json.loads(text)
        assert code == told["exit_code"] == 0
        assert (told["from"], told["to"]) == (TUESDAY.isoformat(), TUESDAY.isoformat())
        assert told["counts"] == {
            "classes": 6, "days": 1, "keys": 6, "room_names": 6, "collisions": 1, "bad_rows": 0, "cancelled": 0,
            "rooms": {
                **{name: {"missing": 6} for name in DEFAULTS}, CLOSES_UNUSED.conn_id: {"not_due": 6}
            },
        }  # fmt: skip
        algebra = next(one for one in told["classes"] if one["title"].startswith("ALG 101 B"))
        assert (algebra["timezone"], algebra["starts_at"]) == ("Europe/Berlin", f"{TUESDAY}T14:00:00+01:00")
        assert [room["conn_id"] for room in algebra["rooms"]] == DEFAULTS
        assert [room["due"] for room in algebra["rooms"]] == [None, None, f"{TUESDAY}T13:30:00+01:00"]
        assert {room["name"] for room in algebra["rooms"]} == {algebra["name"]}

    def test_what_is_wrong_is_in_the_document_with_the_exit_code_of_the_text(self, tmp_path: Path, capsys):
        timetable = tmp_path / "bad.csv"
        timetable.write_text(
            HEADER.strip() + ",date,cancelled\n"
            "ALG,A,M,10:00,09:00,UTC,,\nALG,B,MT,10:00,11:00,UTC,,\nALG,B,MT,10:00,11:00,UTC,,\n"
            "ALG,B,,,,UTC,2026-11-24,yes\n"
        )
        week = ["--from", "2026-11-23", "--to", "2026-11-24"]
        code, text = plan(timetable, *week, "--json")
        told = json.loads(text)
        assert code == told["exit_code"] == plan(timetable, *week)[0] == 1
        assert {"line": 2, "unit": "line", "text": "ends at 09:00, but starts at 10:00", "note": False} in told[
            "problems"
        ]
        assert [one["rooms"] for one in told["classes"]] == [[]]
        assert [one["date"] for one in told["cancelled"]] == ["2026-11-24"]
        assert [one["lines"] for one in told["collisions"]] == [[3, 4]]
        assert (told["counts"]["rooms"], told["name_collisions"]) == ({}, [])
        assert capsys.readouterr().err == ""

    def test_without_a_plan_there_is_no_document(self, capsys):
        assert plan("nowhere.csv", "--json") == (2, "")
        assert "No such file" in capsys.readouterr().err

    def test_progress_is_not_in_the_document(self):
        command = [sys.executable, "-m", "airflow_provider_rooms", "plan", str(SHIPPED), "--json"]
        command += ["--from", TUESDAY.isoformat(), "--conn", ANY.conn_id]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout)["counts"]["classes"] == 6
        assert f"Looking up the rooms of 6 classes: {ANY.conn_id}" in done.stderr


class TestTimetables:
    def test_bad_rows_and_notes(self, tmp_path: Path):
        timetable = tmp_path / "bad.csv"
        timetable.write_text(HEADER + "ALG,A,M,10:00,09:00,UTC\nALG,B,M,10:00,11:00,UTC\nALG,,TBA,,,UTC\n")
        code, text = plan(timetable, "--from", "2026-11-23")
        assert code == 1
        assert "1 classes on 1 day, 2026-11-23\n" in text
        assert "Bad rows:\n  line 2: ends at 09:00, but starts at 10:00\n" in text

    def test_a_clock_change_in_the_middle(self, tmp_path: Path):
        timetable = tmp_path / "early.csv"
        timetable.write_text(HEADER + "ALG,A,U,02:30,04:00,Europe/Berlin\n")
        around = ["--from", "2026-03-22", "--to", "2026-04-05"]
        code, text = plan(timetable, *around)
        assert code == 1
        assert "2026-03-29 02:30 does not exist in Europe/Berlin" in text
        code, text = plan(timetable, *around, "--clock-change", "later")
        assert code == 0
        assert "2026-03-29 03:30-04:00 Europe/Berlin  ALG A" in text

    def test_days_off_and_cancelled_classes(self, tmp_path: Path):
        timetable = tmp_path / "off.csv"
        timetable.write_text(
            HEADER.strip() + ",date,cancelled\nALG,A,MTWRF,9:00,10:00,UTC,,\nALG,A,,,,UTC,2026-11-24,yes\n"
        )
        code, text = plan(timetable, "--from", "2026-11-23", "--to", "2026-11-27", "--off", "2026-11-26")
        assert code == 0
        assert re.findall(r"2026-11-(\d\d) 09:00-10:00", text) == ["23", "25", "27"]
        assert "Cancelled:\n  2026-11-24 09:00  ALG A\n" in text

    def test_what_a_file_does_not_say_itself(self, tmp_path: Path, capsys):
        timetable = tmp_path / "export.csv"
        timetable.write_bytes(
            "Fach;Nummer;Klasse;Tage;Zeit;Ab;Raum\nMATH;101;7;Mo;14.15-15.45;01.02.2027;Übung 1\n".encode("cp1252")
        )
        around = ["--from", "2027-01-04", "--to", "2027-02-07", "--timezone", "Europe/Berlin"]
        columns = ["--column", "section=Klasse", "--column", "course=Fach", "--column", "course=Nummer"]
        told = [*columns, "--column", "first day=Ab", "--encoding", "windows-1252"]
        assert plan(timetable, *around, *columns) == (2, "")
        assert "encoding='windows-1252' (--encoding windows-1252)" in capsys.readouterr().err
        code, text = plan(timetable, *around, *told)
        assert code == 1
        assert "line 2: Ab '01.02.2027' could be 2027-01-02 or 2027-02-01" in text
        code, text = plan(timetable, *around, *told, "--dates", "dmy")
        assert code == 0
        assert re.findall(r"2027-\d\d-\d\d 14:15-15:45 Europe/Berlin  MATH 101 7", text) == [
            "2027-02-01 14:15-15:45 Europe/Berlin  MATH 101 7"
        ]
        assert "Notes:\n  line 1: columns that are not used, kept in extra: 'Raum'\n" in text

    @pytest.mark.parametrize("column", ["section", "=Class#", "section="])
    def test_a_column_that_is_not_named(self, column: str, capsys):
        with pytest.raises(SystemExit, match="2"):
            plan(SHIPPED, "--column", column)
        assert f"--column: {column!r} names no column; write section=Class#" in capsys.readouterr().err

    def test_bad_rows_are_counted_once_each(self, tmp_path: Path):
        timetable = tmp_path / "bad.csv"
        timetable.write_text(HEADER + "ALG,A,X,25:00,26:00,UTC\nALG,B,X,9:00,9:50,UTC\n")
        _, text = plan(timetable, "--from", "2026-11-23")
        assert "0 collisions, 2 bad rows, 0 cancelled\n" in text
        assert text.count("  line 2: ") == 3

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("course,section\n", "the header has no column for the days"),
            ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "is the file cut short?"),
        ],
    )
    def test_a_file_that_is_no_timetable(self, tmp_path: Path, capsys, text: str, said: str):
        timetable = tmp_path / "file.csv"
        timetable.write_text(text)
        assert plan(timetable) == (2, "")
        assert said in capsys.readouterr().err

    def test_a_file_that_is_not_there(self, capsys):
        assert plan("nowhere.csv") == (2, "")
        assert capsys.readouterr().err == "nowhere.csv: No such file or directory\n"

    def test_a_long_list_is_cut_unless_all_is_asked_for(self, tmp_path: Path):
        timetable = tmp_path / "long.csv"
        timetable.write_text(HEADER + "".join(f"ALG {n},A,M,10:00,09:00,UTC\n" for n in range(100)))
        assert "and 90 more (--all shows them)" in plan(timetable)[1]
        assert "line 101: ends" in plan(timetable, "--all")[1]


def test_ten_thousand_rows_in_seconds(tmp_path: Path):
    timetable = tmp_path / "large.csv"
    timetable.write_text(HEADER + "".join(f"ALG {n},A,MTWRF,09:00,10:00,Europe/Berlin\n" for n in range(10_000)))
    code, text = plan(timetable, "--from", "2026-11-23")
    assert code == 0
    assert "10000 classes on 1 day" in text


def test_a_reader_who_has_seen_enough():
    command = [sys.executable, "-m", "airflow_provider_rooms", "plan", str(SHIPPED), "--from", TUESDAY.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as plan:
        assert plan.stdout
        assert plan.stderr
        plan.stdout.close()
        assert plan.stderr.read() == b""
    assert plan.returncode == 0


@pytest.mark.parametrize("command", [["-m", "airflow_provider_rooms", "plan", "--help"]])
def test_the_help(command: list[str]):
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "200"}
    )
    assert "--from DATE" in done.stdout
    assert "only read-only" in done.stdout
