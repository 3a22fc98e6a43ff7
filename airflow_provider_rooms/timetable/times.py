"""Times of day as registrars write them.

``13:50``, ``1:50 PM``, ``1:50p.m.``, ``14.15``, ``14h15``, ``0900``, ``9 Uhr``, ``12NOON``; from one to another in one cell
(``1:10pm-2:25pm``, ``11:40 - 12:55 PM``, ``9:00 to 9:50``). Where only one of a start and an end says AM or PM, the other is in
the half of the day by which the class lasts less than twelve hours: there is exactly one. Where neither does, it is a clock of
24 hours, unless the column or the hour speaks against it: then the cell is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ONE = (
    r"(?:\d{1,2}\s?[:.h]\s?\d{2}(?::\d{2})?|\d{1,4})"
    r"(?:\s?(?:[ap]\.?\s?m\b\.?|[ap]\b|noon\b|uhr\b|h\b))?|\bnoon\b|\bmidnight\b"
)
_TO = r"\s*(?:[-–—−~]|\b(?:to|bis|until|till)\b)\s*"
_TIME = re.compile(
    r"(?:(?P<hour>\d{1,2})(?:\s?[:.h]\s?(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?|(?P<digits>\d{3,4}))"
    r"\s?(?P<half>[ap](?:\.?\s?m)?\.?|noon)?(?P<whole>\s?(?:uhr|h))?",
    re.ASCII | re.IGNORECASE,
)
_SPAN = re.compile(
    rf"(?<![\d.:])(?:\b(?:von|from)\s+)?(?P<start>{_ONE}){_TO}(?P<end>{_ONE})(?![\d.:]*\d)", re.ASCII | re.IGNORECASE
)
_WORDS = {"noon": "12:00 pm", "midnight": "12:00 am", "12midnight": "12:00 am", "12 midnight": "12:00 am"}
#: A class is taken to go on after midnight if it lasts less than this.
_LONGEST = 12 * 60 * 60
#: Before this hour, written without a zero, hardly anybody means the night.
_FIRST_HOUR = 7


@dataclass(frozen=True)
class Clock:
    """A time as it is written.

    :param half: ``a`` or ``p``, or empty.
    :param zero: whether it is written like ``09:00``.
    :param bare: an hour alone, which is a time only beside one with AM or PM.
    """

    hour: int
    minute: int
    second: int
    half: str
    zero: bool
    bare: bool

    @property
    def whole_day(self) -> bool:
        """Whether a clock of twelve hours cannot show it."""
        return not self.half and not 1 <= self.hour <= 12

    def readings(self) -> tuple[dt.time, ...]:
        """The times of day that it can be."""
        if self.half:
            return (self._at(self.hour % 12 + (12 if self.half == "p" else 0)),)
        if self.whole_day:
            return (self._at(self.hour % 24),)
        return self._at(self.hour % 12), self._at(self.hour % 12 + 12)

    def on_24_hours(self) -> dt.time:
        """The time as a clock of 24 hours shows it."""
        return self.readings()[0] if self.half else self._at(self.hour % 24)

    def _at(self, hour: int) -> dt.time:
        return dt.time(hour, self.minute, self.second)


def read_clock(text: str) -> Clock | None:
    """One time, or None for anything else."""
    text = _WORDS.get(text.strip().lower(), text.strip())
    if not (found := _TIME.fullmatch(text)):
        return None
    digits = found["digits"]
    hour, minute = (digits[:-2], digits[-2:]) if digits else (found["hour"], found["minute"] or "0")
    half = (found["half"] or "").lower()
    half = "p" if half == "noon" else half[:1]
    bare = digits is None and found["minute"] is None
    clock = Clock(
        hour=int(hour),
        minute=int(minute),
        second=int(found["second"] or 0),
        half=half,
        zero=hour.startswith("0"),
        bare=bare and not half and not found["whole"],
    )
    if half and not 1 <= clock.hour <= 12:
        return None
    if clock.hour == 24 and (clock.minute or clock.second):
        return None
    return clock if clock.hour <= 24 and clock.minute < 60 and clock.second < 60 else None


def split_span(text: str) -> tuple[str, str, str] | None:
    """Start, end, and what else stands in a text that holds one span of time; None where it holds none.

    :raises ValueError: it holds more than one.
    """
    spans = [found for found in _SPAN.finditer(text) if _is_span(found["start"], found["end"])]
    if len(spans) > 1:
        raise ValueError(f"{text!r} contains {len(spans)} meetings; write one row for each")
    if not spans:
        return None
    (found,) = spans
    return found["start"], found["end"], f"{text[: found.start()]} {text[found.end() :]}"


def has_span(text: str) -> bool:
    """Whether a text holds a span of time."""
    return any(_is_span(found["start"], found["end"]) for found in _SPAN.finditer(text))


def _is_span(start: str, end: str) -> bool:
    one, other = read_clock(start), read_clock(end)
    return bool(one and other and not (one.bare and other.bare))


class Times:
    """Reads the times of one timetable; what one cell leaves open, the others decide.

    :param cells: all cells that hold times; what cannot be read is ignored here.
    """

    def __init__(self, cells: Iterable[str]) -> None:
        clocks = [clock for cell in set(cells) for part in _parts(cell) if (clock := read_clock(part))]
        self._halves = any(clock.half for clock in clocks)
        self._whole_day = any(clock.whole_day for clock in clocks)

    def settle(self, start: Clock, end: Clock) -> tuple[dt.time, dt.time]:
        """When a class starts and ends; an end that is not after the start is on the next day.

        :raises ValueError: the two make no class, or could be in the morning as well as in the afternoon.
        """
        if start.hour == 24:
            raise ValueError("starts at 24:00; write 00:00 on the following day")
        if start.half or end.half:
            pairs = [(one, other) for one in start.readings() for other in end.readings()]
            if len(pairs) > 1:
                pairs = [pair for pair in pairs if 0 < lasts(*pair) < _LONGEST]
            found = pairs[0] if pairs else (start.readings()[0], end.readings()[0])
        else:
            self._check_24_hours(start, end)
            found = start.on_24_hours(), end.on_24_hours()
        if found[1] <= found[0] and not 0 < lasts(*found) < _LONGEST:
            raise ValueError(f"ends at {found[1]:%H:%M}, but starts at {found[0]:%H:%M}")
        return found

    def _check_24_hours(self, start: Clock, end: Clock) -> None:
        """Make sure that two times without AM and PM are of a clock of 24 hours."""
        if start.whole_day or end.whole_day:
            return
        if self._halves and not (self._whole_day and start.zero):
            why = "other times in this file have AM or PM"
        elif self._whole_day or start.zero or start.hour >= _FIRST_HOUR:
            return
        else:
            why = "nothing in this file says which"
        shown, later = f"{start.hour}:{start.minute:02}", f"{start.hour % 12 + 12}:{start.minute:02}"
        raise ValueError(
            f"starts at {shown} in the morning or in the afternoon ({why}); write {shown} AM or {shown} PM, "
            f"or {start.hour:02}:{start.minute:02} or {later} in 24-hour time"
            if not self._halves
            else f"starts at {shown} in the morning or in the afternoon ({why}); write {shown} AM or {shown} PM"
        )


def lasts(start: dt.time, end: dt.time) -> int:
    """The seconds from one time to the next that the other is shown."""
    one, other = (clock.hour * 3600 + clock.minute * 60 + clock.second for clock in (start, end))
    return (other - one) % 86400


def _parts(cell: str) -> tuple[str, ...]:
    found = _SPAN.search(cell)
    return (found["start"], found["end"]) if found else (cell,)
