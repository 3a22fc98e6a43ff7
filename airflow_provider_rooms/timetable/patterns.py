"""The rows of a timetable, read: CSV text or weekly patterns, each row checked, every fault with its line.

Each row says on which weekdays a section meets, and from when to when::

    course,section,days,start,end,timezone,title
    ALG 101,A,MWF,09:00,09:50,Europe/Berlin,Linear Algebra

A row with a ``date`` is about that one date only: what it means is up to :mod:`airflow_provider_rooms.timetable.rows`.

A cell is read together with the others of its kind: what it leaves open (is ``TU`` two days, is 1:10 at night, is 01/02/2027 in
January) the whole file decides, or the row is refused.
"""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from airflow_provider_rooms.timetable.absent import says_nothing, without_nothing
from airflow_provider_rooms.timetable.clock import read_zone
from airflow_provider_rooms.timetable.columns import find_columns
from airflow_provider_rooms.timetable.dates import Dates, split_dates
from airflow_provider_rooms.timetable.days import Days
from airflow_provider_rooms.timetable.model import NOT_A_VALUE, Problem, clean
from airflow_provider_rooms.timetable.times import Times, read_clock, split_span

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from airflow_provider_rooms.timetable.columns import Columns
    from airflow_provider_rooms.timetable.dates import DateOrder

_DATES = ("first day", "last day", "date", "moved to")
# What stands for the section where a course has only one and its cell is empty.
ONLY_SECTION = "-"
_YES_NO = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True, "x": True}
#: Nothing else that stands in a status column cancels a class.
_CANCELLED = frozenset({"cancelled", "canceled"})
_SHOWN_VALUES = 10
#: What may stand around days and times in one cell.
_AROUND = " ,;/|()"


@dataclass(frozen=True)
class Pattern:
    """One row: a section meets on these weekdays, or on one date, at this wall-clock time.

    :param end: on the next day, if it is not after ``start``.
    :param date: the one date that the row is about.
    :param moved_to: the date on which that class takes place instead.
    :param cancelled: the class of that date does not take place; without a date, none of the row's classes does.
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


@dataclass
class _Row:
    """One row while it is being read: the text of each field, and what is wrong with it.

    :param faults: each costs the row.
    :param note: why the row makes no class although nothing is wrong with it.
    """

    line: int
    texts: dict[str, str]
    extra: Mapping[str, str]
    faults: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def called(self) -> str:
        return f"{self.texts['course']} {self.texts['section'] or ONLY_SECTION}"


def read_patterns(
    line: int,
    header: list[str],
    rows: Iterable[tuple[int, list[str]]],
    problems: list[Problem],
    *,
    source: str,
    zone: ZoneInfo | None,
    told: Mapping[str, tuple[str, ...]] | None = None,
    dates: DateOrder | None = None,
) -> list[Pattern]:
    """The rows that can be used; what is wrong with the others goes to the problems.

    :param line: where the header is.
    :param rows: each with the number of its line.
    :param zone: of rows that name none.
    :param told: which column is what, where the reader was told.
    :param dates: whether month or day comes first in a date, where the reader was told.
    :raises TimetableError: the header has no column for something that every row needs, or one column twice.
    """
    kept = []
    for number, cells in rows:
        if any(cell.strip() for cell in cells[len(header) :]):
            problems.append(Problem(number, f"has {len(cells)} cells, the header has {len(header)}"))
        else:
            kept.append((number, cells))
    columns = find_columns(source, line, header, [cells for _, cells in kept], told or {}, has_zone=bool(zone))
    texts = [
        _Row(number, {name: columns.text(cells, name) for name in columns.places}, columns.others(cells))
        for number, cells in kept
    ]
    problems.extend(_about_file(line, columns, texts))
    for row in texts:
        _take_apart(row)
    reader = _Reader(columns, texts, zone, dates)
    return [pattern for row in texts if (pattern := reader.pattern(row, problems))]


def _about_file(line: int, columns: Columns, rows: Sequence[_Row]) -> Iterator[Problem]:
    """What is worth knowing of a header, once."""
    if columns.extra:
        names = ", ".join(map(repr, columns.extra))
        yield Problem(line, f"columns that are not used, kept in extra: {names}", note=True, of_file=True)
    others = Counter(status for row in rows if (status := row.texts["status"]) and status.lower() not in _CANCELLED)
    if others:
        shown = ", ".join(repr(status) for status, _ in others.most_common(_SHOWN_VALUES))
        text = f"{columns.names['status']} {shown} does not cancel a class; only 'cancelled' or 'canceled' does"
        yield Problem(line, text, note=True, of_file=True)


def _take_apart(row: _Row) -> None:
    """Bring cells that hold several things into one form: days, start and end; first and last day."""
    texts = row.texts
    try:
        if cell := texts["when"]:
            span = split_span(cell)
            texts["start"], texts["end"], rest = span or ("", "", cell)
            texts["days"] = without_nothing(rest.strip(_AROUND))
        elif cell := texts["time"] or (texts["start"] if not texts["end"] else ""):
            span = split_span(cell)
            if span and not span[2].strip(_AROUND):
                texts["start"], texts["end"], _ = span
            elif texts["time"] and not says_nothing(cell):
                row.faults.append(f"{cell!r} is not a time range; write 13:10-14:25 or 1:10 PM - 2:25 PM")
    except ValueError as error:
        row.faults.append(str(error))
    for name in ("days", "start", "end"):
        if says_nothing(texts[name]):
            texts[name] = ""
    if cell := texts["dates"]:
        bounds = split_dates(cell)
        if len(bounds) == 2:
            texts["first day"], texts["last day"] = bounds
        elif not says_nothing(cell):
            row.faults.append(f"{cell!r} is not a date range; write 2026-08-24 - 2026-12-09")


class _Reader:
    """Reads rows, each in the light of all."""

    def __init__(self, columns: Columns, rows: Sequence[_Row], zone: ZoneInfo | None, dates: DateOrder | None) -> None:
        self._columns = columns
        self._zone = zone
        self._days = Days(row.texts["days"] for row in rows if not row.texts["date"])
        self._times = Times(row.texts[name] for row in rows for name in ("start", "end"))
        self._dates = Dates((row.texts[name] for row in rows for name in _DATES if row.texts[name]), dates)

    def pattern(self, row: _Row, problems: list[Problem]) -> Pattern | None:
        """The row as a pattern, or None after everything that is wrong with it went to the problems."""
        texts = row.texts
        if not texts["section"]:
            problems.append(Problem(row.line, f"{texts['course']} has no section; treated as the only one", note=True))
        if lacks := self._lacks(row):
            problems.append(Problem(row.line, f"{row.called} has no meeting {lacks}", note=True))
            return None
        faults = row.faults
        cancelled = self._cancelled(row)
        self._check_cells(row, cancelled)
        weekdays = self._weekdays(row)
        start, end = self._start_and_end(row)
        zone = self._zone
        if texts["timezone"]:
            zone = read_zone(texts["timezone"])
            if zone is None:
                faults.append(f"unknown time zone {texts['timezone']!r}; write an IANA name such as America/Chicago")
        first, last, date, moved_to = (self._date(row, name) for name in _DATES)
        if first and last and last < first:
            faults.append(f"its last day {last} is before its first day {first}")
        if not texts["date"] and (texts["moved to"] or _YES_NO.get(texts["cancelled"].lower())):
            faults.append("moves or cancels a class, but has no date that identifies it")
        problems.extend(Problem(row.line, fault) for fault in faults)
        if faults or zone is None:
            return None
        return Pattern(
            line=row.line,
            term=texts["term"],
            course=texts["course"],
            section=texts["section"] or ONLY_SECTION,
            title=clean(html.unescape(texts["title"])),
            weekdays=weekdays,
            start=start,
            end=end,
            zone=zone,
            first_day=first,
            last_day=last,
            date=date,
            moved_to=moved_to,
            cancelled=cancelled,
            extra=row.extra,
        )

    def _lacks(self, row: _Row) -> str:
        """What a weekly row has none of, although nothing is wrong with it: ``pattern`` or ``time``."""
        texts = row.texts
        if texts["date"] or row.faults:
            return ""
        if not texts["days"]:
            return "pattern"
        # With one of the two the other was forgotten.
        return "" if texts["start"] or texts["end"] else "time"

    def _cancelled(self, row: _Row) -> bool:
        status = row.texts["status"]
        if "cancel" in status.lower() and status.lower() not in _CANCELLED:
            row.faults.append(
                f"{self._columns.names['status']} {status!r} is not clear about whether the class is cancelled; "
                "write 'cancelled' or another word"
            )
        cell = row.texts["cancelled"]
        says = _YES_NO.get(cell.lower())
        if says is None:
            row.faults.append(f"{self._columns.names['cancelled']} {cell!r} is neither yes nor no")
        return bool(says) or status.lower() in _CANCELLED

    def _check_cells(self, row: _Row, cancelled: bool) -> None:
        """Every cell that the row needs is there, and none says what a program writes for nothing."""
        texts, names = row.texts, self._columns.names
        one_cell = self._columns.places["when"] or self._columns.places["time"]
        no_times = cancelled and not (texts["start"] or texts["end"])
        times = () if no_times or (one_cell and row.faults) else ("start", "end")
        needed = ("course", *times, *(() if self._zone else ("timezone",)))
        row.faults += [f"has no {names[name]}" for name in needed if not texts[name]]
        row.faults += [
            f"{names[name]} {texts[name]!r} looks like a value for an empty cell"
            for name in ("term", "course", "section")
            if texts[name].lower() in NOT_A_VALUE
        ]

    def _weekdays(self, row: _Row) -> frozenset[int]:
        if row.texts["date"] or not row.texts["days"]:
            return frozenset()
        try:
            return self._days.read(row.texts["days"])
        except ValueError as error:
            row.faults.append(str(error))
            return frozenset()

    def _start_and_end(self, row: _Row) -> tuple[dt.time | None, dt.time | None]:
        texts, names = row.texts, self._columns.names
        start, end = read_clock(texts["start"]), read_clock(texts["end"])
        # An hour alone, such as 9, is a time only beside one with AM or PM.
        halves = bool((start and start.half) or (end and end.half))
        for name, clock in (("start", start), ("end", end)):
            if texts[name] and (clock is None or (clock.bare and not halves)):
                row.faults.append(f"{names[name]} {texts[name]!r} is not a time; write 13:50 or 01:50 PM")
        if start is None or end is None or (not halves and (start.bare or end.bare)):
            return None, None
        try:
            return self._times.settle(start, end)
        except ValueError as error:
            row.faults.append(str(error))
            return None, None

    def _date(self, row: _Row, name: str) -> dt.date | None:
        if not (text := row.texts[name]):
            return None
        try:
            return self._dates.read(text)
        except ValueError as error:
            row.faults.append(f"{self._columns.names[name]} {error}")
            return None
