"""What many rooms of VideoSDK may cost, for the tests of all vendors."""

from __future__ import annotations

from typing import Any

#: Real settings, as people ask for them.
SETTINGS = {"region": "in002", "max_duration": 5400, "record": True, "webhook": {"url": "https://x.example/h"}}
#: Rooms on a page of the account's list.
PAGE = 100
#: The number of other rooms, whether settings are returned, and the limits: requests per new room, per room that is there,
#: per class compared.
LIMITS = [
    (400, True, (1.2, 0.1, 0.15)),
    (400, False, (1.2, 0.1, 0.15)),
    (5_000, True, (1.6, 0.3, 0.3)),
]


def add_room(vendor: Any, name: str) -> Any:
    """A room of the sandbox's account, without settings."""
    return vendor.store.add_room(name, {}, 0.0)


def close(vendor: Any, room: Any) -> None:
    vendor.store.deactivate(room)
