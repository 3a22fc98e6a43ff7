"""One event of a calendar, read as leniently as its properties allow."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.timetable.ical.people import attendees, organizer
from airflow_provider_rooms.timetable.ical.properties import Properties
from airflow_provider_rooms.timetable.ical.rules import Rule, read_moment
from airflow_provider_rooms.timetable.ical.zones import UTC
from airflow_provider_rooms.timetable.model import NOT_A_VALUE, clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow_provider_rooms.timetable.ical.file import Block, Line
    from airflow_provider_rooms.timetable.ical.zones import Zone, Zones
    from airflow_provider_rooms.timetable.model import Problem

#: A moment (aware), a time by the clocks of the series (without a zone), or one of its days.
When = dt.datetime | dt.date

#: An earlier start would make every look at a daily series step through centuries.
_YEARS = range(1970, 2200)
#: Calendars that say what somebody answered or proposes, not what takes place (RFC 5546).
ANSWERS = frozenset({"REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"})


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """When an event takes place.

    :param start: by the clocks of its zone.
    :param added: RDATE: further starts, some with a length of their own.
    :param left_out: EXDATE: one entry per line.
    """

    start: dt.datetime
    zone: Zone
    length: dt.timedelta
    rules: Sequence[Rule] = ()
    added: Sequence[tuple[When, dt.timedelta | None]] = ()
    left_out: Sequence[tuple[int, tuple[When, ...]]] = ()


@dataclass(frozen=True, kw_only=True)
class Event:
    """One VEVENT.

    :param uid: empty if there is none.
    :param changes: whether it is about one class of a series (RECURRENCE-ID).
    :param planned: which one; None if that cannot be read.
    :param for_good: whether it is about all that follow as well.
    :param version: SEQUENCE and DTSTAMP: the highest counts.
    :param text: all that is read of it but its version, to tell whether two are the same.
    :param starts: DTSTART, where it can be read.
    :param meeting: None if it takes up no time that can be used.
    """

    line: int
    uid: str
    title: str
    changes: bool
    planned: When | None
    for_good: bool
    cancelled: bool
    version: tuple[int, str]
    text: frozenset[str]
    extra: Mapping[str, str]
    starts: When | None
    meeting: Meeting | None

    @property
    def called(self) -> str:
        return repr(self.title[:60]) if self.title else "the event"


def read_event(block: Block, zones: Zones, method: str, problems: list[Problem]) -> Event:
    """Read one event; what is wrong with it goes to the problems."""
    return _Reader(block, zones, problems).event(method)


class _Reader(Properties):
    def __init__(self, block: Block, zones: Zones, problems: list[Problem]) -> None:
        super().__init__(block, problems)
        self._zones = zones
        self._starts: When | None = None

    # -- the event ------------------------------------------------------------------------------------------------------

    def event(self, method: str) -> Event:
        uid = self.value("UID")
        about = self.first("RECURRENCE-ID")
        changes = any(line.name == "RECURRENCE-ID" for line in self.block.lines)
        title = _text(self.value("SUMMARY"))
        cancelled = method == "CANCEL" or any(line.value.upper() == "CANCELLED" for line in self.lines["STATUS"])
        planned = self._planned(about) if about else None
        meeting = self._meeting(repr(title[:60]) if title else "the event", cancelled=cancelled)
        return Event(
            line=self.block.line,
            uid="" if uid.lower() in NOT_A_VALUE else uid,
            title=title,
            changes=changes,
            planned=planned,
            for_good=about is not None and about.parameters.get("RANGE", "").upper() == "THISANDFUTURE",
            cancelled=cancelled,
            version=(self._sequence(), self.value("DTSTAMP")),
            text=frozenset(
                line.text for name, lines in self.lines.items() if name not in ("SEQUENCE", "DTSTAMP") for line in lines
            ),
            extra=self._extra(),
            starts=self._starts,
            meeting=None if self.refused else meeting,
        )

    def _sequence(self) -> int:
        line = self.first("SEQUENCE")
        try:
            return int(line.value) if line else 0
        except ValueError:
            self.fault(line, "SEQUENCE is not a number", note=True)
            return 0

    def _extra(self) -> dict[str, str]:
        """Organiser, attendees and location, as far as they can be used."""
        people, others = attendees(self.lines["ATTENDEE"])
        if others:
            listed = ", ".join(f"{count} {reason}" for reason, count in others.items())
            self.fault(self.first("ATTENDEE"), f"attendees omitted: {listed}", note=True)
        host = self.first("ORGANIZER")
        found = {"organizer": organizer(host), "attendees": people, "location": _text(self.value("LOCATION"))}
        if host and not found["organizer"]:
            self.fault(host, "ORGANIZER is not a mail address and was omitted", note=True)
        return {name: text for name, text in found.items() if text}

    # -- when -----------------------------------------------------------------------------------------------------------

    def _meeting(self, called: str, *, cancelled: bool) -> Meeting | None:
        line = self.first("DTSTART")
        if line is None or line.value.lower() in NOT_A_VALUE:
            if not any(other.name == "DTSTART" for other in self.block.lines) or line:
                self.fault(line, "the event has no DTSTART", note=cancelled)
            return None
        found = self._start(line)
        if found is None:
            return None
        start, zone = found
        self._starts = start.replace(tzinfo=zone.clock) if isinstance(start, dt.datetime) and zone else start
        if not isinstance(start, dt.datetime) or zone is None:
            self.fault(line, f"{called} is for a whole day, not a class", note=True)
            return None
        if start.year not in _YEARS:
            self.fault(line, f"starts in the year {start.year}")
        length = self._length(called, start, zone, cancelled=cancelled)
        rules = self._rules(called, zoned=_zoned(line))
        added = [pair for one in self.lines["RDATE"] for pair in self._added(one, zone)]
        left_out = [(one.number, tuple(self._moments(one, *self._pieces(one)))) for one in self.lines["EXDATE"]]
        for one in self.lines["EXRULE"]:
            self.fault(one, "EXRULE is obsolete and not supported; list the excluded dates in EXDATE")
        if length is None:
            return None
        return Meeting(start=start, zone=zone, length=length, rules=rules, added=added, left_out=left_out)

    def _start(self, line: Line) -> tuple[When, Zone | None] | None:
        """DTSTART by the clocks of its zone, or a date."""
        try:
            moment, utc = read_moment(line.value)
        except ValueError as error:
            self.fault(line, f"{line.name} cannot be read: {error}")
            return None
        if not isinstance(moment, dt.datetime):
            return moment, None
        if called := line.parameters.get("TZID"):
            zone = self._zone(line, called, utc=utc)
        elif utc:
            zone = self._zones.utc
        else:
            zone = self._zones.floating
            if zone is None:
                self.fault(line, f"{line.name} has no time zone; set timezone=, or X-WR-TIMEZONE in the file")
        return (moment, zone) if zone else None

    def _zone(self, line: Line, called: str, *, utc: bool) -> Zone | None:
        zone = self._zones.named(called)
        if zone is None:
            self.fault(
                line,
                f"unknown time zone {called!r}; use an IANA name such as America/Chicago, or include its VTIMEZONE",
            )
        elif utc and zone.clock is not UTC:
            self.fault(
                line,
                f"{line.name} is in UTC according to its Z, but in {zone.shown.key} according to its TZID; remove "
                "one of them",
            )
            return None
        return zone

    def _planned(self, line: Line) -> When | None:
        for found in self._moments(line, line.value):
            return found
        # The event is refused. What its digits say still tells which class it is about.
        for text in (line.value, line.value[:8]):
            with contextlib.suppress(ValueError):
                return read_moment(text)[0]
        return None

    def _moments(self, line: Line, *texts: str) -> Iterator[When]:
        """Values of a property that goes with DTSTART; a time that names no zone is one by the clocks of the series."""
        found = [one for text in texts if (one := self._moment(line, text)) is not None]
        start = self.first("DTSTART")
        if start and "T" in start.value.upper() and line.name != "DTEND":
            if not all(isinstance(one, dt.datetime) for one in found):
                self.fault(
                    line, f"{line.name} is a date, but DTSTART is a time; the whole day is excluded or added", note=True
                )
            if _zoned(start) and any(isinstance(one, dt.datetime) and not one.tzinfo for one in found):
                self.fault(line, f"{line.name} has no time zone; the time zone of DTSTART is used", note=True)
        yield from found

    def _moment(self, line: Line, text: str) -> When | None:
        try:
            moment, utc = read_moment(text)
        except ValueError as error:
            self.fault(line, f"{line.name} cannot be read: {error}")
            return None
        if not isinstance(moment, dt.datetime):
            return moment
        if called := line.parameters.get("TZID"):
            zone = self._zone(line, called, utc=utc)
            return moment.replace(tzinfo=zone.clock) if zone else None
        return moment.replace(tzinfo=UTC) if utc else moment

    def _pieces(self, line: Line) -> list[str]:
        """The entries of a list; one exporter ends every list with a comma."""
        pieces = [piece.strip() for piece in line.value.split(",")]
        if not all(pieces):
            self.fault(line, f"{line.name} has an empty entry, ignored", note=True)
        return [piece for piece in pieces if piece]

    def _added(self, line: Line, zone: Zone) -> Iterator[tuple[When, dt.timedelta | None]]:
        """RDATE: moments, days, or periods."""
        for piece in self._pieces(line):
            text, _, until = piece.partition("/")
            for moment in self._moments(line, text):
                length: dt.timedelta | None = None
                if until.upper().startswith(("P", "+P")):
                    length = self._duration(line, until)
                elif until:
                    end = self._moment(line, until)
                    if not isinstance(end, dt.datetime) or not isinstance(moment, dt.datetime):
                        self.fault(line, f"{line.name} cannot be read: {piece[:40]!r} is not a period")
                        continue
                    length = zone.wall(end) - zone.wall(moment)
                if length is not None and length <= dt.timedelta():
                    self.fault(line, f"{line.name} has a period of zero length")
                yield moment, length

    def _length(self, called: str, start: dt.datetime, zone: Zone, *, cancelled: bool) -> dt.timedelta | None:
        """How long it lasts, by the clocks of its zone; None if it is not a class."""
        line, lasting = self.first("DTEND"), self.first("DURATION")
        if line:
            end = next(self._moments(line, line.value), None)
            if end is None:
                return None
            if not isinstance(end, dt.datetime):
                self.fault(line, "DTEND is a date, but DTSTART is a time")
                return None
            # By the wall clock of one zone: what a clock change makes of it, the class's day will tell.
            wall = zone.wall(end)
            length = wall - start
            if length < dt.timedelta():
                self.fault(line, f"ends at {wall:%Y-%m-%d %H:%M}, but starts at {start:%Y-%m-%d %H:%M}")
                return None
        elif lasting:
            read = self._duration(lasting, lasting.value)
            if read is None:
                return None
            length = read
            if length < dt.timedelta():
                self.fault(lasting, "has zero length")
                return None
        else:
            length = dt.timedelta()
        if not length:
            changes = any(other.name == "RECURRENCE-ID" for other in self.block.lines)
            if not (cancelled and changes):
                self.fault(
                    line or lasting or self.first("DTSTART"), f"{called} is a point in time, not a class", note=True
                )
            return None
        return length

    def _duration(self, line: Line, text: str) -> dt.timedelta | None:
        import icalendar

        try:
            length: Any = icalendar.vDuration.from_ical(text.strip().upper())  # type: ignore[no-untyped-call]
        except (ValueError, OverflowError) as error:
            self.fault(line, f"{line.name} cannot be read: {error}")
            return None
        return dt.timedelta(seconds=length.total_seconds())

    def _rules(self, called: str, *, zoned: bool) -> list[Rule]:
        rules: list[Rule] = []
        for line in self.lines["RRULE"]:
            try:
                rule = Rule(line.value)
            except ValueError as error:
                self.fault(line, str(error))
                continue
            rules.append(rule)
            if rule.ignored:
                self.fault(line, f"RRULE: {' and '.join(rule.ignored)} has no effect and is ignored", note=True)
            if rule.until and not isinstance(rule.until, dt.datetime):
                self.fault(line, f"RRULE: UNTIL is a date, but DTSTART is a time; {rule.until} is included", note=True)
            elif rule.until and not rule.utc and zoned:
                self.fault(line, "RRULE: UNTIL has no time zone; the time zone of DTSTART is used", note=True)
            if not rule.ends:
                self.fault(line, f"{called} repeats without end", note=True)
        return rules


def _zoned(start: Line) -> bool:
    """Whether DTSTART says in which zone it is."""
    return "TZID" in start.parameters or start.value.upper().endswith("Z")


def _text(value: str) -> str:
    """A text without its escapes, in one line."""
    return clean(re.sub(r"\\(.)", lambda found: " " if found[1] in "nN" else found[1], value))
