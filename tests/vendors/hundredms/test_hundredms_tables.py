"""Tables of what happened at 100ms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from table_stage import hook, read_jsonl

from airflow_provider_rooms.vendors.flow import Patience

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


pytestmark = pytest.mark.usefixtures("connections")


def test_a_session_is_over_when_its_recorder_has_left(rooms_sandbox: RoomsSandbox) -> None:
    """Until then somebody may come back to the same session of 100ms: the interval is that in which nobody can any more."""
    room = hook("hundredms").ensure_room({"name": "algebra"})
    rooms_sandbox.start_session("hundredms", room.id, ["ann"])
    hook("hundredms").start_recording(room)
    rooms_sandbox.end_session("hundredms", room.id, ["ann"])
    rooms_sandbox.advance(7200)
    (past,) = hook("hundredms").sessions_between("2026-01-01T00:00:00Z", "2100-01-01T00:00:00Z")
    assert [person.identity for person in past.people] == ["ann"]
    assert past.session.ended_at < past.over_at
    # The vendor's end decides, not the last leave.
    assert not list(hook("hundredms").sessions_between("2026-01-01T00:00:00Z", past.over_at))


def test_a_recorder_alone_is_no_session(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    """The recorder of 100ms needs no people."""
    room = hook("hundredms").ensure_room({"name": "algebra"})
    hook("hundredms").start_recording(room)
    rooms_sandbox.advance(600)
    hook("hundredms").stop_recording(room)
    rooms_sandbox.advance(600)
    assert read_jsonl(tmp_path, "hundredms", "sessions") == []
    assert len(read_jsonl(tmp_path, "hundredms", "recordings")) == 1


def test_a_page_with_too_many_people_is_read_in_smaller_ones(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred sessions of 100ms with three hundred people each are more than is read in one answer."""
    monkeypatch.setattr(Patience, "wait", lambda *_: 0.001)
    for number in range(12):
        room = hook("hundredms").ensure_room({"name": f"class-{number}"})
        rooms_sandbox.start_session("hundredms", room.id)
        rooms_sandbox.end_session("hundredms", room.id)
    rooms_sandbox.advance(120)
    rooms_sandbox.fault("hundredms", "body", path="/v2/sessions", body="x" * 9_000_000, times=5)
    assert len(read_jsonl(tmp_path, "hundredms", "sessions")) == 12
