"""Twilio's own published node SDK, and the Python one, against the sandbox."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from drive import drive
from twilio.jwt.access_token import AccessToken

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.credentials import SECRET, TWILIO_ACCOUNT, TWILIO_API_KEY, TWILIO_SECRET

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent


def test_twilio_node_sdk(rooms_sandbox: RoomsSandbox) -> None:
    seen = drive(HERE / "client.mjs", "twilio", rooms_sandbox.url, TWILIO_API_KEY, SECRET, TWILIO_ACCOUNT)
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


def test_twilios_own_reader_decodes_our_token(rooms_sandbox: RoomsSandbox) -> None:
    """It checks signature, algorithm, content type and expiry."""
    hook = get_rooms_hook("twilio_video_default")
    room = hook.ensure_room({"name": "algebra"})
    ends_at = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=1)
    token = hook.join_token({**room.as_dict(), "ends_at": ends_at.isoformat()}, user="ada")
    read = AccessToken.from_jwt(token, TWILIO_SECRET)
    assert (read.issuer, read.subject) == (TWILIO_API_KEY, TWILIO_ACCOUNT)
    assert read.payload["grants"] == {"identity": "ada", "video": {"room": room.id}}
    assert read.payload["exp"] == ends_at.timestamp() + 900
    assert read.headers["cty"] == "twilio-fpa;v=1"
    rooms_sandbox.join("twilio", token)
