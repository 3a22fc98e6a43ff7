"""Hooks that lead to the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hands import Hand
from places import Place
from vendor_traits import facts

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.transport.network import blocking_session


@pytest.fixture
def hooks(connections: None) -> Callable[[str], Any]:
    """The hook of a vendor, by its connection type."""
    return lambda vendor: get_rooms_hook(f"{vendor}_default")


@pytest.fixture
def hand(rooms_sandbox: RoomsSandbox) -> Iterator[Callable[..., Hand]]:
    """Runs a vendor's flows against the sandbox; with another prefix, say, in its connection."""
    with blocking_session() as session:
        yield lambda conn_type, **config: Hand(rooms_sandbox, conn_type, session, **config)


@pytest.fixture
def place_of(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Place]]:
    """Makes an account of a vendor whose lists come in small pages, so that a few rooms make several."""

    with blocking_session() as session:

        def make(conn_type: str) -> Place:
            rooms_sandbox.limit(conn_type)  # requests are sent here without their pace
            place = Place(rooms_sandbox, conn_type, session)
            facts("directory")[conn_type].small_pages(monkeypatch, type(place.vendor))
            return place

        yield make
