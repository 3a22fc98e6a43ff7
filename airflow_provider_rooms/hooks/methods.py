"""Flows as methods: blocking on the hook, awaitable under the same name on ``hook.aio``. Each is written once."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from airflow_provider_rooms.transport.drivers import AsyncTransport
from airflow_provider_rooms.transport.network import async_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.transport.drivers import OpenFile
    from airflow_provider_rooms.vendors.flow import Download, Flow

P = ParamSpec("P")
T = TypeVar("T")
H = TypeVar("H", bound="RoomsHook")


def flow_method(make: Callable[Concatenate[H, P], Flow[T]]) -> Callable[Concatenate[H, P], T]:
    """A flow as a method: blocking on the hook, awaitable under the same name on ``hook.aio``."""

    @functools.wraps(make)
    def blocking(hook: H, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return hook.transport.run(make(hook, *args, **kwargs))

    blocking.make_flow = make  # type: ignore[attr-defined]
    return blocking


def list_method(make: Callable[Concatenate[H, P], Flow[None]]) -> Callable[Concatenate[H, P], Iterator[Any]]:
    """A paged flow as a method: a lazy iterator on the hook, an async one on ``hook.aio``."""

    @functools.wraps(make)
    def blocking(hook: H, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[Any]:
        return hook.transport.iterate(make(hook, *args, **kwargs))

    blocking.make_list = make  # type: ignore[attr-defined]
    return blocking


def file_method(make: Callable[Concatenate[H, P], Flow[Download]]) -> Callable[Concatenate[H, P], OpenFile]:
    """A flow that opens a file as a method: for ``with`` on the hook, for ``async with`` on ``hook.aio``."""

    @functools.wraps(make)
    def blocking(hook: H, /, *args: P.args, **kwargs: P.kwargs) -> OpenFile:
        return hook.transport.open(make(hook, *args, **kwargs))

    blocking.make_file = make  # type: ignore[attr-defined]
    return blocking


class AsyncRooms:
    """A hook's methods, awaitable, from the same flows. Belongs to one event loop; close it with ``await aclose()``."""

    def __init__(self, hook: RoomsHook) -> None:
        self._hook = hook
        self._client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(type(self._hook), name, None)
        make: Any = getattr(method, "make_flow", None)
        if make:

            @functools.wraps(make)
            async def call(*args: Any, **kwargs: Any) -> Any:
                transport = await self._transport()
                return await transport.run(make(self._hook, *args, **kwargs))

            return call
        make = getattr(method, "make_list", None)
        if make:

            @functools.wraps(make)
            async def iterate(*args: Any, **kwargs: Any) -> Any:
                transport = await self._transport()
                async for item in transport.iterate(make(self._hook, *args, **kwargs)):
                    yield item

            return iterate
        make = getattr(method, "make_file", None)
        if make:

            @functools.wraps(make)
            @contextlib.asynccontextmanager
            async def opened(*args: Any, **kwargs: Any) -> Any:
                transport = await self._transport()
                file = await transport.open(make(self._hook, *args, **kwargs))
                try:
                    yield file
                finally:
                    await file.aclose()

            return opened
        raise AttributeError(f"{type(self._hook).__name__}.aio has no method {name!r}")

    async def test_connection(self) -> tuple[bool, str]:
        """The hook's own test, in a thread beside the event loop: it is for a person who waits, and has no flow."""
        return await asyncio.to_thread(self._hook.test_connection)

    async def __aenter__(self) -> AsyncRooms:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def aopen(self) -> None:
        """Look up the connection and get ready, which the first call would do otherwise."""
        await self._transport()

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _transport(self) -> AsyncTransport:
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
