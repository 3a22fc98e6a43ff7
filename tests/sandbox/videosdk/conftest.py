"""A room at VideoSDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest


@pytest.fixture
def videosdk(client_of: Callable[[str], httpx.Client]) -> httpx.Client:
    return client_of("videosdk")


@pytest.fixture
def room(videosdk: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = videosdk.post("/v2/rooms", json={"customRoomId": "algebra-1"}).json()
    return found
