"""The same piece of work for many rooms, over some hooks, a few rooms at a time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from airflow_provider_rooms.hooks.base import RoomsHook

J = TypeVar("J")


@contextlib.asynccontextmanager
async def opened(hooks: Iterable[RoomsHook]) -> AsyncIterator[None]:
    """Their connections are open inside and closed at the end.

    :param hooks: repeats allowed.
    """
    async with contextlib.AsyncExitStack() as stack:
        for hook in {id(hook): hook for hook in hooks}.values():
            await stack.enter_async_context(hook.aio)
        yield


async def for_each(jobs: Iterable[J], work: Callable[[J], Awaitable[None]], *, concurrency: int) -> None:
    """Await the work for every job.

    :param concurrency: how many jobs are worked on at the same time.
    :raises ExceptionGroup: the work for a job raised; what was under way is cancelled.
    """
    # One iterator for all workers: whichever is free takes the next job.
    queue = iter(jobs)

    async def worker() -> None:
        for job in queue:
            await work(job)

    async with asyncio.TaskGroup() as workers:
        for _ in range(concurrency):
            workers.create_task(worker())
