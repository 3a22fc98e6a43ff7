"""A room at VideoSDK."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


@pytest.fixture
def room(videosdk: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = videosdk.post("/v2/rooms", json={"customRoomId": "algebra-1"}).json()
    return found
