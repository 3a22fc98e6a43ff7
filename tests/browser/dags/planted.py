"""Tasks that meet secrets on every way there is; none may be shown. The secrets come from the environment."""

from __future__ import annotations

import datetime as dt
import os

from airflow.providers.common.compat.sdk import DAG, Asset, AssetAlias

from airflow_provider_rooms.connections import CONNECTION_TYPES
from airflow_provider_rooms.operators.rooms import CreateRoomOperator, CreateRoomsOperator
from airflow_provider_rooms.sensors.rooms import SessionStartedSensor

PLANTED = os.environ["PLANTED"]
ANY, *_, LATE = CONNECTION_TYPES
KEEPS = next(kind for kind in CONNECTION_TYPES if "storage_credentials" in kind.uses)
UPLOAD = {
    "type": "s3",
    "location": "recordings",
    "prefix": "classes/",
    "credentials": {"key": f"{PLANTED}-options-key", "secret": f"{PLANTED}-options-secret"},
}

with DAG("planted", schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)):
    create = CreateRoomOperator(
        task_id="create",
        conn_id=KEEPS.default_conn_id,
        name="planted",
        webhook={"url": "https://hooks.example/x"},
        options={"recording_info": {"enabled": True, "upload_info": UPLOAD}},
        outlets=[Asset("planted"), AssetAlias("planted-rooms")],
    )
    # Its template has another secret than the room: the difference is told, the secrets are not.
    drift = CreateRoomOperator(
        task_id="drift",
        conn_id=KEEPS.default_conn_id,
        name="planted",
        max_participants=7,
        options={
            "recording_info": {
                "enabled": True,
                "upload_info": UPLOAD | {"credentials": {"key": f"{PLANTED}-drift-key", "secret": "other"}},
            }
        },
    )
    refused = CreateRoomOperator(task_id="refused", conn_id="planted_wrong", name="planted")
    batch = CreateRoomsOperator(
        task_id="batch",
        conn_id=KEEPS.default_conn_id,
        specs=[{"name": "planted-2", "options": {"recording_info": {"enabled": True, "upload_info": UPLOAD}}}],
    )
    create >> [drift, refused, batch]

    # Links: while a task waits without a slot, while it runs, before there is a room.
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=3)).isoformat()
    waits = SessionStartedSensor(
        task_id="waits", conn_id=ANY.default_conn_id, room_id="{{ params.room }}", deferrable=True, poke_interval=2
    )
    pokes = SessionStartedSensor(
        task_id="pokes", conn_id=ANY.default_conn_id, room_id="{{ params.room }}", deferrable=False, poke_interval=2
    )
    ahead = CreateRoomOperator(task_id="ahead", conn_id=LATE.default_conn_id, name="ahead", starts_at=later)
    for task in (waits, pokes):
        task.dag.params["room"] = "office-hour"
