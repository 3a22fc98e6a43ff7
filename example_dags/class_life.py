"""The full lifecycle of a class: room, invitation, session, recording, storage.

Each class of today gets a room that records automatically, and its people get a calendar invitation, each with their own join link.
Then the DAG waits, without occupying a worker, until the class is over and its recording is ready, and copies it to storage.
If nobody joined, the rest is skipped. The timetable is an iCalendar file, which also lists the people to invite.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import Param, dag, task, task_group

from airflow_provider_rooms.operators.rooms import (
    CreateRoomOperator,
    RecordingToStorageOperator,
    SendInvitationOperator,
)
from airflow_provider_rooms.sensors.rooms import RecordingReadySensor, SessionEndedSensor, SessionStartedSensor
from airflow_provider_rooms.timetable import read_timetable

CONN_ID = "{{ params.conn_id }}"
# Airflow 3.0 cannot tell yet, within a task group: then there is no label.
LABEL = "{{ (task.spec.ref | default({})).title | default('') }}"
# Seconds between two looks at a class that is being waited for; they come closer near its start.
LOOK_EVERY = 60


@dag(
    description="Creates rooms, invites people, waits for sessions and copies recordings",
    schedule="0 5 * * *",  # in the time zone of start_date; before the first class begins
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    default_args={"retries": 2},  # safe: a try finds the rooms of the one before
    tags=["rooms", "recordings"],
    doc_md=__doc__,
    params={
        "timetable": Param(
            str(Path(__file__).parent / "data" / "seminars.ics"), type="string", description="A CSV or .ics file."
        ),
        "date": Param(None, type=["null", "string"], format="date", description="Default: the day of the run."),
        "conn_id": Param("videosdk_default", type="string", description="The room connection."),
        "storage": Param("file:///tmp/recordings", type="string", description="Such as s3://my_conn@my-bucket/classes"),
    },
)
def class_life() -> None:
    """From the room to the recording in storage, for each class of the day."""

    @task
    def classes_of_today(**context: Any) -> list[dict[str, Any]]:
        params = context["params"]
        due = context.get("data_interval_end") or context["dag_run"].run_after
        date = dt.date.fromisoformat(params["date"]) if params["date"] else due.date()
        return [
            {
                "spec": one.spec(record=True),
                "attendees": one.extra["attendees"],
                "organizer": one.extra["organizer"],
            }
            for one in read_timetable(params["timetable"]).on(date).classes
        ]

    @task_group
    def one_class(spec: dict[str, Any], attendees: str, organizer: str) -> None:
        create = CreateRoomOperator(task_id="create", conn_id=CONN_ID, spec=spec, map_index_template=LABEL)
        # The whole room, times included: the sensors look at this class only, not at last week's in the same room.
        room = create.output["room"]
        wait: dict[str, Any] = {
            "conn_id": CONN_ID, "room_id": room, "deferrable": True, "poke_interval": LOOK_EVERY
        }  # fmt: skip
        (
            create
            >> SendInvitationOperator(task_id="invite", room_id=room, attendees=attendees, organizer=organizer)
            >> SessionStartedSensor(task_id="started", **wait)
            >> SessionEndedSensor(task_id="ended", **wait)
            >> RecordingReadySensor(task_id="recorded", **wait)
            >> RecordingToStorageOperator(
                task_id="store", conn_id=CONN_ID, room_id=room, to="{{ params.storage }}/{name}/{id}.{ext}"
            )
        )

    one_class.expand_kwargs(classes_of_today())


class_life()
