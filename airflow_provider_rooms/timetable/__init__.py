"""Read a timetable, and get the classes of a day, of an interval, or of a whole term.

A timetable is a CSV file, an iCalendar file, or a list of weekly patterns::

    >>> day = read_timetable("timetable.csv").on(date(2026, 11, 20))
    >>> [(one.label, one.starts_at) for one in day.classes]
    >>> read_timetable("timetable.ics").during(start, end)      # two aware datetimes
    >>> weekly([{"course": "ALG 101", "section": "A", "days": "MWF", "start": "09:00", "end": "09:50",
    ...          "timezone": "Europe/Berlin"}]).between(date(2026, 9, 1), date(2026, 12, 18))

A class is identified by its course and section and by the date it was first planned for, never by its row or its time.
So if rows are reordered, or the class is moved to another time or day, it keeps its room and its entry in people's
calendars. Times keep the wall clock and the IANA zone of the timetable. Nothing outside the standard library is
imported until an iCalendar file is read.
"""

from __future__ import annotations

from airflow_provider_rooms.timetable.changes import Change, changes
from airflow_provider_rooms.timetable.clock import ClockChange
from airflow_provider_rooms.timetable.columns import COLUMNS
from airflow_provider_rooms.timetable.dates import DateOrder
from airflow_provider_rooms.timetable.model import (
    BadRows,
    Class,
    Collision,
    Problem,
    Selection,
    Timetable,
    TimetableError,
)
from airflow_provider_rooms.timetable.read import parse_timetable, read_timetable
from airflow_provider_rooms.timetable.rows import weekly

__all__ = [
    "COLUMNS",
    "BadRows",
    "Change",
    "Class",
    "ClockChange",
    "Collision",
    "DateOrder",
    "Problem",
    "Selection",
    "Timetable",
    "TimetableError",
    "changes",
    "parse_timetable",
    "read_timetable",
    "weekly",
]
