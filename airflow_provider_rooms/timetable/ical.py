"""Timetables in iCalendar (RFC 5545): RRULE, RDATE, EXDATE, RECURRENCE-ID, VTIMEZONE.

A series is known by its UID, one of its classes by the date it was first planned for (RECURRENCE-ID), in the zone of the
series: moving one class of it to another hour or day keeps its key. An event that does not repeat is known by its UID alone.

``icalendar`` and ``recurring-ical-events`` do the reading and the repeating. What is added here: line numbers for everything that
is wrong, IANA zones whatever a zone is called in the file, and honesty about clock changes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow_provider_rooms.timetable.clock import check_order, place, read_zone
from airflow_provider_rooms.timetable.ical_file import components
from airflow_provider_rooms.timetable.model import (
    NOT_A_VALUE,
    BadRows,
    Class,
    Problem,
    Selection,
    Timetable,
    clean,
    refuse_or_keep,
)
from airflow_provider_rooms.timetable.zones import iana_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow_provider_rooms.timetable.clock import ClockChange
    from airflow_provider_rooms.timetable.ical_file import Event, Line

#: What of an event is read. The rest (alarms, descriptions, attachments) is left out before it is parsed.
_READ = frozenset(
    {
        *("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"),
        *("SUMMARY", "STATUS", "SEQUENCE", "LOCATION", "ORGANIZER", "ATTENDEE"),
    }
)
_TIMES = frozenset({"DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID"})
_ONCE = frozenset({"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID"})
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
#: An earlier start would make every look at a daily series step through centuries.
_FIRST_YEAR = 1970
_TZID = re.compile(r';TZID=(?:"([^"]*)"|([^;:]*))', re.IGNORECASE)
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class _Series:
    """All that the file says about one UID.

    :param zone: where the series lives; its dates are dates there.
    :param repeats: whether there may be more than one class of it.
    :param moved: by how much it moved for good, by the class from which on it did.
    """

    uid: str
    line: int
    zone: ZoneInfo
    repeats: bool
    query: Any
    moved: Mapping[dt.datetime, dt.timedelta]


@dataclass(frozen=True)
class CalendarTimetable(Timetable):
    """A timetable out of an iCalendar file."""

    series: tuple[_Series, ...] = ()
    zone: ZoneInfo | None = None

    def _select(
        self, first: dt.date, last: dt.date, open_on: Callable[[dt.date], bool], clock_change: ClockChange
    ) -> Selection:
        classes: dict[tuple[str, ...], Class] = {}
        cancelled: dict[tuple[str, ...], Class] = {}
        problems: list[Problem] = []
        for series in self.series:
            # A day more on both sides: the libraries' days are not always days in the event's zone.
            for event in series.query.between(first - _DAY, last + 2 * _DAY):
                try:
                    one = self._class(series, event, open_on, clock_change)
                except ValueError as error:
                    problems.append(Problem(series.line, str(error)))
                    continue
                if one is None:
                    continue
                found = cancelled if str(event.get("STATUS", "")).upper() == "CANCELLED" else classes
                found[one.key] = _joined(found[one.key], one) if one.key in found else one
        return Selection(tuple(classes.values()), tuple(problems), tuple(cancelled.values()))

    def _class(
        self, series: _Series, event: Any, open_on: Callable[[dt.date], bool], clock_change: ClockChange
    ) -> Class | None:
        """One occurrence as a class, or None if it is on another day."""
        start, end = event.start, event.end
        if not isinstance(start, dt.datetime):
            return None
        if not open_on(self._local(start).date()):
            return None
        starts_at, ends_at = (self._placed(moment, clock_change) for moment in (start, end))
        check_order(starts_at, ends_at, starts_at.date())
        planned = event["RECURRENCE-ID"].dt if "RECURRENCE-ID" in event else start
        if planned in series.moved:  # all that follow have this same RECURRENCE-ID
            planned = start - series.moved[planned]
        planned = planned.astimezone(series.zone).date()
        return Class(
            key=(series.uid, planned.isoformat()) if series.repeats else (series.uid,),
            date=planned,
            title=clean(str(event.get("SUMMARY", ""))),
            starts_at=starts_at,
            ends_at=ends_at,
            extra=_people_and_place(event),
        )

    def _local(self, moment: dt.datetime) -> dt.datetime:
        """The moment in its zone; one in UTC is shown in the calendar's own zone, where there is one."""
        if self.zone and str(moment.tzinfo) == "UTC":
            return moment.astimezone(self.zone)
        return moment

    def _placed(self, moment: dt.datetime, clock_change: ClockChange) -> dt.datetime:
        if str(moment.tzinfo) == "UTC":
            return self._local(moment.astimezone(dt.UTC)).astimezone(self.zone or ZoneInfo("UTC"))
        zone = read_zone(str(moment.tzinfo))
        if zone is None:  # pragma: no cover - every TZID was replaced by an IANA name when it was read
            raise ValueError(f"unknown time zone {moment.tzinfo}")
        return place(moment.date(), moment.time().replace(fold=0), zone, clock_change)


def parse_calendar(text: str, source: str, bad_rows: BadRows, zone: ZoneInfo | None) -> Timetable:
    """A timetable from iCalendar text.

    :param zone: for times that name no zone, where the calendar names none either.
    :raises TimetableError: it is no calendar, or bad events are refused; names every bad line.
    """
    try:
        import icalendar  # noqa: F401
        import recurring_ical_events  # noqa: F401
    except ImportError as error:
        raise RuntimeError(
            f"Reading {source} needs {error.name}: pip install 'airflow-provider-rooms[calendar]'."
        ) from None
    problems: list[Problem] = []
    events, zones, own_zone = components(text, source)
    if own_zone and (named := iana_name(own_zone.value.strip(), None)):
        zone = ZoneInfo(named)
    by_uid: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if _parse(event, zones, zone, problems):
            by_uid[str(event.parsed["UID"])].append(event)
    series = [one for uid, group in by_uid.items() if (one := _series(uid, group, problems))]
    problems.sort(key=lambda problem: problem.line)
    refuse_or_keep(source, problems, bad_rows)
    return CalendarTimetable(source, tuple(problems), bad_rows, tuple(series), zone)


# -- one event ----------------------------------------------------------------------------------------------------------


def _parse(event: Event, zones: Mapping[str, Sequence[str]], default: ZoneInfo | None, problems: list[Problem]) -> bool:
    """Read an event; False after what is wrong with it went to the problems."""
    import icalendar

    before = len(problems)

    def fault(line: Line | None, text: str, *, note: bool = False) -> None:
        problems.append(Problem(line.number if line else event.line, text, note))

    for line in event.lines:
        if ":" not in line.text:
            fault(line, f"is no property: {line.text[:40]!r}")
        if line.name in _ONCE and event.first(line.name) is not line:
            fault(line, f"the event has {line.name} twice")
    start = event.first("DTSTART")
    for name, there in (("UID", event.first("UID")), ("DTSTART", start)):
        if there is None or not there.value.strip() or there.value.strip().lower() in NOT_A_VALUE:
            fault(there, f"the event has no {name}")
    if len(problems) > before:
        return False
    if start and re.fullmatch(r"\d{8}", start.value.strip()):
        fault(start, f"{_called(event)} is for a whole day, not a class", note=True)
        return False
    texts = [_in_iana(line, zones, default, fault) for line in event.lines if line.name in _READ]
    if len(problems) > before:
        return False
    block = "\r\n".join(["BEGIN:VEVENT", *texts, "END:VEVENT", ""])
    try:
        parsed = icalendar.Event.from_ical(block)
    except ValueError as error:
        fault(None, f"cannot be read: {error}")
        return False
    for broken, text in parsed.errors:
        fault(event.first(broken or ""), f"{broken or 'a property'} cannot be read: {text}")
    if len(problems) > before:
        return False
    event.parsed = parsed
    _check_times(event, fault)
    _check_rule(event, fault)
    return not any(not problem.note for problem in problems[before:])


def _called(event: Event) -> str:
    summary = event.first("SUMMARY")
    return repr(clean(summary.value)[:60]) if summary else "the event"


def _in_iana(
    line: Line, zones: Mapping[str, Sequence[str]], default: ZoneInfo | None, fault: Callable[..., None]
) -> str:
    """The line's text; a time has its zone under its IANA name, the default one where it names none."""
    if line.name not in _TIMES:
        return line.text
    head = line.text[: -len(line.value)]
    if found := _TZID.search(head):
        called = str(found[1] if found[1] is not None else found[2])
        named = iana_name(called, zones.get(called))
        if named is None:
            fault(
                line, f"unknown time zone {called!r}; use an IANA name such as America/Chicago, or bring its VTIMEZONE"
            )
            return line.text
        if re.search(r"\d{6}Z", line.value, re.IGNORECASE):
            fault(line, f"{line.name} is in UTC by its Z, and in {named} by its TZID: which?")
            return line.text
        return f"{_TZID.sub('', head)[:-1]};TZID={named}:{line.value}"
    if re.search(r"\d{8}T\d{6}(?!Z)", line.value, re.IGNORECASE):
        if default is None:
            fault(line, f"{line.name} names no time zone; give timezone=, or X-WR-TIMEZONE in the file")
            return line.text
        return f"{head[:-1]};TZID={default.key}:{line.value}"
    return line.text


def _check_times(event: Event, fault: Callable[..., None]) -> None:
    parsed = event.parsed
    start = parsed["DTSTART"].dt
    if not isinstance(start, dt.datetime):
        fault(event.first("DTSTART"), "DTSTART is no time")
        return
    for line in event.lines:
        # A date meets no class of a series of times, and would be a class at midnight itself.
        if line.name in ("RECURRENCE-ID", "RDATE") and re.search(r"(?:^|,)\d{8}(?:,|$)", line.value.strip()):
            fault(line, f"{line.name} is a date, DTSTART a time")
    if start.year < _FIRST_YEAR:
        fault(event.first("DTSTART"), f"begins in the year {start.year}")
    if "DTEND" in parsed:
        end = parsed["DTEND"].dt
        if not isinstance(end, dt.datetime):
            fault(event.first("DTEND"), "DTEND is a date, DTSTART a time")
        elif end <= start:  # by the wall clock of one zone: what a clock change makes of it, the class's day will tell
            fault(event.first("DTEND"), f"ends at {end:%Y-%m-%d %H:%M}, but starts at {start:%Y-%m-%d %H:%M}")
    elif "DURATION" not in parsed:
        fault(None, f"{_called(event)} has no end")
    elif parsed["DURATION"].dt <= dt.timedelta():
        fault(event.first("DURATION"), "lasts no time at all")


def _check_rule(event: Event, fault: Callable[..., None]) -> None:
    if line := event.first("EXRULE"):
        fault(line, "EXRULE is out of use and not read; name the dates that are left out in EXDATE")
    line = event.first("RRULE")
    if line is None:
        return
    rule = event.parsed["RRULE"]
    often = [str(part) for part in rule.get("FREQ", [])]
    if not often:
        fault(line, "RRULE has no FREQ")
    elif often[0] in _TOO_OFTEN:
        fault(line, f"repeats {often[0].lower()}; a class repeats daily at most")
    elif "COUNT" not in rule and "UNTIL" not in rule:
        fault(line, f"{_called(event)} repeats without end", note=True)


def _people_and_place(event: Any) -> dict[str, str]:
    """Organiser, attendees and location, without ``mailto:``."""
    listed = event.get("ATTENDEE", [])
    people = listed if isinstance(listed, list) else [listed]
    found = {
        "organizer": _address(event.get("ORGANIZER", "")),
        "attendees": "; ".join(map(_address, people)),
        "location": clean(str(event.get("LOCATION", ""))),
    }
    return {name: text for name, text in found.items() if text}


def _address(value: Any) -> str:
    """``"Ada Lovelace" <ada@example.org>``, or the address alone."""
    address = re.sub("^mailto:", "", str(value).strip(), flags=re.IGNORECASE)
    name = re.sub(r'["<>\x00-\x1f]', "", clean(str(getattr(value, "params", {}).get("CN", ""))))
    return f'"{name}" <{address}>' if name else address


def _joined(one: Class, other: Class) -> Class:
    """Two meetings of a series that were planned for the same date: one class, from the first start to the last end."""
    first, last = min(one, other, key=lambda part: part.starts_at), max(one, other, key=lambda part: part.ends_at)
    return Class(
        key=first.key,
        date=first.date,
        title=first.title,
        starts_at=first.starts_at,
        ends_at=last.ends_at,
        extra=first.extra,
    )


# -- a series -----------------------------------------------------------------------------------------------------------


def _series(uid: str, events: list[Event], problems: list[Problem]) -> _Series | None:
    import icalendar
    import recurring_ical_events

    masters = [event for event in events if "RECURRENCE-ID" not in event.parsed]
    for event in masters[1:]:
        problems.append(Problem(event.line, f"has the UID of the event in line {masters[0].line}"))
        events.remove(event)
    master = masters[0] if masters else events[0]
    calendar = icalendar.Calendar()
    for event in events:
        calendar.add_component(event.parsed)
    try:
        query = recurring_ical_events.of(calendar)
        start = master.parsed["DTSTART"].dt
        query.between(start, start + _DAY)  # some faults show only when the series is gone through
    except (ValueError, TypeError, OverflowError, KeyError) as error:
        problems.append(Problem(master.line, f"{_called(master)} cannot be repeated: {error}"))
        return None
    repeats = not masters or len(events) > 1 or any(name in master.parsed for name in ("RRULE", "RDATE"))
    zone = read_zone(str(start.tzinfo)) or ZoneInfo("UTC")
    return _Series(uid, master.line, zone, repeats, query, dict(_moved_for_good(events, zone)))


def _for_good(planned: Any) -> bool:
    """Whether what a RECURRENCE-ID says is said of all that follow as well."""
    return str(planned.params.get("RANGE", "")).upper() == "THISANDFUTURE"


def _moved_for_good(events: Sequence[Event], zone: ZoneInfo) -> Iterator[tuple[dt.datetime, dt.timedelta]]:
    for event in events:
        planned = event.parsed.get("RECURRENCE-ID")
        if planned is None or not _for_good(planned):
            continue
        # Both by the clock of one zone.
        yield planned.dt, event.parsed["DTSTART"].dt.astimezone(zone) - planned.dt.astimezone(zone)
