"""The result of reading a timetable, whatever its format."""

from __future__ import annotations

import datetime as dt
import unicodedata
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_rooms.timetable.clock import WEEKDAYS, instant, read_zone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from airflow_provider_rooms.timetable.clock import ClockChange

# Whether bad rows refuse the whole timetable, or are left out and reported.
BadRows = Literal["refuse", "skip"]

# What a spreadsheet or a program writes for an empty cell. A room name takes none of them: they are always a mistake.
NOT_A_VALUE = frozenset({"none", "null", "nan", "undefined"})

_SHOWN_PROBLEMS = 20
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Problem:
    """A problem in one line of a timetable. A note is only information; its row is used.

    :param unit: what ``line`` counts: lines of a file, or rows of a list.
    :param of_file: it is about the file as a whole, not about a class: it is in ``Timetable.problems``, but not in a
        selection.
    """

    line: int
    text: str
    note: bool = False
    unit: str = "line"
    of_file: bool = False

    def __str__(self) -> str:
        return f"{self.unit} {self.line}: {self.text}"


class TimetableError(ValueError):
    """A timetable that cannot be used as it is; ``problems`` contains everything that was found."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        shown = [f"  {problem}" for problem in problems[:_SHOWN_PROBLEMS]]
        if len(problems) > len(shown):
            shown.append(f"  and {len(problems) - len(shown)} more")
        unit = problems[0].unit if problems else "line"
        count = len({problem.line for problem in problems})  # one line may have several
        super().__init__("\n".join([f"{source} has {count} bad {unit}{'' if count == 1 else 's'}:", *shown]))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class Class:
    """One class on one day. Its times keep the wall clock and the IANA zone of the timetable.

    :param key: what identifies this class: course, section and the date it was first planned for. Parts for
        ``room_name(*parts)`` or an operator's ``name``.
    :param date: the date it was first planned for; a class that was moved takes place on another one.
    :param title: its title, for display.
    :param extra: other data from the timetable: further columns of a CSV; for an iCalendar event
        ``organizer``, ``attendees`` (joined by ``;``) and ``location``.
    """

    key: tuple[str, ...]
    date: dt.date
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    term: str = ""
    course: str = ""
    section: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        # One program writes é as one character, another as e and an accent: the class is the same, and so is its room.
        object.__setattr__(self, "key", tuple(unicodedata.normalize("NFC", part) for part in self.key))

    @property
    def name(self) -> str:
        """The room name of this class."""
        from airflow_provider_rooms.names import room_name  # here, because it brings Airflow's exceptions with it

        return room_name(*self.key)

    @property
    def label(self) -> str:
        """Its name for display: course, section and title."""
        return " ".join(part for part in (self.course, self.section, self.title) if part)

    @property
    def timezone(self) -> str:
        """The IANA zone in which it starts."""
        return str(self.starts_at.tzinfo)

    def spec(self, **more: Any) -> dict[str, Any]:
        """The class as a dict for ``CreateRoomOperator(spec=…)``, ``CreateRoomsOperator`` and
        ``ReconcileRoomsOperator``.

        Plain JSON. Its ``ref`` contains ``title``, ``date`` and ``timezone``, which invitations use.

        :param more: further keys of a spec, such as ``conn_id`` or ``record``.
        """
        return {
            "name": list(self.key),
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "ref": {"title": self.label, "date": self.date.isoformat(), "timezone": self.timezone},
            **more,
        }


@dataclass(frozen=True)
class Collision:
    """Rows for the same class: they become one class, from the earliest start to the latest end.

    :param lines: the rows.
    :param dates: the dates on which they met.
    """

    label: str
    lines: tuple[int, ...]
    dates: tuple[dt.date, ...]
    unit: str = "line"

    def __str__(self) -> str:
        *most, last = map(str, self.lines)
        days = "one day" if len(self.dates) == 1 else f"{len(self.dates)} days"
        return f"{self.unit}s {', '.join(most)} and {last}: one class {self.label} on {days}"


@dataclass(frozen=True)
class Selection:
    """The classes of one day or of several, in the order in which they start.

    :param problems: everything that was skipped, and notes.
    :param cancelled: classes that were planned for these days but were cancelled.
    :param collisions: rows that became one class together.
    """

    classes: tuple[Class, ...]
    problems: tuple[Problem, ...]
    cancelled: tuple[Class, ...] = ()
    collisions: tuple[Collision, ...] = ()

    @property
    def bad(self) -> tuple[Problem, ...]:
        """The problems because of which a row was skipped."""
        return tuple(problem for problem in self.problems if not problem.note)

    @property
    def bad_lines(self) -> tuple[int, ...]:
        """The rows that were skipped, each once."""
        return tuple(sorted({problem.line for problem in self.bad}))


@dataclass(frozen=True)
class Timetable(ABC):
    """A timetable, as returned by :func:`read_timetable`, :func:`parse_timetable` or :func:`weekly`.

    :param source: what it was read from.
    :param problems: the rows that were skipped, and notes on others.
    """

    source: str
    problems: tuple[Problem, ...]
    bad_rows: BadRows

    def on(self, day: dt.date, *, clock_change: ClockChange = "refuse") -> Selection:
        """The classes of one calendar day, each class's day in its own zone.

        :param day: the local date at the place of the class.
        :param clock_change: what to do with a time that the clock change skips or repeats on that day.
        :raises TimetableError: a time cannot be placed on that day and bad rows are refused.
        """
        _check_date("on", day)
        return self.between(day, day, clock_change=clock_change)

    def between(
        self,
        first: dt.date,
        last: dt.date,
        *,
        weekdays: str = WEEKDAYS,
        off: Iterable[dt.date] = (),
        clock_change: ClockChange = "refuse",
    ) -> Selection:
        """The classes of several days, both ends included, such as a week or a whole term.

        :param weekdays: only these, Monday to Sunday being ``MTWRFSU``.
        :param off: dates without classes, such as holidays.
        :param clock_change: what to do with a time that a clock change skips or repeats.
        :raises TimetableError: a time cannot be placed and bad rows are refused.
        """
        for day in (first, last):
            _check_date("between", day)
        if last < first:
            raise ValueError(f"between: {last} is before {first}.")
        if unknown := set(weekdays) - set(WEEKDAYS):
            raise ValueError(f"weekdays: unknown {min(unknown)!r}; write {' '.join(WEEKDAYS)} (R Thursday, U Sunday).")
        return self._chosen(first, last, {WEEKDAYS.index(letter) for letter in weekdays}, frozenset(off), clock_change)

    def during(self, start: dt.datetime, end: dt.datetime, *, clock_change: ClockChange = "refuse") -> Selection:
        """The classes that start in an interval, its end excluded. A DAG run's data interval works only with
        ``create_cron_data_intervals``: in Airflow 3 it is empty by default.

        :param start: aware.
        :param end: aware.
        :raises TimetableError: a time cannot be placed and bad rows are refused.
        """
        for moment in (start, end):
            if moment.utcoffset() is None:
                raise TypeError(f"during() takes two aware datetimes, got {moment!r}.")
        # A day more on both sides: it is today already, or still yesterday, somewhere.
        days = self.between(instant(start).date() - _DAY, instant(end).date() + _DAY, clock_change=clock_change)

        def inside(one: Class) -> bool:
            return instant(start) <= instant(one.starts_at) < instant(end)

        return replace(
            days, classes=tuple(filter(inside, days.classes)), cancelled=tuple(filter(inside, days.cancelled))
        )

    def _chosen(
        self,
        first: dt.date,
        last: dt.date,
        weekdays: Collection[int],
        off: Collection[dt.date],
        clock_change: ClockChange,
    ) -> Selection:
        def open_on(day: dt.date) -> bool:
            return first <= day <= last and day.weekday() in weekdays and day not in off

        found = self._select(first, last, open_on, clock_change)
        refuse_or_keep(self.source, found.problems, self.bad_rows)
        return Selection(
            classes=_in_order(found.classes),
            problems=(*(problem for problem in self.problems if not problem.of_file), *found.problems),
            cancelled=_in_order(found.cancelled),
            collisions=found.collisions,
        )

    @abstractmethod
    def _select(self, first: dt.date, last: dt.date, open_on: Any, clock_change: ClockChange) -> Selection:
        """The classes that take place on the days that ``open_on`` allows, in any order."""


def refuse_or_keep(source: str, problems: Sequence[Problem], bad_rows: BadRows) -> None:
    """Raise if there are bad rows and they are refused.

    :raises TimetableError: names every bad row.
    """
    bad = [problem for problem in problems if not problem.note]
    if bad and bad_rows == "refuse":
        raise TimetableError(source, bad)


def check_choices(bad_rows: str, timezone: str | None) -> ZoneInfo | None:
    """The default zone, once it and the choice about bad rows are known to be right.

    :raises ValueError: one of the two is not.
    """
    if bad_rows not in ("refuse", "skip"):
        raise ValueError(f"bad_rows: expected 'refuse' or 'skip', got {bad_rows!r}.")
    if timezone is None:
        return None
    if (zone := read_zone(timezone)) is None:
        raise ValueError(f"timezone: {timezone!r} is not an IANA time zone; use a name such as America/Chicago.")
    return zone


def clean(text: str) -> str:
    """The text with single spaces, and none around it."""
    return " ".join(text.split())


def _in_order(classes: Iterable[Class]) -> tuple[Class, ...]:
    return tuple(sorted(classes, key=lambda one: (instant(one.starts_at), one.key)))


def _check_date(method: str, day: object) -> None:
    if isinstance(day, dt.datetime):
        raise TypeError(f"{method}() takes a date, because the day of a datetime depends on the time zone.")
    if not isinstance(day, dt.date):
        raise TypeError(f"{method}() takes a date, got {day!r}.")
