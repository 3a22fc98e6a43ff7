"""Each vendor in turn, and a client of its own."""

from __future__ import annotations

import httpx
import pytest
from control_help import VENDORS


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(vendor: str, request: pytest.FixtureRequest) -> httpx.Client:
    found: httpx.Client = request.getfixturevalue(vendor)
    return found
