"""From CSV rows to the classes of one day: what makes a class, what never changes its key, and what is refused."""

from __future__ import annotations

import csv
import datetime as dt
import io
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms import names
from airflow_provider_rooms.timetable import (
    COLUMNS,
    Problem,
    Selection,
    TimetableError,
    parse_timetable,
    read_timetable,
)
from airflow_provider_rooms.timetable.columns import OPTIONAL
from airflow_provider_rooms.timetable.model import NOT_A_VALUE

OURS = "course,section,days,start,end,timezone,title,term"
TUESDAY = dt.date(2025, 6, 10)


def day_of(*rows: str, on: dt.date = TUESDAY, header: str = OURS, **options) -> Selection:
    parse = {key: options.pop(key) for key in ("bad_rows",) if key in options}
    return parse_timetable("\n".join([header, *rows]), **parse).on(on, **options)


def problems_of(*rows: str, header: str = OURS) -> list[str]:
    with pytest.raises(TimetableError) as caught:
        parse_timetable("\n".join([header, *rows]))
    return [str(problem) for problem in caught.value.problems]


class TestReading:
    def test_our_own_layout(self):
        (one,) = day_of("ALG 101,A,T,09:00,09:50,Europe/Berlin,Algebra &amp; Geometry,2025-su").classes
        berlin = ZoneInfo("Europe/Berlin")
        assert one.key == ("2025-su", "ALG 101", "A", "2025-06-10")
        assert one.title == "Algebra & Geometry"
        assert (one.starts_at, one.ends_at) == (
            dt.datetime(2025, 6, 10, 9, 0, tzinfo=berlin),
            dt.datetime(2025, 6, 10, 9, 50, tzinfo=berlin),
        )
        assert one.starts_at.tzinfo is berlin

    def test_a_university_layout_with_subject_and_number(self):
        (one,) = day_of(
            '2025-su,40267,BSE,636,A,"Digestion, Nutrition, &amp; Metabolism",Online,TR,08:00 AM,12:50 PM,America/Chicago',
            header="term,crn,subject,number,section,title,type,days,start,end,timezone",
        ).classes
        assert one.key == ("2025-su", "BSE 636", "A", "2025-06-10")
        assert one.title == "Digestion, Nutrition, & Metabolism"
        assert (one.starts_at.isoformat(), one.ends_at.isoformat()) == (
            "2025-06-10T08:00:00-05:00",
            "2025-06-10T12:50:00-05:00",
        )

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("12:00 AM", "00:00"),
            ("12:30 PM", "12:30"),
            ("1:05 pm", "13:05"),
            ("1:05PM", "13:05"),
            ("01:05 p.m.", "13:05"),
            ("9:30", "09:30"),
            ("23:00:00", "23:00"),
        ],
    )
    def test_times_are_read_as_written(self, written, read):
        (one,) = day_of(f"ALG,A,T,{written},23:59,UTC,,").classes
        assert f"{one.starts_at:%H:%M}" == read

    def test_thursday_is_r_and_sunday_is_u(self):
        rows = [f"ALG,{letter},{letter},09:00,10:00,UTC,," for letter in "MTWRFSU"]
        monday = dt.date(2025, 6, 9)
        met = [day_of(*rows, on=monday + dt.timedelta(days=number)).classes for number in range(7)]
        assert ["".join(one.section for one in classes) for classes in met] == list("MTWRFSU")

    def test_semicolons_byte_order_mark_blank_lines_and_odd_spaces(self, tmp_path):
        file = tmp_path / "timetable.csv"
        text = "Course; Section;Days;Start;End;Time Zone\r\n\r\n ALG\u00a0 101 ;A; m t w ;09:00;10:00;UTC\r\n;;;;;\r\n"
        file.write_bytes(b"\xef\xbb\xbf" + text.encode())
        (one,) = read_timetable(file).on(TUESDAY).classes
        assert one.course == "ALG 101"

    def test_ten_thousand_rows(self):
        rows = [f"ALG {number},A,T,09:00,10:00,UTC,," for number in range(10_000)]
        assert len(day_of(*rows).classes) == 10_000

    def test_the_order_of_the_day(self):
        day = day_of("B,A,T,09:00,10:00,America/New_York,,", "A,A,T,09:00,10:00,Europe/Berlin,,")
        assert [one.course for one in day.classes] == ["A", "B"]

    def test_importing_it_loads_nothing_of_airflow(self):
        code = "import sys, airflow_provider_rooms.timetable; sys.exit('airflow' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestSections:
    def test_two_rows_of_one_section_are_one_class(self):
        (one,) = day_of(
            "CHEM 102,O,MT,17:30,19:30,UTC,Evening,", "CHEM 102,O,TR,10:00,10:50,UTC,General Chemistry,"
        ).classes
        assert (one.starts_at.hour, one.ends_at.hour) == (10, 19)
        assert one.title == "General Chemistry"

    def test_an_earlier_row_in_another_zone_starts_the_class(self):
        (one,) = day_of("ALG,A,T,12:00,13:00,America/New_York,,", "ALG,A,T,12:30,13:30,Europe/Berlin,,").classes
        assert one.starts_at.isoformat() == "2025-06-10T12:30:00+02:00"
        assert one.ends_at.isoformat() == "2025-06-10T13:00:00-04:00"

    def test_an_empty_section_is_the_only_one_of_its_course(self):
        day = day_of("CMN 529,,T,10:00,12:50,UTC,,2025-su")
        assert day.classes[0].key == ("2025-su", "CMN 529", "-", "2025-06-10")
        assert day.problems == (Problem(2, "CMN 529 has no section; treated as the only one", note=True),)

    def test_an_empty_section_does_not_meet_a_section_without_a_term(self):
        day = day_of("A,B,T,10:00,11:00,UTC,,", "B,,T,10:00,11:00,UTC,,A")
        assert len({one.key for one in day.classes}) == 2

    def test_subject_and_number_do_not_run_into_each_other(self):
        day = day_of(
            *["C S,1,A,T,10:00,11:00,UTC", "C,S 1,A,T,10:00,11:00,UTC"],
            header="subject,number,section,days,start,end,timezone",
        )
        assert sorted(one.course for one in day.classes) == ["C S 1", "C S1"]

    def test_a_row_without_days_is_a_note(self):
        day = day_of("GLBL 499,AM1,,13:00,13:50,UTC,,", "ALG,A,TBA,,,UTC,,", "ALG,B,T,09:00,10:00,UTC,,")
        assert [one.section for one in day.classes] == ["B"]
        assert [(problem.line, problem.note) for problem in day.problems] == [(2, True), (3, True)]

    def test_the_hour_and_the_title_are_not_in_the_key(self):
        before = day_of("ALG,A,T,09:00,10:00,UTC,Algebra,").classes[0]
        after = day_of("ALG,A,T,15:00,17:00,Europe/Berlin,Algebra II,").classes[0]
        assert (before.key, before.name) == (after.key, after.name)
        assert day_of("alg-1,a,T,09:00,10:00,UTC,,").classes[0].name == "alg-1_a_2025-06-10"


class TestBadRows:
    def test_all_bad_rows_are_reported_together_with_their_lines(self):
        assert problems_of(
            "ALG,A,T,10:00,09:00,UTC,,",
            "ALG,B,T,10:00,11:00,Mars/Phobos,,",
            '"ALG",C,X,25:00,13:00 PM,UTC,"two',
            'lines",',
            ",D,T,,11:00,,,",
            "ALG,E,T,10:00,11:00,UTC,,,too much",
        ) == [
            "line 2: ends at 09:00, but starts at 10:00",
            "line 3: unknown time zone 'Mars/Phobos'; write an IANA name such as America/Chicago",
            "line 4: unknown weekday 'X' in 'X'; write M T W R F S U (R Thursday, U Sunday)",
            "line 4: start '25:00' is not a time; write 13:50 or 01:50 PM",
            "line 4: end '13:00 PM' is not a time; write 13:50 or 01:50 PM",
            "line 6: has no course",
            "line 6: has no start",
            "line 6: has no timezone",
            "line 7: has 9 cells, the header has 8",
        ]

    def test_what_a_spreadsheet_writes_for_an_empty_cell(self):
        assert NOT_A_VALUE | {""} == names._NOT_A_VALUE
        assert problems_of("ALG,NaN,T,10:00,11:00,UTC,,", "none,A,T,10:00,11:00,UTC,,") == [
            "line 2: section 'NaN' looks like a value for an empty cell",
            "line 3: course 'none' looks like a value for an empty cell",
        ]

    def test_skipping_keeps_the_good_rows_and_reports_the_bad_ones(self):
        day = day_of("ALG,A,T,10:00,09:00,UTC,,", "ALG,B,T,10:00,11:00,UTC,,", bad_rows="skip")
        assert [one.section for one in day.classes] == ["B"]
        assert [str(problem) for problem in day.problems] == ["line 2: ends at 09:00, but starts at 10:00"]

    @pytest.mark.parametrize("text", ["", "\n\n", ",,\n"])
    def test_a_file_that_is_empty(self, text):
        with pytest.raises(TimetableError, match="line 1: is empty: expected a header"):
            parse_timetable(text, source="timetable.csv")

    @pytest.mark.parametrize("bad_rows", ["refuse", "skip"])
    def test_a_missing_column_is_refused_either_way(self, bad_rows):
        with pytest.raises(TimetableError, match=r"line 1: the header has no column for the end \(end or ends or"):
            parse_timetable("course,section,days,start,timezone\n", bad_rows=bad_rows)

    def test_every_missing_column_is_named(self):
        with pytest.raises(TimetableError) as caught:
            parse_timetable("room\n")
        assert len(caught.value.problems) == len(COLUMNS) - len(OPTIONAL)

    def test_the_same_column_twice(self):
        assert problems_of(header=OURS + ",Start") == ["line 1: the header has the column 'start' twice"]

    @pytest.mark.parametrize("zone", ["America", "../UTC", "/etc/passwd", "Europe/berlin2", "UTC\0", "+02:00"])
    def test_what_is_no_zone(self, zone):
        assert "unknown time zone" in problems_of(f"ALG,A,T,10:00,11:00,{zone},,")[0]

    def test_a_quote_that_is_never_closed(self):
        assert problems_of(
            "ALG,A,T,10:00,11:00,UTC,,", 'ALG,B,T,10:00,11:00,UTC,"Open,', "ALG,C,T,10:00,11:00,UTC,,"
        ) == [
            "line 3: is not CSV: a quote is never closed, so nothing from here on could be read; save the file as CSV again"
        ]

    def test_text_in_another_encoding(self, tmp_path):
        file = tmp_path / "timetable.csv"
        file.write_bytes(f"{OURS}\nALG,A,T,10:00,11:00,UTC,Übung,".encode("latin-1"))
        with pytest.raises(TimetableError, match="line 2: is not UTF-8 text"):
            read_timetable(file)

    def test_a_long_list_is_cut_in_the_text_but_kept_in_the_error(self):
        with pytest.raises(TimetableError, match="and 80 more") as caught:
            parse_timetable("\n".join([OURS, *["ALG,A,T,10:00,09:00,UTC,,"] * 100]))
        assert len(caught.value.problems) == 100

    def test_a_moment_is_not_a_date(self):
        with pytest.raises(TypeError, match="takes a date"):
            day_of(on=dt.datetime(2025, 6, 10, tzinfo=dt.UTC))


class TestClockChanges:
    SPRING, AUTUMN = dt.date(2026, 3, 8), dt.date(2026, 11, 1)  # both Sundays, in America/Chicago
    ROW = "ALG,A,U,{},{},America/Chicago,,"

    @pytest.mark.parametrize(
        ("on", "start", "said"),
        [(SPRING, "02:30", "2026-03-08 02:30 does not exist"), (AUTUMN, "01:30", "2026-11-01 01:30 happens twice")],
    )
    def test_refused_without_a_choice(self, on, start, said):
        with pytest.raises(TimetableError, match=f"line 2: {said} in America/Chicago"):
            day_of(self.ROW.format(start, "04:00"), on=on)

    def test_skipped_and_reported(self):
        day = day_of(self.ROW.format("02:30", "04:00"), "ALG,B,U,09:00,10:00,UTC,,", on=self.SPRING, bad_rows="skip")
        assert [one.section for one in day.classes] == ["B"]
        assert [problem.line for problem in day.problems] == [2]

    @pytest.mark.parametrize(
        ("on", "start", "choice", "placed"),
        [
            (SPRING, "02:30", "earlier", "2026-03-08T01:30:00-06:00"),
            (SPRING, "02:30", "later", "2026-03-08T03:30:00-05:00"),
            (AUTUMN, "01:30", "earlier", "2026-11-01T01:30:00-05:00"),
            (AUTUMN, "01:30", "later", "2026-11-01T01:30:00-06:00"),
        ],
    )
    def test_placed_by_choice(self, on, start, choice, placed):
        (one,) = day_of(self.ROW.format(start, "04:00"), on=on, clock_change=choice).classes
        assert one.starts_at.isoformat() == placed

    def test_a_class_that_the_clock_change_leaves_no_time_for(self):
        with pytest.raises(
            TimetableError, match="because of the clock change on 2026-03-08 in America/Chicago, it ends"
        ):
            day_of(self.ROW.format("01:45", "02:30"), on=self.SPRING, clock_change="earlier")

    def test_the_wall_clock_is_kept_through_a_term(self):
        row = "ALG,A,R,09:00,10:00,{},,"
        for zone in ("America/Chicago", "Europe/Berlin"):
            first = dt.date(2026, 1, 15)
            hours = {
                day_of(row.format(zone), on=first + dt.timedelta(weeks=week)).classes[0].starts_at.hour
                for week in range(50)
            }
            assert hours == {9}


# Text as it stands in timetables, and some that nobody expects.
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8)
zones = st.sampled_from(["America/Chicago", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
clocks = st.times().map(lambda time: time.replace(second=0, microsecond=0))


@st.composite
def rows(draw):
    start, end = sorted(draw(st.lists(clocks, min_size=2, max_size=2, unique=True)))
    course, section = draw(st.sampled_from(["ALG 1", "ALG 2"]) | words), draw(st.sampled_from(["A", "B"]) | words)
    days = "".join(draw(st.lists(st.sampled_from("MTWRFSU"), unique=True)))
    return [
        course,
        section,
        days,
        f"{start:%H:%M}",
        f"{end:%H:%M}",
        draw(zones),
        draw(words),
        draw(st.just("") | words),
    ]


# So that the days of the others are in letters, whichever they are.
LETTERS = ["ZZZ", "Z", "RU", "09:00", "10:00", "UTC", "", ""]


def text_of(table: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([OURS.split(","), *table, LETTERS])
    return out.getvalue()


dates = st.dates(dt.date(1980, 1, 1), dt.date(2100, 1, 1))
choices = st.sampled_from(["earlier", "later"])


def classes_of(table: list[list[str]], on: dt.date, choice: str):
    found = parse_timetable(text_of(table), bad_rows="skip").on(on, clock_change=choice).classes
    return [one for one in found if one.course != "ZZZ"]


class TestProperties:
    @given(st.lists(rows(), max_size=8), dates, choices, st.randoms())
    def test_the_order_of_the_rows_changes_nothing(self, table, on, choice, random):
        shuffled = random.sample(table, len(table))
        assert classes_of(shuffled, on, choice) == classes_of(table, on, choice)

    @given(st.lists(rows(), max_size=8), rows(), dates, choices)
    def test_a_row_at_the_top_changes_no_other_class(self, table, row, on, choice):
        before = {one.key: one for one in classes_of(table, on, choice)}
        after = {one.key: one for one in classes_of([row, *table], on, choice)}
        assert before.keys() <= after.keys()
        assert len(after) - len(before) in (0, 1)
        changed = [key for key, one in before.items() if after[key] != one]
        assert all((row[0], row[1]) == (after[key].course, after[key].section) for key in changed)

    @given(st.lists(rows(), max_size=8), dates, choices)
    def test_one_class_per_section_that_meets(self, table, on, choice):
        letter = "MTWRFSU"[on.weekday()]
        classes = classes_of(table, on, choice)
        empty = {"none", "null", "nan", "undefined"}
        sections = {(row[7], row[0], row[1]) for row in table if letter in row[2]}
        sections = {group for group in sections if empty.isdisjoint(part.lower() for part in group)}
        assert {(one.term, one.course, one.section) for one in classes} <= sections
        assert len({one.key for one in classes}) == len({one.name for one in classes}) == len(classes)
        bad = parse_timetable(text_of(table), bad_rows="skip").on(on, clock_change=choice).problems
        assert len(classes) == len(sections) or any(not problem.note for problem in bad)
        for one in classes:
            assert one.starts_at.astimezone(dt.UTC) < one.ends_at.astimezone(dt.UTC)

    @given(st.text() | st.lists(st.text()).map("\n".join).map((OURS + "\n").__add__))
    def test_any_text_is_read_or_refused_with_line_numbers(self, text):
        try:
            problems = parse_timetable(text).on(TUESDAY).problems
        except TimetableError as error:
            problems = error.problems
        assert all(1 <= problem.line <= text.count("\n") + text.count("\r") + 1 for problem in problems)
