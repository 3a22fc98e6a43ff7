"""An iCalendar file taken apart, with the line number of everything: its events, its time zones."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.timetable.model import Problem, TimetableError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Line:
    """One property, unfolded, with the number of its first line."""

    number: int
    text: str

    @property
    def name(self) -> str:
        return re.split("[;:]", self.text, maxsplit=1)[0].upper()

    @property
    def value(self) -> str:
        # A ":" may stand in a quoted parameter.
        return re.split(r':(?=(?:[^"]*"[^"]*")*[^"]*$)', self.text, maxsplit=1)[-1]


@dataclass
class Event:
    """One VEVENT as it stands in the file."""

    line: int
    lines: list[Line] = field(default_factory=list)
    parsed: Any = None

    def first(self, name: str) -> Line | None:
        return next((line for line in self.lines if line.name == name), None)


def _unfolded(text: str) -> Iterator[Line]:
    """The properties of a file; a line that begins with a space goes on with the one before."""
    number = 0
    parts: list[str] = []
    # Not splitlines(): a title may hold what Unicode calls a line separator.
    for count, raw in enumerate(re.split("\r\n?|\n", text.lstrip("\ufeff")), start=1):
        if raw[:1] in (" ", "\t") and parts:
            parts.append(raw[1:])
            continue
        if parts:
            yield Line(number, "".join(parts))
        number, parts = count, [raw] if raw.strip() else []
    if parts:
        yield Line(number, "".join(parts))


def components(text: str, source: str) -> tuple[list[Event], dict[str, list[str]], Line | None]:
    """The events of the file, its own definitions of zones by name, and the zone of the whole calendar.

    :raises TimetableError: the file is broken in a way that leaves no part of it to be trusted.
    """
    events: list[Event] = []
    zones: dict[str, list[str]] = {}
    own_zone: Line | None = None
    if not text.strip():
        raise TimetableError(source, [Problem(1, "is empty: expected BEGIN:VCALENDAR")])
    stack: list[tuple[str, int]] = []
    zone: list[str] = []
    name = ""
    for line in _unfolded(text):
        if line.name == "BEGIN":
            kind = line.value.strip().upper()
            if not stack and kind != "VCALENDAR":
                raise TimetableError(source, [Problem(line.number, f"begins a {kind} outside of a calendar")])
            stack.append((kind, line.number))
            if kind == "VEVENT" and len(stack) == 2:
                events.append(Event(line.number))
            elif kind == "VTIMEZONE":
                zone, name = [], ""
        elif line.name == "END":
            kind = line.value.strip().upper()
            if not stack or stack[-1][0] != kind:
                begun = f"the {stack[-1][0]} of line {stack[-1][1]} is open" if stack else "nothing is open"
                raise TimetableError(source, [Problem(line.number, f"ends a {kind}, but {begun}")])
            stack.pop()
            if kind == "VTIMEZONE":
                zones[name] = [*zone, line.text]
        elif not stack:
            raise TimetableError(source, [Problem(line.number, "is no iCalendar: expected BEGIN:VCALENDAR")])
        elif [kind for kind, _ in stack] == ["VCALENDAR", "VEVENT"]:
            events[-1].lines.append(line)
        elif line.name == "X-WR-TIMEZONE" and len(stack) == 1:
            own_zone = line
        elif line.name == "TZID" and stack[-1][0] == "VTIMEZONE":
            name = line.value.strip()
        if any(kind == "VTIMEZONE" for kind, _ in stack):
            zone.append(line.text)
    if stack:
        kind, number = stack[-1]
        raise TimetableError(source, [Problem(number, f"begins a {kind} that never ends: is the file cut short?")])
    return events, zones, own_zone
