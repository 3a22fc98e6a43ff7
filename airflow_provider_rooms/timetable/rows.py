"""Timetables made of rows: CSV files, and lists of weekly patterns.

Each row says on which weekdays a section meets, and from when to when::

    course,section,days,start,end,timezone,title
    ALG 101,A,MWF,09:00,09:50,Europe/Berlin,Linear Algebra

A row with a ``date`` is about that one date: it stands in for the section's weekly rows there, moves the class (``moved to``,
another ``start``) or drops it (``cancelled``). A class keeps the date it was first planned for, and its title and other columns
where the row leaves them empty.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.timetable.clock import check_order, instant, place, read_clock, read_zone
from airflow_provider_rooms.timetable.model import (
    NOT_A_VALUE,
    BadRows,
    Class,
    Collision,
    Problem,
    Selection,
    Timetable,
    TimetableError,
    check_choices,
    clean,
    refuse_or_keep,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from airflow_provider_rooms.timetable.clock import ClockChange

# What each field may be called in the header, best first. Several columns in one entry are joined by a space.
COLUMNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "term": (("term",), ("semester",)),
    "course": (("course",), ("subject", "number")),
    "section": (("section",), ("group",)),
    "title": (("title",), ("name",)),
    "days": (("days",), ("weekdays",)),
    "start": (("start",), ("starts",), ("start time",)),
    "end": (("end",), ("ends",), ("end time",)),
    "timezone": (("timezone",), ("time zone",), ("tz",)),
    "first day": (("first day",),),
    "last day": (("last day",),),
    "date": (("date",),),
    "moved to": (("moved to",), ("moved_to",)),
    "cancelled": (("cancelled",), ("canceled",)),
}
OPTIONAL = frozenset({"term", "title", "first day", "last day", "date", "moved to", "cancelled"})
_DATES = ("first day", "last day", "date", "moved to")
# What stands for the section where a course has only one and its cell is empty.
ONLY_SECTION = "-"

# Monday is 0, as in date.weekday(). Thursday is R and Sunday is U, as universities write it.
WEEKDAYS = {letter: number for number, letter in enumerate("MTWRFSU")}
# What stands in the days column of a section that does not meet every week.
NO_PATTERN = frozenset({"", "TBA", "ARR"})
_YES_NO = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True, "x": True}


@dataclass(frozen=True)
class Pattern:
    """One row: a section meets on these weekdays, or on one date, at this wall-clock time.

    :param date: the one date that the row is about.
    :param moved_to: the date on which that class takes place instead.
    """

    line: int
    term: str
    course: str
    section: str
    title: str
    weekdays: frozenset[int]
    start: dt.time | None
    end: dt.time | None
    zone: ZoneInfo
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    date: dt.date | None = None
    moved_to: dt.date | None = None
    cancelled: bool = False
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def group(self) -> tuple[str, str, str]:
        """What the class is, whenever it meets."""
        return self.term, self.course, self.section

    def meets(self, day: dt.date) -> bool:
        """Whether this weekly row is about that day."""
        return (
            day.weekday() in self.weekdays
            and (self.first_day is None or self.first_day <= day)
            and (self.last_day is None or day <= self.last_day)
        )

    def filled_from(self, rows: Sequence[Pattern]) -> Pattern:
        """This row with what it leaves empty, title and other columns, as in the section's weekly rows."""
        if not rows:
            return self
        usual = min(rows, key=lambda row: (str(row.start), row.zone.key, row.title))
        own = {name: text for name, text in self.extra.items() if text}
        return replace(self, title=self.title or usual.title, extra={**usual.extra, **own})


# A row on one day: the pattern, and when it starts and ends there.
_Meeting = tuple[Pattern, dt.datetime, dt.datetime]


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

        for pattern in self.patterns:
            if pattern.date is None:
                for day in days:
                    if pattern.meets(day) and (pattern.group, day) not in special:
                        add(meetings, pattern, day, day)
        for (group, planned), rows in special.items():
            weekly_rows = [row for row in usual[group] if row.meets(planned)]
            kept = [row for row in rows if not row.cancelled]
            for row in kept:
                if open_on(day := row.moved_to or planned):
                    add(meetings, row.filled_from(weekly_rows or usual[group]), planned, day)
            if not kept and open_on(planned):
                timed = [row.filled_from(weekly_rows) for row in rows if row.start] or weekly_rows
                if not timed:
                    text = f"cancels {' '.join(group[1:])} on {planned}, which does not meet then"
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
    :param bad_rows: ``refuse`` raises when any pattern is bad, ``skip`` leaves it out and reports it in ``problems``.
    :param timezone: IANA zone for patterns that name none.
    :raises TimetableError: names every bad pattern by its number, from 1.
    """
    zone = check_choices(bad_rows, timezone)
    rows = list(patterns)
    header = list(dict.fromkeys(str(key) for row in rows for key in row))
    numbered = enumerate(
        (["" if row.get(key) is None else str(row[key]) for key in header] for row in rows),
        start=1,
    )
    return _timetable(1, header, numbered, [], source=source, bad_rows=bad_rows, zone=zone, unit="row")


def parse_rows(text: str, source: str, bad_rows: BadRows, zone: ZoneInfo | None) -> Timetable:
    """A timetable from CSV text."""
    problems: list[Problem] = []
    rows = _rows(text, problems)
    line, header = next(rows, (1, []))
    if not header and not problems:
        raise TimetableError(source, [Problem(1, "is empty: expected a header, such as course,section,days,start,end")])
    return _timetable(line, header, rows, problems, source=source, bad_rows=bad_rows, zone=zone, unit="line")


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
) -> Timetable:
    columns = _columns(source, line, header, zone)
    known = {place for places in columns.values() for place in places}
    others = {clean(name): number for number, name in enumerate(header) if number not in known and clean(name)}
    patterns: list[Pattern] = []
    for number, cells in rows:
        if any(cell.strip() for cell in cells[len(header) :]):
            problems.append(Problem(number, f"has {len(cells)} cells, the header has {len(header)}"))
            continue
        row = {name: " ".join(_texts(cells, places)) for name, places in columns.items()}
        extra = {name: clean(cells[place]) for name, place in others.items() if place < len(cells)}
        if pattern := _row(number, row, extra, zone, problems):
            patterns.append(pattern)
    found = tuple(Problem(one.line, one.text, one.note, unit) for one in problems)
    refuse_or_keep(source, found, bad_rows)
    return RowTimetable(source, found, bad_rows, tuple(patterns), unit)


def _rows(text: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank with the number of its first line; what is no CSV goes to the problems."""
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what = (
                "a quote is never closed, so nothing from here on could be read"
                if "end of data" in str(error)
                else error
            )
            problems.append(Problem(line, f"is no CSV: {what}"))
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _columns(source: str, line: int, header: list[str], zone: ZoneInfo | None) -> dict[str, tuple[int, ...]]:
    """Where each field stands in a row."""
    names = [clean(name).casefold() for name in header]
    problems = [
        Problem(line, f"the header has the column {name!r} twice")
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    # A list of dates needs no weekdays, and one zone for all no column for it.
    optional = OPTIONAL | ({"days"} if "date" in names else set()) | ({"timezone"} if zone else set())
    places: dict[str, tuple[int, ...]] = {}
    for name, choices in COLUMNS.items():
        found = next((choice for choice in choices if set(choice) <= set(names)), None)
        if found:
            places[name] = tuple(names.index(part) for part in found)
        elif name not in optional:
            called = " or ".join(" + ".join(choice) for choice in choices)
            problems.append(Problem(line, f"the header has no column for the {name} ({called})"))
        else:
            places[name] = ()
    if problems:
        raise TimetableError(source, problems)
    return places


def _row(
    line: int, row: dict[str, str], extra: Mapping[str, str], default: ZoneInfo | None, problems: list[Problem]
) -> Pattern | None:
    """The row as a pattern, or None after everything that is wrong with it went to the problems."""
    if not row["section"]:
        row["section"] = ONLY_SECTION
        problems.append(Problem(line, f"{row['course']} has no section, taken as the only one", note=True))
    row["days"] = row["days"].replace(" ", "").upper()
    if row["date"]:
        row["days"] = ""
    elif row["days"] in NO_PATTERN:
        problems.append(Problem(line, f"{row['course']} {row['section']} has no meeting pattern", note=True))
        return None
    faults: list[str] = []
    cancelled = _YES_NO.get(row["cancelled"].lower())
    if cancelled is None:
        faults.append(f"cancelled {row['cancelled']!r} is neither yes nor no")
    needed = ["course", *([] if cancelled else ["start", "end"]), *([] if default else ["timezone"])]
    faults += [f"has no {name}" for name in needed if not row[name]]
    faults += [
        f"{name} {row[name]!r} reads like an empty cell"
        for name in ("term", "course", "section")
        if row[name].lower() in NOT_A_VALUE
    ]
    if unknown := [letter for letter in row["days"] if letter not in WEEKDAYS]:
        known = " ".join(WEEKDAYS)
        faults.append(f"unknown weekday {unknown[0]!r} in {row['days']!r}; write {known} (R Thursday, U Sunday)")
    start, end = (
        _read(row, name, read_clock, "is no time; write 13:50 or 01:50 PM", faults) for name in ("start", "end")
    )
    if start is not None and end is not None and end <= start:
        faults.append(f"ends at {end:%H:%M}, but starts at {start:%H:%M}")
    zone = _read(row, "timezone", read_zone, "", faults) or default
    first, last, date, moved_to = (_read(row, name, _date, "is no date; write 2026-11-20", faults) for name in _DATES)
    if first and last and last < first:
        faults.append(f"its last day {last} is before its first day {first}")
    if not row["date"] and (row["moved to"] or cancelled):
        faults.append("moves or cancels a class, but has no date to say which")
    problems.extend(Problem(line, fault) for fault in faults)
    if faults or zone is None:
        return None
    return Pattern(
        line=line,
        term=row["term"],
        course=row["course"],
        section=row["section"],
        title=clean(html.unescape(row["title"])),
        weekdays=frozenset(WEEKDAYS[letter] for letter in row["days"]),
        start=start,
        end=end,
        zone=zone,
        first_day=first,
        last_day=last,
        date=date,
        moved_to=moved_to,
        cancelled=bool(cancelled),
        extra=extra,
    )


def _read(row: dict[str, str], name: str, reader: Callable[[str], Any], fault: str, faults: list[str]) -> Any:
    """One cell read, or None; what cannot be read goes to the faults."""
    if not row[name]:
        return None
    value = reader(row[name])
    if value is None and name == "timezone":
        faults.append(f"unknown time zone {row[name]!r}; write an IANA name such as America/Chicago")
    elif value is None:
        faults.append(f"{name} {row[name]!r} {fault}")
    return value


def _date(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for number in range((last - first).days + 1):
        yield first + dt.timedelta(days=number)


def _meeting(pattern: Pattern, day: dt.date, clock_change: ClockChange) -> _Meeting:
    if pattern.start is None or pattern.end is None:
        raise ValueError("has no start or end")
    start, end = (place(day, clock, pattern.zone, clock_change) for clock in (pattern.start, pattern.end))
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


def _texts(cells: list[str], places: tuple[int, ...]) -> list[str]:
    """The texts of one field; none at all where a part of a joined field is missing."""
    texts = [clean(cells[place]) for place in places if place < len(cells)]
    if len(texts) < len(places) or not all(texts):
        return []
    # "A" + "B 1" would read like "A B" + "1": only the first part keeps its spaces.
    return [texts[0], *(text.replace(" ", "") for text in texts[1:])] if texts else []
