"""Many days at once, classes moved and dropped, a data interval's classes, and what people hear of changes."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from airflow_provider_rooms.names import room_name
from airflow_provider_rooms.timetable import (
    TimetableError,
    changes,
    parse_timetable,
    read_timetable,
    weekly,
)

UNIVERSITY = Path(__file__).parents[3] / "shared" / "data" / "uiuc-online-2025-summer.csv"
TERM = (dt.date(2025, 6, 16), dt.date(2025, 8, 8))  # eight weeks
HEADER = "course,section,days,start,end,timezone,title,date,moved to,cancelled,first day,last day,teacher"
MONDAY = dt.date(2026, 11, 16)
DAY = dt.timedelta(days=1)


def table(*rows: str, **options):
    return parse_timetable("\n".join([HEADER, *rows]), **options)


def when(selection) -> list[tuple[str, str]]:
    return [(one.key[-1], f"{one.starts_at:%m-%d %H:%M}") for one in selection.classes]


WEEKLY = "ALG,A,MW,09:00,09:50,Europe/Berlin,Algebra,,,,,,Ada"


class TestOneDate:
    def week(self, *rows: str):
        return table(WEEKLY, *rows).between(MONDAY, MONDAY + 6 * DAY)

    def test_another_hour(self):
        found = self.week("ALG,A,,14:00,15:00,Europe/Berlin,,2026-11-16,,,,,")
        assert when(found) == [("2026-11-16", "11-16 14:00"), ("2026-11-18", "11-18 09:00")]

    def test_another_day(self):
        found = self.week("ALG,A,,14:00,15:00,Europe/Berlin,,2026-11-16,2026-11-20,,,,")
        assert when(found) == [("2026-11-18", "11-18 09:00"), ("2026-11-16", "11-20 14:00")]
        assert found.cancelled == ()

    @pytest.mark.parametrize("on", ["2026-11-16,2026-11-20", "2026-11-21,"])  # moved, and extra
    def test_what_it_leaves_empty_is_as_every_week(self, on: str):
        (one,) = (
            one for one in self.week(f"ALG,A,,14:00,15:00,Europe/Berlin,,{on},,,,").classes if one.starts_at.hour > 9
        )
        assert (one.title, one.extra) == ("Algebra", {"teacher": "Ada"})
        (one,) = (
            one for one in self.week(f"ALG,A,,14:00,15:00,UTC,Logic,{on},,,,Kurt").classes if one.starts_at.hour > 9
        )
        assert (one.title, one.extra) == ("Logic", {"teacher": "Kurt"})

    def test_from_outside_into_the_week_and_out_of_it(self):
        rows = [
            "ALG,A,,09:00,10:00,Europe/Berlin,,2026-11-11,2026-11-17,,,,",
            "ALG,A,,09:00,10:00,Europe/Berlin,,2026-11-16,2026-11-24,,,,",
        ]
        assert when(self.week(*rows)) == [("2026-11-11", "11-17 09:00"), ("2026-11-18", "11-18 09:00")]

    @pytest.mark.parametrize("yes", ["yes", "TRUE", "1", "x"])
    def test_cancelled(self, yes):
        found = self.week(f"ALG,A,,,,Europe/Berlin,,2026-11-16,,{yes},,,")
        assert when(found) == [("2026-11-18", "11-18 09:00")]
        assert [(one.key[-1], one.starts_at.hour) for one in found.cancelled] == [("2026-11-16", 9)]

    def test_cancelling_what_does_not_meet_is_a_note(self):
        found = self.week("ALG,A,,,,Europe/Berlin,,2026-11-17,,yes,,,")
        assert [str(problem) for problem in found.problems] == [
            "line 3: cancels ALG A on 2026-11-17, when it does not meet"
        ]
        assert found.cancelled == found.bad == ()

    def test_an_extra_class(self):
        found = self.week("ALG,A,,18:00,19:00,Europe/Berlin,,2026-11-21,,,,,")
        assert when(found)[-1] == ("2026-11-21", "11-21 18:00")

    def test_a_list_of_dates_needs_no_weekdays(self):
        text = "course,section,date,start,end\nALG,A,2026-11-16,09:00,10:00\nALG,A,2026-11-23,09:00,10:00\n"
        timetable = parse_timetable(text, timezone="Asia/Tokyo")
        assert when(timetable.between(MONDAY, MONDAY + 7 * DAY)) == [
            ("2026-11-16", "11-16 09:00"),
            ("2026-11-23", "11-23 09:00"),
        ]

    def test_what_is_wrong_with_it(self):
        with pytest.raises(TimetableError) as caught:
            table(
                "ALG,A,M,9:00,10:00,UTC,,16.11.,,,,,",
                "ALG,A,M,9:00,10:00,UTC,,,2026-11-16,,,,",
                "ALG,A,M,9:00,10:00,UTC,,,,perhaps,,,",
                "ALG,A,M,9:00,10:00,UTC,,,,,2026-12-01,2026-11-01,",
                "ALG,A,M,9:00,10:00,UTC,,2026-02-30,,,,,",
            )
        assert [str(problem) for problem in caught.value.problems] == [
            "line 2: date '16.11.' is not a date; write 2026-11-20",
            "line 3: moves or cancels a class, but has no date that identifies it",
            "line 4: cancelled 'perhaps' is neither yes nor no",
            "line 5: its last day 2026-11-01 is before its first day 2026-12-01",
            "line 6: date '2026-02-30' is not a date; write 2026-11-20",
        ]


class TestManyDays:
    def test_first_and_last_day_of_a_row(self):
        found = table("ALG,A,MTWRF,09:00,10:00,UTC,,,,,2026-11-17,2026-11-19,").between(MONDAY, MONDAY + 13 * DAY)
        assert [key for key, _ in when(found)] == ["2026-11-17", "2026-11-18", "2026-11-19"]

    def test_weekdays_and_days_off(self):
        timetable = table("ALG,A,MTWRFSU,09:00,10:00,UTC,,,,,,,")
        found = timetable.between(MONDAY, MONDAY + 6 * DAY, weekdays="MTWRF", off=[MONDAY + 2 * DAY])
        assert [one.date.day for one in found.classes] == [16, 17, 19, 20]

    def test_what_is_asked_wrongly(self):
        timetable = table(WEEKLY)
        with pytest.raises(ValueError, match="2026-11-15 is before 2026-11-16"):
            timetable.between(MONDAY, MONDAY - DAY)
        with pytest.raises(ValueError, match="unknown 'X'"):
            timetable.between(MONDAY, MONDAY, weekdays="MX")
        with pytest.raises(TypeError, match="takes a date, got '2026-11-16'"):
            timetable.on("2026-11-16")
        with pytest.raises(TypeError, match="two aware datetimes"):
            timetable.during(dt.datetime(2026, 11, 16), dt.datetime(2026, 11, 17))  # noqa: DTZ001

    def test_rows_that_meet_are_reported_with_their_lines(self):
        found = table(
            "CHEM,O,MW,10:00,10:50,UTC,,,,,,,",
            WEEKLY,
            "CHEM,O,MW,17:30,19:30,UTC,,,,,,,",
            "CHEM,O,W,18:00,19:00,UTC,,,,,,,",
        ).between(MONDAY, MONDAY + 6 * DAY)
        assert [str(one) for one in found.collisions] == [
            "lines 2 and 4: one class CHEM O on one day",
            "lines 2, 4 and 5: one class CHEM O on one day",
        ]
        assert len(found.classes) == 4

    @pytest.mark.parametrize(
        ("start", "hours", "found"),
        [
            ("2026-11-16T00:00+00:00", 24, ["JPN 2026-11-16", "ALG 2026-11-16", "USA 2026-11-16"]),
            ("2026-11-16T08:00+00:00", 1, ["ALG 2026-11-16"]),
            ("2026-11-16T07:00+00:00", 1, []),  # its end is not in it
            ("2026-11-16T08:01+00:00", 24, ["USA 2026-11-16", "JPN 2026-11-17", "ALG 2026-11-17"]),
            ("2026-11-16T23:30-06:00", 1, ["JPN 2026-11-17"]),
            ("2026-11-16T22:00-06:00", 1, []),
        ],
    )
    def test_the_classes_of_a_data_interval(self, start, hours, found):
        timetable = weekly(
            [
                {"course": course, "section": "A", "days": "MTWRF", "start": begin, "end": end, "timezone": zone}
                for course, begin, end, zone in [
                    ("ALG", "09:00", "10:00", "Europe/Berlin"),
                    ("USA", "09:00", "10:00", "America/Chicago"),
                    ("JPN", dt.time(15), dt.time(16), ZoneInfo("Asia/Tokyo")),
                ]
            ]
        )
        begin = dt.datetime.fromisoformat(start)
        selection = timetable.during(begin, begin + dt.timedelta(hours=hours))
        assert [f"{one.course} {one.key[-1]}" for one in selection.classes] == found

    @pytest.mark.parametrize(
        ("zone", "start", "found"),
        [
            ("Pacific/Auckland", "2026-11-16T17:00+00:00", "2026-11-17"),
            ("Pacific/Honolulu", "2026-11-17T05:30+00:00", "2026-11-16"),
        ],
    )
    def test_where_it_is_another_day(self, zone: str, start: str, found: str):
        begin = dt.datetime.fromisoformat(start)
        local = begin.astimezone(ZoneInfo(zone))
        row = f"ALG,A,MTWRFSU,{local:%H:%M},{local + dt.timedelta(minutes=50):%H:%M},{zone},,,,,,,"
        (one,) = table(row).during(begin, begin + dt.timedelta(minutes=30)).classes
        assert one.key[-1] == found

    def test_every_class_falls_into_exactly_one_of_adjoining_intervals(self):
        timetable = table("ALG,A,MTWRFSU,01:30,04:00,America/Chicago,,,,,,,")
        hours = [dt.datetime(2026, 10, 30, tzinfo=dt.UTC) + dt.timedelta(hours=number) for number in range(96)]
        found = [
            one.key
            for start in hours
            for one in timetable.during(start, start + dt.timedelta(hours=1), clock_change="later").classes
        ]
        assert len(found) == len(set(found)) == 4


class TestPatterns:
    def test_bad_patterns_are_named_by_their_number(self):
        with pytest.raises(TimetableError, match="timetable has 1 bad row:") as caught:
            weekly(
                [
                    {"course": "A", "section": "B", "days": "M", "start": "9:00", "end": "10:00"},
                    {"course": "A", "section": "B", "days": "X", "start": None, "end": "10:00"},
                ],
                timezone="UTC",
            )
        assert [str(problem) for problem in caught.value.problems] == [
            "row 2: has no start",
            "row 2: unknown weekday 'X' in 'X'; write M T W R F S U (R Thursday, U Sunday)",
        ]

    def test_bad_patterns_may_be_left_out(self):
        good = {"course": "A", "section": "B", "days": "M", "start": "9:00", "end": "10:00", "timezone": "UTC"}
        patterns = weekly([{**good, "days": "X"}, good], source="the plan", bad_rows="skip")
        assert [str(problem) for problem in patterns.problems] == [
            "row 1: unknown weekday 'X' in 'X'; write M T W R F S U (R Thursday, U Sunday)"
        ]
        assert len(patterns.on(MONDAY).classes) == 1
        with pytest.raises(TimetableError, match="the plan has 1 bad row:"):
            weekly([{**good, "days": "X"}], source="the plan")

    def test_a_zone_nobody_knows(self):
        with pytest.raises(ValueError, match="timezone: 'Mars' is not an IANA time zone"):
            weekly([], timezone="Mars")


class TestClass:
    def test_other_columns_come_along(self):
        (one,) = table(WEEKLY).on(MONDAY).classes
        assert one.extra == {"teacher": "Ada"}

    def test_as_a_spec(self):
        (one,) = table(WEEKLY).on(MONDAY).classes
        assert one.spec(conn_id="school_rooms", record=True) == {
            "name": ["ALG", "A", "2026-11-16"],
            "starts_at": "2026-11-16T09:00:00+01:00",
            "ends_at": "2026-11-16T09:50:00+01:00",
            "ref": {"title": "ALG A Algebra", "date": "2026-11-16", "timezone": "Europe/Berlin"},
            "conn_id": "school_rooms",
            "record": True,
        }
        assert one.name == room_name(*one.spec()["name"])


class TestChanges:
    def specs(self, *rows: str):
        return [one.spec() for one in table(*rows).between(MONDAY, MONDAY + 6 * DAY).classes]

    def test_nothing_new_is_said_about_what_stays(self):
        assert changes(self.specs(WEEKLY), self.specs(WEEKLY.replace("Algebra", "Linear Algebra"))) == []

    def test_moved_cancelled_and_back_again(self):
        planned = self.specs(WEEKLY)
        moved = self.specs(WEEKLY, "ALG,A,,14:00,15:00,Europe/Berlin,,2026-11-16,,,,,")
        dropped = self.specs(WEEKLY, "ALG,A,,,,Europe/Berlin,,2026-11-16,,yes,,,")
        assert [(one.kind, one.spec["starts_at"]) for one in changes(planned, moved)] == [
            ("moved", "2026-11-16T14:00:00+01:00")
        ]
        assert [(one.kind, one.spec["starts_at"]) for one in changes(moved, dropped)] == [
            ("cancelled", "2026-11-16T14:00:00+01:00")
        ]
        assert [(one.kind, one.spec["name"][-1]) for one in changes(dropped, planned)] == [("new", "2026-11-16")]

    def test_a_class_that_is_over_is_not_cancelled(self):
        planned = self.specs(WEEKLY)
        tuesday = dt.datetime(2026, 11, 17, tzinfo=dt.UTC)
        assert [one.spec["name"][-1] for one in changes(planned, [], now=tuesday)] == ["2026-11-18"]
        assert len(changes(planned, [])) == 2

    def test_the_same_class_on_two_connections(self):
        before = [spec | {"conn_id": "a"} for spec in self.specs(WEEKLY)]
        after = [spec | {"conn_id": "b"} for spec in self.specs(WEEKLY)]
        assert {one.kind for one in changes(before, [*before, *after])} == {"new"}


class TestTerms:
    @pytest.mark.parametrize(
        ("zone", "change"),
        [("America/Chicago", dt.date(2026, 11, 1)), ("Europe/Berlin", dt.date(2026, 10, 25))],
    )
    def test_a_term_across_the_clock_change_keeps_the_wall_clock(self, zone, change):
        found = table(f"ALG,A,MTWRFSU,09:00,09:50,{zone},,,,,,,").between(dt.date(2026, 9, 1), dt.date(2026, 12, 18))
        assert {f"{one.starts_at:%H:%M}-{one.ends_at:%H:%M}" for one in found.classes} == {"09:00-09:50"}
        before = {one.starts_at.utcoffset() for one in found.classes if one.date < change}
        after = {one.starts_at.utcoffset() for one in found.classes if one.date >= change}
        assert (len(before), len(after)) == (1, 1)
        assert before.pop() - after.pop() == dt.timedelta(hours=1)
        assert len({one.key for one in found.classes}) == len(found.classes) == 109

    @pytest.mark.skipif(not UNIVERSITY.exists(), reason=f"{UNIVERSITY.name} is not beside the repository")
    def test_a_university_term(self):
        found = read_timetable(UNIVERSITY).between(*TERM, weekdays="MTWRF")
        days = [TERM[0] + number * DAY for number in range((TERM[1] - TERM[0]).days + 1)]
        with UNIVERSITY.open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        meant = {
            (row["subject"], row["number"], row["section"], day)
            for row in rows
            for day in days
            if day.weekday() < 5 and "MTWRF"[day.weekday()] in row["days"]
        }
        assert len(found.classes) == len(meant)
        assert len({one.key for one in found.classes}) == len({one.name for one in found.classes}) == len(meant)
        assert {one.starts_at.tzinfo.key for one in found.classes} == {"America/Chicago"}
        # One course without days, one without a section; two courses whose rows speak of the same class.
        assert [problem.line for problem in found.problems] == [26, 98]
        assert found.bad == ()
        assert [one.label for one in found.collisions] == ["CHEM 102 O", "SOCW 561 A"]
        assert [len(one.lines) for one in found.collisions] == [2, 3]


def test_a_class_is_the_same_however_its_accents_are_written() -> None:
    composed, decomposed = (
        table(f"{course},A,M,09:00,09:50,Europe/Berlin,,,,,,,").on(MONDAY).classes[0]
        for course in ("Caf\u00e9", "Cafe\u0301")
    )
    assert composed.key == decomposed.key
    assert composed.name == decomposed.name
    assert changes([composed.spec()], [decomposed.spec()]) == []
