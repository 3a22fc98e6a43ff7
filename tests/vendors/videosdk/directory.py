"""Lists of VideoSDK, for the tests of all vendors."""

from __future__ import annotations

from typing import Any

import pytest

#: Whether a room is seen to be closed as soon as it is.
CLOSED_AT_ONCE = True
#: Whether what is not listed counts for a while only: a create does not show what was there.
ABSENCE_EXPIRES = False


def small_pages(monkeypatch: pytest.MonkeyPatch, vendor: Any) -> None:
    monkeypatch.setattr("airflow_provider_rooms.vendors.videosdk.rooms.LONGEST_PAGE", 10)
