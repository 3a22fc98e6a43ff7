"""Invitations sent and read back as a calendar receives them."""

from __future__ import annotations

import datetime as dt
import re
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock
from zoneinfo import ZoneInfo

import icalendar
from vendor_traits import ANY, TRAITS, facts

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.operators.invitations import SendInvitationOperator

if TYPE_CHECKING:
    pass


CONN_IDS = [traits.conn_id for traits in TRAITS]


LINKS = facts("links")


ADA = "Ada Lovelace <ada@example.org>"


START = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=20)).replace(second=0, microsecond=0)


def spec(zone: str = "Europe/Berlin", start: dt.datetime = START, **more: Any) -> dict[str, Any]:
    start = start.astimezone(ZoneInfo(zone))
    return {
        "name": ["alg-101", "a", "2026-11-16"],
        "starts_at": start.isoformat(),
        "ends_at": (start + dt.timedelta(minutes=50)).isoformat(),
        "ref": {"title": "ALG 101 A Linear Algebra", "date": "2026-11-16", "timezone": zone},
        **more,
    }


def make(conn_id: str = ANY.conn_id, **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = get_rooms_hook(conn_id).ensure_room(given.pop("spec", None) or spec(), **given).as_dict()
    return made


def send(**given: Any) -> dict[str, Any]:
    operator = SendInvitationOperator(task_id="invite", **{"attendees": [ADA], **given})
    sent: dict[str, Any] = operator.execute({"ti": MagicMock()})
    return sent


def calendar_of(message: EmailMessage) -> Any:
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    whole = icalendar.Calendar.from_ical(part.get_content())
    assert whole["METHOD"] == part["Content-Type"].params["method"]
    assert part["Content-Type"].params["charset"] == "utf-8"
    return whole


def handover_of(message: EmailMessage) -> Any:
    (event,) = calendar_of(message).walk("VEVENT")
    assert event.errors == []
    return event


def links(message: EmailMessage) -> set[str]:
    return set(re.findall(r"https?://[^\s\"<]+", message.get_body(("plain",)).get_content()))
