"""Reading a timetable from a file or a text, whichever way it is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_rooms.timetable.model import Problem, TimetableError, check_choices
from airflow_provider_rooms.timetable.rows import parse_rows

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from airflow_provider_rooms.timetable.model import BadRows, Timetable


def read_timetable(path: str | Path, *, bad_rows: BadRows = "refuse", timezone: str | None = None) -> Timetable:
    """Read a timetable from a file in UTF-8: CSV, or iCalendar.

    :param path: the file.
    :param bad_rows: ``refuse`` raises when any row is bad, ``skip`` leaves bad rows out and reports them in ``problems``.
    :param timezone: IANA zone for rows that name none.
    :raises TimetableError: a column is missing, or bad rows are refused; names every bad line.
    """
    data = Path(path).read_bytes()
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].upper() == b"BEGIN:VCALENDAR" or str(path).lower().endswith(".ics"):
        return _calendar(data, str(path), bad_rows, check_choices(bad_rows, timezone))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TimetableError(str(path), [Problem(line, "is not UTF-8 text")]) from None
    return parse_timetable(text, source=str(path), bad_rows=bad_rows, timezone=timezone)


def parse_timetable(
    text: str, *, source: str = "timetable", bad_rows: BadRows = "refuse", timezone: str | None = None
) -> Timetable:
    """Read a timetable from text; see :func:`read_timetable`."""
    zone = check_choices(bad_rows, timezone)
    if text.lstrip("\ufeff \t\r\n")[:15].upper() == "BEGIN:VCALENDAR" or source.lower().endswith(".ics"):
        return _calendar(text.encode(errors="replace"), source, bad_rows, zone)
    return parse_rows(text, source, bad_rows, zone)


def _calendar(data: bytes, source: str, bad_rows: BadRows, zone: ZoneInfo | None) -> Timetable:
    """A calendar is read as bytes: a character may be folded in its middle."""
    from airflow_provider_rooms.timetable.ical import parse_calendar  # here: its libraries take a quarter of a second

    return parse_calendar(data, source, bad_rows, zone)
