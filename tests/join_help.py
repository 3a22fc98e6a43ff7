"""Tokens read back, and who is in a room."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import jwt

from airflow_provider_rooms.sandbox.registry import vendors

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


DAY = dt.timedelta(days=1)


def claims(token: str) -> dict[str, Any]:
    read: dict[str, Any] = jwt.decode(token, "sandbox-secret-for-tests-only-32-bytes!", algorithms=["HS256"])
    return read


def now() -> float:
    return dt.datetime.now(dt.UTC).timestamp()


def seen_inside(sandbox: RoomsSandbox, conn_type: str, room: str) -> list[str]:
    """Identities of those in the live session of a room."""
    state = sandbox.state()[next(vendor.name for vendor in vendors() if vendor.conn_type == conn_type)]
    session = state["sessions"][0]
    assert room in (session.get("roomId"), session.get("room_id"), session.get("room_sid"))
    people = session.get("participants") or list(session["peers"].values())
    return [str(person.get("participantId") or person.get("user_id") or person.get("identity")) for person in people]
