"""Time zones of calendars: defined in the file, named, or in neither; and the date that people see."""

from __future__ import annotations

import datetime as dt

import pytest
from calendar_help import (
    LATER,
    MONDAYS,
    OCTOBER,
    SECOND,
    calendar,
    read,
    said,
    single,
    starts,
)

from airflow_provider_rooms.timetable import parse_timetable

EASTERN = (
    ("STANDARD", "20071104T020000", "-0400", "-0500", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
    ("DAYLIGHT", "20070311T020000", "-0500", "-0400", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
)


def zone(name: str, *parts: tuple[str, str, str, str, str]) -> tuple[str, ...]:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    for kind, start, before, after, rule in parts:
        lines += [f"BEGIN:{kind}", f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}"]
        lines += [rule] * bool(rule) + [f"END:{kind}"]
    return (*lines, "END:VTIMEZONE")


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
