"""The vendors' published clients and ours read each other's work."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from test_published_clients import drive
from twilio.jwt.access_token import AccessToken

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.credentials import KEY, SECRET, TWILIO_ACCOUNT, TWILIO_API_KEY, TWILIO_SECRET
from airflow_provider_rooms.sensors.rooms import SessionEndedSensor

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


@pytest.fixture(autouse=True)
def _connections(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for conn_type in BY_TYPE:
        connection = rooms_sandbox.connection(conn_type)
        if conn_type == "hundredms":
            connection["extra"] = {"subdomain": "school"}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_type.upper()}_DEFAULT", json.dumps(connection))


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


@pytest.mark.slow
def test_100ms_server_sdk_reads_our_room_codes(rooms_sandbox: RoomsSandbox) -> None:
    hook = get_rooms_hook("hundredms_default")
    room = hook.ensure_room({"name": "algebra"})
    ours = {role: hook.join_url(room.id, role).rpartition("/")[2] for role in ("host", "guest")}
    theirs = drive("reads_ours.mjs", "@100mslive/server-sdk", rooms_sandbox.url, "codes", KEY, SECRET, room.id)["seen"]
    assert {row["role"]: row["code"] for row in theirs} == ours
    assert all(row["enabled"] for row in theirs)


@pytest.mark.slow
def test_a_session_ended_by_videosdks_server_sdk_is_seen_ended(rooms_sandbox: RoomsSandbox) -> None:
    hook = get_rooms_hook("videosdk_default")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session("videosdk", room.id)
    sensor = SessionEndedSensor(
        task_id="over", conn_id="videosdk_default", room_id=room.id, since="2026-01-01T00:00:00Z"
    )

    class Pushed:
        def xcom_push(self, key: str, value: Any) -> None:
            pass

    context: Any = {"ti": Pushed()}
    assert not sensor.poke(context).is_done
    theirs = drive("reads_ours.mjs", "@videosdk.live/server-sdk", rooms_sandbox.url, "end", KEY, SECRET, room.id)[
        "seen"
    ]
    rooms_sandbox.advance(5)
    seen = sensor.poke(context)
    assert seen.is_done
    assert [session["id"] for session in seen.xcom_value["sessions"]] == [theirs]


@pytest.mark.slow
def test_videosdks_server_sdk_sees_the_recording_that_we_started(rooms_sandbox: RoomsSandbox) -> None:
    hook = get_rooms_hook("videosdk_default")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session("videosdk", room.id)
    ours = [recording.id for recording in hook.start_recording(room.id)]
    arguments = (rooms_sandbox.url, "recordings", KEY, SECRET, room.id)
    assert drive("reads_ours.mjs", "@videosdk.live/server-sdk", *arguments)["seen"] == ours
