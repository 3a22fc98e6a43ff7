"""What many rooms of Twilio Video may cost, for the tests of all vendors."""

from __future__ import annotations

from typing import Any

#: Real settings, as people ask for them.
SETTINGS = {"region": "us1", "max_duration": 5400, "max_participants": 40, "record": True}
#: Rooms on a page of the account's list.
PAGE = 1000
#: The number of other rooms, whether settings are returned, and the limits: requests per new room, per room that is there,
#: per class compared.
LIMITS = [
    (400, True, (1.2, 0.1, 0.15)),
    (5_000, True, (1.2, 0.1, 0.15)),
]


def add_room(vendor: Any, name: str) -> Any:
    """A room of the sandbox's account, without settings."""
    return vendor.store.add_room(name, {}, 0.0)


def close(vendor: Any, room: Any) -> None:
    vendor.store.complete(room)
