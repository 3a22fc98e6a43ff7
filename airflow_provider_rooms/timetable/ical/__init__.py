"""Timetables in iCalendar (RFC 5545): RRULE, RDATE, EXDATE, RECURRENCE-ID, VTIMEZONE.

A series is known by its UID, one of its classes by the date it was first planned for (RECURRENCE-ID), in the zone of the
series: moving one class of it to another hour or day keeps its key. Where a series has several classes on one date, the planned
time is part of their keys. An event that does not repeat is known by its UID alone, one without a UID by its title and date.

From bytes to classes: :mod:`file` takes calendars apart, :mod:`zones` finds their zones, :mod:`event` reads one event,
:mod:`series` puts the events of one UID together, with :mod:`rules` for what repeats and :mod:`people` for whom it invites.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from airflow_provider_rooms.extras import CALENDARS
from airflow_provider_rooms.timetable.clock import check_order
from airflow_provider_rooms.timetable.ical.event import ANSWERS, read_event
from airflow_provider_rooms.timetable.ical.file import calendars
from airflow_provider_rooms.timetable.ical.series import Series, build, newest
from airflow_provider_rooms.timetable.ical.zones import Zones
from airflow_provider_rooms.timetable.model import BadRows, Class, Problem, Selection, Timetable, refuse_or_keep

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from airflow_provider_rooms.timetable.clock import ClockChange
    from airflow_provider_rooms.timetable.ical.event import Event
    from airflow_provider_rooms.timetable.ical.series import Occurrence


@dataclass(frozen=True)
class CalendarTimetable(Timetable):
    """A timetable out of an iCalendar file."""

    series: tuple[Series, ...] = ()

    def _select(
        self, first: dt.date, last: dt.date, open_on: Callable[[dt.date], bool], clock_change: ClockChange
    ) -> Selection:
        classes: list[Class] = []
        cancelled: list[Class] = []
        problems: list[Problem] = []
        lines: dict[tuple[str, ...], int] = {}
        for series in self.series:
            for one in series.occurrences(first, last):
                if not open_on(one.zone.day(one.start)):
                    continue
                try:
                    found = _class(series, one, clock_change)
                except (ValueError, OverflowError) as error:
                    problems.append(Problem(one.event.line, str(error)))
                    continue
                if (before := lines.setdefault(found.key, series.line)) != series.line:
                    text = f"cannot be distinguished from the event in line {before}: same title and start, and no UID"
                    problems.append(Problem(series.line, text))
                    continue
                (cancelled if one.cancelled else classes).append(found)
        return Selection(tuple(classes), tuple(problems), tuple(cancelled))


def _class(series: Series, one: Occurrence, clock_change: ClockChange) -> Class:
    """One occurrence as a class.

    :raises ValueError: the clocks change, and it cannot be placed.
    """
    starts_at, ends_at = (one.zone.placed(wall, clock_change) for wall in (one.start, one.start + one.length))
    check_order(starts_at, ends_at, starts_at.date())
    return Class(
        key=series.key_of(one.planned),
        date=series.zone.day(one.planned),
        title=one.event.title,
        starts_at=starts_at,
        ends_at=ends_at,
        extra=one.event.extra,
    )


def parse_calendar(data: bytes, source: str, bad_rows: BadRows, zone: ZoneInfo | None) -> Timetable:
    """A timetable from an iCalendar file.

    :param zone: for times that name no zone, where the calendar names none either.
    :raises MissingExtraError: a library is not installed.
    :raises TimetableError: it is no calendar, or bad events are refused; names every bad line.
    """
    CALENDARS.require()
    problems: list[Problem] = []
    events: list[Event] = []
    for calendar in calendars(data, source, problems):
        line = calendar.first("METHOD")
        method = line.value.upper() if line else ""
        if line and method in ANSWERS:
            text = f"METHOD:{method} is a reply or a proposal, so its {len(calendar.events)} events are not classes"
            problems.append(Problem(line.number, text, note=True))
            continue
        zones = Zones(calendar, zone, problems)
        read = [read_event(block, zones, method, problems) for block in calendar.events]
        if zones.own is None and (
            event := next((event for event in read if event.meeting and event.meeting.zone == zones.utc), None)
        ):
            text = "times are in UTC and the calendar has no time zone, so people will see UTC; set timezone="
            problems.append(Problem(event.line, text, note=True))
        events += read
    series = [*_with_uid(events, problems), *_without_uid([event for event in events if not event.uid], problems)]
    found = tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.line))
    refuse_or_keep(source, found, bad_rows)
    return CalendarTimetable(source, found, bad_rows, tuple(series))


def _with_uid(events: Sequence[Event], problems: list[Problem]) -> Iterator[Series]:
    by_uid: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.uid:
            by_uid[event.uid].append(event)
    for uid, group in by_uid.items():
        if series := build((uid,), group, problems, repeats=False):
            yield series


def _without_uid(events: Sequence[Event], problems: list[Problem]) -> list[Series]:
    """Events without a UID, which are known by their title and date: each is a series of its own, with a key that it shares.

    A change of one class belongs to the series that plans a class then, of the same title if there are several.
    """
    usable = [event for event in events if event.meeting and not event.changes]
    if usable:
        text = (
            f"{len(usable)} events have no UID, so their keys are built from title and date; a new title "
            "means a new room"
        )
        problems.append(Problem(usable[0].line, text, note=True))
    versions: dict[tuple[str, object, object], list[Event]] = defaultdict(list)
    for event in usable:
        if event.title:
            versions[event.title, event.starts, event.text if event.meeting and event.meeting.rules else ()].append(
                event
            )
        else:
            problems.append(Problem(event.line, "the event has neither UID nor SUMMARY; add a UID"))
    masters = [newest(same, problems) for same in versions.values()]
    changes: dict[int, list[Event]] = defaultdict(list)
    for event in (event for event in events if event.changes):
        plans = [master for master in masters if _plans(master, event)]
        chosen = [master for master in plans if master.title == event.title] or plans
        if len(chosen) != 1:
            text = "changes a class, but has no UID that identifies it; add a UID"
            problems.append(Problem(event.line, text))
        for master in chosen:
            changes[master.line].append(event if len(chosen) == 1 else replace(event, meeting=None))
    built = [
        series
        for master in masters
        if (series := build((master.title,), [master, *changes[master.line]], problems, repeats=True))
    ]
    by_title: dict[tuple[str, ...], list[Series]] = defaultdict(list)
    for series in built:
        by_title[series.key].append(series)
    return [replace(series, peers=by_title[series.key]) for series in built]


def _plans(master: Event, change: Event) -> bool:
    """Whether the change is about a class of that series."""
    series = build((), [master, change], [], repeats=True)
    return series is not None and not series.extra and bool(series.changed)
