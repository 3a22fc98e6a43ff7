"""One event of a calendar, read as leniently as its properties allow."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from airflow_provider_rooms.timetable.ical.people import attendees, organizer
from airflow_provider_rooms.timetable.ical.rules import Rule, read_moment
from airflow_provider_rooms.timetable.ical.zones import UTC
from airflow_provider_rooms.timetable.model import NOT_A_VALUE, Problem, clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow_provider_rooms.timetable.ical.file import Block, Line
    from airflow_provider_rooms.timetable.ical.zones import Zone, Zones

#: A moment (aware), a time by the clocks of the series (without a zone), or one of its days.
When = dt.datetime | dt.date

#: An earlier start would make every look at a daily series step through centuries.
_FIRST_YEAR = 1970
#: Calendars that say what somebody answered or proposes, not what takes place (RFC 5546).
ANSWERS = frozenset({"REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"})


class _Policy(NamedTuple):
    """What becomes of an event if a property of it is not as it should be.

    :param twice: refuse the event unless both are the same; use the first one; or use all.
    :param empty: refuse the event; use the property as if it were not there, with a note or without.
    :param unreadable: refuse the event, or ignore the property with a note.
    """

    twice: Literal["refuse", "first", "all"]
    empty: Literal["refuse", "note", "ignore"]
    unreadable: Literal["refuse", "note"]


#: What of an event is read. What decides when a class takes place refuses the event if it cannot be read; nothing else does.
_PROPERTIES = {
    "UID": _Policy("refuse", "ignore", "refuse"),
    "RECURRENCE-ID": _Policy("refuse", "refuse", "refuse"),
    "DTSTART": _Policy("refuse", "refuse", "refuse"),
    "DTEND": _Policy("refuse", "refuse", "refuse"),
    "DURATION": _Policy("refuse", "refuse", "refuse"),
    "RRULE": _Policy("all", "note", "refuse"),
    "RDATE": _Policy("all", "note", "refuse"),
    "EXDATE": _Policy("all", "note", "refuse"),
    "EXRULE": _Policy("all", "note", "refuse"),
    "STATUS": _Policy("all", "ignore", "note"),
    "SEQUENCE": _Policy("first", "note", "note"),
    "DTSTAMP": _Policy("first", "ignore", "note"),
    "SUMMARY": _Policy("first", "ignore", "note"),
    "LOCATION": _Policy("first", "ignore", "note"),
    "ORGANIZER": _Policy("first", "ignore", "note"),
    "ATTENDEE": _Policy("all", "ignore", "note"),
}


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


class _Reader:
    def __init__(self, block: Block, zones: Zones, problems: list[Problem]) -> None:
        self._block, self._zones, self._problems = block, zones, problems
        self._refused = False
        self._starts: When | None = None
        self._lines: dict[str, list[Line]] = {name: [] for name in _PROPERTIES}
        for line in self._usable():
            self._lines[line.name].append(line)

    # -- lines ----------------------------------------------------------------------------------------------------------

    def _usable(self) -> Iterator[Line]:
        """The lines of properties that are read, each as its policy says."""
        first: dict[str, Line] = {}
        before = ""
        for line in self._block.lines:
            policy = _PROPERTIES.get(line.name)
            if not line.is_property:
                # Either a property cut short, or the rest of the one before, which lost the space it should begin with.
                broken = _PROPERTIES.get(line.name if policy else before)
                self._fault(line, f"is no property: {line.text[:40]!r}", note=not broken or broken.unreadable == "note")
                continue
            before = line.name
            if policy is None:
                continue
            if not line.value:
                if policy.empty != "ignore":
                    self._fault(line, f"{line.name} is empty", note=policy.empty == "note")
                continue
            if policy.twice != "all" and line.name in first:
                same = first[line.name].text == line.text
                refused = policy.twice == "refuse" and not same
                text = f"the event has {line.name} twice"
                self._fault(line, text if refused else f"{text}; the first one is used", note=not refused)
                continue
            first.setdefault(line.name, line)
            yield line

    def _first(self, name: str) -> Line | None:
        return next(iter(self._lines[name]), None)

    def _value(self, name: str) -> str:
        line = self._first(name)
        return line.value if line else ""

    def _fault(self, line: Line | None, text: str, *, note: bool = False) -> None:
        self._problems.append(Problem(line.number if line else self._block.line, text, note))
        self._refused = self._refused or not note

    # -- the event ------------------------------------------------------------------------------------------------------

    def event(self, method: str) -> Event:
        uid = self._value("UID")
        about = self._first("RECURRENCE-ID")
        changes = any(line.name == "RECURRENCE-ID" for line in self._block.lines)
        title = _text(self._value("SUMMARY"))
        cancelled = method == "CANCEL" or any(line.value.upper() == "CANCELLED" for line in self._lines["STATUS"])
        planned = self._planned(about) if about else None
        meeting = self._meeting(repr(title[:60]) if title else "the event", cancelled=cancelled)
        return Event(
            line=self._block.line,
            uid="" if uid.lower() in NOT_A_VALUE else uid,
            title=title,
            changes=changes,
            planned=planned,
            for_good=about is not None and about.parameters.get("RANGE", "").upper() == "THISANDFUTURE",
            cancelled=cancelled,
            version=(self._sequence(), self._value("DTSTAMP")),
            text=frozenset(
                line.text
                for name, lines in self._lines.items()
                if name not in ("SEQUENCE", "DTSTAMP")
                for line in lines
            ),
            extra=self._extra(),
            starts=self._starts,
            meeting=None if self._refused else meeting,
        )

    def _sequence(self) -> int:
        line = self._first("SEQUENCE")
        try:
            return int(line.value) if line else 0
        except ValueError:
            self._fault(line, "SEQUENCE is no number", note=True)
            return 0

    def _extra(self) -> dict[str, str]:
        """Organiser, attendees and location, as far as they can be used."""
        people, others = attendees(self._lines["ATTENDEE"])
        if others:
            listed = ", ".join(f"{count} {reason}" for reason, count in others.items())
            self._fault(self._first("ATTENDEE"), f"attendees left out: {listed}", note=True)
        host = self._first("ORGANIZER")
        found = {"organizer": organizer(host), "attendees": people, "location": _text(self._value("LOCATION"))}
        if host and not found["organizer"]:
            self._fault(host, "ORGANIZER is no mail address; it was left out", note=True)
        return {name: text for name, text in found.items() if text}

    # -- when -----------------------------------------------------------------------------------------------------------

    def _meeting(self, called: str, *, cancelled: bool) -> Meeting | None:
        line = self._first("DTSTART")
        if line is None or line.value.lower() in NOT_A_VALUE:
            if not any(other.name == "DTSTART" for other in self._block.lines) or line:
                self._fault(line, "the event has no DTSTART", note=cancelled)
            return None
        found = self._start(line)
        if found is None:
            return None
        start, zone = found
        self._starts = start.replace(tzinfo=zone.clock) if isinstance(start, dt.datetime) and zone else start
        if not isinstance(start, dt.datetime) or zone is None:
            self._fault(line, f"{called} is for a whole day, not a class", note=True)
            return None
        if start.year < _FIRST_YEAR:
            self._fault(line, f"begins in the year {start.year}")
        length = self._length(called, start, zone, cancelled=cancelled)
        rules = self._rules(called)
        added = [pair for one in self._lines["RDATE"] for pair in self._added(one, zone)]
        left_out = [(one.number, tuple(self._moments(one, *self._pieces(one)))) for one in self._lines["EXDATE"]]
        for one in self._lines["EXRULE"]:
            self._fault(one, "EXRULE is out of use and not read; name the dates that are left out in EXDATE")
        if length is None:
            return None
        return Meeting(start=start, zone=zone, length=length, rules=rules, added=added, left_out=left_out)

    def _start(self, line: Line) -> tuple[When, Zone | None] | None:
        """DTSTART by the clocks of its zone, or a date."""
        try:
            moment, utc = read_moment(line.value)
        except ValueError as error:
            self._fault(line, f"{line.name} cannot be read: {error}")
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
                self._fault(line, f"{line.name} names no time zone; give timezone=, or X-WR-TIMEZONE in the file")
        return (moment, zone) if zone else None

    def _zone(self, line: Line, called: str, *, utc: bool) -> Zone | None:
        zone = self._zones.named(called)
        if zone is None:
            self._fault(
                line, f"unknown time zone {called!r}; use an IANA name such as America/Chicago, or bring its VTIMEZONE"
            )
        elif utc and zone.clock is not UTC:
            self._fault(line, f"{line.name} is in UTC by its Z, and in {zone.shown.key} by its TZID: which?")
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
        start = self._first("DTSTART")
        if start and "T" in start.value.upper() and line.name != "DTEND":
            if not all(isinstance(one, dt.datetime) for one in found):
                self._fault(line, f"{line.name} is a date, DTSTART a time: all of that day is meant", note=True)
            zoned = "TZID" in start.parameters or start.value.upper().endswith("Z")
            if zoned and any(isinstance(one, dt.datetime) and not one.tzinfo for one in found):
                self._fault(line, f"{line.name} names no time zone; read in that of DTSTART", note=True)
        yield from found

    def _moment(self, line: Line, text: str) -> When | None:
        try:
            moment, utc = read_moment(text)
        except ValueError as error:
            self._fault(line, f"{line.name} cannot be read: {error}")
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
            self._fault(line, f"{line.name} has an empty entry, ignored", note=True)
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
                        self._fault(line, f"{line.name} cannot be read: {piece[:40]!r} is no period")
                        continue
                    length = zone.wall(end) - zone.wall(moment)
                if length is not None and length <= dt.timedelta():
                    self._fault(line, f"{line.name} has a period that lasts no time at all")
                yield moment, length

    def _length(self, called: str, start: dt.datetime, zone: Zone, *, cancelled: bool) -> dt.timedelta | None:
        """How long it lasts, by the clocks of its zone; None if it is not a class."""
        line, lasting = self._first("DTEND"), self._first("DURATION")
        if line:
            end = next(self._moments(line, line.value), None)
            if end is None:
                return None
            if not isinstance(end, dt.datetime):
                self._fault(line, "DTEND is a date, DTSTART a time")
                return None
            # By the wall clock of one zone: what a clock change makes of it, the class's day will tell.
            wall = zone.wall(end)
            length = wall - start
            if length < dt.timedelta():
                self._fault(line, f"ends at {wall:%Y-%m-%d %H:%M}, but starts at {start:%Y-%m-%d %H:%M}")
                return None
        elif lasting:
            read = self._duration(lasting, lasting.value)
            if read is None:
                return None
            length = read
            if length < dt.timedelta():
                self._fault(lasting, "lasts no time at all")
                return None
        else:
            length = dt.timedelta()
        if not length:
            changes = any(other.name == "RECURRENCE-ID" for other in self._block.lines)
            if not (cancelled and changes):
                self._fault(line or lasting or self._first("DTSTART"), f"{called} is a moment, not a class", note=True)
            return None
        return length

    def _duration(self, line: Line, text: str) -> dt.timedelta | None:
        import icalendar

        try:
            length: Any = icalendar.vDuration.from_ical(text.strip().upper())  # type: ignore[no-untyped-call]
        except (ValueError, OverflowError) as error:
            self._fault(line, f"{line.name} cannot be read: {error}")
            return None
        return dt.timedelta(seconds=length.total_seconds())

    def _rules(self, called: str) -> list[Rule]:
        rules: list[Rule] = []
        for line in self._lines["RRULE"]:
            try:
                rule = Rule(line.value)
            except ValueError as error:
                self._fault(line, str(error))
                continue
            rules.append(rule)
            if rule.ignored:
                self._fault(line, f"RRULE: {' and '.join(rule.ignored)} means nothing, ignored", note=True)
            if not rule.ends:
                self._fault(line, f"{called} repeats without end", note=True)
        return rules


def _text(value: str) -> str:
    """A text without its escapes, in one line."""
    return clean(re.sub(r"\\(.)", lambda found: " " if found[1] in "nN" else found[1], value))
