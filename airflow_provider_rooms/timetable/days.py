"""Weekdays as registrars write them.

Letters (``MTWRFSU``, R being Thursday and U Sunday), two letters (``TuTh``, ``SaSu``), three letters, whole names, English and
German, in one word or with anything between them. With capitals and small letters together each capital begins a day. All in
one case some words can be read in two ways: ``TU`` is Tuesday, or Tuesday and Sunday. The other cells of the column decide, or
the cell is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from airflow_provider_rooms.timetable.clock import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ENGLISH = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GERMAN = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")
# Each is written in two letters, in three, or whole; some in ways of their own.
_NAMES = {
    short: number
    for language in (_ENGLISH, _GERMAN)
    for number, name in enumerate(language)
    for short in (name[:2], name[:3], name, name + "s")
} | {"tues": 1, "weds": 2, "thur": 3, "thurs": 3, "sonnabend": 5, "sonnabends": 5}
_LETTERS = {letter: number for number, letter in enumerate(WEEKDAYS)}
#: Only where days are written in letters do these stand for a day alone.
_ONLY_LETTERS = frozenset("RU")
_AND = frozenset({"and", "und"})
_TO = frozenset({"to", "through", "thru", "bis"})
_BETWEEN = r"\s,;/&+.|_\-–—"
_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class _Word:
    """The readings of one word: in letters, in names, or both.

    :param letters: the days when each letter is one.
    :param names: the days when two or more letters can be one.
    """

    text: str
    letters: tuple[int, ...] | None
    names: tuple[int, ...] | None

    @property
    def open(self) -> bool:
        return self.letters is not None and self.names is not None and set(self.letters) != set(self.names)


class Days:
    """Reads the days of one timetable; what one cell leaves open, the others decide.

    :param cells: all cells that hold days; what cannot be read is ignored here.
    """

    def __init__(self, cells: Iterable[str]) -> None:
        words = [word for cell in set(cells) for word in _split(cell) if word not in _AND | _TO]
        read = [_read(word) for word in dict.fromkeys(words)]
        letters = any(
            word.names is None and word.letters and _ONLY_LETTERS.intersection(word.text.upper()) for word in read
        )
        names = any(word.letters is None and word.names for word in read)
        #: ``letters`` or ``names``, or None where the column says neither or both.
        self._style = None if letters == names else "letters" if letters else "names"

    def read(self, cell: str) -> frozenset[int]:
        """The weekdays of a cell, Monday being 0.

        :raises ValueError: it is no list of days, or one with two readings.
        """
        words = _split(cell)
        if strange := re.search(rf"[^\w{_BETWEEN}]|\d", cell):
            raise _unknown(strange[0], cell)
        if re.fullmatch(r"\s*\w+\s*[-–—]\s*\w+\s*", cell):
            one, other = (_list(self._days(word, cell)) for word in words)
            raise ValueError(
                f"days {cell!r}: from {one} to {other}, or only these? Write '{one} to {other}' or '{one}, {other}'"
            )
        found: list[int] = []
        since: int | None = None  # the first day of "Mon to Fri"
        for word in words:
            if word.lower() in _AND:
                continue
            if word.lower() in _TO and found and since is None:
                since = found[-1]
                continue
            days = self._days(word, cell)
            if since is not None:
                if len(days) != 1 or days[0] <= since:
                    raise ValueError(f"days {cell!r} is not a range of days; name each day")
                days = tuple(range(since + 1, days[0] + 1))
                since = None
            found += days
        if not found or since is not None:
            raise _unknown(cell, cell)
        if twice := next((day for day in found if found.count(day) > 1), None):
            raise ValueError(f"days {cell!r} has {_SHORT[twice]} twice; name each day once, such as Tu and Th")
        return frozenset(found)

    def _days(self, text: str, cell: str) -> tuple[int, ...]:
        word = _read(text)
        if word.letters is None and word.names is None:
            raise _unknown(next((letter for letter in text.upper() if letter not in WEEKDAYS), text), cell, text)
        if word.open and self._style is None:
            raise ValueError(
                f"days {cell!r} could be {_list(word.names)}, or {_list(word.letters)}, and the other rows do not "
                f"settle it; write {', '.join(_SHORT[day] for day in word.names or ())}, or "
                f"{' '.join(text.upper())}"
            )
        first, second = (word.letters, word.names) if self._style == "letters" else (word.names, word.letters)
        return first if first is not None else second or ()


def _unknown(what: str, cell: str, word: str = "") -> ValueError:
    # A word in capitals and small letters is no row of letters: what is unknown is one of its days.
    if word and not _one_case(word):
        what = next(token for token in _tokens(word) if _token(token) is None)
    return ValueError(f"unknown weekday {what!r} in {cell!r}; write M T W R F S U (R Thursday, U Sunday)")


def _list(days: Iterable[int] | None) -> str:
    return " and ".join(_SHORT[day] for day in sorted(set(days or ())))


def _split(cell: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", cell)


def _one_case(word: str) -> bool:
    return word.isupper() or word.islower()


def _tokens(word: str) -> list[str]:
    return re.findall(r"[A-Z][a-z]*|[a-z]+|[^A-Za-z]+", word)


def _token(token: str) -> int | None:
    return _LETTERS.get(token.upper()) if len(token) == 1 else _NAMES.get(token.lower())


@cache
def _read(word: str) -> _Word:
    if not word.isascii():
        return _Word(word, None, None)
    if not _one_case(word):
        days = [_token(token) for token in _tokens(word)]
        return _Word(word, None, tuple(day for day in days if day is not None) if None not in days else None)
    capitals = word.upper()
    letters = tuple(_LETTERS.get(letter, -1) for letter in capitals)
    if -1 in letters or len(set(letters)) < len(letters):
        return _Word(word, None, _names(capitals, "MTWRFS"))
    return _Word(word, letters, _names(capitals, "MTWFS"))


def _names(capitals: str, alone: str) -> tuple[int, ...] | None:
    """The days of a word with at least one name of two letters or more in it, in as few days as can be.

    :param alone: the letters that may be a day by themselves.
    """
    # More than a week of names is no list of days, and would take long to try.
    found = list(_segments(capitals, alone, -1)) if len(capitals) <= 70 else []
    return min((days for days in found if len(days) < len(capitals)), key=len, default=None)


def _segments(rest: str, alone: str, after: int) -> Iterator[tuple[int, ...]]:
    """All ways to take a word apart into days, in the order of a week that begins on Sunday or Monday."""
    if not rest:
        yield ()
        return
    for length in range(1, min(len(rest), 11) + 1):
        piece = rest[:length]
        day = _NAMES.get(piece.lower()) if length > 1 else _LETTERS[piece] if piece in alone else None
        if day is None or day <= after:
            continue
        for days in _segments(rest[length:], alone, -1 if day == 6 and after == -1 else day):
            yield (day, *days)
