"""A class that was recorded, and the operator that stores its recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pushed import Pushed
from vendor_traits import TRAITS

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.operators.rooms import (
    RecordingToStorageOperator,
)

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


#: Files that a class of two people leaves at each vendor.
FILES = {traits.conn_type: len(traits.recorded) for traits in TRAITS}


def store(room_id: Any, to: str, **given: Any) -> list[dict[str, Any]]:
    """Execute the operator here; what a run of it in a DAG does, without the DAG."""
    given = {"conn_id": "rooms", **given}
    operator = RecordingToStorageOperator(task_id="store", room_id=room_id, to=to, **given)
    return operator.execute({"ti": Pushed()})  # type: ignore[typeddict-item]


def hook(conn_type: str) -> Any:
    return get_rooms_hook(f"{conn_type}_default")


def recorded(sandbox: RoomsSandbox, conn_type: str, name: str = "algebra", **spec: Any) -> dict[str, Any]:
    """The ``room`` dict of a class that was recorded from beginning to end."""
    room = hook(conn_type).ensure_room({"name": name, **spec})
    sandbox.start_session(conn_type, room.id)
    sandbox.recording(conn_type, room.id, "start")
    sandbox.end_session(conn_type, room.id)
    sandbox.advance(600)
    found: dict[str, Any] = room.as_dict()
    return found


def files(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
