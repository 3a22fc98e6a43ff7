"""Lists of 100ms, for the tests of all vendors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

#: Whether a room is seen to be closed as soon as it is.
CLOSED_AT_ONCE = True
#: Whether what is not listed counts for a while only: a create does not show what was there.
ABSENCE_EXPIRES = True
#: What else than usual may be wrong with the lists, as the sandbox's switches.
WRONG: dict[str, dict[str, Any]] = {}
USUAL: dict[str, Any] = {}
#: Whether a create overwrites a room that no list shows yet; and which rooms of a :class:`Place` that spoils (docs/promise.md).
OVERWRITES = True
UNSEEN: tuple[str, ...] = ("there", "differs", "cancelled")


def small_pages(monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    monkeypatch.setattr(kind, "cursor", replace(kind.cursor, size=("limit", 10)))


def switch(vendor: Any, room: Any) -> Any:
    """Close a room by hand, or open it again."""
    return vendor.post(f"/v2/rooms/{room.id}", {"enabled": room.state != "open"})
