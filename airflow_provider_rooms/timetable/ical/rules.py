"""Recurrence rules (RRULE), expanded by the wall clock of their zone."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_MOMENT = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?", re.ASCII | re.IGNORECASE)


def read_moment(text: str) -> tuple[dt.date | dt.datetime, bool]:
    """A date, or a time without its zone; and whether it is said to be in UTC.

    :raises ValueError: it is neither.
    """
    found = _MOMENT.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text.strip()[:40]!r} is neither a date nor a time such as 20261116T090000")
    form, digits = ("%Y%m%d%H%M%S", found[1] + found[2]) if found[2] else ("%Y%m%d", found[1])
    try:
        moment = dt.datetime.strptime(digits, form)  # noqa: DTZ007 - its zone comes later
    except ValueError:
        raise ValueError(f"{text.strip()} does not exist") from None
    return (moment if found[2] else moment.date()), bool(found[3])


class Rule:
    """One RRULE.

    :param text: its value in the file.
    :raises ValueError: says what is wrong with it.
    """

    def __init__(self, text: str) -> None:
        pairs = [part.partition("=") for part in text.upper().replace(" ", "").split(";") if part]
        parts = {name: value for name, _, value in pairs if value}
        #: What stands there without a value, or means nothing.
        self.ignored = [name for name, _, value in pairs if not value]
        if len({name for name, _, _ in pairs}) < len(pairs):
            raise ValueError("RRULE has a part twice")
        if "FREQ" not in parts:
            raise ValueError("RRULE has no FREQ")
        if parts["FREQ"] in _TOO_OFTEN:
            raise ValueError(f"repeats {parts['FREQ'].lower()}; a class can repeat daily at most")
        if parts.get("COUNT", "").startswith("-"):
            self.ignored.append("COUNT")
            del parts["COUNT"]
        if not parts.get("INTERVAL", "1").lstrip("+").isdigit() or not int(parts.get("INTERVAL", "1")):
            raise ValueError(f"RRULE cannot be read: INTERVAL={parts['INTERVAL']}")
        until = parts.pop("UNTIL", None)
        #: The last moment: a date, or a time without its zone.
        self.until: dt.date | dt.datetime | None = None
        #: Whether that moment is in UTC.
        self.utc = False
        if until:
            try:
                self.until, self.utc = read_moment(until)
            except ValueError as error:
                raise ValueError(f"RRULE cannot be read: UNTIL: {error}") from None
        self.ends = until is not None or "COUNT" in parts
        self._text = ";".join(f"{name}={value}" for name, value in parts.items())
        self.starting(dt.datetime(2000, 1, 1), None)  # noqa: DTZ001 - wall clock

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and (self._text, self.until, self.utc) == (other._text, other.until, other.utc)

    __hash__ = None  # type: ignore[assignment]

    def starting(self, start: dt.datetime, until: dt.datetime | None) -> Dates:
        """The dates and times of this rule, by the wall clock.

        :param start: without a zone.
        :param until: the last one, without a zone.
        """
        from dateutil.rrule import rrulestr

        try:
            return Dates(rrulestr(self._text, dtstart=start, cache=True), until)
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError) as error:
            raise ValueError(f"RRULE cannot be read: {error}") from None


class Dates:
    """The dates and times of a rule, in their order, by the wall clock."""

    def __init__(self, dates: Iterable[dt.datetime], until: dt.datetime | None) -> None:
        self._dates, self._until = dates, until

    def between(self, first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
        """Those from the first to the last moment, both included."""
        if self._until is not None:
            last = min(last, self._until)
        for moment in self._dates:
            if moment > last:
                return
            if moment >= first:
                yield moment
