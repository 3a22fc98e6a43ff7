"""Lists of 100ms, for the tests of all vendors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

#: Whether a room is seen to be closed as soon as it is.
CLOSED_AT_ONCE = True
#: Whether what is not listed counts for a while only: a create does not show what was there.
ABSENCE_EXPIRES = True


def small_pages(monkeypatch: pytest.MonkeyPatch, vendor: Any) -> None:
    monkeypatch.setattr(type(vendor), "cursor", replace(vendor.cursor, size=("limit", 10)))
