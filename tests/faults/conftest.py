"""What all faults are shown with: a room made sure of, by both drivers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.vendors.flow import Patience

QUICK = Patience(tries=3, first_wait=0.01, longest_wait=0.05)
MODES = ("blocking", "async")


def ensure_room(mode: str, conn_id: str, **spec: Any) -> Any:
    """``hook.ensure_room`` of a connection, blocking or awaited."""
    hook = get_rooms_hook(conn_id)
    hook.patience = QUICK
    if mode == "blocking":
        return hook.ensure_room(spec)

    async def awaited() -> Any:
        async with hook.aio as rooms:
            return await rooms.ensure_room(spec)

    return asyncio.run(awaited())


@pytest.fixture(params=MODES)
def ensure(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """``hook.ensure_room`` of a connection, once blocking and once awaited."""
    return lambda conn_id, **spec: ensure_room(request.param, conn_id, **spec)
