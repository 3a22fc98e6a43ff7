"""Calendars of a few lines, and what is read from them."""

from __future__ import annotations

import datetime as dt

import pytest

from airflow_provider_rooms.timetable import Selection, TimetableError, parse_timetable

OCTOBER = (dt.date(2026, 10, 1), dt.date(2026, 10, 31))


BERLIN = ";TZID=Europe/Berlin:"


#: Mondays at nine: 5, 12, 19 and 26 October.
MONDAYS = (
    "UID:alg-1",
    "SUMMARY:Algebra",
    f"DTSTART{BERLIN}20261005T090000",
    f"DTEND{BERLIN}20261005T100000",
    "RRULE:FREQ=WEEKLY;COUNT=4",
)


SECOND = ("UID:alg-1", "SUMMARY:Algebra", f"RECURRENCE-ID{BERLIN}20261012T090000")


LATER = (f"DTSTART{BERLIN}20261012T140000", f"DTEND{BERLIN}20261012T150000")


def calendar(*events: tuple[str, ...], head: tuple[str, ...] = ()) -> str:
    blocks = [line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y", *head, *blocks, "END:VCALENDAR", ""])


def read(*events: tuple[str, ...], head: tuple[str, ...] = (), **options: str) -> Selection:
    return parse_timetable(calendar(*events, head=head), **options).between(*OCTOBER)  # type: ignore[arg-type]


def skipped(*events: tuple[str, ...], **options: str) -> Selection:
    return read(*events, bad_rows="skip", **options)


def refused(*events: tuple[str, ...], head: tuple[str, ...] = (), **options: str) -> list[str]:
    with pytest.raises(TimetableError) as caught:
        read(*events, head=head, **options)
    return [str(problem) for problem in caught.value.problems]


def starts(selection: Selection) -> list[str]:
    return [f"{one.starts_at:%d %H:%M}" for one in selection.classes]


def dropped(selection: Selection) -> list[str]:
    return [f"{one.starts_at:%d %H:%M}" for one in selection.cancelled]


def said(selection: Selection) -> list[str]:
    return [problem.text for problem in selection.problems]


def keys(selection: Selection) -> list[tuple[str, ...]]:
    return [one.key for one in selection.classes]


def single(**lines: str) -> tuple[str, ...]:
    """One class on 5 October, with these properties instead of its own."""
    usual = {"UID": ":x", "SUMMARY": ":X", "DTSTART": f"{BERLIN}20261005T090000", "DTEND": f"{BERLIN}20261005T100000"}
    return tuple(f"{name}{value}" for name, value in (usual | lines).items() if value)


WITHOUT = ["05 09:00", "19 09:00", "26 09:00"]


ALL = ["05 09:00", "12 09:00", "19 09:00", "26 09:00"]
#: Two classes on one date.
TWICE = (*MONDAYS[:4], "RRULE:FREQ=WEEKLY;BYHOUR=9,14;COUNT=4")
