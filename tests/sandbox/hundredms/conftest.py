"""A room at 100ms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest


@pytest.fixture
def hundredms(client_of: Callable[[str], httpx.Client]) -> httpx.Client:
    return client_of("hundredms")


@pytest.fixture
def room(hundredms: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = hundredms.post("/v2/rooms", json={"name": "algebra-1"}).json()
    return found
