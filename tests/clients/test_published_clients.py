"""The vendors' own published node clients against the sandbox, each in a process of its own.

They are installed by ``tests/clients/install.sh``. Without them the tests skip, unless ROOMS_REQUIRE_CLIENTS=1.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_rooms.sandbox.credentials import KEY, SECRET, TWILIO_ACCOUNT, TWILIO_API_KEY

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
NPM = HERE.parents[1] / "build" / "npm"
REQUIRED = os.environ.get("ROOMS_REQUIRE_CLIENTS") == "1"


def drive(script: str, package: str, url: str, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
    """What the script saw, as it printed it."""
    node = shutil.which("node")
    lacking = "node is not installed" if node is None else ""
    if not (NPM / "node_modules" / package).is_dir():
        lacking = lacking or f"{package} is not installed: sh tests/clients/install.sh"
    if lacking:
        if REQUIRED:
            pytest.fail(lacking)
        pytest.skip(lacking)
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [str(node), str(HERE / script), url, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment | {"ROOMS_NPM": str(NPM), "NO_PROXY": "127.0.0.1"},
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


def test_videosdk_server_sdk(rooms_sandbox: RoomsSandbox) -> None:
    seen = drive("videosdk.mjs", "@videosdk.live/server-sdk", rooms_sandbox.url, KEY, SECRET)
    created = seen["created"]
    assert (created["customRoomId"], created["geoFence"], created["disabled"]) == ("algebra-1", "eu001", False)
    assert created["autoCloseConfig"] == {"type": "session-end-and-deactivate", "duration": 60}
    assert created["webhook"]["endPoint"] == "https://example.com/hook"
    assert seen["again"] == seen["fetched"] == created["roomId"]
    assert (seen["listed"], seen["query"], seen["valid"], seen["invalid"]) == (25, 1, True, False)
    assert (seen["unknown"]["name"], seen["unknown"]["status"]) == ("RoomNotFoundError", 402)
    assert seen["endByName"]["status"] == 402
    assert seen["noSession"]["name"] == "RoomNotFoundError"
    assert seen["sessions"] == 0
    assert seen["live"] == ["Ada", "Bob"]
    assert seen["recordings"] == 1  # started by the room's own config
    assert seen["participantRecording"] == "participant recording started successfully."
    assert seen["hls"] is True
    assert (seen["hlsStopped"], seen["stopped"]) == ("HLS ended successfully", "Recording ended successfully")
    assert (seen["ending"], seen["ended"]) == ("ongoing", "ended")
    assert seen["singleUse"] is True
    assert seen["deactivated"] is True
    for wrong in (seen["wrongSecret"], seen["wrongKey"]):
        assert wrong == {"name": "AuthenticationError", "status": 401, "message": "Token is invalid or expired"}
    assert len(rooms_sandbox.rooms("videosdk")) == 26


def test_100ms_server_sdk(rooms_sandbox: RoomsSandbox) -> None:
    seen = drive("hundredms.mjs", "@100mslive/server-sdk", rooms_sandbox.url, KEY, SECRET)
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


def test_twilio_node_sdk(rooms_sandbox: RoomsSandbox) -> None:
    seen = drive("twilio.mjs", "twilio", rooms_sandbox.url, TWILIO_API_KEY, SECRET, TWILIO_ACCOUNT)
    assert seen == {
        "created": {"status": "in-progress", "codecs": ["VP8", "H264"], "unused": 60},
        "conflict": {"status": 400, "code": 53113},
        "byName": True,
        "listed": 7,
        "rules": "include",
        "completed": "completed",
        "gone": {"status": 404, "code": 20404},
        "again": {"status": 400, "code": 53112},
        "past": 1,
        "tooMany": {"status": 400, "code": 53107},
        "wrongSecret": {"status": 401, "code": 20003},
    }
