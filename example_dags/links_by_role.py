"""Mail a join link to each person by role, and close the room after the class, never before.

The links are created in the task that mails them, because they are secrets; Airflow stores none of them. Each person has a
task, so one rejected address does not delay the others, and clearing that task mails nobody twice. The room is
closed by a teardown task, which runs whatever happened to the other tasks. If the mail server is down during the night before
the class, the teardown sees that it is too early, leaves the room open, and logs that.

Twilio Video needs ``join_page`` in the connection, the address of your own page; 100ms needs ``subdomain``.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.common.compat.sdk import Param, dag, task

from airflow_provider_rooms.operators.rooms import CloseRoomOperator, CreateRoomOperator
from airflow_provider_rooms.sensors.rooms import SessionEndedSensor

# Without times, a class that begins soon: to be tried out.
STARTS_AT = "{{ params.starts_at or dag_run.start_date + macros.timedelta(minutes=10) }}"
ENDS_AT = "{{ params.ends_at or dag_run.start_date + macros.timedelta(minutes=70) }}"
NOT_BEFORE = "{{ ti.xcom_pull(task_ids='create', key='room')['ends_at'] }}"


@dag(
    description="Creates join links for a teacher and students, and mails them",
    schedule=None,  # started by hand, or by a DAG that knows the classes
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    default_args={"retries": 2},  # safe: a try finds the rooms of the one before
    tags=["rooms", "invitations"],
    doc_md=__doc__,
    params={
        "conn_id": Param("videosdk_default", type="string", description="The room connection."),
        "name": Param("algebra-1", type="string", description="The room name."),
        "starts_at": Param(
            None, type=["null", "string"], format="date-time", description="Default: 10 minutes after the run started."
        ),
        "ends_at": Param(
            None, type=["null", "string"], format="date-time", description="Default: 70 minutes after the run started."
        ),
        "people": Param(
            {"host": ["teacher@example.com"], "guest": ["ada@example.com", "bob@example.com"]},
            type="object",
            description="Mail addresses by role.",
        ),
    },
)
def links_by_role() -> None:
    """From the room to its end, for one class."""
    create = CreateRoomOperator(
        task_id="create",
        conn_id="{{ params.conn_id }}",
        name="{{ params.name }}",
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
    )
    room = create.output["room"]

    @task
    def people(**context: Any) -> list[dict[str, str]]:
        roles = context["params"]["people"]
        return [{"role": role, "address": address} for role, addresses in roles.items() for address in addresses]

    # The SMTP hook tries again by itself. A task that did so too could mail what has arrived, its answer being lost.
    @task(retries=0)
    def mail_link(person: dict[str, str], room: dict[str, Any]) -> None:
        from airflow.providers.smtp.hooks.smtp import SmtpHook

        from airflow_provider_rooms.hooks import get_rooms_hook

        # A link each: whoever joins twice as the same user is removed from the first window.
        link = get_rooms_hook(room["conn_id"]).join_url(room, person["role"], user=person["address"])
        with SmtpHook() as smtp:
            smtp.send_email_smtp(
                to=person["address"],
                subject=f"{room['name']}: your way in",
                html_content=f"Your class starts at {room['starts_at']}. <a href='{link}'>Join as {person['role']}</a>",
            )

    over = SessionEndedSensor(task_id="over", conn_id="{{ params.conn_id }}", room_id=room, deferrable=True)
    close = CloseRoomOperator(
        task_id="close", conn_id="{{ params.conn_id }}", room_id=room, not_before=NOT_BEFORE, if_live="wait"
    )
    mail_link.partial(room=room).expand(person=people()) >> over >> close.as_teardown(setups=create)


links_by_role()
