"""The trigger of the sensors. It only reads; its arguments hold no secret, and it can be started again at any time."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


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
