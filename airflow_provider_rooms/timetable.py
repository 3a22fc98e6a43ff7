"""From a timetable to the classes of one day.

A timetable is a CSV file; each row says on which weekdays a section meets, and from when to when::

    course,section,days,start,end,timezone,title
    ALG 101,A,MWF,09:00,09:50,Europe/Berlin,Linear Algebra

    >>> day = read_timetable("timetable.csv").on(date(2026, 11, 20))
    >>> [(one.course, one.section, one.starts_at) for one in day.classes]

A class is known by term, course, section and date, never by its row or its hour: moving rows about, or moving the class
to another hour, keeps its room. Nothing outside the standard library is imported.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
}
OPTIONAL = frozenset({"term", "title"})
# What stands for the section where a course has only one and its cell is empty.
ONLY_SECTION = "-"

# Monday is 0, as in date.weekday(). Thursday is R and Sunday is U, as universities write it.
WEEKDAYS = {letter: number for number, letter in enumerate("MTWRFSU")}
# What stands in the days column of a section that does not meet every week.
NO_PATTERN = frozenset({"", "TBA", "ARR"})

# Which one to take of a local time that exists twice, and what to make of one that does not exist: the earlier or the
# later instant; or report the row instead of choosing.
ClockChange = Literal["refuse", "earlier", "later"]
BadRows = Literal["refuse", "skip"]

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([ap])\.?m\.?)?", re.ASCII | re.IGNORECASE)
_SHOWN_PROBLEMS = 20


@dataclass(frozen=True)
class Problem:
    """What is wrong with one line of a timetable; a note is worth knowing, but makes no row unusable."""

    line: int
    text: str
    note: bool = False

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class TimetableError(ValueError):
    """A timetable that cannot be used as it is; ``problems`` has everything that was found."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        shown = [f"  {problem}" for problem in problems[:_SHOWN_PROBLEMS]]
        if len(problems) > len(shown):
            shown.append(f"  and {len(problems) - len(shown)} more")
        super().__init__("\n".join([f"{source} has {len(problems)} bad line(s):", *shown]))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Pattern:
    """One row of a timetable: a section meets on these weekdays, at this wall-clock time."""

    line: int
    term: str
    course: str
    section: str
    title: str
    weekdays: frozenset[int]
    start: dt.time
    end: dt.time
    zone: ZoneInfo


@dataclass(frozen=True)
class Class:
    """One section on one day. Its times keep the wall clock and the IANA zone of the timetable."""

    term: str
    course: str
    section: str
    date: dt.date
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime

    @property
    def key(self) -> tuple[str, ...]:
        """What tells this class from all others, as parts for ``room_name(*parts)`` or an operator's ``name``."""
        term = (self.term,) if self.term else ()
        return (*term, self.course, self.section, self.date.isoformat())

    @property
    def name(self) -> str:
        """The room name of this class."""
        from airflow_provider_rooms.names import room_name  # here, because it brings Airflow's exceptions with it

        return room_name(*self.key)


@dataclass(frozen=True)
class Day:
    """The classes of one day in the order in which they start, and all that was left out or worth a note."""

    classes: tuple[Class, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Timetable:
    """The usable rows of a timetable, and the problems with the others."""

    source: str
    patterns: tuple[Pattern, ...]
    problems: tuple[Problem, ...]
    bad_rows: BadRows = "refuse"

    def on(self, day: dt.date, *, clock_change: ClockChange = "refuse") -> Day:
        """The classes of one calendar day, each section's day in its own zone.

        Rows of the same section make one class, from the earliest start to the latest end.

        :param day: the date, as people at the class's place write it.
        :param clock_change: what to do with a time that the clock change skips or repeats on that day.
        :raises TimetableError: a time cannot be placed on that day and bad rows are refused.
        """
        if isinstance(day, dt.datetime):
            raise TypeError("on() takes a date: which day a moment belongs to depends on the zone.")
        meeting: dict[tuple[str, str, str], list[tuple[Pattern, dt.datetime, dt.datetime]]] = defaultdict(list)
        problems: list[Problem] = []
        for pattern in self.patterns:
            if day.weekday() not in pattern.weekdays:
                continue
            try:
                start, end = (_place(day, clock, pattern.zone, clock_change) for clock in (pattern.start, pattern.end))
                if _instant(end) <= _instant(start):
                    raise ValueError(
                        f"through the clock change of {day} in {pattern.zone.key} it ends before it starts"
                    )
            except ValueError as error:
                problems.append(Problem(pattern.line, str(error)))
                continue
            meeting[pattern.term, pattern.course, pattern.section].append((pattern, start, end))
        _refuse_or_keep(self.source, problems, self.bad_rows)
        classes = [_merge(day, rows) for rows in meeting.values()]
        classes.sort(key=lambda one: (_instant(one.starts_at), one.key))
        return Day(tuple(classes), (*self.problems, *problems))


def read_timetable(path: str | Path, *, bad_rows: BadRows = "refuse") -> Timetable:
    """Read a timetable from a CSV file in UTF-8.

    :param path: the file.
    :param bad_rows: ``refuse`` raises when any row is bad, ``skip`` leaves bad rows out and reports them in ``problems``.
    :raises TimetableError: a column is missing, or bad rows are refused; names every bad line.
    """
    data = Path(path).read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TimetableError(str(path), [Problem(line, "is not UTF-8 text")]) from None
    return parse_timetable(text, source=str(path), bad_rows=bad_rows)


def parse_timetable(text: str, *, source: str = "timetable", bad_rows: BadRows = "refuse") -> Timetable:
    """Read a timetable from CSV text; see :func:`read_timetable`."""
    if bad_rows not in ("refuse", "skip"):
        raise ValueError(f"bad_rows: expected 'refuse' or 'skip', got {bad_rows!r}.")
    patterns: list[Pattern] = []
    problems: list[Problem] = []
    rows = _rows(text, problems)
    line, header = next(rows, (1, []))
    columns = _columns(source, line, header)
    for line, cells in rows:
        if any(cell.strip() for cell in cells[len(header) :]):
            problems.append(Problem(line, f"has {len(cells)} cells, the header has {len(header)}"))
            continue
        row = {field: " ".join(_texts(cells, places)) for field, places in columns.items()}
        row["days"] = row["days"].replace(" ", "").upper()
        if not row["section"]:
            row["section"] = ONLY_SECTION
            problems.append(Problem(line, f"{row['course']} has no section, taken as the only one", note=True))
        if row["days"] in NO_PATTERN:
            problems.append(Problem(line, f"{row['course']} {row['section']} has no meeting pattern", note=True))
        elif pattern := _pattern(line, row, problems):
            patterns.append(pattern)
    _refuse_or_keep(source, problems, bad_rows)
    return Timetable(source, tuple(patterns), tuple(problems), bad_rows)


def _refuse_or_keep(source: str, problems: Sequence[Problem], bad_rows: BadRows) -> None:
    bad = [problem for problem in problems if not problem.note]
    if bad and bad_rows == "refuse":
        raise TimetableError(source, bad)


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


def _columns(source: str, line: int, header: list[str]) -> dict[str, tuple[int, ...]]:
    """Where each field stands in a row."""
    names = [_clean(name).casefold() for name in header]
    problems = [
        Problem(line, f"the header has the column {name!r} twice")
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    places: dict[str, tuple[int, ...]] = {}
    for field, choices in COLUMNS.items():
        found = next((choice for choice in choices if set(choice) <= set(names)), None)
        if found:
            places[field] = tuple(names.index(name) for name in found)
        elif field not in OPTIONAL:
            called = " or ".join(" + ".join(choice) for choice in choices)
            problems.append(Problem(line, f"the header has no column for the {field} ({called})"))
        else:
            places[field] = ()
    if problems:
        raise TimetableError(source, problems)
    return places


def _pattern(line: int, row: dict[str, str], problems: list[Problem]) -> Pattern | None:
    """The row as a pattern, or None after everything that is wrong with it went to the problems."""
    faults = [f"has no {field}" for field, text in row.items() if not text and field not in OPTIONAL]
    unknown = [letter for letter in row["days"] if letter not in WEEKDAYS]
    if unknown:
        known = " ".join(WEEKDAYS)
        faults.append(f"unknown weekday {unknown[0]!r} in {row['days']!r}; write {known} (R Thursday, U Sunday)")
    start, end = (_clock(row[field]) for field in ("start", "end"))
    for field, clock in (("start", start), ("end", end)):
        if row[field] and clock is None:
            faults.append(f"{field} {row[field]!r} is no time; write 13:50 or 01:50 PM")
    if start is not None and end is not None and end <= start:
        faults.append(f"ends at {end:%H:%M}, but starts at {start:%H:%M}")
    zone = _zone(row["timezone"])
    if row["timezone"] and zone is None:
        faults.append(f"unknown time zone {row['timezone']!r}; write an IANA name such as America/Chicago")
    problems.extend(Problem(line, fault) for fault in faults)
    if faults or start is None or end is None or zone is None:
        return None
    weekdays = frozenset(WEEKDAYS[letter] for letter in row["days"])
    title = _clean(html.unescape(row["title"]))
    return Pattern(line, row["term"], row["course"], row["section"], title, weekdays, start, end, zone)


def _merge(day: dt.date, rows: Sequence[tuple[Pattern, dt.datetime, dt.datetime]]) -> Class:
    """One class of all the rows of one section on one day, the same in whatever order they stand."""
    first, starts_at, _ = min(rows, key=lambda row: (_instant(row[1]), row[0].zone.key, row[0].title))
    _, _, ends_at = max(rows, key=lambda row: (_instant(row[2]), row[0].zone.key))
    return Class(first.term, first.course, first.section, day, first.title, starts_at, ends_at)


def _place(day: dt.date, clock: dt.time, zone: ZoneInfo, clock_change: ClockChange) -> dt.datetime:
    """The moment at which the clocks of that zone show that time on that day."""
    moment = dt.datetime.combine(day, clock, tzinfo=zone)
    other = moment.replace(fold=1)
    if moment.utcoffset() == other.utcoffset():
        return moment
    if clock_change == "refuse":
        exists = _instant(moment).astimezone(zone).replace(tzinfo=None) == moment.replace(tzinfo=None)
        what = "happens twice" if exists else "does not exist"
        raise ValueError(
            f"{day} {clock:%H:%M} {what} in {zone.key}, the clocks change; choose clock_change='earlier' or 'later'"
        )
    pick = min if clock_change == "earlier" else max
    return pick(_instant(moment), _instant(other)).astimezone(zone)


def _instant(moment: dt.datetime) -> dt.datetime:
    # Two datetimes of one zone are compared by wall clock, which goes wrong where the clocks change: compare in UTC.
    return moment.astimezone(dt.UTC)


def _texts(cells: list[str], places: tuple[int, ...]) -> list[str]:
    """The texts of one field; none at all where a part of a joined field is missing."""
    texts = [_clean(cells[place]) for place in places if place < len(cells)]
    if len(texts) < len(places) or not all(texts):
        return []
    # "A" + "B 1" would read like "A B" + "1": only the first part keeps its spaces.
    return [texts[0], *(text.replace(" ", "") for text in texts[1:])] if texts else []


def _clean(text: str) -> str:
    return " ".join(text.split())


def _clock(text: str) -> dt.time | None:
    if not (found := _TIME.fullmatch(text)):
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if half := found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "pP" else 0)
    try:
        return dt.time(hour, minute, second)
    except ValueError:
        return None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown; not even a relative path; a directory of zones
        return None
