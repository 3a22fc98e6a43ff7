"""Whom an event invites, and where it takes place."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from airflow_provider_rooms.timetable.model import clean
from airflow_provider_rooms.values import is_mail_address, unsafe_in_a_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_rooms.timetable.ical.file import Line

#: Kinds of attendees that are nobody (CUTYPE, RFC 5545).
_THINGS = frozenset({"ROOM", "RESOURCE"})


def attendees(lines: Iterable[Line]) -> tuple[str, Mapping[str, int]]:
    """Those who can be invited, each once, ready for an invitation; and how many others there are, by the reason."""
    people: dict[str, str] = {}
    others: Counter[str] = Counter()
    for line in lines:
        address = _address(line)
        if line.parameters.get("CUTYPE", "").upper() in _THINGS:
            others["room or resource"] += 1
        elif line.parameters.get("PARTSTAT", "").upper() == "DECLINED":
            others["declined"] += 1
        elif address is None:
            others["without a valid address"] += 1
        elif address.lower() in people:
            others["listed twice"] += 1
        else:
            people[address.lower()] = _named(line, address)
    return "; ".join(people.values()), others


def organizer(line: Line | None) -> str:
    """The organiser as an invitation takes it, or nothing."""
    address = _address(line) if line else None
    return _named(line, address) if line and address else ""


def _address(line: Line) -> str | None:
    """The mail address of an ORGANIZER or ATTENDEE: its value, else its EMAIL parameter (RFC 7986)."""
    for text in (line.value, line.parameters.get("EMAIL", "")):
        address = re.sub(r"^\s*mailto:\s*", "", text, flags=re.IGNORECASE).strip()
        if is_mail_address(address):
            return address
    return None


def _named(line: Line, address: str) -> str:
    """``"Ada Lovelace" <ada@example.org>``, or the address alone."""
    name = clean(re.sub(r'["<>]', "", line.parameters.get("CN", "")))
    return f'"{name}" <{address}>' if name and not unsafe_in_a_line(name) else address
