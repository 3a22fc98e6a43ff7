"""100ms' own published server SDK against the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from drive import drive

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.credentials import KEY, SECRET

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent


def test_100ms_server_sdk(rooms_sandbox: RoomsSandbox) -> None:
    seen = drive(HERE / "client.mjs", "@100mslive/server-sdk", rooms_sandbox.url, KEY, SECRET)
    assert seen["created"] == {"name": "Algebra-1", "enabled": True, "region": "eu"}
    assert seen["upsert"] == {"same": True, "description": "second", "region": "eu"}
    assert (seen["listed"], seen["byId"], seen["byName"], seen["updated"]) == (25, "Algebra-1", True, "third")
    assert (seen["unknown"]["code"], seen["badRegion"]["code"]) == (404, 400)
    assert "region not supported" in seen["badRegion"]["message"]
    assert (seen["codes"], seen["oneCode"]) == (["host", "guest"], "host")
    assert seen["idle"]["code"] == 404
    assert (seen["foreignRecording"]["code"], seen["active"]) == (403, 1)
    assert (seen["started"], seen["stopped"]) == ("starting", ["stopping"])
    assert (seen["twice"]["code"], seen["twice"]["message"]) == (409, "beam already started")
    assert seen["peers"] == ["Ada", "Bob"]
    assert (seen["closed"], seen["locked"], seen["enabled"]) == (1, False, True)
    assert (seen["recordings"], seen["assets"], seen["file"]) == (["completed"], ["chat", "room-composite"], True)
    for wrong in (seen["wrongSecret"], seen["wrongKey"]):
        assert (wrong["code"], wrong["message"]) == (401, "Token validation error")
    # the official client asks twice before it believes a 401
    assert [row["status"] for row in rooms_sandbox.requests()[-4:]] == [401] * 4
    (guest,) = rooms_sandbox.join("hundredms", seen["authToken"])["peers"].values()
    assert (guest["user_id"], guest["role"]) == ("ada", "guest")


def test_100ms_server_sdk_reads_our_room_codes(rooms_sandbox: RoomsSandbox) -> None:
    hook = get_rooms_hook("hundredms_default")
    room = hook.ensure_room({"name": "algebra"})
    ours = {role: hook.join_url(room.id, role).rpartition("/")[2] for role in ("host", "guest")}
    theirs = drive(HERE / "reads_ours.mjs", "@100mslive/server-sdk", rooms_sandbox.url, "codes", KEY, SECRET, room.id)[
        "seen"
    ]
    assert {row["role"]: row["code"] for row in theirs} == ours
    assert all(row["enabled"] for row in theirs)
