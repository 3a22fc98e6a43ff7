"""Each vendor in turn, and a client of its own."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from sandbox_help import VENDORS


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(vendor: str, client_of: Callable[[str], httpx.Client]) -> httpx.Client:
    return client_of(vendor)
