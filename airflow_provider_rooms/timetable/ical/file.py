"""An iCalendar file taken apart: its calendars, their events and zones, and the line number of everything."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from airflow_provider_rooms.timetable.model import Problem, TimetableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: A ":" may stand in a quoted parameter.
_PARTS = re.compile(r'([^;:"]*)((?:;(?:[^":]|"[^"]*")*)?):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';\s*([A-Za-z0-9-]+)\s*=((?:[^";]|"[^"]*")*)')
#: Line breaks and quotes in a parameter (RFC 6868).
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}


@dataclass(frozen=True)
class Line:
    """One property, unfolded, with the number of its first line."""

    number: int
    text: str

    @cached_property
    def name(self) -> str:
        return re.split("[;:]", self.text, maxsplit=1)[0].strip().upper()

    @property
    def is_property(self) -> bool:
        return ":" in self.text

    @cached_property
    def value(self) -> str:
        return self._parts[1].strip()

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """Upper-case names; values without quotes."""
        found = {
            name.upper(): re.sub(r"\^[n'^]", lambda mark: _CARET[mark[0]], value.replace('"', ""))
            for name, value in reversed(_PARAMETER.findall(self._parts[0]))
        }
        return {name: value.strip() for name, value in found.items()}

    @cached_property
    def _parts(self) -> tuple[str, str]:
        if found := _PARTS.fullmatch(self.text):
            return found[2], found[3]
        parameters, _, value = self.text.partition(":")  # quotes that do not match
        return parameters[len(self.name) :], value


@dataclass
class Block:
    """One VEVENT as it stands in the file."""

    line: int
    lines: list[Line] = field(default_factory=list)


@dataclass
class Calendar:
    """One VCALENDAR as it stands in the file.

    :param lines: its own properties.
    :param zones: the lines of its VTIMEZONEs.
    """

    lines: list[Line] = field(default_factory=list)
    zones: list[list[Line]] = field(default_factory=list)
    events: list[Block] = field(default_factory=list)

    def first(self, name: str) -> Line | None:
        return next((line for line in self.lines if line.name == name and line.value), None)


def calendars(data: bytes, source: str, problems: list[Problem]) -> list[Calendar]:
    """The calendars of a file.

    :raises TimetableError: the file is broken in a way that leaves no part of it to be trusted.
    """
    if not data.strip(codecs.BOM_UTF8 + b" \t\r\n\x00"):
        raise TimetableError(source, [Problem(1, "is empty: expected BEGIN:VCALENDAR")])
    found: list[Calendar] = []
    stack: list[tuple[str, int]] = []
    for line in _unfolded(data, problems):
        kind = line.value.upper() if line.name in ("BEGIN", "END") else ""
        if line.name == "BEGIN":
            if not stack and kind != "VCALENDAR":
                raise TimetableError(source, [Problem(line.number, f"begins a {kind} outside a calendar")])
            stack.append((kind, line.number))
            if len(stack) == 1:
                found.append(Calendar())
            elif len(stack) == 2 and kind == "VEVENT":
                found[-1].events.append(Block(line.number))
            elif len(stack) == 2 and kind == "VTIMEZONE":
                found[-1].zones.append([])
        elif line.name != "END" and not stack:
            raise TimetableError(source, [Problem(line.number, "is not iCalendar: expected BEGIN:VCALENDAR")])
        kinds = [kind for kind, _ in stack]
        if line.name not in ("BEGIN", "END"):
            if kinds == ["VCALENDAR"]:
                found[-1].lines.append(line)
            elif kinds == ["VCALENDAR", "VEVENT"]:
                found[-1].events[-1].lines.append(line)
        if kinds[1:2] == ["VTIMEZONE"]:
            found[-1].zones[-1].append(line)
        if line.name == "END":
            if not stack or stack[-1][0] != kind:
                begun = f"the {stack[-1][0]} of line {stack[-1][1]} is open" if stack else "nothing is open"
                raise TimetableError(source, [Problem(line.number, f"ends a {kind}, but {begun}")])
            stack.pop()
    if stack:
        kind, number = stack[-1]
        raise TimetableError(source, [Problem(number, f"begins a {kind} that never ends: is the file cut short?")])
    return found


def _unfolded(data: bytes, problems: list[Problem]) -> Iterator[Line]:
    """The properties of a file; a line that begins with a space goes on with the one before.

    Lines are put together as bytes, then decoded: programs fold in the middle of a character.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", errors="replace").encode()
    number = 0
    parts: list[bytes] = []
    # Not splitlines(): it takes more than line breaks for line breaks.
    for count, raw in enumerate(re.split(b"\r\n?|\n", data.removeprefix(codecs.BOM_UTF8)), start=1):
        if raw[:1] in (b" ", b"\t") and parts:
            parts.append(raw[1:])
            continue
        if parts:
            yield _decoded(number, b"".join(parts), problems)
        number, parts = count, [raw] if raw.strip() else []
    if parts:
        yield _decoded(number, b"".join(parts), problems)


def _decoded(number: int, data: bytes, problems: list[Problem]) -> Line:
    try:
        return Line(number, data.decode())
    except UnicodeDecodeError:
        problems.append(Problem(number, "is not UTF-8; it was read as Windows-1252", note=True))
        return Line(number, data.decode("cp1252", errors="replace"))
