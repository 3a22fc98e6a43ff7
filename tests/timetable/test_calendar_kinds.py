"""Calendars as they are found: what cannot be used, what stands twice, what disagrees, and what each of it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest
from calendar_help import (
    ALL,
    BERLIN,
    LATER,
    MONDAYS,
    OCTOBER,
    SECOND,
    TWICE,
    WITHOUT,
    calendar,
    dropped,
    keys,
    read,
    refused,
    said,
    single,
    skipped,
    starts,
)
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms.invitations.calendar import read_people
from airflow_provider_rooms.timetable import parse_timetable, read_timetable

FIELD = Path(__file__).parents[3] / "shared" / "data" / "field"


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
    def test_the_planned_time_is_part_of_the_key(self):
        assert keys(read(TWICE))[:2] == [("alg-1", "2026-10-05", "0900"), ("alg-1", "2026-10-05", "1400")]

    @pytest.mark.parametrize("how", ["exdate", "override", "moved"])
    def test_one_that_is_dropped_or_moved_leaves_the_other_key_alone(self, how):
        about = ("UID:alg-1", f"RECURRENCE-ID{BERLIN}20261005T090000")
        found = {
            "exdate": lambda: read((*TWICE, f"EXDATE{BERLIN}20261005T090000")),
            "override": lambda: read(TWICE, (*about, "STATUS:CANCELLED", f"DTSTART{BERLIN}20261005T090000")),
            "moved": lambda: read(TWICE, (*about, f"DTSTART{BERLIN}20261007T110000", "DURATION:PT1H")),
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
