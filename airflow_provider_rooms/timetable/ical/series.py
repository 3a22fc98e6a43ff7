"""A series of classes: what its rules plan, and what was changed, moved or dropped of it.

Everything here is by the clocks of the series: times without a zone. An event that cannot be used, or is no class, still takes
the place of the one that it is about: it must not come back at its old hour.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from airflow_provider_rooms.timetable.ical.zones import UTC, Zone
from airflow_provider_rooms.timetable.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow_provider_rooms.timetable.ical.event import Event, Meeting, When
    from airflow_provider_rooms.timetable.ical.rules import Dates

_DAY = dt.timedelta(days=1)
#: What is said about later classes is not looked up: an endless rule would be gone through to its end.
_LAST_YEAR = 2100


@dataclass(frozen=True)
class Occurrence:
    """One class of a series.

    :param planned: when it was first planned for, by the clocks of the series.
    :param start: when it takes place, by the clocks of ``zone``.
    """

    event: Event
    planned: dt.datetime
    start: dt.datetime
    length: dt.timedelta
    zone: Zone
    cancelled: bool


class Plan:
    """The starts that one event plans, before anything is changed or left out."""

    def __init__(self, event: Event, meeting: Meeting) -> None:
        self.event, self.meeting = event, meeting
        self.zone = meeting.zone
        self.length = meeting.length
        ends = [self._until(rule.until, utc=rule.utc) for rule in meeting.rules]
        self._rules: list[Dates] = [
            rule.starting(meeting.start, end) for rule, end in zip(meeting.rules, ends, strict=True)
        ]
        # Nothing at all is left of a series that was ended before it began.
        ended = bool(ends) and all(end is not None and end < meeting.start for end in ends)
        self._start = None if ended else meeting.start
        #: RDATE, with the length of those that have one of their own.
        self.added: dict[dt.datetime, dt.timedelta] = {}
        for when, length in meeting.added:
            self.added[self._on_day(when, meeting.start)] = length or meeting.length

    def _until(self, until: When | None, *, utc: bool) -> dt.datetime | None:
        """The last moment of a rule; of a day all of it."""
        if until is None:
            return None
        if not isinstance(until, dt.datetime):
            return self.zone.wall(dt.datetime.combine(until, dt.time.max, tzinfo=self.zone.shown))
        return self.zone.wall(until.replace(tzinfo=UTC)) if utc else until

    def _on_day(self, when: When, start: dt.datetime) -> dt.datetime:
        """The moment; of a day, at the usual hour."""
        if isinstance(when, dt.datetime):
            return self.zone.wall(when)
        usual = self.zone.day(start)
        return start + (when - usual)

    def regular(self, first: dt.datetime, last: dt.datetime) -> set[dt.datetime]:
        """What the rules and the start itself plan for that span, its ends included."""
        found = {moment for rule in self._rules for moment in rule.between(first, last)}
        return found | {start for start in [self._start] if start and first <= start <= last}

    def length_of(self, planned: dt.datetime) -> dt.timedelta:
        return self.added.get(planned, self.length)


@dataclass(frozen=True)
class Series:
    """All that a file says about one UID, or about one event without any.

    :param key: what it is, for the key of its classes.
    :param repeats: whether there may be more than one class of it.
    :param changed: what takes the place of a planned one; without a meeting, nothing does.
    :param extra: those of them that were not planned.
    :param peers: series that share its key.
    """

    key: tuple[str, ...]
    line: int
    zone: Zone
    repeats: bool
    plan: Plan | None
    changed: Mapping[dt.datetime, Event]
    for_good: Sequence[tuple[dt.datetime, Event]]
    extra: frozenset[dt.datetime]
    left_out: frozenset[dt.datetime]
    peers: list[Series] = field(default_factory=list, compare=False, repr=False)

    def key_of(self, planned: dt.datetime) -> tuple[str, ...]:
        """The key of the class planned then: with its date, and where that date has several of them, with its time."""
        if not self.repeats:
            return self.key
        day = planned.date()
        others = Counter[bool]()
        for series in self.peers or [self]:
            regular, added = series._on(day)
            others[True] += len(regular)
            others[False] += len(added)
        regular, _ = self._on(day)
        # One that is added leaves the key of the regular one as it is.
        alone = others[True] == 1 if planned in regular else others.total() == 1
        clock = f"{planned:%H%M%S}" if planned.second else f"{planned:%H%M}"
        return (*self.key, day.isoformat()) if alone else (*self.key, day.isoformat(), clock)

    def _on(self, day: dt.date) -> tuple[set[dt.datetime], set[dt.datetime]]:
        """What is planned for a date: by the rules, and beside them. What was dropped counts: it leaves other keys alone."""
        first = dt.datetime.combine(day, dt.time())
        regular = self.plan.regular(first, first + _DAY - dt.timedelta.resolution) if self.plan else set()
        beside = {moment for moment in (*self.extra, *(self.plan.added if self.plan else ())) if moment.date() == day}
        return regular, beside - regular

    def occurrences(self, first: dt.date, last: dt.date) -> Iterator[Occurrence]:
        """What takes place, or was cancelled, on these days and those next to them."""
        begin = dt.datetime.combine(first - 2 * _DAY, dt.time())
        end = dt.datetime.combine(last + 3 * _DAY, dt.time())
        for planned, event in self.changed.items():
            if planned not in self.left_out and (one := self._changed(planned, event)) and begin <= one.start <= end:
                yield one
        plan = self.plan
        if plan is None:
            return
        shifts = [
            change.meeting.start - planned if change.meeting else dt.timedelta() for planned, change in self.for_good
        ]
        earliest = _earlier(begin, max([dt.timedelta(), *shifts]))
        latest = _earlier(end, min([dt.timedelta(), *shifts]))
        starts = plan.regular(earliest, latest) | {moment for moment in plan.added if earliest <= moment <= latest}
        for planned in starts - self.left_out - self.changed.keys():
            if (one := self._regular(plan, planned)) and begin <= one.start <= end:
                yield one

    def _regular(self, plan: Plan, planned: dt.datetime) -> Occurrence | None:
        """A planned one, unless the series ended for good before; moved if it moved for good."""
        since, event = next((one for one in reversed(self.for_good) if one[0] < planned), (planned, plan.event))
        shift, length = dt.timedelta(), plan.length_of(planned)
        if event is not plan.event and event.meeting:
            shift, length = self._wall(event.meeting) - since, event.meeting.length
        if event.meeting is None and not event.cancelled:
            return None
        return Occurrence(event, planned, planned + shift, length, self.zone, event.cancelled)

    def _changed(self, planned: dt.datetime, event: Event) -> Occurrence | None:
        if event.meeting:
            meeting = event.meeting
            return Occurrence(event, planned, meeting.start, meeting.length, meeting.zone, event.cancelled)
        if event.cancelled and self.plan and planned not in self.extra:
            return Occurrence(event, planned, planned, self.plan.length_of(planned), self.zone, cancelled=True)
        return None

    def _wall(self, meeting: Meeting) -> dt.datetime:
        """The start of a meeting by the clocks of the series."""
        return self.zone.wall(meeting.start.replace(tzinfo=meeting.zone.clock))


def _earlier(moment: dt.datetime, by: dt.timedelta) -> dt.datetime:
    try:
        return moment - by
    except OverflowError:
        return dt.datetime.min if by > dt.timedelta() else dt.datetime.max  # noqa: DTZ901 - wall clock


# -- put together -------------------------------------------------------------------------------------------------------


def build(key: tuple[str, ...], events: Sequence[Event], problems: list[Problem], *, repeats: bool) -> Series | None:
    """The series of the events of one UID; what is wrong with it goes to the problems."""
    masters = [event for event in events if not event.changes]
    changes = [event for event in events if event.changes]
    master = newest(masters, problems) if masters else None
    if master and master.meeting is None and not changes:
        return None
    plan = Plan(master, master.meeting) if master and master.meeting else None
    zones = [event.meeting.zone for event in changes if event.meeting]
    zone = plan.zone if plan else next(iter(zones), Zone(UTC, UTC))
    known = _Known(plan, zone, [event.planned or event.starts for event in changes])
    by_planned: dict[dt.datetime, list[Event]] = {}
    for event in changes:
        moments = known.meant(event, problems)
        if moments is None:
            return None
        for moment in moments:
            # One that is meant for several takes up the time of none.
            one = event if len(moments) == 1 else replace(event, meeting=None)
            by_planned.setdefault(moment, []).append(one)
    changed = {planned: newest(same, problems) for planned, same in by_planned.items()}
    left_out: set[dt.datetime] = set()
    for line, dates in plan.meeting.left_out if plan else ():
        missing = 0
        for when in dates:
            found = known.find(when)
            if not found and isinstance(when, dt.datetime) and zone.wall(when) in changed:
                found = [zone.wall(when)]
            left_out.update(found)
            missing += not found
        if missing and plan:
            which = "EXDATE matches" if len(dates) == 1 else f"{missing} of {len(dates)} entries of EXDATE match"
            problems.append(Problem(line, f"{which} no class of {plan.event.called}", note=True))
    for planned, event in changed.items():
        if planned in left_out and event.meeting and not event.cancelled:
            problems.append(Problem(event.line, f"{event.called} is excluded by EXDATE", note=True))
    return Series(
        key=key,
        line=(master or events[0]).line,
        zone=zone,
        repeats=repeats or bool(changes) or bool(plan and (plan.meeting.rules or plan.added)),
        plan=plan,
        changed=changed,
        for_good=sorted(
            ((planned, event) for planned, event in changed.items() if event.for_good), key=lambda one: one[0]
        ),
        extra=frozenset(changed.keys() - known.moments),
        left_out=frozenset(left_out),
    )


class _Known:
    """The planned starts of a series that something may be said about: up to the last one that is named."""

    def __init__(self, plan: Plan | None, zone: Zone, named: Sequence[When | None]) -> None:
        self._plan, self._zone = plan, zone
        self.moments: set[dt.datetime] = set()
        if plan:
            dates = [when for _, entries in plan.meeting.left_out for when in entries]
            days = [when.date() if isinstance(when, dt.datetime) else when for when in (*named, *dates) if when]
            last = min(max([plan.meeting.start.date(), *days]), dt.date(_LAST_YEAR, 1, 1)) + 2 * _DAY
            first = dt.datetime.min  # noqa: DTZ901 - wall clock
            self.moments = plan.regular(first, dt.datetime.combine(last, dt.time())) | set(plan.added)

    def find(self, when: When) -> list[dt.datetime]:
        """The planned start that is named, or all those of the day that is."""
        if not isinstance(when, dt.datetime):
            return sorted(moment for moment in self.moments if self._zone.day(moment) == when)
        # The second: digits of the series' own clocks under the name of another zone. Programs write it; nothing else is meant.
        both = (self._zone.wall(when), when.replace(tzinfo=None))
        return next(([moment] for moment in both if moment in self.moments), [])

    def meant(self, event: Event, problems: list[Problem]) -> list[dt.datetime] | None:
        """Which planned starts an event takes the place of; None if nobody can know."""
        planned = event.planned
        if planned is None:
            # What cannot be read most often stands at its old hour, or at least on its old day.
            found = self.find(event.starts) if event.starts else []
            if not found and isinstance(event.starts, dt.datetime):
                found = self.find(self._zone.day(self._zone.wall(event.starts)))
            if not found and self._plan:
                problems.append(
                    Problem(event.line, "changes a class, but nothing identifies it, so the whole series is skipped")
                )
                return None
            return found
        found = self.find(planned)
        if isinstance(planned, dt.datetime):
            if found:
                return found
            if event.meeting is None:
                # A time whose zone is unknown may be any of that day. Another one is simply none of them.
                return [] if planned.tzinfo else self.find(self._zone.day(planned))
            if self._plan:
                problems.append(
                    Problem(
                        event.line, f"RECURRENCE-ID matches no class of {event.called}; the event is added", note=True
                    )
                )
            return [self._zone.wall(planned)]
        if len(found) > 1 and event.meeting:
            text = f"RECURRENCE-ID is a date with {len(found)} classes; use the time of the one to change"
            problems.append(Problem(event.line, text))
        if not found and event.meeting:
            return [dt.datetime.combine(planned, event.meeting.start.time())]
        return found


def newest(events: Sequence[Event], problems: list[Problem]) -> Event:
    """Of several versions the one that counts (RFC 5546, 2.1.5): the highest SEQUENCE, then the latest DTSTAMP.

    One that is cancelled and does not say when it was takes its times from the version before.
    """
    ranked = sorted(events, key=lambda event: event.version, reverse=True)
    equal = [event for event in ranked if event.version == ranked[0].version]
    best = next((event for event in equal if event.cancelled), ranked[0])
    rivals = [event for event in equal if event is not best]
    if not best.cancelled and any(event.text != best.text for event in rivals):
        first, *others = sorted([best, *rivals], key=lambda event: event.line)
        about = "UID and RECURRENCE-ID" if best.changes else "UID"
        for other in others:
            text = (
                f"has the same {about}, SEQUENCE and DTSTAMP as the event in line {first.line}, but different contents"
            )
            problems.append(Problem(other.line, f"{text}: neither is used"))
        return replace(best, meeting=None, cancelled=False)
    for event in (event for event in ranked if event is not best):
        how = "is repeated" if event in rivals else "has a later version"
        problems.append(Problem(event.line, f"{event.called} {how} in line {best.line}", note=True))
    if best.cancelled and best.meeting is None:
        before = next((event.meeting for event in ranked if event.meeting), None)
        return replace(best, meeting=before)
    return best
