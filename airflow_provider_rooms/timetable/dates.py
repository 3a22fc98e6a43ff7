"""Dates as registrars write them: ISO, numbers in either order, and with the month's name in English or German.

Whether ``01/02/2027`` is in January or in February, a file shows by another date of its own, such as ``08/24/2026``, or its
reader says; otherwise it is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

# Which comes first in a date in numbers: the month, or the day.
DateOrder = Literal["mdy", "dmy"]
_ORDERS = ("mdy", "dmy")

_MONTHS = {
    name[:length]: number
    for language in (
        "january february march april may june july august september october november december",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "jänner feber maerz april mai juni juli august september oktober november dezember",
    )
    for number, name in enumerate(language.split(), start=1)
    for length in range(3, len(name) + 1)
} | {"mrz": 3}
# What a spreadsheet or pandas adds to a date.
_MIDNIGHT = re.compile(r"[T ](?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? ?AM)$", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})([-/.]) ?(\d{1,2})\2 ?(\d{4}|\d{2})", re.ASCII)
_DAY_MONTH = re.compile(
    r"([0-9]{1,2})(?:st|nd|rd|th)?\.?[ -]?([^\W\d_]{3,})\.?,?[ -]?([0-9]{4}|[0-9]{2})", re.IGNORECASE
)
_MONTH_DAY = re.compile(r"([^\W\d_]{3,})\.? ?([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})", re.IGNORECASE)
_SPAN = re.compile(r"\s*(?:\s[-–—]\s|[–—]|\b(?:to|bis|through|thru|until)\b)\s*", re.IGNORECASE)


def check_dates(order: str | None) -> None:
    """Make sure that an order of dates is one.

    :raises ValueError: it is none.
    """
    if order is not None and order not in _ORDERS:
        raise ValueError(f"dates: expected 'mdy' (the month first) or 'dmy' (the day first), got {order!r}.")


class Dates:
    """Reads the dates of one timetable; whether day or month comes first, one cell shows for all.

    :param cells: all cells that hold dates; what cannot be read is ignored here.
    :param order: which comes first, where the reader was told.
    """

    def __init__(self, cells: Iterable[str], order: DateOrder | None = None) -> None:
        self._order = order
        shown = {only for cell in set(cells) for part in split_dates(cell) if (only := _shows(part))}
        self._told: str | None = order or (shown.pop() if len(shown) == 1 else None)
        self._contradicts = len(shown) > 1

    def read(self, cell: str) -> dt.date:
        """The date of a cell.

        :raises ValueError: it is none, or could be two.
        """
        text = _MIDNIGHT.sub("", cell.strip())
        if found := _NUMBERS.fullmatch(text):
            return self._numbers(cell, int(found[1]), int(found[3]), found[4])
        year = month = day = 0
        if found := _ISO.fullmatch(text):
            year, month, day = int(found[1]), int(found[3]), int(found[4])
        elif found := _DAY_MONTH.fullmatch(text):
            if len(found[3]) == 2 and self._order != "dmy":
                raise ValueError(f"{cell!r} has a two-digit year; write 2026-11-20, or set dates='dmy'")
            year, month, day = _year(found[3]), _MONTHS.get(found[2].lower(), 0), int(found[1])
        elif found := _MONTH_DAY.fullmatch(text):
            year, month, day = int(found[3]), _MONTHS.get(found[1].lower(), 0), int(found[2])
        date = _date(year, month, day)
        if date is None:
            raise ValueError(f"{cell!r} is not a date; write 2026-11-20")
        return date

    def _numbers(self, cell: str, one: int, other: int, year: str) -> dt.date:
        if len(year) == 2 and not self._order:
            raise ValueError(f"{cell!r} has a two-digit year; write 2026-11-20, or set dates='mdy' or dates='dmy'")
        month_first, day_first = _date(_year(year), one, other), _date(_year(year), other, one)
        if self._order:
            if date := month_first if self._order == "mdy" else day_first:
                return date
            raise ValueError(f"{cell!r} is not a date with dates={self._order!r}")
        if month_first and day_first and month_first != day_first:
            if self._told is None:
                why = "the file has dates of both orders" if self._contradicts else "nothing in the file says which"
                raise ValueError(
                    f"{cell!r} could be {month_first} or {day_first} ({why}); set dates='mdy' if the month comes "
                    "first, or dates='dmy' if the day does"
                )
            return month_first if self._told == "mdy" else day_first
        date = month_first or day_first
        if date is None:
            raise ValueError(f"{cell!r} is not a date; write 2026-11-20")
        return date


def split_dates(cell: str) -> list[str]:
    """The two dates of ``08/24/2026 - 12/09/2026``, or the one that there is."""
    return [part for part in _SPAN.split(cell.strip()) if part]


def looks_like_date(cell: str) -> bool:
    """Whether a cell is a date, in whatever order."""
    for order in _ORDERS:
        try:
            Dates([], order).read(cell)  # type: ignore[arg-type]
        except ValueError:
            continue
        return True
    return False


def _shows(cell: str) -> str | None:
    """The order that a date in numbers can only have."""
    if not (found := _NUMBERS.fullmatch(_MIDNIGHT.sub("", cell.strip()))) or len(found[4]) == 2:
        return None
    month_first = _date(int(found[4]), int(found[1]), int(found[3]))
    day_first = _date(int(found[4]), int(found[3]), int(found[1]))
    return None if bool(month_first) == bool(day_first) else "mdy" if month_first else "dmy"


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
