"""A room at Twilio Video."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from twilio_help import create


@pytest.fixture
def twilio(client_of: Callable[[str], httpx.Client]) -> httpx.Client:
    return client_of("twilio")


@pytest.fixture
def room(twilio: httpx.Client) -> str:
    found: str = create(twilio, UniqueName="algebra-1", RecordParticipantsOnConnect="true", EmptyRoomTimeout="60")[
        "sid"
    ]
    return found
