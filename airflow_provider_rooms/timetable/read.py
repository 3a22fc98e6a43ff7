"""Reading a timetable from a file or from text, in any supported format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_rooms.timetable.encodings import decode
from airflow_provider_rooms.timetable.model import check_choices
from airflow_provider_rooms.timetable.rows import parse_rows

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from airflow_provider_rooms.timetable.columns import Told
    from airflow_provider_rooms.timetable.dates import DateOrder
    from airflow_provider_rooms.timetable.model import BadRows, Timetable


def read_timetable(
    path: str | Path,
    *,
    bad_rows: BadRows = "refuse",
    timezone: str | None = None,
    columns: Told | None = None,
    dates: DateOrder | None = None,
    encoding: str | None = None,
) -> Timetable:
    """Read a timetable from a file: CSV, or iCalendar.

    :param path: the file.
    :param bad_rows: ``refuse`` raises if any row is bad, ``skip`` skips bad rows and reports them in ``problems``.
    :param timezone: IANA zone for rows that have none.
    :param columns: which column of a CSV is which field, if the header does not show it: the field, and the column's
        name in the header, such as ``{"section": "Class#"}``; use a list of names for a field that spans several
        columns.
    :param dates: whether the month (``mdy``) or the day (``dmy``) comes first in dates such as 01/02/2027 of a CSV.
    :param encoding: such as ``windows-1252`` (default: UTF-8, or UTF-16 if the file shows it).
    :raises TimetableError: a column is missing, the file is in another encoding, or bad rows are refused. The message
        lists every bad line.
    :raises ValueError: an option is invalid.
    """
    data, source = Path(path).read_bytes(), str(path)
    if encoding is None and _is_calendar(data[:99].decode("utf-8", "replace"), source):
        return _calendar(data, source, bad_rows, check_choices(bad_rows, timezone), columns or dates)
    text = decode(data, source, encoding)
    return parse_timetable(text, source=source, bad_rows=bad_rows, timezone=timezone, columns=columns, dates=dates)


def parse_timetable(
    text: str,
    *,
    source: str = "timetable",
    bad_rows: BadRows = "refuse",
    timezone: str | None = None,
    columns: Told | None = None,
    dates: DateOrder | None = None,
) -> Timetable:
    """Read a timetable from text; see :func:`read_timetable`."""
    zone = check_choices(bad_rows, timezone)
    text = text.removeprefix("\ufeff")
    if _is_calendar(text[:99], source):
        return _calendar(text.encode(errors="replace"), source, bad_rows, zone, columns or dates)
    return parse_rows(text, source, bad_rows, zone, columns=columns, dates=dates)


def _is_calendar(text: str, source: str) -> bool:
    return text.lstrip("\ufeff \t\r\n")[:15].upper() == "BEGIN:VCALENDAR" or source.lower().endswith(".ics")


def _calendar(data: bytes, source: str, bad_rows: BadRows, zone: ZoneInfo | None, of_rows: object) -> Timetable:
    """A calendar is read as bytes: a character may be folded in its middle."""
    if of_rows:
        raise ValueError(f"columns and dates apply to CSV only; {source} is iCalendar.")
    from airflow_provider_rooms.timetable.ical import parse_calendar  # here: its libraries take a quarter of a second

    return parse_calendar(data, source, bad_rows, zone)
