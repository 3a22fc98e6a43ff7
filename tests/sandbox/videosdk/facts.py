"""VideoSDK as it is spoken to without our client, for the tests of the whole sandbox."""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt

from airflow_provider_rooms.sandbox.credentials import KEY, SECRET
from airflow_provider_rooms.sandbox.videosdk.shapes import CREATE_ROOM


def token(**claims: Any) -> str:
    now = int(time.time())
    given = {
        "apikey": KEY, "permissions": ["allow_join"], "version": 2, "roles": ["crawler"], "iat": now, "exp": now + 600,
    } | claims  # fmt: skip
    return jwt.encode({name: value for name, value in given.items() if value is not None}, SECRET)


def sign_in() -> dict[str, Any]:
    return {"headers": {"authorization": token()}}


#: The rooms, and the request that creates one of that name.
ROOMS = "/v2/rooms"


def named(name: str) -> dict[str, Any]:
    return {"json": {"customRoomId": name}}


def close(client: httpx.Client, room: dict[str, Any]) -> httpx.Response:
    path, body = closing(room)
    return client.post(path, json=body)


#: The vendor's word for a closed room.
CLOSED = "deactivated"
ID, NAME, LISTED = "roomId", "customRoomId", "data"
#: The parameter of the list for a name.
NAME_FILTER = "query"
#: What a second create of the name is answered: the code of a conflict, or None for the same room.
CONFLICT: int | None = None
#: Statuses of a room that is not there.
MISSING = (402, 404)
#: Documented limits, in requests per second.
LIMITS = {"writes": 0, "reads": 0}
#: Keys of an error's body.
ERROR = {"error"}


def is_throttled(body: dict[str, Any]) -> bool:
    """Whether an error says that there were too many requests."""
    return bool(body["error"])


def people(session: dict[str, Any]) -> list[str]:
    """Names of those in a session of the state."""
    return [person["name"] for person in session["participants"]]


#: Fields of the create, and how bodies are encoded.
FIELDS = tuple(CREATE_ROOM.fields)
CONTENT = "application/json"


def alike(name: str) -> str:
    """Another spelling of the same name."""
    return name


def closing(room: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "/v2/rooms/deactivate", {"roomId": room["roomId"]}
