"""The shipped timetable, moved in time so that all its classes begin soon, wherever on earth it is day right now.

Twilio closes a room that nobody uses within the hour, so a demonstration needs classes that are about to begin.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from pathlib import Path
from zoneinfo import ZoneInfo

SHIPPED = Path(__file__).parent.parent / "example_dags" / "data" / "timetable.csv"
ZONES = [
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Europe/London", "America/Chicago", "Asia/Tokyo",
    "America/Los_Angeles", "America/Sao_Paulo", "Asia/Dubai", "Pacific/Auckland", "Pacific/Honolulu",
]  # fmt: skip


def write_soon(target: Path, now: dt.datetime, *, first: int = 6, step: int = 2) -> dt.date:
    """Write the shipped timetable for today, its sections beginning ``first`` minutes from now and ``step`` apart.

    :returns: the date of these classes, which is the same in all their zones and in UTC.
    """
    zones = daytime(now)
    date = now.astimezone(dt.UTC).date()
    with SHIPPED.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    hours: dict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)  # of each section, in order
    for row in rows:
        section = (row["course"], row["section"])
        times = (row["days"], row["start"], row["end"])
        if times not in hours[section]:
            hours[section].append(times)
        number, part = list(hours).index(section), hours[section].index(times)
        zone = zones[number % len(zones)]
        start = now.astimezone(zone) + dt.timedelta(minutes=first + step * number + 60 * part)
        row |= {
            "days": "MTWRFSU"[date.weekday()],
            "start": f"{start:%H:%M}",
            "end": f"{start + dt.timedelta(minutes=50):%H:%M}",
            "timezone": zone.key,
        }
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return date


def daytime(now: dt.datetime) -> list[ZoneInfo]:
    """Some zones in which it is between six and eight o'clock in the evening on the same date as in UTC; never empty."""
    local = {zone: now.astimezone(zone) for zone in map(ZoneInfo, ZONES)}
    today = now.astimezone(dt.UTC).date()
    return [zone for zone, there in local.items() if there.date() == today and 6 <= there.hour < 20][:4]
