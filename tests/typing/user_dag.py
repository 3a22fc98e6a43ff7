"""A user's DAG, as `mypy --strict` has to take it: `make lint` runs it over this file, a slow test over the wheel."""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.sdk import dag, task

from airflow_provider_rooms.operators.rooms import (
    CloseRoomOperator,
    CreateRoomOperator,
    CreateRoomsOperator,
    RecordingToStorageOperator,
    SendInvitationOperator,
)
from airflow_provider_rooms.sensors.rooms import RecordingReadySensor, SessionEndedSensor, SessionStartedSensor

CONN_ID = "videosdk_default"


@task
def classes() -> list[dict[str, Any]]:
    return [{"name": "algebra-1"}]


@task
def tell(room: dict[str, Any]) -> str:
    return f"{room['id']}"


@dag(schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
def lesson() -> None:
    create = CreateRoomOperator(task_id="create", conn_id=CONN_ID, name=["algebra", "{{ ds }}"])
    room = create.output["room"]
    started = SessionStartedSensor(task_id="started", conn_id=CONN_ID, room_id=room)
    ended = SessionEndedSensor(task_id="ended", conn_id=CONN_ID, room_id=create.output)
    ready = RecordingReadySensor(task_id="ready", conn_id=CONN_ID, room_id=room)
    store = RecordingToStorageOperator(
        task_id="store", conn_id=CONN_ID, room_id=room, recordings=ready.output, to="file:///srv/{id}.{ext}"
    )
    invite = SendInvitationOperator(task_id="invite", room_id=room, attendees=["ada@example.com"])
    close = CloseRoomOperator(task_id="close", conn_id=CONN_ID, room_id=tell(room))
    create >> invite >> started >> ended >> ready >> store >> close

    CreateRoomsOperator(task_id="many", conn_id=CONN_ID, specs=classes())
    CreateRoomOperator.partial(task_id="each", conn_id=CONN_ID).expand(spec=classes())
    CreateRoomOperator(task_id="wrong", conn_id=CONN_ID, name=5)  # type: ignore[arg-type]


lesson()
