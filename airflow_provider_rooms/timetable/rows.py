"""Timetables made of rows: CSV files, and lists of weekly patterns.

A row with a ``date`` is about that one date: it stands in for the section's weekly rows there, moves the class (``moved to``,
another ``start``) or drops it (``cancelled``). A class keeps the date it was first planned for, and its title and other columns
where the row leaves them empty. A row whose ``status`` is cancelled drops all its classes.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from airflow_provider_rooms.timetable.clock import check_order, instant, place
from airflow_provider_rooms.timetable.columns import check_told
from airflow_provider_rooms.timetable.csv_file import csv_table
from airflow_provider_rooms.timetable.dates import check_dates
from airflow_provider_rooms.timetable.model import (
    BadRows,
    Class,
    Collision,
    Problem,
    Selection,
    Timetable,
    TimetableError,
    check_choices,
    refuse_or_keep,
)
from airflow_provider_rooms.timetable.patterns import read_patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from airflow_provider_rooms.timetable.clock import ClockChange
    from airflow_provider_rooms.timetable.columns import Told
    from airflow_provider_rooms.timetable.dates import DateOrder
    from airflow_provider_rooms.timetable.patterns import Pattern

# A row on one day: the pattern, and when it starts and ends there.
_Meeting: TypeAlias = "tuple[Pattern, dt.datetime, dt.datetime]"


@dataclass(frozen=True)
class RowTimetable(Timetable):
    """A timetable made of rows."""

    patterns: tuple[Pattern, ...] = ()
    unit: str = "line"

    def _select(
        self, first: dt.date, last: dt.date, open_on: Callable[[dt.date], bool], clock_change: ClockChange
    ) -> Selection:
        """Rows of the same section on the same date make one class, from the earliest start to the latest end."""
        usual: dict[tuple[str, str, str], list[Pattern]] = defaultdict(list)
        special: dict[tuple[tuple[str, str, str], dt.date], list[Pattern]] = defaultdict(list)
        for pattern in self.patterns:
            if pattern.date:
                special[pattern.group, pattern.date].append(pattern)
            else:
                usual[pattern.group].append(pattern)
        days = [day for day in _days(first, last) if open_on(day)]
        meetings: dict[tuple[tuple[str, str, str], dt.date], list[_Meeting]] = defaultdict(list)
        dropped: dict[tuple[tuple[str, str, str], dt.date], list[_Meeting]] = defaultdict(list)
        problems: list[Problem] = []

        def add(to: Any, pattern: Pattern, planned: dt.date, day: dt.date) -> None:
            try:
                meeting = _meeting(pattern, day, clock_change)
            except ValueError as error:
                problems.append(Problem(pattern.line, str(error), unit=self.unit))
            else:
                to[pattern.group, planned].append(meeting)

        for group, patterns in usual.items():
            for day in days:
                rows = [pattern for pattern in patterns if pattern.meets(day) and (group, day) not in special]
                kept = [row for row in rows if not row.cancelled]
                for row in kept or rows:
                    add(meetings if kept else dropped, row, day, day)
        for (group, planned), rows in special.items():
            weekly_rows = [row for row in usual[group] if row.meets(planned)]
            kept = [row for row in rows if not row.cancelled]
            for row in kept:
                if open_on(day := row.moved_to or planned):
                    add(meetings, row.filled_from(weekly_rows or usual[group]), planned, day)
            if not kept and open_on(planned):
                timed = [row.filled_from(weekly_rows) for row in rows if row.start] or weekly_rows
                if not timed:
                    text = f"cancels {' '.join(group[1:])} on {planned}, when it does not meet"
                    problems.append(Problem(rows[0].line, text, note=True, unit=self.unit))
                for row in timed:
                    add(dropped, row, planned, planned)
        return Selection(
            classes=tuple(_merge(planned, rows) for (_, planned), rows in meetings.items()),
            problems=tuple(problems),
            cancelled=tuple(_merge(planned, rows) for (_, planned), rows in dropped.items()),
            collisions=_collisions(meetings, self.unit),
        )


def weekly(
    patterns: Iterable[Mapping[str, Any]],
    *,
    source: str = "timetable",
    bad_rows: BadRows = "refuse",
    timezone: str | None = None,
) -> Timetable:
    """A timetable from weekly patterns, each a dict with the columns of a CSV timetable.

    :param patterns: such as ``{"course": "ALG 101", "section": "A", "days": "MWF", "start": "09:00", "end": "09:50",
        "timezone": "Europe/Berlin"}``; times and dates may be ``datetime.time`` and ``datetime.date``.
    :param bad_rows: ``refuse`` raises if any pattern is bad, ``skip`` skips it and reports it in ``problems``.
    :param timezone: IANA zone for patterns that have none.
    :raises TimetableError: the message lists every bad pattern by its number, from 1.
    """
    zone = check_choices(bad_rows, timezone)
    rows = list(patterns)
    header = list(dict.fromkeys(str(key) for row in rows for key in row))
    numbered = enumerate(
        (["" if row.get(key) is None else str(row[key]) for key in header] for row in rows),
        start=1,
    )
    return _timetable(1, header, numbered, [], source=source, bad_rows=bad_rows, zone=zone, unit="row")


def parse_rows(
    text: str,
    source: str,
    bad_rows: BadRows,
    zone: ZoneInfo | None,
    *,
    columns: Told | None = None,
    dates: DateOrder | None = None,
) -> Timetable:
    """A timetable from CSV text.

    :param columns: which column is what, where the header does not say so.
    :param dates: whether month or day comes first in dates such as 01/02/2027.
    """
    told = check_told(columns)
    check_dates(dates)
    problems: list[Problem] = []
    line, header, rows = csv_table(text, told, problems)
    if not header and not problems:
        raise TimetableError(source, [Problem(1, "is empty: expected a header, such as course,section,days,start,end")])
    return _timetable(
        *(line, header, rows, problems),
        source=source,
        bad_rows=bad_rows,
        zone=zone,
        unit="line",
        told=told,
        dates=dates,
    )


def _timetable(
    line: int,
    header: list[str],
    rows: Iterable[tuple[int, list[str]]],
    problems: list[Problem],
    *,
    source: str,
    bad_rows: BadRows,
    zone: ZoneInfo | None,
    unit: str,
    told: Mapping[str, tuple[str, ...]] | None = None,
    dates: DateOrder | None = None,
) -> Timetable:
    patterns = read_patterns(line, header, rows, problems, source=source, zone=zone, told=told, dates=dates)
    found = tuple(replace(problem, unit=unit) for problem in sorted(problems, key=lambda problem: problem.line))
    refuse_or_keep(source, found, bad_rows)
    return RowTimetable(source, found, bad_rows, tuple(patterns), unit)


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for number in range((last - first).days + 1):
        yield first + dt.timedelta(days=number)


def _meeting(pattern: Pattern, day: dt.date, clock_change: ClockChange) -> _Meeting:
    if pattern.start is None or pattern.end is None:
        raise ValueError("has no start or end")
    end_day = day if pattern.end > pattern.start else day + dt.timedelta(days=1)
    start = place(day, pattern.start, pattern.zone, clock_change)
    end = place(end_day, pattern.end, pattern.zone, clock_change)
    check_order(start, end, day)
    return pattern, start, end


def _merge(planned: dt.date, rows: Sequence[_Meeting]) -> Class:
    """One class of all the rows of one section on one date, the same in whatever order they stand."""
    first, starts_at, _ = min(rows, key=lambda row: (instant(row[1]), row[0].zone.key, row[0].title))
    _, _, ends_at = max(rows, key=lambda row: (instant(row[2]), row[0].zone.key))
    term = (first.term,) if first.term else ()
    return Class(
        key=(*term, first.course, first.section, planned.isoformat()),
        date=planned,
        title=first.title,
        starts_at=starts_at,
        ends_at=ends_at,
        term=first.term,
        course=first.course,
        section=first.section,
        extra=first.extra,
    )


def _collisions(
    meetings: Mapping[tuple[tuple[str, str, str], dt.date], Sequence[_Meeting]], unit: str
) -> tuple[Collision, ...]:
    dates: dict[tuple[tuple[int, ...], tuple[str, str, str]], list[dt.date]] = defaultdict(list)
    for (group, planned), rows in meetings.items():
        if len(rows) > 1:
            dates[tuple(sorted(row[0].line for row in rows)), group].append(planned)
    return tuple(
        Collision(" ".join(group[1:]), lines, tuple(sorted(days)), unit)
        for (lines, group), days in sorted(dates.items())
    )
