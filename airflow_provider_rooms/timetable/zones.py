"""Time zones of iCalendar files under their IANA names."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from airflow_provider_rooms.timetable.clock import read_zone

if TYPE_CHECKING:
    from collections.abc import Sequence

# Tried first for a VTIMEZONE with a name of its own: many zones share their clocks, and these are known to everybody.
_WELL_KNOWN = (
    "UTC", "Europe/London", "Europe/Berlin", "Europe/Athens", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo",
    "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
_DAY = dt.timedelta(days=1)


def iana_name(name: str, definition: Sequence[str] | None) -> str | None:
    """The IANA name of a zone, whatever the file calls it; None if there is none.

    :param definition: the lines of the file's VTIMEZONE of that name.
    """
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    pieces = name.strip("/ ").split("/")
    # "/example.org/20260101_1/Europe/Berlin" is how some programs make a name unique.
    for candidate in (name, WINDOWS_TO_OLSON.get(name, ""), *("/".join(pieces[-count:]) for count in (3, 2))):
        if candidate and (known := read_zone(candidate)):
            return known.key
    for line in definition or ():
        if line.upper().startswith("X-LIC-LOCATION:") and (zone := read_zone(line.partition(":")[2].strip())):
            return zone.key
    return _same_clock("\r\n".join(definition)) if definition else None


@lru_cache(maxsize=64)
def _same_clock(definition: str) -> str | None:
    """A zone whose clocks show the same as those of a VTIMEZONE, every day of two years."""
    import icalendar

    try:
        parsed: Any = icalendar.Timezone.from_ical(definition + "\r\n")
        zone = parsed.to_tz()
        noon = dt.datetime(dt.datetime.now(dt.UTC).year, 1, 1, 12, tzinfo=dt.UTC)
        days = [noon + number * _DAY for number in range(730)]
        clock = [day.astimezone(zone).utcoffset() for day in days]
    except (ValueError, KeyError, TypeError):
        return None
    for name in (*_WELL_KNOWN, *sorted(available_timezones())):
        candidate = ZoneInfo(name)
        if all(day.astimezone(candidate).utcoffset() == shown for day, shown in zip(days, clock, strict=True)):
            return name
    return None
