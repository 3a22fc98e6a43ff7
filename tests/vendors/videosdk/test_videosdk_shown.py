"""What VideoSDK shows of a room that was just made."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.testing import wire as w
from airflow_provider_rooms.testing.wire import Fault, Wire


def ensure(**spec: Any) -> Any:
    return get_rooms_hook("videosdk_default").ensure_room({"name": "algebra", **spec})


def shown(**answer: Any) -> Any:
    return get_rooms_hook("videosdk_default").vendor.shown(answer)


@pytest.fixture(autouse=True)
def sandbox(rooms_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    return rooms_sandbox


def test_what_videosdk_shows_when_creating_counts_though_reading_shows_null(
    rooms_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(rooms_sandbox.url, [Fault("GET", w.spoils(lambda answer: {**answer, "geoFence": None}), -1)]) as wire:
        for name, value in rooms_sandbox.env().items():
            monkeypatch.setenv(name, value.replace(rooms_sandbox.url, wire.url))
        assert ensure(region="eu001").unverified == []
