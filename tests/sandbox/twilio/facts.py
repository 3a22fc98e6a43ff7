"""Twilio Video as it is spoken to without our client, for the tests of the whole sandbox."""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt

from airflow_provider_rooms.sandbox.credentials import SECRET, TWILIO_ACCOUNT, TWILIO_SECRET
from airflow_provider_rooms.sandbox.twilio.shapes import CREATE_ROOM


def token(**changes: Any) -> str:
    now = int(time.time())
    claims = {
        "jti": "x", "iss": "SK" + "0" * 32, "sub": TWILIO_ACCOUNT, "exp": now + 3600, "nbf": now,
        "grants": {"identity": "ada", "video": {"room": "algebra-1"}},
    } | changes  # fmt: skip
    return jwt.encode(claims, SECRET, headers={"cty": "twilio-fpa;v=1"})


def sign_in() -> dict[str, Any]:
    return {"auth": (TWILIO_ACCOUNT, TWILIO_SECRET)}


#: The rooms, and the request that creates one of that name.
ROOMS = "/v1/Rooms"


def named(name: str) -> dict[str, Any]:
    return {"data": {"UniqueName": name}}


def close(client: httpx.Client, room: dict[str, Any]) -> httpx.Response:
    return client.post(f"/v1/Rooms/{room['sid']}", data={"Status": "completed"})


#: The vendor's word for a closed room.
CLOSED = "completed"
ID, NAME, LISTED = "sid", "unique_name", "rooms"
#: The parameter of the list for a name.
NAME_FILTER = "UniqueName"
#: What a second create of the name is answered: the code of a conflict, or None for the same room.
CONFLICT: int | None = 53113
#: Statuses of a room that is not there.
MISSING = (404,)
#: Documented limits, in requests per second.
LIMITS = {"writes": 20, "reads": 80}
#: Keys of an error's body.
ERROR = {"code", "message", "more_info", "status"}


def is_throttled(body: dict[str, Any]) -> bool:
    """Whether an error says that there were too many requests."""
    return bool(body["code"] == 20429)


def people(session: dict[str, Any]) -> list[str]:
    """Identities of those in a session of the state."""
    assert set(session) == {"room_sid", "participants", "start", "end"}
    return [person["identity"] for person in session["participants"]]


#: Fields of the create, and how bodies are encoded.
FIELDS = tuple(CREATE_ROOM)
CONTENT = "application/x-www-form-urlencoded"
