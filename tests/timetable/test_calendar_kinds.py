"""Calendars as they are found: what cannot be used, what stands twice, what disagrees, and what each of it becomes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms.invitations.calendar import read_people
from airflow_provider_rooms.timetable import Selection, TimetableError, parse_timetable, read_timetable

FIELD = Path(__file__).parents[3] / "shared" / "data" / "field"
OCTOBER = (dt.date(2026, 10, 1), dt.date(2026, 10, 31))
BERLIN = ";TZID=Europe/Berlin:"
#: Mondays at nine: 5, 12, 19 and 26 October.
MONDAYS = (
    "UID:alg-1",
    "SUMMARY:Algebra",
    f"DTSTART{BERLIN}20261005T090000",
    f"DTEND{BERLIN}20261005T100000",
    "RRULE:FREQ=WEEKLY;COUNT=4",
)
SECOND = ("UID:alg-1", "SUMMARY:Algebra", f"RECURRENCE-ID{BERLIN}20261012T090000")
LATER = (f"DTSTART{BERLIN}20261012T140000", f"DTEND{BERLIN}20261012T150000")


def calendar(*events: tuple[str, ...], head: tuple[str, ...] = ()) -> str:
    blocks = [line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y", *head, *blocks, "END:VCALENDAR", ""])


def read(*events: tuple[str, ...], head: tuple[str, ...] = (), **options: str) -> Selection:
    return parse_timetable(calendar(*events, head=head), **options).between(*OCTOBER)  # type: ignore[arg-type]


def skipped(*events: tuple[str, ...], **options: str) -> Selection:
    return read(*events, bad_rows="skip", **options)


def refused(*events: tuple[str, ...], head: tuple[str, ...] = (), **options: str) -> list[str]:
    with pytest.raises(TimetableError) as caught:
        read(*events, head=head, **options)
    return [str(problem) for problem in caught.value.problems]


def starts(selection: Selection) -> list[str]:
    return [f"{one.starts_at:%d %H:%M}" for one in selection.classes]


def dropped(selection: Selection) -> list[str]:
    return [f"{one.starts_at:%d %H:%M}" for one in selection.cancelled]


def said(selection: Selection) -> list[str]:
    return [problem.text for problem in selection.problems]


def keys(selection: Selection) -> list[tuple[str, ...]]:
    return [one.key for one in selection.classes]


def single(**lines: str) -> tuple[str, ...]:
    """One class on 5 October, with these properties instead of its own."""
    usual = {"UID": ":x", "SUMMARY": ":X", "DTSTART": f"{BERLIN}20261005T090000", "DTEND": f"{BERLIN}20261005T100000"}
    return tuple(f"{name}{value}" for name, value in (usual | lines).items() if value)


WITHOUT = ["05 09:00", "19 09:00", "26 09:00"]
ALL = ["05 09:00", "12 09:00", "19 09:00", "26 09:00"]


@pytest.mark.skipif(not FIELD.is_dir(), reason="the files of the field are not at hand")
@pytest.mark.parametrize("bad_rows", ["refuse", "skip"])
class TestFiles:
    @pytest.mark.parametrize(
        ("name", "classes", "cancelled"),
        [
            ("f03_override_whole_day", WITHOUT, []),
            ("f04_override_bad_then_skipped", WITHOUT, ["12 09:00"]),
            ("f06_two_meetings_one_day", ["05 09:00", "05 14:00", "12 09:00", "12 14:00"], []),
            ("f07_fold_in_utf8", ["05 09:00"], []),
            ("f08_property_twice", ["05 09:00"], []),
            ("f11_attendees_of_exchange", ["05 09:00"], []),
        ],
    )
    def test_each_gives_what_is_right(self, name, classes, cancelled, bad_rows):
        found = read_timetable(FIELD / f"{name}.ics", bad_rows=bad_rows).between(*OCTOBER)
        assert (starts(found), dropped(found), found.bad) == (classes, cancelled, ())
        if name.startswith("f06"):
            assert len({one.name for one in found.classes}) == 4
        if name.startswith("f07"):
            assert found.classes[0].title.endswith("üben")
        if name.startswith("f08"):
            assert (found.classes[0].title, found.classes[0].extra) == ("Algebra", {"location": "A"})
            assert len(found.problems) == 2
        if name.startswith("f11"):
            assert found.classes[0].extra["attendees"] == '"Ada" <ada@example.org>'


class TestWhatCannotBeUsedTakesItsPlace:
    @pytest.mark.parametrize(
        "lines",
        [
            ("DTSTART;VALUE=DATE:20261012",),
            ("DTSTART;VALUE=DATE:20261012", "DTEND;VALUE=DATE:20261014"),
            (LATER[0],),  # no end
            (LATER[0], f"DTEND{BERLIN}20261012T140000"),
            (LATER[0], "DURATION:PT0S"),
        ],
    )
    def test_no_class_is_a_note(self, lines):
        assert starts(read(MONDAYS, (*SECOND, *lines))) == WITHOUT

    @pytest.mark.parametrize(
        "lines",
        [
            (),
            ("DTSTART:",),
            ("DTSTART",),
            ("DTSTART:nonsense", LATER[1]),
            (LATER[0], "DTEND:nonsense"),
            (LATER[0], f"DTEND{BERLIN}20261012T130000"),
            (LATER[0], "DTEND;VALUE=DATE:20261012"),
            (LATER[0], "DURATION:-PT1H"),
            (LATER[0], "DURATION:nonsense"),
            ("DTSTART;TZID=Mars/Phobos:20261012T140000", LATER[1]),
            ("DTSTART:20261012T140000", "DURATION:PT1H"),
            (*LATER, f"DTSTART{BERLIN}20261012T150000"),
            (*LATER, "RRULE:FREQ=WEKLY"),
            (*LATER, "EXDATE:nonsense"),
            (*LATER, "UID:beta"),
        ],
    )
    def test_a_refused_one_does_not_bring_the_old_one_back(self, lines):
        assert refused(MONDAYS, (*SECOND, *lines))
        assert starts(skipped(MONDAYS, (*SECOND, *lines))) == WITHOUT
        cancelled = skipped(MONDAYS, (*SECOND, *lines, "STATUS:CANCELLED"))
        assert (starts(cancelled), dropped(cancelled)) == (WITHOUT, ["12 09:00"])

    @pytest.mark.parametrize(
        "planned",
        [
            "RECURRENCE-ID;TZID=Mars/Phobos:20261012T090000",
            "RECURRENCE-ID;TZID=Mars/Phobos:20261012T050000",
            f"RECURRENCE-ID{BERLIN}20261012T090000Z",
            "RECURRENCE-ID:20261012T9",
            f"RECURRENCE-ID{BERLIN}20261012T250000",
            "RECURRENCE-ID:",
            "RECURRENCE-ID",
            "RECURRENCE-ID:nonsense",
        ],
    )
    def test_nor_does_one_that_says_badly_which_it_is_about(self, planned):
        for when in ("20261012T090000", "20261012T110000"):
            event = (*SECOND[:2], planned, f"DTSTART{BERLIN}{when}", "DURATION:PT1H")
            assert refused(MONDAYS, event)
            assert starts(skipped(MONDAYS, event)) == WITHOUT

    def test_where_nobody_can_know_which_the_whole_series_is_left_out(self):
        event = (*SECOND[:2], "RECURRENCE-ID:nonsense", "DTSTART:nonsense")
        found = skipped(MONDAYS, event)
        assert starts(found) == []
        assert "changes a class, but nothing identifies it, so the whole series is skipped" in said(found)

    def test_one_that_ends_the_series_ends_it(self):
        event = (*SECOND[:2], f"RECURRENCE-ID;RANGE=THISANDFUTURE{BERLIN}20261012T090000")
        for lines in (("DTSTART;VALUE=DATE:20261012",), ("DTSTART;TZID=Mars/Phobos:20261012T090000", "DURATION:PT1H")):
            assert starts(skipped(MONDAYS, (*event, *lines))) == ["05 09:00"]
        cancelled = read(MONDAYS, (*event, LATER[0], "STATUS:CANCELLED"))
        assert (starts(cancelled), dropped(cancelled)) == (["05 09:00"], ["12 09:00", "19 09:00", "26 09:00"])

    def test_one_that_is_about_no_class_takes_the_place_of_none(self):
        event = ("UID:alg-1", f"RECURRENCE-ID{BERLIN}20261012T080000", "DTSTART;VALUE=DATE:20261012")
        assert starts(read(MONDAYS, event)) == ALL

    def test_an_empty_sequence_costs_nothing(self):
        assert starts(read(MONDAYS, (*SECOND, *LATER, "SEQUENCE:"))) == ["05 09:00", "12 14:00", "19 09:00", "26 09:00"]

    def test_a_class_of_a_series_of_days(self):
        days = ("UID:alg-1", "DTSTART;VALUE=DATE:20261005", "RRULE:FREQ=WEEKLY;COUNT=4")
        found = read(days, ("UID:alg-1", "RECURRENCE-ID;VALUE=DATE:20261012", *LATER))
        assert [(one.key, starts(found)) for one in found.classes] == [(("alg-1", "2026-10-12"), ["12 14:00"])]

    @given(st.data())
    def test_whatever_happened_to_it_the_old_one_stays_away(self, data):
        lines = ["DTSTAMP:20260801T000000Z", "SEQUENCE:1", *LATER, "STATUS:CONFIRMED", "LOCATION:A"]
        number = data.draw(st.integers(0, len(lines) - 1))
        line, at = lines[number], data.draw(st.integers(0, len(lines[number])))
        what = data.draw(st.sampled_from(["", "x", ";", ":", "9", ",", "\u00e9", '"', "T", "Z"]))
        lines[number : number + 1] = data.draw(
            st.sampled_from([[], [line, line], [what], [line[:at] + what + line[at:]], [line[:at]]])
        )
        found = skipped(MONDAYS, (*SECOND, *lines))
        assert "12 09:00" not in starts(found)
        assert [one for one in starts(found) if one[:2] != "12"] == WITHOUT


class TestCancelled:
    @pytest.mark.parametrize("lines", [(), (f"DTSTART{BERLIN}20261012T090000",), LATER])
    def test_a_calendar_that_cancels(self, lines):
        text = calendar(MONDAYS) + calendar((*SECOND, *lines), head=("METHOD:CANCEL",))
        found = parse_timetable(text).between(*OCTOBER)
        assert starts(found) == WITHOUT
        assert len(found.cancelled) == 1

    def test_a_whole_series_is_cancelled_at_the_times_of_the_version_before(self):
        text = calendar(MONDAYS) + calendar(("UID:alg-1", "SEQUENCE:1"), head=("METHOD:CANCEL",))
        found = parse_timetable(text).between(*OCTOBER)
        assert (starts(found), dropped(found)) == ([], ALL)

    def test_of_two_equal_versions_the_cancelled_one_counts(self):
        for first, other in (("METHOD:REQUEST", "METHOD:CANCEL"), ("METHOD:CANCEL", "METHOD:REQUEST")):
            text = calendar(MONDAYS, head=(first,)) + calendar(MONDAYS, head=(other,))
            found = parse_timetable(text).between(*OCTOBER)
            assert (starts(found), dropped(found)) == ([], ALL)

    def test_alone_it_is_no_class(self):
        found = read(single(), head=("METHOD:CANCEL",))
        assert (starts(found), dropped(found)) == ([], ["05 09:00"])

    @pytest.mark.parametrize("method", ["REPLY", "counter", "DECLINECOUNTER", "REFRESH"])
    def test_an_answer_is_no_class(self, method):
        found = parse_timetable(calendar(MONDAYS) + calendar((*SECOND, *LATER), head=(f"METHOD:{method}",)))
        assert starts(found.between(*OCTOBER)) == ALL
        assert len(found.problems) == 1

    @pytest.mark.parametrize("method", ["PUBLISH", "REQUEST", "ADD"])
    def test_other_methods_are(self, method):
        assert starts(read(single(), head=(f"METHOD:{method}",))) == ["05 09:00"]


class TestVersions:
    FIRST = (*SECOND, f"DTSTART{BERLIN}20261012T110000", "DURATION:PT1H")
    OTHER = (*SECOND, *LATER)

    @pytest.mark.parametrize(
        ("first", "other", "hour"),
        [
            (("SEQUENCE:2",), ("SEQUENCE:1",), "11"),
            (("SEQUENCE:2",), ("SEQUENCE:10",), "14"),
            (("SEQUENCE:2", "DTSTAMP:20260802T000000Z"), ("SEQUENCE:2", "DTSTAMP:20260801T000000Z"), "11"),
            (("DTSTAMP:20260801T000000Z",), ("DTSTAMP:20260802T000000Z",), "14"),
            ((), ("SEQUENCE:1",), "14"),
        ],
    )
    def test_the_later_one_counts(self, first, other, hour):
        for events in (((*self.FIRST, *first), (*self.OTHER, *other)), ((*self.OTHER, *other), (*self.FIRST, *first))):
            found = read(MONDAYS, *events)
            assert starts(found) == ["05 09:00", f"12 {hour}:00", "19 09:00", "26 09:00"]
            assert [text for text in said(found) if "has a later version" in text]

    def test_neither_of_two_that_are_equal_and_differ(self):
        (problem,) = refused(MONDAYS, self.FIRST, self.OTHER)
        assert "has the same UID and RECURRENCE-ID, SEQUENCE and DTSTAMP as the event in line 11" in problem
        assert starts(skipped(MONDAYS, self.FIRST, self.OTHER)) == WITHOUT
        assert starts(skipped(single(), single(DTEND=f"{BERLIN}20261005T110000"))) == []

    def test_the_same_moment_in_another_zone_is_the_same_class(self):
        utc = (*SECOND[:2], "RECURRENCE-ID:20261012T070000Z", *LATER, "SEQUENCE:1")
        assert starts(read(MONDAYS, self.FIRST, utc)) == ["05 09:00", "12 14:00", "19 09:00", "26 09:00"]

    def test_the_same_twice_is_one(self):
        assert starts(read(MONDAYS, self.OTHER, self.OTHER)) == ["05 09:00", "12 14:00", "19 09:00", "26 09:00"]


class TestSeveralOnOneDate:
    TWICE = (*MONDAYS[:4], "RRULE:FREQ=WEEKLY;BYHOUR=9,14;COUNT=4")

    def test_the_planned_time_is_part_of_the_key(self):
        assert keys(read(self.TWICE))[:2] == [("alg-1", "2026-10-05", "0900"), ("alg-1", "2026-10-05", "1400")]

    @pytest.mark.parametrize("how", ["exdate", "override", "moved"])
    def test_one_that_is_dropped_or_moved_leaves_the_other_key_alone(self, how):
        about = ("UID:alg-1", f"RECURRENCE-ID{BERLIN}20261005T090000")
        found = {
            "exdate": lambda: read((*self.TWICE, f"EXDATE{BERLIN}20261005T090000")),
            "override": lambda: read(self.TWICE, (*about, "STATUS:CANCELLED", f"DTSTART{BERLIN}20261005T090000")),
            "moved": lambda: read(self.TWICE, (*about, f"DTSTART{BERLIN}20261007T110000", "DURATION:PT1H")),
        }[how]()
        assert ("alg-1", "2026-10-05", "1400") in keys(found)
        if how == "moved":
            assert ("alg-1", "2026-10-05", "0900") in keys(found)
        if how == "override":
            assert [one.key for one in found.cancelled] == [("alg-1", "2026-10-05", "0900")]

    @pytest.mark.parametrize(
        "added",
        [
            (f"RDATE{BERLIN}20261012T140000",),
            (f"RDATE;VALUE=PERIOD{BERLIN}20261012T140000/PT2H",),
        ],
    )
    def test_one_that_is_added_leaves_the_regular_key_alone(self, added):
        found = read((*MONDAYS, *added))
        assert keys(found)[1:3] == [("alg-1", "2026-10-12"), ("alg-1", "2026-10-12", "1400")]
        assert starts(found)[1:3] == ["12 09:00", "12 14:00"]

    def test_three_of_them_and_seconds(self):
        rule = (*MONDAYS[:4], "RRULE:FREQ=DAILY;COUNT=3;BYHOUR=8,12;BYSECOND=0,30")
        assert [key[1:] for key in keys(read(rule))] == [
            ("2026-10-05", "0900"),  # DTSTART counts, whether the rule plans it or not
            ("2026-10-05", "1200"),
            ("2026-10-05", "120030"),
            ("2026-10-06",),
        ]


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
        (problem,) = refused(TestSeveralOnOneDate.TWICE, event)
        assert "RECURRENCE-ID is a date with 2 classes" in problem
        assert starts(skipped(TestSeveralOnOneDate.TWICE, event)) == ["12 09:00", "12 14:00"]

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


class TestText:
    @pytest.mark.parametrize("title", ["Übung für Ärzte", "数学の演習", "Café \U0001f600 au lait"])
    def test_folded_between_any_two_bytes(self, tmp_path, title):
        line = f"SUMMARY:{title}".encode()
        for at in range(9, len(line)):
            text = calendar(single()).encode().replace(b"SUMMARY:X", line[:at] + b"\r\n " + line[at:])
            (tmp_path / "x.ics").write_bytes(text)
            assert read_timetable(tmp_path / "x.ics").between(*OCTOBER).classes[0].title == title

    def test_other_encodings(self, tmp_path):
        file = tmp_path / "calendar"
        text = calendar((*single(SUMMARY=":Übung"), "DESCRIPTION:für"))
        file.write_bytes(text.encode("cp1252"))
        found = read_timetable(file).between(*OCTOBER)
        assert found.classes[0].title == "Übung"
        assert said(found) == ["is not UTF-8; it was read as Windows-1252"] * 2
        (tmp_path / "x.ics").write_bytes(text.encode("utf-16"))
        assert read_timetable(tmp_path / "x.ics").between(*OCTOBER).classes[0].title == "Übung"

    def test_escapes(self):
        assert read(single(SUMMARY=r":a\, b\; c\\d\nE")).classes[0].title == r"a, b; c\d E"


def zone(name: str, *parts: tuple[str, str, str, str, str]) -> tuple[str, ...]:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    for kind, start, before, after, rule in parts:
        lines += [f"BEGIN:{kind}", f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}"]
        lines += [rule] * bool(rule) + [f"END:{kind}"]
    return (*lines, "END:VTIMEZONE")


EASTERN = (
    ("STANDARD", "20071104T020000", "-0400", "-0500", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
    ("DAYLIGHT", "20070311T020000", "-0500", "-0400", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
)


class TestZones:
    def at(self, name: str, *head: tuple[str, ...], **lines: str):
        event = single(DTSTART=f";TZID={name}:20261005T090000", DTEND=f";TZID={name}:20261005T100000", **lines)
        return read(event, head=tuple(line for part in head for line in part))

    @pytest.mark.parametrize("name", ["Europe/Berlin", "W. Europe Standard Time", "/x/Europe/Berlin"])
    def test_what_the_file_defines_wins_over_the_name(self, name):
        found = self.at(name, zone(name, *EASTERN))
        (one,) = found.classes
        assert one.starts_at.isoformat() == "2026-10-05T09:00:00-04:00"
        assert one.timezone == "America/New_York"
        assert "is not defined like Europe/Berlin; it is read as America/New_York" in said(found)[0]

    def test_a_definition_without_summer_time(self):
        (one,) = self.at(
            "Europe/Berlin", zone("Europe/Berlin", ("STANDARD", "19700101T000000", "+0100", "+0100", ""))
        ).classes
        assert one.starts_at.astimezone(dt.UTC).isoformat() == "2026-10-05T08:00:00+00:00"

    @pytest.mark.parametrize(
        "parts",
        [
            # Only the year of the event; only from that year on; long past: the name goes on where the definition ends.
            (
                ("STANDARD", "20261025T030000", "+0200", "+0100", ""),
                ("DAYLIGHT", "20260329T020000", "+0100", "+0200", ""),
            ),
            (
                ("STANDARD", "20251026T030000", "+0200", "+0100", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
                ("DAYLIGHT", "20260329T020000", "+0100", "+0200", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
            ),
            (
                ("STANDARD", "20181028T030000", "+0200", "+0100", "RDATE:20191027T030000"),
                ("DAYLIGHT", "20190331T020000", "+0100", "+0200", "RDATE:20200329T020000"),
            ),
        ],
    )
    def test_a_definition_that_agrees_as_far_as_it_goes(self, parts):
        found = self.at("Europe/Berlin", zone("Europe/Berlin", *parts))
        assert [(one.timezone, one.starts_at.hour) for one in found.classes] == [("Europe/Berlin", 9)]
        assert found.problems == ()

    @pytest.mark.parametrize(
        "lines",
        [
            ("BEGIN:STANDARD", "END:STANDARD"),
            (),
            ("BEGIN:STANDARD", "DTSTART:x", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "END:STANDARD"),
            ("BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:1", "TZOFFSETTO:+9900", "END:STANDARD"),
        ],
    )
    def test_a_definition_that_cannot_be_read(self, lines):
        head = ("BEGIN:VTIMEZONE", "TZID:Europe/Berlin", *lines, "END:VTIMEZONE")
        found = self.at("Europe/Berlin", head)
        assert [one.timezone for one in found.classes] == ["Europe/Berlin"]
        assert said(found) == ["the definition of 'Europe/Berlin' cannot be read, so the zone of that name is used"]

    def test_clocks_that_no_zone_has(self):
        odd = zone("Ours", ("STANDARD", "19700101T000000", "+0123", "+0123", ""))
        event = single(DTSTART=";TZID=Ours:20261005T090000", DTEND=";TZID=Ours:20261005T100000")
        found = read(event, head=odd, timezone="Europe/Berlin")
        assert [one.starts_at.isoformat() for one in found.classes] == ["2026-10-05T09:37:00+02:00"]
        assert said(found) == ["'Ours' does not match any IANA time zone; its times are shown in Europe/Berlin"]

    @pytest.mark.parametrize(
        ("defined", "used"),
        [
            (r"(GMT-05.00) Eastern\, Toronto", '"(GMT-05.00) Eastern, Toronto"'),
            ("(GMT-05.00) Eastern, Toronto", '"(GMT-05.00) Eastern, Toronto"'),
            (r"Eastern\; Toronto", '"Eastern; Toronto"'),
            ('"Eastern"', "Eastern"),
            ("Eastern", '"Eastern"'),
            ("Östlich", "Östlich"),
        ],
    )
    def test_a_name_that_is_escaped_or_quoted_is_one_name(self, defined, used):
        assert [one.timezone for one in self.at(used, zone(defined, *EASTERN)).classes] == ["America/New_York"]

    def test_each_calendar_has_its_own(self):
        event = {"DTSTART": ":20261005T150000Z", "DTEND": ":20261005T160000Z"}
        local = {"DTSTART": ":20261005T090000", "DTEND": ":20261005T100000"}
        text = ""
        for number, name in enumerate(["America/Chicago", "Asia/Tokyo", "Europe/Berlin"]):
            text += calendar(
                single(**event, UID=f":{number}u"), single(**local, UID=f":{number}l"), head=(f"X-WR-TIMEZONE:{name}",)
            )
        found = parse_timetable(text).between(*OCTOBER)
        assert {one.key[0]: f"{one.starts_at:%d %H:%M} {one.timezone}" for one in found.classes} == {
            "0u": "05 10:00 America/Chicago",
            "0l": "05 09:00 America/Chicago",
            "1u": "06 00:00 Asia/Tokyo",
            "1l": "05 09:00 Asia/Tokyo",
            "2u": "05 17:00 Europe/Berlin",
            "2l": "05 09:00 Europe/Berlin",
        }

    def test_the_same_name_defined_differently_in_two_calendars(self):
        fixed = zone("Ours", ("STANDARD", "19700101T000000", "+0900", "+0900", ""))
        event = {"DTSTART": ";TZID=Ours:20261005T090000", "DTEND": ";TZID=Ours:20261005T100000"}
        text = calendar(single(**event), head=zone("Ours", *EASTERN)) + calendar(single(**event, UID=":y"), head=fixed)
        found = parse_timetable(text).between(*OCTOBER)
        assert {one.key[0]: one.starts_at.utcoffset() for one in found.classes} == {
            "x": dt.timedelta(hours=-4),
            "y": dt.timedelta(hours=9),
        }

    def test_a_change_in_another_calendar_of_the_file(self):
        found = parse_timetable(calendar(MONDAYS) + calendar((*SECOND, *LATER))).between(*OCTOBER)
        assert starts(found) == ["05 09:00", "12 14:00", "19 09:00", "26 09:00"]

    def test_the_date_of_a_time_in_utc_is_the_one_people_see_and_the_key_stays(self):
        event = ("UID:x", "DTSTART:20261006T010000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2")
        (one, _) = read(event, head=("X-WR-TIMEZONE:America/Chicago",)).classes
        assert (one.key, one.date, one.starts_at.hour) == (("x", "2026-10-06"), dt.date(2026, 10, 5), 20)
        assert one.spec()["ref"]["date"] == "2026-10-05"
        (one, _) = read(event, timezone="America/Chicago").classes
        assert (one.key, one.date) == (("x", "2026-10-06"), dt.date(2026, 10, 5))
        (one,) = read(event[:3], timezone="America/Chicago").classes
        assert (one.key, one.date) == (("x",), dt.date(2026, 10, 5))

    @pytest.mark.parametrize(
        ("head", "options", "noted"),
        [
            ((), {}, True),
            (("X-WR-TIMEZONE:Nowhere",), {}, True),
            (("X-WR-TIMEZONE:Europe/Paris",), {}, False),
            (("X-WR-TIMEZONE:UTC",), {}, False),
            ((), {"timezone": "Europe/Paris"}, False),
        ],
    )
    def test_a_calendar_in_utc_without_a_zone_is_noted(self, head, options, noted):
        event = single(DTSTART=":20261005T070000Z", DTEND=":20261005T080000Z")
        found = read(
            event, single(UID=":y", DTSTART=":20261005T090000Z", DTEND=":20261005T093000Z"), head=head, **options
        )
        assert len([text for text in said(found) if "people will see UTC; set timezone=" in text]) == noted

    def test_a_calendars_zone_may_be_one_that_it_defines(self):
        event = single(DTSTART=":20261005T090000", DTEND=":20261005T100000")
        assert (
            read(event, head=("X-WR-TIMEZONE:Ours", *zone("Ours", *EASTERN))).classes[0].timezone == "America/New_York"
        )


class TestPeople:
    def people(self, *lines: str) -> tuple[str, list[str]]:
        found = read((*single(), *lines))
        return found.classes[0].extra.get("attendees", ""), said(found)

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("ATTENDEE;CUTYPE=ROOM:mailto:hall@example.org", "1 room or resource"),
            ("ATTENDEE;cutype=resource:mailto:beamer@example.org", "1 room or resource"),
            ("ATTENDEE;PARTSTAT=DECLINED:mailto:emmy@example.org", "1 declined"),
            ("ATTENDEE;CN=Ghost:invalid:nomail", "1 without a valid address"),
            ("ATTENDEE;CN=Ghost:mailto:", "1 without a valid address"),
            ("ATTENDEE:mailto:not an address", "1 without a valid address"),
            ("ATTENDEE:mailto:käthe@example.org", "1 without a valid address"),
            ("ATTENDEE:MAILTO:Ada@Example.org", "1 listed twice"),
        ],
    )
    def test_who_cannot_be_invited_is_left_out_and_noted(self, line, reason):
        text, notes = self.people("ATTENDEE;CN=Ada:mailto:ada@example.org", line)
        assert text == '"Ada" <ada@example.org>'
        assert notes == [f"attendees omitted: {reason}"]

    @pytest.mark.parametrize(
        "line",
        [
            'ATTENDEE;CN="Ada\x07 <x>":mailto:ada@example.org',
            "ATTENDEE;CN==?utf-8?q?a?=:mailto:ada@example.org",
            'ATTENDEE;CN="L, Ada; x":mailto:ada@example.org',
            "ATTENDEE;CN=Ada ^'x^' ^n y:mailto:ada@example.org",
            "ATTENDEE;EMAIL=ada@example.org:urn:uuid:1",
            "ATTENDEE;CUTYPE=GROUP;PARTSTAT=TENTATIVE: mailto: ada@example.org",
        ],
    )
    def test_an_invitation_takes_what_is_left(self, line):
        text, _ = self.people(line, "ATTENDEE:mailto:alan@example.org")
        assert [person.address for person in read_people("to", text, pytest.fail)] == [
            "ada@example.org",
            "alan@example.org",
        ]

    def test_an_organizer_that_is_no_address_is_left_out(self):
        found = read((*single(), "ORGANIZER;CN=Office:invalid:nomail"))
        assert "organizer" not in found.classes[0].extra
        assert said(found) == ["ORGANIZER is not a mail address and was omitted"]


class TestWithoutUids:
    def test_title_and_date_are_the_key(self):
        found = read(single(UID=""), MONDAYS[1:])
        assert sorted(keys(found)) == [
            *[("Algebra", f"2026-10-{day}") for day in ("05", "12", "19", "26")],
            ("X", "2026-10-05"),
        ]
        assert len(found.problems) == 1
        assert "2 events have no UID" in said(found)[0]

    def test_two_of_one_title_on_one_date_have_their_time(self):
        later = single(UID="", DTSTART=f"{BERLIN}20261005T140000", DTEND=f"{BERLIN}20261005T150000")
        assert keys(read(single(UID=""), later)) == [("X", "2026-10-05", "0900"), ("X", "2026-10-05", "1400")]
        next_day = single(UID="", DTSTART=f"{BERLIN}20261006T090000", DTEND=f"{BERLIN}20261006T100000")
        assert keys(read(single(UID=""), next_day)) == [("X", "2026-10-05"), ("X", "2026-10-06")]

    def test_what_cannot_be_told_apart_is_refused(self):
        other = single(UID="", DTEND=f"{BERLIN}20261005T110000")
        assert refused(single(UID=""), other)
        assert starts(read(single(UID=""), single(UID=""))) == ["05 09:00"]
        assert refused(single(UID="", SUMMARY="")) == ["line 4: the event has neither UID nor SUMMARY; add a UID"]
        daily = (*MONDAYS[1:4], "RRULE:FREQ=DAILY;COUNT=8")
        assert refused(MONDAYS[1:], daily)

    def test_a_changed_class(self):
        found = read(MONDAYS[1:], (*SECOND[1:], *LATER))
        assert starts(found) == ["05 09:00", "12 14:00", "19 09:00", "26 09:00"]
        assert ("Algebra", "2026-10-12") in keys(found)
        found = read(MONDAYS[1:], ("SUMMARY:Other", SECOND[2], *LATER))
        assert starts(found) == ["05 09:00", "12 14:00", "19 09:00", "26 09:00"]
        other = ("SUMMARY:Logic", *MONDAYS[2:])
        assert refused(MONDAYS[1:], other, ("SUMMARY:Guest", SECOND[2], *LATER))
        found = skipped(MONDAYS[1:], other, ("SUMMARY:Guest", SECOND[2], *LATER))
        assert "12 09:00" not in starts(found)

    @pytest.mark.parametrize("uid", [":", ": ", ":None", ":null"])
    def test_a_uid_that_is_none(self, uid):
        assert keys(read(single(UID=uid))) == [("X", "2026-10-05")]
