"""Dates, times and lists of them in calendars: among each other, without a class, and twice."""

from __future__ import annotations

import pytest
from calendar_help import (
    BERLIN,
    LATER,
    MONDAYS,
    SECOND,
    TWICE,
    WITHOUT,
    dropped,
    keys,
    read,
    refused,
    said,
    single,
    skipped,
    starts,
)


class TestDatesAmongTimes:
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("EXDATE;VALUE=DATE:20261012", WITHOUT),
            ("EXDATE;VALUE=DATE:20261012,20261026", ["05 09:00", "19 09:00"]),
            ("RDATE;VALUE=DATE:20261014", ["05 09:00", "12 09:00", "14 09:00", "19 09:00", "26 09:00"]),
        ],
    )
    def test_that_day_is_meant(self, line, expected):
        found = read((*MONDAYS, line))
        assert starts(found) == expected
        assert said(found) == [
            f"{line.partition(';')[0]} is a date, but DTSTART is a time; the whole day is excluded or added"
        ]

    def test_of_a_change_as_well(self):
        event = ("UID:alg-1", "RECURRENCE-ID;VALUE=DATE:20261012", *LATER)
        found = read(MONDAYS, event)
        assert starts(found) == ["05 09:00", "12 14:00", "19 09:00", "26 09:00"]
        assert keys(found)[1] == ("alg-1", "2026-10-12")

    def test_with_several_classes_it_is_refused_and_none_takes_place(self):
        event = ("UID:alg-1", "RECURRENCE-ID;VALUE=DATE:20261005", *LATER)
        (problem,) = refused(TWICE, event)
        assert "RECURRENCE-ID is a date with 2 classes" in problem
        assert starts(skipped(TWICE, event)) == ["12 09:00", "12 14:00"]

    @pytest.mark.parametrize(
        ("zone", "until", "last"),
        [
            ("Europe/Berlin", "20261019", 3),
            ("America/Chicago", "20261019", 3),
            ("Asia/Tokyo", "20261018", 2),
            ("America/Chicago", "20261019T090000", 3),  # in no zone: that of DTSTART
            ("America/Chicago", "20261019T140000Z", 3),
            ("America/Chicago", "20261019T135959Z", 2),
        ],
    )
    def test_until_includes_its_day_in_the_zone_of_the_series(self, zone, until, last):
        event = (
            "UID:x",
            f"DTSTART;TZID={zone}:20261005T090000",
            "DURATION:PT1H",
            f"RRULE:FREQ=WEEKLY;UNTIL={until}",
        )
        found = read(event)
        assert len(found.classes) == last
        assert len(found.problems) == (0 if until.endswith("Z") else 1)

    @pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Chicago"])
    @pytest.mark.parametrize("until", ["99991231T235959Z", "99991231", "00010101T000000Z"])
    def test_the_end_of_time(self, zone, until):
        event = ("UID:x", f"DTSTART;TZID={zone}:20261005T090000", "DURATION:PT1H", f"RRULE:FREQ=WEEKLY;UNTIL={until}")
        assert len(read(event).classes) == (0 if until.startswith("0") else 4)

    def test_an_end_in_another_zone(self):
        (one,) = read(single(DTEND=":20261005T080000Z")).classes
        assert one.ends_at.isoformat() == "2026-10-05T10:00:00+02:00"
        assert starts(skipped(single(DTEND="", DURATION=":P9999999D"))) == []

    def test_until_of_a_series_in_utc_is_a_day_in_the_calendars_zone(self):
        event = ("UID:x", "DTSTART:20261006T020000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;UNTIL=20261019")
        assert len(read(event, head=("X-WR-TIMEZONE:America/Chicago",)).classes) == 3
        assert len(read(event, head=("X-WR-TIMEZONE:Europe/Berlin",)).classes) == 2

    @pytest.mark.parametrize("line", ["EXDATE:20261012T090000", "EXDATE;VALUE=DATE-TIME:20261012T090000"])
    def test_a_time_in_no_zone_is_one_in_that_of_dtstart(self, line):
        found = read((*MONDAYS, line))
        assert starts(found) == WITHOUT
        assert said(found) == ["EXDATE has no time zone; the time zone of DTSTART is used"]

    def test_digits_under_the_name_of_another_zone(self):
        assert starts(read((*MONDAYS, "EXDATE:20261012T090000Z"))) == WITHOUT
        change = ("UID:alg-1", "RECURRENCE-ID:20261012T090000Z", *LATER)
        assert starts(read(MONDAYS, change)) == ["05 09:00", "12 14:00", "19 09:00", "26 09:00"]
        # But not where a class begins at that very moment.
        twice = (*MONDAYS[:4], "RRULE:FREQ=WEEKLY;BYHOUR=9,11;COUNT=2")
        assert starts(read((*twice, "EXDATE:20261005T090000Z"))) == ["05 09:00"]


class TestNothingIsLostOverWhatIsNoClass:
    @pytest.mark.parametrize(
        "lines",
        [
            {"DTEND": f"{BERLIN}20261005T090000"},
            {"DTEND": ""},
            {"DTSTART": ":20261005T235900Z", "DTEND": ":20261005T235900Z"},
            {"DTEND": "", "DURATION": ":PT0S"},
        ],
    )
    def test_a_deadline_is_a_moment(self, lines):
        found = read(single(**lines), single(UID=":y"), timezone="Europe/Berlin")
        assert starts(found) == ["05 09:00"]
        assert said(found) == ["'X' is a point in time, not a class"]

    @pytest.mark.parametrize(
        "line",
        [
            "EXDATE:",
            "RDATE:",
            "SEQUENCE:",
            "RRULE:",
            "EXRULE:",
            "SEQUENCE:one",
            "EXDATE;TZID=Europe/Berlin:",
            "RRULE:COUNT",
        ],
    )
    def test_an_empty_property_is_a_note(self, line):
        if line == "RRULE:COUNT":
            line = "RRULE:FREQ=DAILY;COUNT=1;UNTIL="
        found = read((*single(), line))
        assert starts(found) == ["05 09:00"]
        assert len(found.problems) == 1
        assert found.bad == ()

    @pytest.mark.parametrize(
        "line",
        [f"EXDATE{BERLIN}20261012T090000,", f"EXDATE{BERLIN},20261012T090000", f"EXDATE{BERLIN}20261012T090000,,"],
    )
    def test_a_list_that_ends_in_a_comma(self, line):
        found = read((*MONDAYS, line))
        assert starts(found) == WITHOUT
        assert said(found) == ["EXDATE has an empty entry, ignored"]

    @pytest.mark.parametrize(
        "line",
        [
            "ATTENDEE",
            "ATTENDEE:nobody",
            'ATTENDEE;CN="Ada:mailto:ada@example.org',
            "ATTENDEE;;;:mailto:",
            'DESCRIPTION;ALTREP="x:y',
            "Questions? Ask at the desk",
            "ORGANIZER:nobody",
            "STATUS:Perhaps",
            "GEO:1;x",
            "DTSTAMP:nonsense",
        ],
    )
    def test_a_text_that_cannot_be_read_costs_no_time(self, line):
        found = read(("DESCRIPTION:Bring a book", line, *single()))
        assert starts(found) == ["05 09:00"]
        assert found.bad == ()

    def test_the_rest_of_a_list_of_dates_that_lost_its_space_is_refused(self):
        assert refused((*MONDAYS, f"EXDATE{BERLIN}20261012T090000,", "20261019T090000"))

    @pytest.mark.parametrize(
        ("line", "text"),
        [
            (f"EXDATE{BERLIN}20261013T090000", "EXDATE matches no class of 'Algebra'"),
            (f"EXDATE{BERLIN}20261012T080000", "EXDATE matches no class of 'Algebra'"),
            (f"EXDATE{BERLIN}20261012T080000,20261019T090000", "1 of 2 entries of EXDATE match no class of 'Algebra'"),
            (f"EXDATE{BERLIN}21991012T080000", "EXDATE matches no class of 'Algebra'"),
        ],
    )
    def test_an_exdate_that_meets_no_class_is_noted(self, line, text):
        assert said(read((*MONDAYS, line))) == [text]

    def test_a_change_that_exdate_leaves_out_is_noted(self):
        found = read((*MONDAYS, f"EXDATE{BERLIN}20261012T090000"), (*SECOND, *LATER))
        assert (starts(found), said(found)) == (WITHOUT, ["'Algebra' is excluded by EXDATE"])

    def test_a_change_that_meets_no_class_is_added_and_noted(self):
        event = (
            "UID:alg-1",
            f"RECURRENCE-ID{BERLIN}20261013T090000",
            f"DTSTART{BERLIN}20261013T110000",
            "DURATION:PT1H",
        )
        found = read(MONDAYS, event)
        assert starts(found) == ["05 09:00", "12 09:00", "13 11:00", "19 09:00", "26 09:00"]
        assert keys(found)[2] == ("alg-1", "2026-10-13")
        assert said(found) == ["RECURRENCE-ID matches no class of the event; the event is added"]

    def test_rules_that_end_nowhere_or_never_begin(self):
        assert refused((*single(), "RRULE:FREQ=DAILY;INTERVAL=0"))
        assert starts(read((*single(), "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"))) == ["05 09:00"]
        assert starts(read((*single(), "RRULE:FREQ=WEEKLY;UNTIL=20261001T000000Z"))) == []
        assert len(starts(read((*single(), "RRULE:FREQ=WEEKLY;COUNT=2", "RRULE:FREQ=DAILY;COUNT=2")))) == 3


class TestTwice:
    def test_texts(self):
        event = (*single(), "SUMMARY;LANGUAGE=de:Anders", "LOCATION:A", "LOCATION:B", "ORGANIZER:mailto:a@example.org")
        found = read((*event, "ORGANIZER:mailto:b@example.org"))
        one = found.classes[0]
        assert (one.title, one.extra) == ("X", {"location": "A", "organizer": "a@example.org"})
        assert len(found.problems) == 3

    @pytest.mark.parametrize("other", ["CONFIRMED", "TENTATIVE", "x"])
    def test_status_cancelled_wins(self, other):
        for lines in (("STATUS:CANCELLED", f"STATUS:{other}"), (f"STATUS:{other}", "STATUS: cancelled ")):
            found = read((*single(), *lines))
            assert (starts(found), dropped(found)) == ([], ["05 09:00"])

    @pytest.mark.parametrize("line", ["UID:y", f"DTSTART{BERLIN}20261005T080000", f"DTEND{BERLIN}20261005T120000"])
    def test_times_are_refused_unless_they_are_the_same(self, line):
        assert refused((*single(), line)) == [f"line 9: the event has {line.split(';')[0].split(':')[0]} twice"]
        assert starts(read((*single(), single()[2]))) == ["05 09:00"]
