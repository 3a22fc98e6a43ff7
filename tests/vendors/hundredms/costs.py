"""What many rooms of 100ms may cost, for the tests of all vendors."""

from __future__ import annotations

from typing import Any

#: Real settings, as people ask for them.
SETTINGS = {"region": "eu", "max_duration": 5400, "max_participants": 40, "description": "Room 12"}
#: Rooms on a page of the account's list.
PAGE = 100
#: The number of other rooms, whether settings are returned, and the limits: requests per new room, per room that is there,
#: per class compared.
LIMITS = [
    (400, True, (1.2, 0.1, 0.15)),
    (5_000, True, (1.6, 0.3, 0.3)),
]


def add_room(vendor: Any, name: str) -> Any:
    """A room of the sandbox's account, without settings."""
    return vendor.store.add_room(name, vendor.store.default_template, {}, 0.0)


def close(vendor: Any, room: Any) -> None:
    room.enabled = False
