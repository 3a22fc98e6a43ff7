"""Hooks that record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.vendors.flow import Patience

if TYPE_CHECKING:
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


@pytest.fixture
def hook_of(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hook for a connection type of the sandbox that does not wait long between tries."""
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)

    def make(conn_type: str) -> RoomsHook:
        hook = get_rooms_hook(f"{conn_type}_default")
        hook.patience = Patience(first_wait=0.01, longest_wait=0.02)
        return hook

    return make


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow_provider_rooms.vendors.made._LOOKS", (0.01, 0.01, 0.01, 0.01))
