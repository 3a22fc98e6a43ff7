"""iCalendar in, classes out: what repeats, what was moved or dropped, zones by any name, and line numbers for what is wrong."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms.invitations.calendar import read_people
from airflow_provider_rooms.timetable import Selection, TimetableError, parse_timetable, read_timetable

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = dt.date(2026, 11, 16)

SERIES = [
    "UID:alg-101@example.org",
    "SUMMARY:Linear Algebra",
    "DTSTART;TZID=Europe/Berlin:20261116T090000",
    "DTEND;TZID=Europe/Berlin:20261116T095000",
    "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261218T225959Z",
]


def calendar(*events: list[str], head: tuple[str, ...] = ()) -> str:
    blocks = [line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y", *head, *blocks, "END:VCALENDAR", ""])


def week(*events: list[str], head: tuple[str, ...] = (), **options) -> Selection:
    read = {key: options.pop(key) for key in ("bad_rows", "timezone") if key in options}
    text = calendar(*events, head=head)
    return parse_timetable(text, **read).between(MONDAY, MONDAY + dt.timedelta(days=6), **options)


def problems_of(*events: list[str], head: tuple[str, ...] = (), **options) -> list[str]:
    with pytest.raises(TimetableError) as caught:
        parse_timetable(calendar(*events, head=head), **options)
    return [str(problem) for problem in caught.value.problems]


def times(selection: Selection) -> list[str]:
    return [one.starts_at.isoformat() for one in selection.classes]


class TestSeries:
    def test_a_weekly_series(self):
        found = week(SERIES)
        assert [one.key for one in found.classes] == [
            ("alg-101@example.org", "2026-11-16"),
            ("alg-101@example.org", "2026-11-18"),
        ]
        first = found.classes[0]
        assert (first.title, first.label, first.timezone) == ("Linear Algebra", "Linear Algebra", "Europe/Berlin")
        assert first.starts_at == dt.datetime(2026, 11, 16, 9, 0, tzinfo=BERLIN)
        assert first.ends_at == dt.datetime(2026, 11, 16, 9, 50, tzinfo=BERLIN)
        assert first.starts_at.tzinfo.key == "Europe/Berlin"

    @pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
    def test_only_a_newline_ends_a_line(self, newline: str):
        title = [SERIES[0], "SUMMARY:Linear\u2028Alge", "\x85bra", *SERIES[2:4]]
        found = parse_timetable(newline.join(calendar(title).split("\r\n"))).problems
        assert [str(problem) for problem in found] == ["line 7: is not a property: '\\x85bra'"]
        title[1:3] = ["SUMMARY:Linear\u2028Alge", " \x85bra"]
        (one,) = parse_timetable(newline.join(calendar(title).split("\r\n"))).on(MONDAY).classes
        assert one.title == "Linear Alge bra"

    def test_the_series_ends(self):
        timetable = parse_timetable(calendar(SERIES))
        assert len(timetable.on(dt.date(2026, 12, 16)).classes) == 1
        assert len(timetable.on(dt.date(2026, 12, 21)).classes) == 0

    def test_exdate_leaves_a_date_out_and_rdate_adds_one(self):
        extra = ["EXDATE;TZID=Europe/Berlin:20261116T090000", "RDATE;TZID=Europe/Berlin:20261120T140000"]
        assert times(week([*SERIES, *extra])) == ["2026-11-18T09:00:00+01:00", "2026-11-20T14:00:00+01:00"]

    def test_a_moved_class_keeps_the_date_it_was_planned_for(self):
        moved = [
            "UID:alg-101@example.org",
            "SUMMARY:Linear Algebra (moved)",
            "RECURRENCE-ID;TZID=Europe/Berlin:20261116T090000",
            "DTSTART;TZID=Europe/Berlin:20261119T150000",
            "DTEND;TZID=Europe/Berlin:20261119T155000",
        ]
        found = week(SERIES, moved)
        assert [(one.key[1], one.starts_at.isoformat()) for one in found.classes] == [
            ("2026-11-18", "2026-11-18T09:00:00+01:00"),
            ("2026-11-16", "2026-11-19T15:00:00+01:00"),
        ]
        timetable = parse_timetable(calendar(SERIES, moved))
        assert timetable.on(MONDAY).classes == ()
        assert timetable.on(dt.date(2026, 11, 19)).classes[0].date == MONDAY

    @pytest.mark.parametrize("planned", [";TZID=Europe/Berlin:20261116T090000", ":20261116T080000Z"])
    def test_a_series_moved_for_good_keeps_the_dates_it_was_planned_for(self, planned: str):
        moved = [
            "UID:alg-101@example.org",
            f"RECURRENCE-ID;RANGE=THISANDFUTURE{planned}",
            "DTSTART;TZID=Europe/Berlin:20261117T230000",
            "DTEND;TZID=Europe/Berlin:20261117T235000",
        ]
        found = parse_timetable(calendar(SERIES, moved)).between(dt.date(2026, 11, 16), dt.date(2026, 11, 27))
        assert [(one.key[1], f"{one.starts_at:%d %H:%M}") for one in found.classes] == [
            ("2026-11-16", "17 23:00"),
            ("2026-11-18", "19 23:00"),
            ("2026-11-23", "24 23:00"),
            ("2026-11-25", "26 23:00"),
        ]

    def test_the_planned_date_is_a_date_in_the_zone_of_the_series(self):
        late = [
            "UID:late",
            "DTSTART;TZID=America/Chicago:20261116T200000",  # the 17th in UTC
            "DTEND;TZID=America/Chicago:20261116T210000",
            "RRULE:FREQ=DAILY;COUNT=1",
        ]
        moved = [
            "UID:late",
            "RECURRENCE-ID:20261117T020000Z",
            "DTSTART;TZID=America/Chicago:20261116T180000",
            "DTEND;TZID=America/Chicago:20261116T190000",
        ]
        (one,) = week(late, moved).classes
        assert (one.key, one.starts_at.isoformat()) == (("late", "2026-11-16"), "2026-11-16T18:00:00-06:00")

    def test_a_cancelled_class_is_told_apart_from_one_that_never_was(self):
        cancelled = [
            "UID:alg-101@example.org",
            "RECURRENCE-ID;TZID=Europe/Berlin:20261116T090000",
            "DTSTART;TZID=Europe/Berlin:20261116T090000",
            "DTEND;TZID=Europe/Berlin:20261116T095000",
            "STATUS:CANCELLED",
        ]
        found = week(SERIES, cancelled)
        assert [one.key[1] for one in found.classes] == ["2026-11-18"]
        assert [one.key[1] for one in found.cancelled] == ["2026-11-16"]

    def test_an_event_that_does_not_repeat_is_known_by_its_uid_alone(self):
        def event(day: str) -> list[str]:
            return ["UID:guest", f"DTSTART;TZID=Europe/Berlin:{day}T180000", "DURATION:PT1H30M"]

        before, after = week(event("20261116")).classes[0], week(event("20261120")).classes[0]
        assert before.key == after.key == ("guest",)
        assert before.name == after.name
        assert after.ends_at.isoformat() == "2026-11-20T19:30:00+01:00"

    def test_a_rule_without_end_is_a_note_and_does_not_hang(self):
        endless = [line for line in SERIES if not line.startswith("RRULE")]
        began = time.monotonic()
        found = week([*endless, "RRULE:FREQ=DAILY"])
        assert time.monotonic() - began < 5
        assert len(found.classes) == 7
        assert [str(problem) for problem in found.problems] == ["line 9: 'Linear Algebra' repeats without end"]
        assert found.bad == ()

    def test_who_is_invited_and_where(self):
        people = [
            "ORGANIZER;CN=Office:mailto:office@example.org",
            'ATTENDEE;ROLE=REQ-PARTICIPANT;CN="Lovelace, Ada":mailto:ada@example.org',
            "ATTENDEE:MAILTO:alan@example.org",
            "LOCATION:Room 12\\, north",
        ]
        assert week([*SERIES, *people]).classes[0].extra == {
            "organizer": '"Office" <office@example.org>',
            "attendees": '"Lovelace, Ada" <ada@example.org>; alan@example.org',
            "location": "Room 12, north",
        }

    def test_who_is_invited_can_be_invited(self):
        people = ['ATTENDEE;CN="Lovelace, Ada; x":mailto:ada@example.org', "ATTENDEE:mailto:alan@example.org"]
        extra = week([*SERIES, *people]).classes[0].extra
        found = [(one.name, one.address) for one in read_people("to", extra["attendees"], pytest.fail)]
        assert found == [("Lovelace, Ada; x", "ada@example.org"), (None, "alan@example.org")]

    def test_folded_lines_alarms_and_lower_case(self):
        alarm = ["BEGIN:VALARM", "ACTION:DISPLAY", "DTSTART:nonsense", "END:VALARM"]
        folded = ["summary:Linear", "  Algebra", *[line for line in SERIES if "SUMMARY" not in line], *alarm]
        assert week(folded).classes[0].title == "Linear Algebra"

    def test_the_file_may_be_large(self):
        events = [
            [line.replace("alg-101", f"alg-{number}") for line in SERIES[:4]] + ["RRULE:FREQ=WEEKLY;COUNT=10"]
            for number in range(1000)
        ]
        began = time.monotonic()
        assert len(week(*events).classes) == 1000
        assert time.monotonic() - began < 30

    def test_nothing_of_it_is_loaded_before_it_is_needed(self):
        code = (
            "import sys, airflow_provider_rooms.timetable as t;"
            "t.weekly([{'course': 'A', 'section': 'B', 'days': 'M', 'start': '9:00', 'end': '10:00', 'timezone': 'UTC'}]);"
            "sys.exit(any(name in sys.modules for name in ('icalendar', 'recurring_ical_events', 'dateutil')))"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestZones:
    # Outlook's own names, a name made unique, one defined in the file, the calendar's own, and the reader's default.
    MINE = (
        "BEGIN:VTIMEZONE",
        "TZID:Somewhere",
        "BEGIN:STANDARD",
        "DTSTART:16010101T030000",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "DTSTART:16010101T020000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "END:DAYLIGHT",
        "END:VTIMEZONE",
    )

    @pytest.mark.parametrize(
        ("written", "head", "zone"),
        [
            (";TZID=W. Europe Standard Time", (), "Europe/Berlin"),
            (';TZID="W. Europe Standard Time"', (), "Europe/Berlin"),
            (";TZID=/example.org/20260101_1/Europe/Vienna", (), "Europe/Vienna"),
            (";TZID=/x/America/Indiana/Knox", (), "America/Indiana/Knox"),
            (";TZID=Somewhere", MINE, "Europe/Berlin"),
            (
                ";TZID=Mine",
                ("BEGIN:VTIMEZONE", "TZID:Mine", "X-LIC-LOCATION:Asia/Kolkata", "END:VTIMEZONE"),
                "Asia/Kolkata",
            ),
            ("", ("X-WR-TIMEZONE:Asia/Tokyo",), "Asia/Tokyo"),
        ],
    )
    def test_a_zone_gets_its_iana_name(self, written, head, zone):
        event = ["UID:x", f"DTSTART{written}:20261116T090000", f"DTEND{written}:20261116T100000"]
        (one,) = week(event, head=head).classes
        assert (one.timezone, one.starts_at.hour) == (zone, 9)

    def test_a_time_without_a_zone_takes_the_readers(self):
        event = ["UID:x", "DTSTART:20261116T090000", "DTEND:20261116T100000"]
        assert week(event, timezone="America/Chicago").classes[0].timezone == "America/Chicago"
        assert problems_of(event) == [
            "line 6: DTSTART has no time zone; set timezone=, or X-WR-TIMEZONE in the file",
        ]

    def test_utc_is_shown_in_the_calendars_own_zone(self):
        event = ["UID:x", "DTSTART:20261116T150000Z", "DTEND:20261116T160000Z"]
        assert times(week(event)) == ["2026-11-16T15:00:00+00:00"]
        assert times(week(event, head=("X-WR-TIMEZONE:America/Chicago",))) == ["2026-11-16T09:00:00-06:00"]
        assert times(week(event, timezone="Europe/Berlin")) == ["2026-11-16T16:00:00+01:00"]


class TestClockChanges:
    SPRING = dt.date(2026, 3, 29)  # in Europe

    @staticmethod
    def daily(start: str, end: str) -> str:
        return calendar(
            [
                "UID:early",
                f"DTSTART;TZID=Europe/Berlin:20260301T{start}",
                f"DTEND;TZID=Europe/Berlin:20260301T{end}",
                "RRULE:FREQ=DAILY;COUNT=60",
            ]
        )

    def test_the_wall_clock_is_kept(self):
        timetable = parse_timetable(self.daily("090000", "100000"))
        around = timetable.between(self.SPRING - dt.timedelta(days=1), self.SPRING)
        assert times(around) == ["2026-03-28T09:00:00+01:00", "2026-03-29T09:00:00+02:00"]

    def test_a_time_that_does_not_exist_is_refused_or_placed_by_choice(self):
        text = self.daily("023000", "040000")
        with pytest.raises(TimetableError, match="line 4: 2026-03-29 02:30 does not exist in Europe/Berlin"):
            parse_timetable(text).on(self.SPRING)
        assert parse_timetable(text, bad_rows="skip").on(self.SPRING).classes == ()
        later = parse_timetable(text).on(self.SPRING, clock_change="later").classes[0]
        assert later.starts_at.isoformat() == "2026-03-29T03:30:00+02:00"

    def test_an_hour_that_does_not_exist_is_told_from_an_end_before_the_start(self):
        text = calendar(
            ["UID:x", "DTSTART;TZID=Europe/Berlin:20260329T023000", "DTEND;TZID=Europe/Berlin:20260329T033000"]
        )
        with pytest.raises(TimetableError, match="line 4: 2026-03-29 02:30 does not exist in Europe/Berlin"):
            parse_timetable(text).on(self.SPRING)

    def test_a_time_that_happens_twice_is_refused_or_placed_by_choice(self):
        text = calendar(["UID:x", "DTSTART;TZID=Europe/Berlin:20261025T023000", "DURATION:PT2H"])
        day = dt.date(2026, 10, 25)
        with pytest.raises(TimetableError, match="line 4: 2026-10-25 02:30 happens twice"):
            parse_timetable(text).on(day)
        chosen = {
            choice: parse_timetable(text).on(day, clock_change=choice).classes[0].starts_at.isoformat()
            for choice in ("earlier", "later")
        }
        assert chosen == {"earlier": "2026-10-25T02:30:00+02:00", "later": "2026-10-25T02:30:00+01:00"}


class TestBadFiles:
    def test_everything_that_is_wrong_with_its_line(self):
        found = problems_of(
            [line for line in SERIES[1:] if "SUMMARY" not in line],  # no UID
            ["UID:a", "SUMMARY:No start"],
            ["UID:b", "DTSTART;TZID=Europe/Berlin:20261116T090000", "DTEND;TZID=Europe/Berlin:20261116T080000"],
            ["UID:c", "DTSTART;TZID=Mars/Phobos:20261116T090000", "DURATION:PT1H"],
            ["UID:d", "DTSTART;TZID=Europe/Berlin:20269916T090000", "DURATION:PT1H"],
            [*SERIES[:4], "RRULE:FREQ=WEKLY"],
            ["UID:e", *SERIES[1:4], "RRULE:FREQ=MINUTELY"],
            ["UID:f", *SERIES[1:4], "RRULE:COUNT=3"],
            ["UID:g", "UID:h", *SERIES[1:]],
            ["UID:i", "what is this", *SERIES[1:]],
            ["UID:j", "DTSTART;TZID=Europe/Berlin:00010101T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=9"],
            ["UID:k", *SERIES[1:3], "DTEND;VALUE=DATE:20261116"],
            ["UID:l", *SERIES[1:3], "DURATION:-PT1H"],
            ["UID:m", *SERIES[1:4], "RDATE:20261117T080000Z", "RDATE;VALUE=DATE:20261118,20261119"],
            ["UID:n", *SERIES[1:], "EXRULE:FREQ=DAILY;COUNT=2"],
            ["UID:o", "DTSTART;TZID=Europe/Berlin:20261116T090000Z", "DURATION:PT1H"],
        )
        # What the library says about a value is its own affair.
        assert [re.sub("(cannot be read): .*", r"\1", problem) for problem in found] == [
            "line 4: the event has neither UID nor SUMMARY; add a UID",
            "line 9: the event has no DTSTART",
            "line 16: ends at 2026-11-16 08:00, but starts at 2026-11-16 09:00",
            "line 20: unknown time zone 'Mars/Phobos'; use an IANA name such as America/Chicago, or include its VTIMEZONE",
            "line 25: DTSTART cannot be read",
            "line 33: RRULE cannot be read",
            "line 40: repeats minutely; a class can repeat daily at most",
            "line 47: RRULE has no FREQ",
            "line 51: the event has UID twice",
            "line 59: is not a property: 'what is this'",
            "line 67: starts in the year 1",
            "line 75: DTEND is a date, but DTSTART is a time",
            "line 81: has zero length",
            "line 97: EXRULE is obsolete and not supported; list the excluded dates in EXDATE",
            "line 101: DTSTART is in UTC according to its Z, but in Europe/Berlin according to its TZID; remove one of them",
        ]

    def test_the_good_events_are_kept_if_asked(self):
        bad = ["UID:bad", "SUMMARY:No start"]
        found = week(bad, SERIES, bad_rows="skip")
        assert len(found.classes) == 2
        assert [str(problem) for problem in found.bad] == ["line 4: the event has no DTSTART"]

    def test_the_same_uid_twice(self):
        found = week(SERIES, SERIES)
        assert len(found.classes) == 2
        assert [str(problem) for problem in found.problems] == ["line 11: 'Linear Algebra' is repeated in line 4"]

    def test_a_day_is_no_class(self):
        found = week(["UID:holiday", "SUMMARY:Holiday", "DTSTART;VALUE=DATE:20261116"], SERIES)
        assert len(found.classes) == 2
        assert [str(problem) for problem in found.problems] == ["line 7: 'Holiday' is for a whole day, not a class"]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\n",
                "line 2: begins a VEVENT that never ends: is the file cut short?",
            ),
            (
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n",
                "line 3: ends a VCALENDAR, but the VEVENT of line 2 is open",
            ),
            ("BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VEVENT\n", "line 3: ends a VEVENT, but nothing is open"),
            ("BEGIN:VEVENT\nEND:VEVENT\n", "line 1: begins a VEVENT outside a calendar"),
            ("hello\n", "line 1: is not iCalendar: expected BEGIN:VCALENDAR"),
            ("\n", "line 1: is empty: expected BEGIN:VCALENDAR"),
        ],
    )
    @pytest.mark.parametrize("bad_rows", ["refuse", "skip"])
    def test_a_broken_file_is_refused_either_way(self, tmp_path, text, said, bad_rows):
        file = tmp_path / "broken.ics"
        file.write_text(text)
        with pytest.raises(TimetableError) as caught:
            read_timetable(file, bad_rows=bad_rows)
        assert [str(problem) for problem in caught.value.problems] == [said]

    @given(st.data())
    def test_whatever_happened_to_the_file_it_is_read_or_refused_with_line_numbers(self, data):
        moved = ["UID:alg-101@example.org", "RECURRENCE-ID;TZID=Europe/Berlin:20261116T090000", *SERIES[2:4]]
        lines = calendar(SERIES, moved, head=TestZones.MINE).split("\r\n")
        for _ in range(data.draw(st.integers(1, 3))):
            number = data.draw(st.integers(0, len(lines) - 1))
            line = lines[number]
            at = data.draw(st.integers(0, len(line)))
            what = data.draw(
                st.sampled_from(["", line, " x", "BEGIN:VEVENT", "9", "-", ";", ":", "T", ",", "\u00e9", '"'])
            )
            lines[number : number + 1] = data.draw(
                st.sampled_from([[], [line, line], [what], [line[:at] + what + line[at:]], [line[:at]], [line[at:]]])
            )
            lines = lines or [""]
        try:
            problems = parse_timetable("\n".join(lines), source="x.ics").on(MONDAY).problems
        except TimetableError as error:
            problems = error.problems
        assert all(1 <= problem.line <= len(lines) for problem in problems)

    def test_a_calendar_without_classes(self):
        assert week().classes == ()
