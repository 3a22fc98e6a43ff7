"""Tables of what happened at VideoSDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from table_stage import hook, read_jsonl

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


pytestmark = pytest.mark.usefixtures("connections")


def test_dates_that_the_vendor_refuses_are_left_out(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    """They are in VideoSDK's own SDK only, and on no page."""
    room = hook("videosdk").ensure_room({"name": "algebra"})
    rooms_sandbox.start_session("videosdk", room.id)
    rooms_sandbox.end_session("videosdk", room.id)
    rooms_sandbox.advance(120)
    rooms_sandbox.fault("videosdk", "status", status=400)
    assert [row["room_name"] for row in read_jsonl(tmp_path, "videosdk", "sessions")] == ["algebra"]
