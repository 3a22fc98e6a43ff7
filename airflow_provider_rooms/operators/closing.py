"""Operators that end a session and close a room."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.operators.base import RoomOperator
from airflow_provider_rooms.tasks import timeout_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.providers.common.compat.sdk import Context, XComArg

    from airflow_provider_rooms.models import Room

IF_LIVE = ("fail", "end", "wait")
WAIT_AT_MOST = dt.timedelta(hours=12)
POLL_INTERVAL = dt.timedelta(minutes=1)


class EndSessionOperator(RoomOperator):
    """End the live session of a room, and verify that everybody has left. The room stays open, so people can join
    again.

    The return value is the session that was ended, ``{id, room_id, started_at, ended_at, seconds}``, or None if no
    session was live, which also counts as success.

    :param conn_id: connection of a vendor's type.
    :param room_id: the room's id, its name, or the ``room`` dict of a create task.
    """

    def execute(self, context: Context) -> dict[str, Any] | None:
        """End the live session."""
        room = self.find_room(context)
        session = self.hook.end_session(room)
        if session is None:
            self.log.info("%s: no session is live in room %s.", self.hook.vendor.title, room.id)
            return None
        self.log.info("%s: ended session %s of room %s.", self.hook.vendor.title, session.id, room.id)
        return session.as_dict()


class CloseRoomOperator(RoomOperator):
    """Close a room so that nobody can join it. Vendors call this disable, deactivate, complete or end; for some it is
    final.

    If the room is already closed, the task succeeds. It can be a teardown task: before ``not_before`` it leaves the
    room open, logs that and succeeds, so that a failed mail at night does not close the room of the next morning's
    class. The return value is the state of the room, ``closed`` or ``open``.

    :param conn_id: connection of a vendor's type.
    :param room_id: the room's id, its name, or the ``room`` dict of a create task.
    :param not_before: leave the room open before this time: an aware datetime or ISO 8601 text with an offset. Usually
        the end of the class.
    :param if_live: what to do while people are in the room: ``fail``; ``end`` their session and close; or ``wait``
        until they have left, without a worker slot (needs a triggerer).
    :param wait_at_most: how long to wait for them, a ``timedelta`` or seconds.
    :param poll_interval: time between two polls while waiting, a ``timedelta`` or seconds.
    :raises SessionLiveError: people are in the room, and ``if_live`` is ``fail``, or they did not leave in time.
    """

    template_fields: Sequence[str] = (
        *RoomOperator.template_fields,
        "not_before",
        "if_live",
        "wait_at_most",
        "poll_interval",
    )

    def __init__(
        self,
        *,
        conn_id: str,
        room_id: str | Mapping[str, Any] | XComArg,
        not_before: dt.datetime | str | XComArg | None = None,
        if_live: str = "fail",
        wait_at_most: dt.timedelta | float | str | XComArg = WAIT_AT_MOST,
        poll_interval: dt.timedelta | float | str | XComArg = POLL_INTERVAL,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, room_id=room_id, **kwargs)
        self.not_before = not_before
        self.if_live = if_live
        self.wait_at_most = wait_at_most
        self.poll_interval = poll_interval

    def execute(self, context: Context) -> str:
        """Close the room, unless it is too early or people are in it."""
        return self._close(context, {})

    def _close(self, context: Context, waited: Mapping[str, Any]) -> str:
        from airflow_provider_rooms.errors import SessionLiveError
        from airflow_provider_rooms.values import read_choice, read_seconds, read_time

        if_live = read_choice("if_live", self.if_live, IF_LIVE, "fail")
        not_before = read_time("not_before", self.not_before)
        wait_at_most = read_seconds("wait_at_most", self.wait_at_most) or WAIT_AT_MOST.total_seconds()
        poll_interval = read_seconds("poll_interval", self.poll_interval) or POLL_INTERVAL.total_seconds()
        room, title = self.find_room(context), self.hook.vendor.title
        if room.state == "closed":
            self.log.info("%s: room %s is already closed.", title, room.id)
            return room.state
        if not_before is not None and self.hook.vendor.now() < not_before:
            self.log.info(
                "%s: room %s stays open, because it must not be closed before %s.",
                title,
                room.id,
                not_before.isoformat(),
            )
            return room.state
        if self._live(room):
            if if_live == "fail":
                raise SessionLiveError(
                    "The room was not closed, because people are in it.",
                    vendor=title,
                    room=room.id,
                    advice='Set not_before, or if_live="wait" or "end".',
                )
            if if_live == "wait":
                latest, until = self.hook.vendor.now() + dt.timedelta(seconds=wait_at_most), timeout_at(self, context)
                ends = {
                    "give_up_at": latest.isoformat(),
                    "task_timeout_at": until.isoformat() if until else None,
                    **{name: waited[name] for name in ("give_up_at", "task_timeout_at") if waited.get(name)},
                }
                self._wait(room, poll_interval, ends)
            session = self.hook.end_session(room)
            self.log.info("%s: ended session %s.", title, session.id if session else "that was live")
        room = self.hook.close_room(room)
        self.log.info("%s: closed room %s.", title, room.id)
        return room.state

    def execute_complete(self, context: Context, event: Any = None) -> str:
        """They have left: look again, since somebody may have come back; what is left of the time to wait is left."""
        from airflow.providers.common.compat.sdk import AirflowSensorTimeout

        from airflow_provider_rooms.errors import SessionLiveError
        from airflow_provider_rooms.waiting.handover import conclude

        self.room_url = None
        room = self.read_room()
        try:
            conclude(event)
        except AirflowSensorTimeout:
            raise SessionLiveError(
                f"The room was not closed, because people were in it for all of wait_at_most ({self.wait_at_most}).",
                vendor=self.hook.vendor.title,
                room=room if isinstance(room, str) else room.get("name") or room.get("id"),
                advice='Increase wait_at_most, or set if_live="end".',
            ) from None
        return self._close(context, event)

    def _live(self, room: Room) -> bool:
        """Whether people are in the room; a recorder that was left alone is none."""
        return any(session.live for session in self.hook.sessions(room, since=self.hook.vendor.now()))

    def _wait(self, room: Room, interval: float, ends: Mapping[str, Any]) -> None:
        from airflow_provider_rooms.triggers.rooms import RoomTrigger
        from airflow_provider_rooms.waiting.waits import Wait

        self.log.info("%s: people are in room %s; waiting until they have left.", self.hook.vendor.title, room.id)
        self.defer(
            trigger=RoomTrigger(
                conn_id=self.hook.conn_id,
                room={"vendor": room.vendor, "id": room.id},
                wait=Wait(purpose="ended", since=self.hook.vendor.now(), on_no_show="value").as_dict(),
                poll_interval=interval,
                **ends,
            ),
            method_name="execute_complete",
        )
