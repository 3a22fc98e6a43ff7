"""The rows of a timetable, read: CSV text or weekly patterns, each row checked, every fault with its line.

Each row says on which weekdays a section meets, and from when to when::

    course,section,days,start,end,timezone,title
    ALG 101,A,MWF,09:00,09:50,Europe/Berlin,Linear Algebra

A row with a ``date`` is about that one date only: what it means is up to :mod:`airflow_provider_rooms.timetable.rows`.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.timetable.clock import WEEKDAYS, read_clock, read_zone
from airflow_provider_rooms.timetable.model import NOT_A_VALUE, Problem, TimetableError, clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

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


def csv_rows(text: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
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


def read_patterns(
    line: int,
    header: list[str],
    rows: Iterable[tuple[int, list[str]]],
    problems: list[Problem],
    *,
    source: str,
    zone: ZoneInfo | None,
) -> list[Pattern]:
    """The rows that can be used; what is wrong with the others goes to the problems.

    :param line: where the header is.
    :param rows: each with the number of its line.
    :param zone: of rows that name none.
    :raises TimetableError: the header has no column for something that every row needs, or one column twice.
    """
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
    return patterns


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
        weekdays=frozenset(WEEKDAYS.index(letter) for letter in row["days"]),
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


def _texts(cells: list[str], places: tuple[int, ...]) -> list[str]:
    """The texts of one field; none at all where a part of a joined field is missing."""
    texts = [clean(cells[place]) for place in places if place < len(cells)]
    if len(texts) < len(places) or not all(texts):
        return []
    # "A" + "B 1" would read like "A B" + "1": only the first part keeps its spaces.
    return [texts[0], *(text.replace(" ", "") for text in texts[1:])] if texts else []
