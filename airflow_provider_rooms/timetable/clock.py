"""Wall clocks: reading a zone, and finding the moment at which a zone's clocks show a time."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from zoneinfo import ZoneInfo

# Which one to take of a local time that exists twice, and what to make of one that does not exist: the earlier or the
# later instant; or report the row instead of choosing.
ClockChange = Literal["refuse", "earlier", "later"]

#: Monday to Sunday, as universities write them: Thursday is R and Sunday is U.
WEEKDAYS = "MTWRFSU"


def place(day: dt.date, clock: dt.time, zone: ZoneInfo, clock_change: ClockChange) -> dt.datetime:
    """The moment at which the clocks of that zone show that time on that day.

    :raises ValueError: the clock change of that day skips or repeats the time, and nothing was chosen.
    """
    moment = dt.datetime.combine(day, clock, tzinfo=zone)
    other = moment.replace(fold=1)
    if moment.utcoffset() == other.utcoffset():
        return moment
    if clock_change == "refuse":
        exists = instant(moment).astimezone(zone).replace(tzinfo=None) == moment.replace(tzinfo=None)
        what = "happens twice" if exists else "does not exist"
        raise ValueError(
            f"{day} {clock:%H:%M} {what} in {zone.key}, because the clocks change; set clock_change='earlier' "
            "or 'later'"
        )
    pick = min if clock_change == "earlier" else max
    return pick(instant(moment), instant(other)).astimezone(zone)


def instant(moment: dt.datetime) -> dt.datetime:
    """The moment in UTC. Two datetimes of one zone are compared by wall clock, which goes wrong where the clocks change."""
    return moment.astimezone(dt.UTC)


def check_order(start: dt.datetime, end: dt.datetime, day: dt.date) -> None:
    """Make sure that a class still ends after it starts, however the clocks change.

    :raises ValueError: it does not.
    """
    if instant(end) <= instant(start):
        raise ValueError(f"because of the clock change on {day} in {start.tzinfo}, it ends before it starts")


def read_zone(name: str) -> ZoneInfo | None:
    """The IANA zone of that name, or None."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown; not even a relative path; a directory of zones
        return None
