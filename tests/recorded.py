"""Classes that are recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vendor_traits import TRAITS

if TYPE_CHECKING:
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


#: What a recording is at each vendor, when nothing else is asked for.
USUAL = {traits.conn_type: traits.recorded[0][0] for traits in TRAITS}
#: More than any vendor of the sandbox takes from the end of a class to its files, in seconds.
LONG = 600


def one_class(hook: RoomsHook, sandbox: RoomsSandbox, name: str = "algebra") -> str:
    """A room with a session that was recorded from beginning to end; the room's id."""
    room = hook.ensure_room({"name": name})
    sandbox.start_session(hook.conn_type, room.id)
    hook.start_recording(room.id)
    sandbox.advance(5)
    return room.id


def over(hook: RoomsHook, sandbox: RoomsSandbox, room: str) -> None:
    sandbox.end_session(hook.conn_type, room)
    sandbox.advance(LONG)
