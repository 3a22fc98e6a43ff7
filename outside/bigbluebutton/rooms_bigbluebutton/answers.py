"""BigBlueButton's XML as dicts, lists and texts. https://docs.bigbluebutton.org/development/api#error-handling"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from airflow_provider_rooms.errors import UnreadableAnswerError
from airflow_provider_rooms.vendors.flow import DEEPEST
from airflow_provider_rooms.vendors.presence import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.vendors.flow import Response

#: Elements that are lists, however many there are in them.
_LISTS = {"meetings": "meeting", "recordings": "recording", "attendees": "attendee", "playback": "format"}


def read_xml(response: Response) -> dict[str, Any]:
    """The ``response`` element of an answer.

    :raises UnreadableAnswerError: there is none.
    """
    # None of its answers has a document type; one that has may be built to blow up.
    try:
        root = None if b"<!DOCTYPE" in response.body else ElementTree.fromstring(response.body)  # noqa: S314 - see above
    except ElementTree.ParseError:
        root = None
    if root is None or root.tag != "response":
        raise UnreadableAnswerError("Expected an answer in XML, got something else.", status=response.status)
    answer = _read(root, DEEPEST)
    if not isinstance(answer, dict):
        raise UnreadableAnswerError("Expected an answer with fields, got a text.", status=response.status)
    return answer


def _read(element: ElementTree.Element, depth: int) -> Any:
    if not depth:
        raise UnreadableAnswerError("The answer is nested deeper than any answer of BigBlueButton.")
    if child := _LISTS.get(element.tag):
        return {child: [_read(item, depth - 1) for item in element.findall(child)]}
    if len(element):
        return {item.tag: _read(item, depth - 1) for item in element}
    return (element.text or "").strip()


def moment(value: Any) -> dt.datetime | None:
    """A time in milliseconds since 1970; None for 0, which means "not yet"."""
    if not isinstance(value, str) or not value.isdecimal() or not 0 < int(value) < 10**14:
        return None
    return dt.datetime.fromtimestamp(int(value) / 1000, dt.UTC)


def time_of(item: Mapping[str, Any], key: str) -> str | None:
    """A time of an answer as text in UTC."""
    found = moment(item.get(key))
    return iso(found) if found else None


def number(value: Any) -> int:
    """A count; 0 for anything else."""
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 10 else 0
