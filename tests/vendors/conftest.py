"""Hooks that lead to the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.client import RoomsSandbox


@pytest.fixture
def hooks(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """The hook of a vendor, by its connection type."""
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    return lambda vendor: get_rooms_hook(f"{vendor}_default")
