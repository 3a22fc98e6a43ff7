"""The triggers: of the sensors, of rooms that are not due yet, and of watched assets. They only read; their arguments hold no secret, and they can be started again at any time."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
from contextlib import aclosing
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.triggers import BaseEventTrigger
from airflow.triggers.base import BaseTrigger, TriggerEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Hashable

    from airflow_provider_rooms.models import EventType


class RoomTrigger(BaseTrigger):
    """Waits for a session to start or end, or for recordings.

    What it hands to the task is described in :mod:`airflow_provider_rooms.waiting.handover`; the value is what the sensor returns.

    :param conn_id: the Airflow connection, looked up in the triggerer.
    :param room: the room's id or name, or what tells it of the ``room`` dict of a create task.
    :param wait: :meth:`airflow_provider_rooms.waiting.waits.Wait.as_dict`.
    :param poll_interval: usual seconds between two polls.
    :param give_up_at: when the wait has taken too long, ISO 8601: a restart does not begin it anew.
    :param seen: what the worker saw, :meth:`airflow_provider_rooms.waiting.waits.Seen.as_dict`: no need to look at once again.
    :param seen_at: when it saw that, ISO 8601.
    :param task_timeout_at: when the task's ``execution_timeout`` ends the wait, ISO 8601.
    """

    def __init__(
        self,
        *,
        conn_id: str,
        room: str | dict[str, Any],
        wait: dict[str, Any],
        poll_interval: float,
        give_up_at: str,
        seen: dict[str, Any] | None = None,
        seen_at: str | None = None,
        task_timeout_at: str | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.conn_id = conn_id
        self.room = room
        self.wait = wait
        self.poll_interval = poll_interval
        self.give_up_at = give_up_at
        self.seen = seen
        self.seen_at = seen_at
        self.task_timeout_at = task_timeout_at

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Where this class is, and its arguments: plain JSON. Rows of the last version wait in the database for both."""
        return (
            "airflow_provider_rooms.triggers.rooms.RoomTrigger",
            {
                "conn_id": self.conn_id,
                "room": self.room,
                "wait": self.wait,
                "poll_interval": self.poll_interval,
                "give_up_at": self.give_up_at,
                "seen": self.seen,
                "seen_at": self.seen_at,
                "task_timeout_at": self.task_timeout_at,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until the wait is over, however it ends."""
        # Importing takes longer than an event loop may stand still; the first does it for all.
        if not _load.cache_info().currsize:
            await asyncio.to_thread(_load)
        event = await _load()(**self.serialize()[1])
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]


class MomentTrigger(BaseTrigger):
    """Waits until a time, for a room that is not due yet. Airflow's own trigger for this logs a line every minute.

    :param moment: when to resume the task, ISO 8601 with an offset.
    """

    #: The longest sleep in seconds: the system clock may be set meanwhile.
    longest_sleep = 60.0

    def __init__(self, *, moment: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.moment = dt.datetime.fromisoformat(moment)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Where this class is, and its arguments: plain JSON."""
        return "airflow_provider_rooms.triggers.rooms.MomentTrigger", {"moment": self.moment.isoformat()}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Sleep until the time has come."""
        self.log.info("Waiting until %s.", self.moment.isoformat())
        while (left := (self.moment - dt.datetime.now(dt.UTC)).total_seconds()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left, self.longest_sleep))
        yield TriggerEvent(self.moment.isoformat())  # type: ignore[no-untyped-call]


class RoomEventTrigger(BaseEventTrigger):
    """Finds events of a connection's rooms by the lists of its account, for the watcher of one asset.

    Use :func:`~airflow_provider_rooms.events.room_events` with ``watch=True``, which makes the asset and its watcher. From
    Airflow 3.3 on, all watchers of a connection share one poll, and what happens while no triggerer runs is told later. Before
    that, a watcher begins at the time at which it starts.

    :param conn_id: the Airflow connection, looked up in the triggerer. Its ``watch_interval`` says how often it polls.
    :param type: the type of event.
    """

    def __init__(self, conn_id: str, type: EventType) -> None:  # noqa: A002 - the word of the events
        super().__init__()  # type: ignore[no-untyped-call]
        self.conn_id = conn_id
        self.type = type

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Where this class is, and its arguments, by which Airflow tells triggers apart."""
        return (
            "airflow_provider_rooms.triggers.rooms.RoomEventTrigger",
            {"conn_id": self.conn_id, "type": self.type},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Tell what happens from now on. Only Airflow before 3.3 runs this."""
        watcher = await asyncio.to_thread(import_module, "airflow_provider_rooms.events.watcher")
        async with aclosing(watcher.payloads_from_now(self.conn_id, self.type)) as payloads:
            async for payload in payloads:
                yield TriggerEvent(payload)  # type: ignore[no-untyped-call]

    def shared_stream_key(self) -> Hashable:
        """Watchers of one connection share a poll."""
        return ("airflow_provider_rooms", self.conn_id)

    @classmethod
    def create_shared_stream_producer(cls, kwargs: dict[str, Any]) -> Any:
        """What polls for all of them, and is told when their events are stored."""
        from airflow_provider_rooms.events.stream import Producer

        return Producer(kwargs["conn_id"])

    async def filter_shared_stream(self, shared_stream: AsyncIterator[Any]) -> AsyncIterator[TriggerEvent]:
        """Tell what has happened since this watcher's cursor."""
        stream = await asyncio.to_thread(import_module, "airflow_provider_rooms.events.stream")
        told = stream.payloads(shared_stream, self.conn_id, self.type, self.asset_state_store)
        async with aclosing(told) as payloads:
            async for payload in payloads:
                yield TriggerEvent(payload)  # type: ignore[no-untyped-call]


@functools.cache
def _load() -> Callable[..., Awaitable[dict[str, Any]]]:
    """The code that waits, with all that it will need."""
    import jwt  # noqa: F401

    import airflow_provider_rooms.hooks.base  # noqa: F401
    from airflow_provider_rooms.triggers.follow import follow
    from airflow_provider_rooms.vendors import VENDORS, vendor_class

    for conn_type in VENDORS:
        vendor_class(conn_type)
    return follow
