"""Keep calendars and rooms up to date when classes in a timetable are moved or cancelled.

Each run reads the whole term and compares it with what people were last notified of:

* a new class gets its room and an invitation;
* a moved class keeps its room and its calendar entry, and the entry moves;
* a cancelled class is removed from the calendars, and its room is closed;
* for a cancelled class that takes place after all, people are invited again, and the room is reopened.

An Airflow Variable stores what people were notified of. It is updated after all mails were sent: if a mail fails, the next run
sends them again, and calendars still have one entry.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import Param, Variable, dag, task, task_group

from airflow_provider_rooms.names import room_name
from airflow_provider_rooms.operators.rooms import CloseRoomOperator, CreateRoomOperator, SendInvitationOperator
from airflow_provider_rooms.timetable import changes, read_timetable

# Airflow 3.0 cannot tell yet, within a task group: then there is no label.
LABEL = "{% set about = task.spec.ref | default({}) %}{{ about.title | default('') }} {{ about.date | default('') }}"


@dag(
    description="Updates rooms and calendars when classes are moved or cancelled",
    schedule="@hourly",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    default_args={"retries": 2},  # safe: a try finds the rooms of the one before
    max_active_runs=1,
    tags=["rooms", "invitations"],
    doc_md=__doc__,
    params={
        "timetable": Param(
            str(Path(__file__).parent / "data" / "seminars.ics"), type="string", description="A CSV or .ics file."
        ),
        "first": Param(None, type=["null", "string"], format="date", description="Default: yesterday."),
        "last": Param(None, type=["null", "string"], format="date", description="Default: two weeks from today."),
        "conn_id": Param("hundredms_default", type="string", description="The room connection."),
        "people": Param("class@example.com", type="string", description="Used for classes without attendees."),
        "memory": Param(
            "changed_classes", type="string", description="The Variable that stores what people were told."
        ),
        "page": Param("https://school.example.com/classes", type="string", description="Where people join."),
    },
)
def changed_classes() -> None:
    """What changed since people were told last, and nothing else."""

    @task
    def planned(**context: Any) -> list[dict[str, Any]]:
        params, today = context["params"], dt.datetime.now(dt.UTC).date()
        # As long a stretch as your term: a class that is moved beyond its end looks cancelled until the end comes nearer.
        # From yesterday on: where it is evening still, a class of yesterday may be running, and would look cancelled.
        first = dt.date.fromisoformat(params["first"]) if params["first"] else today - dt.timedelta(days=1)
        last = dt.date.fromisoformat(params["last"]) if params["last"] else today + dt.timedelta(days=14)
        found = read_timetable(params["timetable"]).between(first, last)
        return [one.spec() | {"people": one.extra.get("attendees") or params["people"]} for one in found.classes]

    def changed(now_planned: list[dict[str, Any]], *kinds: str, **context: Any) -> list[dict[str, Any]]:
        before = Variable.get(context["params"]["memory"], [], deserialize_json=True)
        specs = [one.spec for one in changes(before, now_planned, now=dt.datetime.now(dt.UTC)) if one.kind in kinds]
        return [{"attendees": spec.pop("people"), "spec": spec} for spec in specs]

    @task
    def to_hold(now_planned: list[dict[str, Any]], **context: Any) -> list[dict[str, Any]]:
        return changed(now_planned, "new", "moved", **context)

    @task
    def to_drop(now_planned: list[dict[str, Any]], **context: Any) -> list[dict[str, Any]]:
        dropped = changed(now_planned, "cancelled", **context)
        return [{**one, "name": room_name(*one["spec"]["name"])} for one in dropped]

    @task_group
    def hold(spec: dict[str, Any], attendees: str) -> None:
        # A class that was cancelled, and takes place after all, gets its room back.
        create = CreateRoomOperator(
            task_id="room", conn_id="{{ params.conn_id }}", spec=spec, on_closed="reopen", map_index_template=LABEL
        )
        SendInvitationOperator(
            task_id="invite",
            room_id=create.output["room"],
            spec=spec,
            attendees=attendees,
            join_url="{{ params.page }}",
        )

    @task_group
    def drop(spec: dict[str, Any], attendees: str, name: str) -> None:
        cancel = SendInvitationOperator(
            task_id="cancel",
            conn_id="{{ params.conn_id }}",
            method="cancel",
            spec=spec,
            attendees=attendees,
            map_index_template=LABEL,
        )
        cancel >> CloseRoomOperator(task_id="close", conn_id="{{ params.conn_id }}", room_id=name, if_live="end")

    @task(trigger_rule="none_failed")
    def told(now_planned: list[dict[str, Any]], **context: Any) -> None:
        Variable.set(context["params"]["memory"], now_planned, serialize_json=True)

    classes: Any = planned()
    held = hold.expand_kwargs(to_hold(classes))
    dropped = drop.expand_kwargs(to_drop(classes))
    [held, dropped] >> told(classes)


changed_classes()
