"""Clients of the sandbox that share nothing with our own: plain httpx, signed in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sandbox_help import hundredms_token, videosdk_token

from airflow_provider_rooms.sandbox.credentials import TWILIO_ACCOUNT, TWILIO_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def _client(url: str, **kwargs: Any) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=20, trust_env=False, **kwargs)


@pytest.fixture
def web(rooms_sandbox: RoomsSandbox) -> Iterator[httpx.Client]:
    """The sandbox's own address, without credentials."""
    with _client(rooms_sandbox.url) as client:
        yield client


@pytest.fixture
def videosdk(rooms_sandbox: RoomsSandbox) -> Iterator[httpx.Client]:
    with _client(f"{rooms_sandbox.url}/videosdk", headers={"authorization": videosdk_token()}) as client:
        yield client


@pytest.fixture
def hundredms(rooms_sandbox: RoomsSandbox) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {hundredms_token()}"}
    with _client(f"{rooms_sandbox.url}/hundredms", headers=headers) as client:
        yield client


@pytest.fixture
def twilio(rooms_sandbox: RoomsSandbox) -> Iterator[httpx.Client]:
    with _client(f"{rooms_sandbox.url}/twilio", auth=(TWILIO_ACCOUNT, TWILIO_SECRET)) as client:
        yield client
