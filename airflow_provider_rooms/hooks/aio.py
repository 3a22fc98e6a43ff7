"""A hook's methods in an event loop: ``await hook.aio.get_room(…)``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, Self

from airflow_provider_rooms.hooks.methods import Awaiting
from airflow_provider_rooms.hooks.rooms import Rooms
from airflow_provider_rooms.transport.drivers import AsyncTransport
from airflow_provider_rooms.transport.network import async_client

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.base import Vendor


class Hook(Protocol):
    """What is needed of the hook."""

    @property
    def vendor(self) -> Vendor: ...

    async def aprepare(self) -> Vendor: ...

    def test_connection(self) -> tuple[bool, str]: ...


class AsyncRooms(Rooms, Awaiting):
    """A hook's methods, awaitable, from the same flows. Belongs to one event loop; close it with ``await aclose()``."""

    def __init__(self, hook: Hook) -> None:
        self._hook = hook
        self._client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def vendor(self) -> Vendor:
        """The hook's; looked up by then, as :meth:`connect` comes before every flow."""
        return self._hook.vendor

    async def test_connection(self) -> tuple[bool, str]:
        """The hook's own test, in a thread beside the event loop: it is for a person who waits, and has no flow."""
        return await asyncio.to_thread(self._hook.test_connection)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def aopen(self) -> None:
        """Look up the connection and get ready, which the first call would do otherwise."""
        await self.connect()

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def connect(self) -> AsyncTransport:
        """What runs flows in the event loop of the caller.

        :raises InvalidConnectionError: the connection is missing, of another type or incomplete.
        """
        vendor = await self._hook.aprepare()
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            # Reading the certificates takes longer than an event loop may stand still.
            client = await asyncio.to_thread(async_client)
            if self._client is None or self._loop is not loop:
                self._client, self._loop = client, loop
            else:
                await client.aclose()
        return AsyncTransport(self._client, vendor.config.base_url)
