"""The properties of an event, one policy each: what becomes of the event if one is empty, stands twice, or cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from airflow_provider_rooms.timetable.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_rooms.timetable.ical.file import Block, Line


class _Policy(NamedTuple):
    """What becomes of an event if a property of it is not as it should be.

    :param twice: refuse the event unless both are the same; use the first one; or use all.
    :param empty: refuse the event; use the property as if it were not there, with a note or without.
    :param unreadable: refuse the event, or ignore the property with a note.
    """

    twice: Literal["refuse", "first", "all"]
    empty: Literal["refuse", "note", "ignore"]
    unreadable: Literal["refuse", "note"]


#: What of an event is read. What decides when a class takes place refuses the event if it cannot be read; nothing else does.
_PROPERTIES = {
    "UID": _Policy("refuse", "ignore", "refuse"),
    "RECURRENCE-ID": _Policy("refuse", "refuse", "refuse"),
    "DTSTART": _Policy("refuse", "refuse", "refuse"),
    "DTEND": _Policy("refuse", "refuse", "refuse"),
    "DURATION": _Policy("refuse", "refuse", "refuse"),
    "RRULE": _Policy("all", "note", "refuse"),
    "RDATE": _Policy("all", "note", "refuse"),
    "EXDATE": _Policy("all", "note", "refuse"),
    "EXRULE": _Policy("all", "note", "refuse"),
    "STATUS": _Policy("all", "ignore", "note"),
    "SEQUENCE": _Policy("first", "note", "note"),
    "DTSTAMP": _Policy("first", "ignore", "note"),
    "SUMMARY": _Policy("first", "ignore", "note"),
    "LOCATION": _Policy("first", "ignore", "note"),
    "ORGANIZER": _Policy("first", "ignore", "note"),
    "ATTENDEE": _Policy("all", "ignore", "note"),
}


class Properties:
    """The properties of one event, as their policies leave them.

    :ivar lines: by their names.
    :ivar refused: whether something is wrong with one that refuses the event.
    """

    def __init__(self, block: Block, problems: list[Problem]) -> None:
        self.block, self._problems = block, problems
        self.refused = False
        self.lines: dict[str, list[Line]] = {name: [] for name in _PROPERTIES}
        for line in self._usable():
            self.lines[line.name].append(line)

    def _usable(self) -> Iterator[Line]:
        """The lines of properties that are read, each as its policy says."""
        first: dict[str, Line] = {}
        before = ""
        for line in self.block.lines:
            policy = _PROPERTIES.get(line.name)
            if not line.is_property:
                # Either a property cut short, or the rest of the one before, which lost the space it should begin with.
                broken = _PROPERTIES.get(line.name if policy else before)
                self.fault(
                    line, f"is not a property: {line.text[:40]!r}", note=not broken or broken.unreadable == "note"
                )
                continue
            before = line.name
            if policy is None:
                continue
            if not line.value:
                if policy.empty != "ignore":
                    self.fault(line, f"{line.name} is empty", note=policy.empty == "note")
                continue
            if policy.twice != "all" and line.name in first:
                same = first[line.name].text == line.text
                refused = policy.twice == "refuse" and not same
                text = f"the event has {line.name} twice"
                self.fault(line, text if refused else f"{text}; the first one is used", note=not refused)
                continue
            first.setdefault(line.name, line)
            yield line

    def first(self, name: str) -> Line | None:
        return next(iter(self.lines[name]), None)

    def value(self, name: str) -> str:
        line = self.first(name)
        return line.value if line else ""

    def fault(self, line: Line | None, text: str, *, note: bool = False) -> None:
        self._problems.append(Problem(line.number if line else self.block.line, text, note))
        self.refused = self.refused or not note
