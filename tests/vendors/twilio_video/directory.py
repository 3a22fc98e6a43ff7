"""Lists of Twilio Video, for the tests of all vendors."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms.vendors.rooms import close

#: Whether a room is seen to be closed as soon as it is.
CLOSED_AT_ONCE = False
#: Whether what is not listed counts for a while only: a create does not show what was there.
ABSENCE_EXPIRES = True
#: What else than usual may be wrong with the lists, as the sandbox's switches.
WRONG: dict[str, dict[str, Any]] = {}
USUAL: dict[str, Any] = {}
#: Whether a create overwrites a room that no list shows yet; and which rooms of a :class:`Place` that spoils (docs/promise.md).
OVERWRITES = False
UNSEEN: tuple[str, ...] = ("cancelled",)


def small_pages(monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    monkeypatch.setattr("airflow_provider_rooms.vendors.twilio_video.rooms.LONGEST_PAGE", 10)


def switch(vendor: Any, room: Any) -> Any:
    """Close a room by hand: none can be opened again."""
    return close(vendor, room.id)
