"""Whole files as registrars export them: headers, cells and encodings that none of them shares with another."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from airflow_provider_rooms.timetable import COLUMNS, TimetableError, parse_timetable, read_timetable, weekly
from airflow_provider_rooms.timetable.columns import _key

FIELD = Path(__file__).parents[3] / "shared" / "data" / "field"
MONDAY = dt.date(2026, 11, 16)
SUNDAY = dt.date(2026, 11, 22)
needs_field = pytest.mark.skipif(not FIELD.exists(), reason="the files from the field are not beside the repository")


def week(timetable, first: dt.date = MONDAY) -> list[str]:
    found = timetable.between(first, first + dt.timedelta(days=6))
    return [f"{one.section} {one.starts_at:%a %H:%M}-{one.ends_at:%H:%M}" for one in found.classes]


def cancelled(timetable) -> list[str]:
    return [f"{one.section} {one.starts_at:%a %H:%M}" for one in timetable.between(MONDAY, SUNDAY).cancelled]


def parse(text: str, **options):
    return parse_timetable(text.lstrip("\n"), **{"timezone": "America/Chicago", **options})


def days(timetable) -> list[str]:
    """On which weekdays each row meets."""
    return ["".join("MTWRFSU"[day] for day in sorted(pattern.weekdays)) for pattern in timetable.patterns]


def notes(timetable) -> list[str]:
    return [str(problem) for problem in timetable.problems if problem.note]


def refused(text: str, **options) -> str:
    with pytest.raises(TimetableError) as caught:
        parse(text, **options)
    return str(caught.value)


@needs_field
class TestField:
    def read(self, name: str, **options):
        return read_timetable(FIELD / name, **{"timezone": "America/Chicago", **options})

    def test_two_letter_days(self):
        assert days(self.read("f01_two_letter_days.csv")) == ["T", "F", "U", "MTW"]

    def test_a_status_and_bounds_are_not_ignored(self):
        timetable = self.read("f14_start_date_end_date_ignored.csv")
        found = timetable.between(dt.date(2026, 8, 1), dt.date(2026, 12, 31))
        assert found.classes == ()
        assert (found.cancelled[0].date, found.cancelled[-1].date) == (dt.date(2026, 8, 24), dt.date(2026, 10, 14))
        assert timetable.patterns[0].last_day == dt.date(2026, 10, 16)

    def test_days_without_a_time(self):
        timetable = self.read("f15_days_but_no_time.csv")
        assert week(timetable) == []
        assert notes(timetable) == ["line 2: ALG 101 A has no meeting time", "line 3: ALG 101 B has no meeting time"]

    def test_registrar_two_letter_days(self):
        timetable = self.read("registrar/two_letter_days.csv", columns={"section": "Class#"})
        assert week(timetable) == [
            "30010 Mon 08:00-10:50",
            "30010 Tue 08:00-10:50",
            "30011 Tue 11:00-12:20",
            "30010 Wed 08:00-10:50",
            "30011 Thu 11:00-12:20",
            "30001 Thu 19:00-21:50",
            "30030 Sat 10:00-14:00",
            "30031 Sat 10:00-14:00",
            "30031 Sun 10:00-14:00",
        ]
        assert cancelled(timetable) == ["30020 Tue 09:30", "30020 Thu 09:30"]
        assert notes(timetable)[-1] == "line 3: ACCT 61 30002 has no meeting pattern"

    def test_registrar_time_range(self):
        timetable = self.read("registrar/time_range.csv")
        assert [(one.course, one.section) for one in timetable.patterns] == [
            *[("COMS4111", "001"), ("COMS4111", "002"), ("PSYC1001", "001"), ("PSYC1002", "001")]
        ]
        assert week(timetable) == [
            *["001 Mon 11:40-12:55", "001 Mon 22:30-00:15", "001 Tue 13:10-14:25", "001 Wed 11:40-12:55"],
            *["001 Thu 13:10-14:25", "002 Fri 10:10-12:40", "001 Fri 11:40-12:55"],
        ]

    def test_registrar_one_cell(self):
        timetable = self.read("registrar/one_cell.csv")
        assert week(timetable) == ["A02 Mon 15:10-16:30", "A01 Tue 08:00-08:50", "A02 Wed 15:10-16:30"]
        assert notes(timetable)[-1] == "line 4: ECS 090 A01 has no meeting pattern"

    def test_registrar_numbers_and_dates(self):
        timetable = self.read("registrar/numbers_and_dates.csv", columns={"section": "CRN"})
        assert week(timetable) == ["51001 Tue 09:00-09:50", "51001 Thu 09:00-09:50"]
        assert cancelled(timetable) == ["51002 Mon 13:00", "51002 Wed 13:00", "51002 Fri 13:00"]
        assert [(str(one.first_day), str(one.last_day)) for one in timetable.patterns] == [
            *[("2026-08-24", "2026-12-09"), ("2026-08-24", "2026-12-09"), ("2027-01-02", "2027-05-01")]
        ]

    def test_registrar_dates_that_could_be_both(self):
        options = {"columns": {"section": "CRN"}}
        name = "registrar/dates_that_could_be_both.csv"
        with pytest.raises(
            TimetableError, match=r"has 1 bad line:\n  line 2: Start Date '01/02/2027' could be .*dates='mdy'"
        ):
            self.read(name, **options)
        assert week(self.read(name, **options, dates="mdy"), dt.date(2027, 1, 4)) == [
            *["51003 Mon 14:00-15:15", "51003 Wed 14:00-15:15"]
        ]
        with pytest.raises(TimetableError, match="its last day 2027-01-05 is before its first day 2027-02-01"):
            self.read(name, **options, dates="dmy")

    def test_registrar_windows_1252(self):
        name = "registrar/windows_1252_german.csv"
        with pytest.raises(TimetableError, match=r"encoding='windows-1252' .* 'MA 101;1;Mo, Mi;09:00-09:50;Einführung"):
            self.read(name)
        timetable = self.read(name, timezone="Europe/Berlin", encoding="windows-1252")
        assert week(timetable) == ["1 Mon 09:00-09:50", "2 Tue 14:15-15:45", "1 Wed 09:00-09:50"]
        assert [one.title for one in timetable.patterns] == ["Einführung in die Analysis", "Übung"]


class TestHeader:
    def test_every_name_is_of_one_field_only(self):
        alone = [_key(choice[0]) for choices in COLUMNS.values() for choice in choices if len(choice) == 1]
        assert sorted(alone) == sorted(set(alone))

    @pytest.mark.parametrize(
        "header",
        [
            "Course,Section,Meeting Days,Begin Time,End Time,Start Date,End Date,Status",
            "course_code,section_number,meeting_days,start_time,end_time,start_date,end_date,section_status",
            "CourseCode,Sec,DAYS,StartTime,EndTime,First Day,Last Day,Class Status",
            "Kurs,Gruppe,Wochentage,Beginn,Ende,Startdatum,Enddatum,Status",
            "Course ID,Course Section,Day(s),From,To,Begin Date,Finish Date,Course Status",
        ],
    )
    def test_names_of_columns(self, header):
        timetable = parse(f"{header}\nALG,A,M,9:00,9:50,2026-11-01,2026-11-30,Open\nALG,B,T,9:00,9:50,,,Canceled\n")
        assert week(timetable) == ["A Mon 09:00-09:50"]
        assert timetable.between(dt.date(2026, 12, 1), dt.date(2026, 12, 31)).classes == ()
        assert cancelled(timetable) == ["B Tue 09:00"]
        assert timetable.patterns[0].extra == {}

    @pytest.mark.parametrize(
        ("header", "row"),
        [
            ("Course,Section,Days,Time", "ALG,A,TTh,1:10pm-2:25pm"),
            ("Course,Section,Tag,Uhrzeit", "ALG,A,Di/Do,13.10 - 14.25 Uhr"),
            ("Course,Section,Meeting Time", "ALG,A,TTh 1:10-2:25 PM"),
            ("Course,Section,Days & Times", "ALG,A,1:10 PM - 2:25 PM TuTh"),
            ("Course,Section,Schedule", "ALG,A,Tue/Thu 1310-1425 (Online)"),
            ("Course,Section,Days", "ALG,A,TR 13:10-14:25"),
            ("Course,Section,Days,Start,End", "ALG,A,TR,1:10pm-2:25pm,"),
            ("Course,Section,Days,Start,End,Start Time,End Time", "ALG,A,TR,8/24/2026,12/9/2026,13:10,14:25"),
            ("Course,Section,Days,Start,End,Schedule", "ALG,A,TR,13:10,14:25,Lecture"),
            ("Course,Section,Days,Time,From,To", "ALG,A,TR,13:10-14:25,8/24/2026,12/9/2026"),
            ("Course,Section,Days,Time,Dates", "ALG,A,TR,13:10-14:25,8/24/2026 - 12/9/2026"),
            ("Course,Section,Days,Time,Date", "ALG,A,TR,13:10-14:25,8/24/2026 - 12/9/2026"),
        ],
    )
    def test_where_days_times_and_dates_stand(self, header, row):
        timetable = parse(f"{header}\n{row}\n")
        assert week(timetable) == ["A Tue 13:10-14:25", "A Thu 13:10-14:25"]
        bounds = {(one.first_day, one.last_day) for one in timetable.patterns}
        assert bounds == ({(dt.date(2026, 8, 24), dt.date(2026, 12, 9))} if "/2026" in row else {(None, None)})

    @pytest.mark.parametrize(
        "title",
        ["Fall 2026 Class Schedule", "Fall 2026,,,", "sep=;", "University of Somewhere, Registrar\nTerm,Fall 2026\n"],
    )
    @pytest.mark.parametrize("delimiter", list(",;\t|"))
    def test_what_stands_above_the_header(self, title, delimiter):
        rows = "Course,Section,Days,Time\nALG,A,MW,9:00-9:50\n\nCourse,Section,Days,Time\nALG,B,F,9:00-9:50"
        timetable = parse(f"{title}\n{rows.replace(',', delimiter)}\n")
        assert week(timetable) == ["A Mon 09:00-09:50", "A Wed 09:00-09:50", "B Fri 09:00-09:50"]
        line = title.count("\n") + 2
        assert notes(timetable) == [f"line 1: the header is in line {line}; the lines above it are skipped"]

    def test_what_has_no_meaning_is_named_once_and_not_for_each_day(self):
        timetable = parse(
            "Course,Section,Days,Time,Room,Notes,Notes\nALG,A,MW,9:00-9:50,7,x,y\nALG,B,MW,9:00-9:50,8,,\n"
        )
        assert notes(timetable) == ["line 1: columns that are not used, kept in extra: 'Room', 'Notes'"]
        assert timetable.on(MONDAY).problems == ()
        assert timetable.patterns[0].extra == {"Room": "7", "Notes": "x; y"}

    def test_a_missing_column_comes_with_the_way_out(self):
        text = refused("Course,CRN,Days,Time\nALG,1,M,9:00-9:50\n")
        assert text == (
            "timetable has 1 bad line:\n"
            "  line 1: the header has no column for the section (section or group or sec or sect …); rename it, or set "
            "columns={'section': …}. The header must be the first line, or the one below a title; this one has 'Course', 'CRN', "
            "'Days', 'Time'"
        )

    @pytest.mark.parametrize(
        ("header", "row", "said"),
        [
            (
                "Course,Section,Days,Start,Begin Time,End",
                "A,B,M,9:00,9:00,10:00",
                "'Start' and 'Begin Time', both for the start",
            ),
            (
                "Course,Section,Days,Time,Start,End",
                "A,B,M,9:00-9:50,9:00,9:50",
                "'Time' and 'Start', both for the time",
            ),
            (
                "Course,Section,Days,Time,Dates,Start Date",
                "A,B,M,9:00-9:50,,",
                "'Dates' and 'Start Date', both for the dates",
            ),
            ("Course,Section,Days,Time,Status,Class Status", "A,B,M,9:00-9:50,,", "both for the status"),
        ],
    )
    def test_two_columns_for_one_thing(self, header, row, said):
        text = refused(f"{header}\n{row}\n")
        assert said in text
        assert "columns={" in text

    def test_a_course_that_is_only_a_number(self):
        text = "Subject,Course,Section,Days,Time\nMATH,101,A,M,9:00-9:50\nPHYS,101,A,M,10:00-10:50\n"
        assert "columns={'course': ['Subject', 'Course']}" in refused(text)
        timetable = parse(text, columns={"course": ["Subject", "Course"]})
        assert [one.course for one in timetable.patterns] == ["MATH 101", "PHYS 101"]
        assert [one.course for one in parse(text, columns={"course": "Course"}).patterns] == ["101", "101"]
        assert parse(text.replace("101", "M 101")).patterns[0].course == "M 101"


class TestTold:
    ROWS = "Fach;Klasse;Nr#;Wann;Ab\nALG;x;7;MW 9:00-9:50;02/03/2026\n"

    def test_columns_are_named_by_the_reader(self):
        columns = {"course": "Fach", "Section": "nr#", "when": "Wann", "first_day": "Ab"}
        timetable = parse(self.ROWS, columns=columns, dates="dmy")
        assert days(timetable) == ["MW"]
        assert (timetable.patterns[0].section, timetable.patterns[0].first_day) == ("7", dt.date(2026, 3, 2))
        assert timetable.patterns[0].extra == {"Klasse": "x"}

    @pytest.mark.parametrize(
        "fields", [("days", "time"), ("days", "start", "end"), ("days",), ("time",), ("when",), ("when", "days")]
    )
    def test_one_cell_however_it_is_told(self, fields):
        columns = {"course": "Fach", "section": "Klasse", **dict.fromkeys(fields, "Wann")}
        assert days(parse(self.ROWS, columns=columns)) == ["MW"]

    def test_a_told_column_is_not_read_as_something_else(self):
        text = "Course,Section,Group,Days,Time,Start,End\nALG,A,7,M,9:00-9:50,x,y\n"
        assert "Start 'x' is not a time" in refused(text, columns={"start": "Start", "end": "End"})
        timetable = parse(text, columns={"section": "Group", "time": "Time"})
        assert timetable.patterns[0].section == "7"
        assert timetable.patterns[0].extra == {"Section": "A", "Start": "x", "End": "y"}

    def test_one_cell_that_is_told_makes_the_others_extra(self):
        text = "Course,Section,Days,Time,Start,End,Slot\nALG,A,x,x,x,x,MW 9:00-9:50\n"
        timetable = parse(text, columns={"when": "Slot"})
        assert days(timetable) == ["MW"]
        assert timetable.patterns[0].extra == dict.fromkeys(["Days", "Time", "Start", "End"], "x")

    def test_what_is_told_wrongly(self):
        with pytest.raises(ValueError, match="columns: unknown field 'sektion'; the fields are term, course, section"):
            parse(self.ROWS, columns={"sektion": "Nr#"})
        with pytest.raises(ValueError, match="columns: section is set to ''"):
            parse(self.ROWS, columns={"section": ""})
        assert "no column 'Class#'; it has 'Fach', 'Klasse', 'Nr#'" in refused(self.ROWS, columns={"section": "Class#"})
        with pytest.raises(ValueError, match=r"dates: expected 'mdy' .* got 'ymd'"):
            parse(self.ROWS, dates="ymd")
        with pytest.raises(ValueError, match="columns and dates apply to CSV"):
            parse("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", dates="mdy")


class TestRows:
    HEADER = "Course,Section,Days,Start,End,Status\n"

    @pytest.mark.parametrize(
        "nothing",
        [
            "",
            "TBA",
            "tba",
            "T.B.A.",
            "TBD",
            "ARR",
            "Arranged",
            "To be arranged",
            "ONLINE",
            "Online - TBA",
            "n/a",
            "-",
            "0",
            "nan",
        ],
    )
    def test_no_days_or_no_time_is_a_note(self, nothing):
        rows = [f"ALG,A,{nothing},9:00,9:50,", f"ALG,B,MW,{nothing},{nothing},", f"ALG,C,{nothing},{nothing},,"]
        timetable = parse(self.HEADER + "\n".join(rows))
        assert week(timetable) == []
        assert notes(timetable) == [
            "line 2: ALG A has no meeting pattern",
            "line 3: ALG B has no meeting time",
            "line 4: ALG C has no meeting pattern",
        ]

    @pytest.mark.parametrize("cell", ["TBA", "Online", "MW", "MW TBA", "ARRANGED, MW"])
    def test_one_cell_without_days_or_time_is_a_note(self, cell):
        (note,) = notes(parse(f'Course,Section,Days/Times\nALG,A,"{cell}"\n'))
        assert note == f"line 2: ALG A has no meeting {'time' if 'MW' in cell else 'pattern'}"

    @pytest.mark.parametrize(("start", "end", "said"), [("TBA", "9:50", "has no Start"), ("9:00", "", "has no End")])
    def test_half_a_time_is_a_fault(self, start, end, said):
        assert f"line 2: {said}" in refused(f"{self.HEADER}ALG,A,M,{start},{end},\n")

    def test_only_one_word_cancels(self):
        states = ["Open", "Closed", "Full", "Waitlist", "Active", "", "cancelled", "CANCELED", " Cancelled "]
        timetable = parse(
            self.HEADER + "\n".join(f"ALG,{place},M,9:00,9:50,{state}" for place, state in enumerate(states))
        )
        assert [line.split()[0] for line in week(timetable)] == list("012345")
        assert [line.split()[0] for line in cancelled(timetable)] == list("678")
        assert (
            "line 1: Status 'Open', 'Closed', 'Full', 'Waitlist', 'Active' does not cancel a class"
            in notes(timetable)[0]
        )

    @pytest.mark.parametrize("status", ["Cancelled - low enrollment", "Not cancelled", "cancel?"])
    def test_a_status_that_may_cancel_is_refused(self, status):
        assert f"Status '{status}' is not clear about whether" in refused(f"{self.HEADER}ALG,A,M,9:00,9:50,{status}\n")

    def test_a_cancelled_row_cancels_no_other_row_of_its_section(self):
        timetable = parse(f"{self.HEADER}ALG,A,MW,9:00,9:50,Cancelled\nALG,A,W,14:00,14:50,Open\n")
        assert week(timetable) == ["A Wed 14:00-14:50"]
        assert cancelled(timetable) == ["A Mon 09:00"]

    def test_a_row_of_one_date_may_be_cancelled_by_its_status(self):
        timetable = parse(
            "Course,Section,Days,Start,End,Date,Status\nALG,A,MW,9:00,9:50,,\nALG,A,,,,2026-11-16,Cancelled\n"
        )
        assert week(timetable) == ["A Wed 09:00-09:50"]
        assert cancelled(timetable) == ["A Mon 09:00"]

    @pytest.mark.parametrize(("start", "end"), [("22:30", "00:15"), ("10:30 PM", "12:15 AM"), ("10:30", "12:15am")])
    def test_past_midnight(self, start, end):
        (one,) = parse(f"{self.HEADER}ALG,A,M,{start},{end},\n").between(MONDAY, SUNDAY).classes
        assert (one.date, one.starts_at.isoformat()) == (MONDAY, "2026-11-16T22:30:00-06:00")
        assert one.ends_at.isoformat() == "2026-11-17T00:15:00-06:00"

    def test_past_midnight_through_a_clock_change(self):
        (one,) = parse(f"{self.HEADER}ALG,A,S,22:30,03:30,\n").on(dt.date(2026, 10, 31)).classes
        assert one.ends_at - one.starts_at == dt.timedelta(hours=5)  # by the wall clock
        assert one.ends_at.astimezone(dt.UTC) - one.starts_at.astimezone(dt.UTC) == dt.timedelta(hours=6)

    def test_one_row_decides_for_another(self):
        timetable = parse(f"{self.HEADER}ALG,A,TU,9:00,9:50,\nALG,B,TH,13:00,13:50,\nALG,C,F,6:30,7:00,\n")
        assert days(timetable) == ["T", "R", "F"]
        assert "'TU' could be Tue, or Tue and Sun" in refused(f"{self.HEADER}ALG,A,TU,9:00,9:50,\n")
        assert "starts at 6:30 in the morning or in the afternoon" in refused(f"{self.HEADER}ALG,C,F,6:30,7:00,\n")

    def test_lines_are_counted_not_problems(self):
        text = refused(f"{self.HEADER}ALG,A,X,25:00,26:00,\nALG,B,X,9:00,9:50,\nALG,C,M,9:00,9:50,\n")
        assert text.startswith("timetable has 2 bad lines:\n")
        assert text.count("\n") == 4
        timetable = parse(f"{self.HEADER}ALG,A,X,25:00,26:00,\nALG,B,X,9:00,9:50,\n", bad_rows="skip")
        assert timetable.on(MONDAY).bad_lines == (2, 3)
        assert len(timetable.on(MONDAY).bad) == 4

    def test_patterns_are_read_the_same_way(self):
        pattern = {"course": "ALG", "section": "A", "days": "TTh", "time": "1:10pm-2:25pm", "status": "Open"}
        assert week(weekly([pattern], timezone="America/Chicago")) == ["A Tue 13:10-14:25", "A Thu 13:10-14:25"]


class TestEncodings:
    TEXT = "Course;Section;Days;Time;Title\nMA;1;Mo;9:00-9:50;Übung\nMA;2;Di;9:00-9:50;Ανάλυση\n"

    def read(self, tmp_path: Path, data: bytes, **options):
        file = tmp_path / "timetable.csv"
        file.write_bytes(data)
        return [one.title for one in read_timetable(file, timezone="Europe/Berlin", **options).patterns]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_found(self, tmp_path: Path, encoding: str):
        assert self.read(tmp_path, self.TEXT.encode(encoding)) == ["Übung", "Ανάλυση"]

    @pytest.mark.parametrize("encoding", ["utf-8", "UTF-16", "utf-16-be", "iso-8859-7"])
    def test_asked_for(self, tmp_path: Path, encoding: str):
        text = self.TEXT.replace("Ü", "U")
        assert self.read(tmp_path, text.encode(encoding), encoding=encoding) == ["Ubung", "Ανάλυση"]

    @pytest.mark.parametrize(("encoding", "line"), [("windows-1252", 2), ("mac-roman", 2), ("iso-8859-7", 3)])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_any_other_is_asked_for(self, tmp_path: Path, encoding: str, line: int, end: str):
        text = self.TEXT if line == 3 else self.TEXT.replace("Ανάλυση", "Analysis")
        data = text.replace("Ü", "U" if line == 3 else "Ü").replace("\n", end).encode(encoding)
        with pytest.raises(
            TimetableError, match=f"line {line}: is not UTF-8 text; .*'CSV UTF-8'.* encoding='windows-1252'"
        ):
            self.read(tmp_path, data)
        assert len(self.read(tmp_path, data, encoding=encoding)) == 2

    def test_what_is_asked_for_wrongly(self, tmp_path: Path):
        for encoding in ("klingon", "base64"):
            with pytest.raises(ValueError, match=f"encoding: '{encoding}' is not a text encoding"):
                self.read(tmp_path, b"x", encoding=encoding)
        with pytest.raises(TimetableError, match="line 2: is not ascii text"):
            self.read(tmp_path, self.TEXT.encode(), encoding="ascii")
