"""The trigger of the sensors. It only reads; its arguments hold no secret, and it can be started again at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class RoomTrigger(BaseTrigger):
    """Waits for a session to start or end, or for recordings.

    Its event is described in :mod:`airflow_provider_rooms.events`; the value is what the sensor returns.

    :param conn_id: the Airflow connection, looked up in the triggerer.
    :param room: the room's id or name.
    :param wait: :meth:`airflow_provider_rooms.waiting.Wait.as_dict`.
    :param poll_interval: usual seconds between two polls.
    :param give_up_at: when the wait has taken too long, ISO 8601: a restart does not begin it anew.
    """

    def __init__(self, *, conn_id: str, room: str, wait: dict[str, Any], poll_interval: float, give_up_at: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.conn_id = conn_id
        self.room = room
        self.wait = wait
        self.poll_interval = poll_interval
        self.give_up_at = give_up_at

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Where this class is, and its arguments: plain JSON."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "conn_id": self.conn_id,
                "room": self.room,
                "wait": self.wait,
                "poll_interval": self.poll_interval,
                "give_up_at": self.give_up_at,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until the wait is over, however it ends."""
        from airflow_provider_rooms.triggers.follow import follow

        event = await follow(
            self.conn_id, self.room, self.wait, interval=self.poll_interval, give_up_at=self.give_up_at
        )
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]
