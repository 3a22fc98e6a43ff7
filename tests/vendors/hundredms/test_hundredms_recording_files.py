"""Files of 100ms's recordings, stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from recording_stage import hook, store

from airflow_provider_rooms import errors

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytestmark = pytest.mark.usefixtures("airflow_db", "connections")


def test_transcripts_have_their_own_kind(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = hook("hundredms").ensure_room({"name": "algebra"})
    hook("hundredms").start_recording(room.id, {"transcription": {"enabled": True}})
    rooms_sandbox.end_session("hundredms", room.id, None)
    rooms_sandbox.advance(600)
    rows = store(room.id, f"{tmp_path}/{{kind}}-{{id}}.{{ext}}", conn_id="hundredms_default", kind="transcript")
    assert sorted(row["url"].rpartition(".")[2] for row in rows) == ["json", "srt", "txt"]
    with pytest.raises(errors.InvalidSpecError, match="the same path for several"):
        store(room.id, f"{tmp_path}/film", conn_id="hundredms_default", kind="transcript")
