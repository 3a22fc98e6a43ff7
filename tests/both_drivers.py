"""A room made sure of, by both drivers."""

from __future__ import annotations

import asyncio
from typing import Any

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
