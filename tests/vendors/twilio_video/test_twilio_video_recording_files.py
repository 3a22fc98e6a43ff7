"""Files of Twilio's recordings, stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from recording_stage import recorded, store

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytestmark = pytest.mark.usefixtures("airflow_db", "connections")


def test_a_name_that_others_gave_leads_to_no_other_folder(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, "twilio_video")
    rooms_sandbox.fault(
        "twilio", "body", path="/v1/Rooms/RM*", body=rooms_sandbox.rooms("twilio")[0] | {"unique_name": "../x/.."}
    )
    rows = store(room["id"], f"{tmp_path}/here/{{name}}/{{id}}", conn_id="twilio_video_default")
    assert {row["url"].rpartition("/")[0] for row in rows} == {f"{tmp_path}/here/.._x_.."}
