"""100ms as it is spoken to without our client, for the tests of the whole sandbox."""

from __future__ import annotations

import time
import uuid
from typing import Any

import httpx
import jwt

from airflow_provider_rooms.sandbox.credentials import KEY, SECRET
from airflow_provider_rooms.sandbox.hundredms.shapes import CREATE_ROOM


def token(secret: str = SECRET, **claims: Any) -> str:
    now = int(time.time())
    given = {
        "access_key": KEY, "type": "management", "version": 2, "jti": str(uuid.uuid4()),
        "iat": now - 10, "nbf": now - 10, "exp": now + 600,
    } | claims  # fmt: skip
    return jwt.encode({name: value for name, value in given.items() if value is not None}, secret)


def sign_in() -> dict[str, Any]:
    return {"headers": {"authorization": f"Bearer {token()}"}}


#: The rooms, and the request that creates one of that name.
ROOMS = "/v2/rooms"


def named(name: str) -> dict[str, Any]:
    return {"json": {"name": name}}


def close(client: httpx.Client, room: dict[str, Any]) -> httpx.Response:
    path, body = closing(room)
    return client.post(path, json=body)


#: The vendor's word for a closed room.
CLOSED = "disabled"
ID, NAME, LISTED = "id", "name", "data"
#: The parameter of the list for a name.
NAME_FILTER = "name"
#: What a second create of the name is answered: the code of a conflict, or None for the same room.
CONFLICT: int | None = None
#: Statuses of a room that is not there.
MISSING = (404,)
#: Documented limits, in requests per second.
LIMITS = {"writes": 0, "reads": 0}
#: Keys of an error's body.
ERROR = {"code", "message", "details"}


def is_throttled(body: dict[str, Any]) -> bool:
    """Whether an error says that there were too many requests."""
    return body == {"code": 429, "message": "rate limit exceeded, retry after 1 seconds", "details": []}


def people(session: dict[str, Any]) -> list[str]:
    """Names of those in a session of the state."""
    return [person["name"] for person in session["peers"].values()]


#: Fields of the create, and how bodies are encoded.
FIELDS = tuple(CREATE_ROOM.fields)
CONTENT = "application/json"


def alike(name: str) -> str:
    """Another spelling of the same name."""
    return name.upper()


def closing(room: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"/v2/rooms/{room['id']}", {"enabled": False}
