"""Time zones of a calendar under their IANA names.

A zone that the file defines itself (VTIMEZONE) goes by that definition, not by its name (RFC 5545, 3.6.5).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from airflow_provider_rooms.timetable.clock import place, read_zone
from airflow_provider_rooms.timetable.ical.rules import Rule, read_moment
from airflow_provider_rooms.timetable.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_rooms.timetable.clock import ClockChange
    from airflow_provider_rooms.timetable.ical.file import Calendar, Line

UTC = ZoneInfo("UTC")
# Tried first for a VTIMEZONE with a name of its own: many zones share their clocks, and these are known to everybody.
_WELL_KNOWN = (
    "UTC", "Europe/London", "Europe/Berlin", "Europe/Athens", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo",
    "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
_DAY = dt.timedelta(days=1)
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?", re.ASCII)


@dataclass(frozen=True)
class Zone:
    """A zone of a calendar.

    :param shown: the IANA zone in which its times are shown.
    :param clock: what its own clocks show: the same, but for UTC in a calendar with a zone, and for a zone that the file
        defines as no IANA zone is.
    """

    shown: ZoneInfo
    clock: dt.tzinfo

    def day(self, wall: dt.datetime) -> dt.date:
        """The date on which people see what these clocks show at that moment."""
        return self.instant(wall).astimezone(self.shown).date() if self.clock is not self.shown else wall.date()

    def instant(self, wall: dt.datetime) -> dt.datetime:
        """The moment at which these clocks show that."""
        return wall.replace(tzinfo=self.clock).astimezone(dt.UTC)

    def wall(self, moment: dt.datetime) -> dt.datetime:
        """What these clocks show at that moment; a time without a zone is what they show."""
        if moment.tzinfo not in (None, self.clock):
            with contextlib.suppress(OverflowError):  # some write the year 9999 for never
                moment = moment.astimezone(self.clock)
        return moment.replace(tzinfo=None)

    def placed(self, wall: dt.datetime, clock_change: ClockChange) -> dt.datetime:
        """The moment in the zone in which it is shown.

        :raises ValueError: the clocks skip or repeat that time, and nothing was chosen.
        """
        offset = wall.replace(tzinfo=self.clock).utcoffset()
        if self.clock is self.shown or (
            self.clock is not UTC and any(_at(wall, self.shown, fold) == offset for fold in (0, 1))
        ):
            return place(wall.date(), wall.time(), self.shown, clock_change)
        return self.instant(wall).astimezone(self.shown)


def _at(wall: dt.datetime, zone: ZoneInfo, fold: int) -> dt.timedelta | None:
    return wall.replace(tzinfo=zone, fold=fold).utcoffset()


class Zones:
    """The zones of one calendar.

    :param default: for times that name no zone, where the calendar names none either.
    :ivar own: the calendar's own zone, or else the default.
    """

    def __init__(self, calendar: Calendar, default: ZoneInfo | None, problems: list[Problem]) -> None:
        self._problems = problems
        self._definitions: dict[str, tuple[Line, ...]] = {}
        for lines in calendar.zones:
            name = next((line for line in lines if line.name == "TZID" and line.is_property), None)
            if name:
                self._definitions.setdefault(_called(name.value), tuple(lines))
        self._years = _years(calendar)
        self._known: dict[str, Zone | None] = {}
        self.own = default
        if line := calendar.first("X-WR-TIMEZONE"):
            named = self.named(line.value)
            self.own = default if named is None else UTC if named.clock is UTC else named.shown
            self._known.clear()  # how UTC is shown has changed
            if named is None:
                text = f"unknown time zone {line.value!r} in X-WR-TIMEZONE, ignored; use an IANA name"
                problems.append(Problem(line.number, text, note=True))

    @property
    def utc(self) -> Zone:
        """The zone of times in UTC."""
        return Zone(self.own or UTC, UTC)

    @property
    def floating(self) -> Zone | None:
        """The zone of times that name none; None if there is none."""
        return Zone(self.own, self.own) if self.own else None

    def named(self, name: str) -> Zone | None:
        """The zone that the calendar calls so, or None."""
        called = _called(name)
        if called not in self._known:
            self._known[called] = self._find(called)
        return self._known[called]

    def _find(self, called: str) -> Zone | None:
        named = _iana(called)
        lines = self._definitions.get(called)
        if not lines:
            if named is None:
                return None
            return self.utc if named is UTC else Zone(named, named)
        named = named or next((_iana(line.value) for line in lines if line.name == "X-LIC-LOCATION"), None)
        zone = _defined(tuple(line.text for line in lines), named, self._years)
        if zone is None:
            if named:
                self._note(lines[0], f"the definition of {called!r} cannot be read, so the zone of that name is used")
            return Zone(named, named) if named else None
        if zone.shown is UTC:
            zone = replace(zone, shown=self.own or UTC)
        if zone.clock is UTC:
            return zone
        if zone.clock is not zone.shown:
            self._note(
                lines[0], f"{called!r} does not match any IANA time zone; its times are shown in {zone.shown.key}"
            )
        elif named and zone.shown is not named:
            self._note(lines[0], f"{called!r} is not defined like {named.key}; it is read as {zone.shown.key}")
        return zone

    def _note(self, line: Line, text: str) -> None:
        self._problems.append(Problem(line.number, text, note=True))


def _called(name: str) -> str:
    """The name of a zone however it stands there: in quotes, or with its commas escaped."""
    return re.sub(r"\\(.)", r"\1", name).strip(' "')


def _iana(name: str) -> ZoneInfo | None:
    """The IANA zone of a name: its own, Windows', or one that was made unique by a path."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    pieces = name.strip("/ ").split("/")
    # "/example.org/20260101_1/Europe/Berlin" is how some programs make a name unique.
    for candidate in (name, WINDOWS_TO_OLSON.get(name, ""), *("/".join(pieces[-count:]) for count in (3, 2))):
        if candidate and (known := read_zone(candidate)):
            return UTC if known.key in ("Etc/UTC", "Zulu") else known
    return None


def _years(calendar: Calendar) -> tuple[int, int]:
    """From the first year of an event to a year after the last one, or after this one."""
    starts = (line.value[:4] for event in calendar.events for line in event.lines if line.name == "DTSTART")
    years = [int(year) for year in starts if re.fullmatch("[12][0-9]{3}", year)]
    this = dt.datetime.now(dt.UTC).year
    return max(min([this, *years]), 1970), min(max([this, *years]) + 1, 2100)


# -- a zone defined in the file -----------------------------------------------------------------------------------------


class _DefinedClock(dt.tzinfo):
    """The clocks of a VTIMEZONE.

    :param onsets: when the offset changes: in UTC, and from what to what.
    :param reach: until when it speaks of every change: its rules may have an end.
    """

    def __init__(self, onsets: Sequence[tuple[dt.datetime, dt.timedelta, dt.timedelta]], reach: dt.datetime) -> None:
        self._utc = [onset for onset, _, _ in onsets]
        self._wall = [onset + before for onset, before, _ in onsets]
        self._offsets = [onsets[0][1], *(after for _, _, after in onsets)]
        self.reach = reach
        self.begins = self._utc[0]

    def utcoffset(self, when: dt.datetime | None) -> dt.timedelta:
        if when is None:
            return self._offsets[-1]
        return self._offsets[bisect_right(self._wall, when.replace(tzinfo=None))]

    def dst(self, when: dt.datetime | None) -> dt.timedelta:
        return dt.timedelta()

    def tzname(self, when: dt.datetime | None) -> str:
        return str(self.utcoffset(when))

    def fromutc(self, when: dt.datetime) -> dt.datetime:
        return when + self.at(when)

    def at(self, moment: dt.datetime) -> dt.timedelta:
        """The offset at a moment in UTC: the clocks alone may show it twice."""
        return self._offsets[bisect_right(self._utc, moment.replace(tzinfo=None))]


@lru_cache(maxsize=64)
def _defined(definition: tuple[str, ...], named: ZoneInfo | None, years: tuple[int, int]) -> Zone | None:
    """The zone of a VTIMEZONE; None if it cannot be read.

    :param named: the IANA zone of its name, taken where it agrees with the definition as far as that one goes.
    """
    clock = _read_definition(definition, years[1] + 1)
    if clock is None:
        return None
    noon = dt.time(12)  # of UTC
    first = dt.datetime.combine(max(dt.date(years[0], 1, 1), clock.begins.date() + _DAY), noon)
    last = max(dt.datetime(years[1] + 1, 1, 1), first + 730 * _DAY)  # noqa: DTZ001
    shown = [(day, clock.at(day)) for day in _days(first, last)]
    if named and _agrees(named, [one for one in shown if one[0] < clock.reach]):
        return Zone(named, named)
    today = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    lately = [one for one in shown if one[0] > today - 365 * _DAY]
    others = [ZoneInfo(name) for name in (*_WELL_KNOWN, *sorted(available_timezones()))]
    if same := next((zone for zone in others if _agrees(zone, shown)), None):
        return Zone(UTC, UTC) if same.key == "UTC" else Zone(same, same)
    alike = [*([named] if named else []), *others]
    return Zone(next((zone for zone in alike if _agrees(zone, lately)), named or UTC), clock)


def _days(first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    while first < last:
        yield first
        first += _DAY


def _agrees(zone: ZoneInfo, shown: Iterable[tuple[dt.datetime, dt.timedelta]]) -> bool:
    return all(day.replace(tzinfo=dt.UTC).astimezone(zone).utcoffset() == offset for day, offset in shown)


def _read_definition(definition: Sequence[str], last_year: int) -> _DefinedClock | None:
    from airflow_provider_rooms.timetable.ical.file import Line

    onsets: list[tuple[dt.datetime, dt.timedelta, dt.timedelta]] = []
    endless = False
    parts: list[dict[str, list[str]]] = []
    for line in (Line(0, text) for text in definition):
        if line.name == "BEGIN" and line.value.upper() in ("STANDARD", "DAYLIGHT"):
            parts.append({})
        elif parts and line.name != "END":
            parts[-1].setdefault(line.name, []).append(line.value)
    try:
        for part in parts:
            before, after = (_offset(part[name][0]) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
            start, _ = read_moment(part["DTSTART"][0])
            if not isinstance(start, dt.datetime):
                start = dt.datetime.combine(start, dt.time())
            rules = [Rule(text) for text in part.get("RRULE", []) if text]
            endless = endless or any(not rule.ends for rule in rules)
            walls = {start}
            for rule in rules:
                until = rule.until
                if until is not None and not isinstance(until, dt.datetime):
                    until = dt.datetime.combine(until, dt.time.max)
                until = until + before if until and rule.utc else until
                walls.update(rule.starting(start, until).between(start, dt.datetime(last_year, 12, 31)))  # noqa: DTZ001
            for entry in filter(None, ",".join(part.get("RDATE", [])).split(",")):
                moment, _ = read_moment(entry.partition("/")[0])
                walls.add(moment if isinstance(moment, dt.datetime) else dt.datetime.combine(moment, start.time()))
            onsets += [(wall - before, before, after) for wall in walls]
    except (KeyError, ValueError, OverflowError):
        return None
    if not onsets:
        return None
    onsets.sort()
    fixed = len({after for _, _, after in onsets}) == 1
    return _DefinedClock(onsets, dt.datetime.max if endless or fixed else onsets[-1][0])  # noqa: DTZ901


def _offset(text: str) -> dt.timedelta:
    found = _OFFSET.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not an offset")
    size = dt.timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    if size >= _DAY:
        raise ValueError(f"{text!r} is not an offset")
    return -size if found[1] == "-" else size
