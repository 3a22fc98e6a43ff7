"""A link for each role, mailed; and a room that is closed when the class is over, but never before.

The links are minted in the task that mails them: they are secrets, and nothing of them is left in Airflow. The room is closed
by a teardown, which runs whatever became of the other tasks. Should the mail server be down at night, that is long before the
class: the teardown sees that it is too early, leaves the room open, and says so.

At Twilio Video the connection needs ``join_page``, the address of a page of yours; at 100ms ``subdomain``.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.common.compat.sdk import Param, dag, task

from airflow_provider_rooms.operators.rooms import CloseRoomOperator, CreateRoomOperator
from airflow_provider_rooms.sensors.rooms import SessionEndedSensor

ENDS_AT = "{{ ti.xcom_pull(task_ids='create', key='room')['ends_at'] }}"


@dag(
    schedule=None,  # started by hand, or by a DAG that knows the classes
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    default_args={"retries": 2},  # safe: a try finds the rooms of the one before
    tags=["rooms"],
    doc_md=__doc__,
    params={
        "conn_id": Param("videosdk_default", type="string"),
        "name": Param("algebra-1", type="string"),
        "starts_at": Param("2026-11-20T09:00:00-06:00", type="string", format="date-time"),
        "ends_at": Param("2026-11-20T10:00:00-06:00", type="string", format="date-time"),
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
        starts_at="{{ params.starts_at }}",
        ends_at="{{ params.ends_at }}",
    )
    created: Any = create.output
    room = created["room"]

    @task
    def mail_links(room: dict[str, Any], **context: Any) -> int:
        from airflow.providers.smtp.hooks.smtp import SmtpHook

        from airflow_provider_rooms.hooks import get_rooms_hook

        hook = get_rooms_hook(room["conn_id"])
        sent = 0
        with SmtpHook() as smtp:
            for role, addresses in context["params"]["people"].items():
                for address in addresses:
                    # One link each: whoever joins twice as the same user is removed from the first window.
                    link = hook.join_url(room, role, user=address)
                    smtp.send_email_smtp(
                        to=address,
                        subject=f"{room['name']}: your way in",
                        html_content=f"Your class starts at {room['starts_at']}. <a href='{link}'>Join as {role}</a>",
                    )
                    sent += 1
        return sent

    over = SessionEndedSensor(task_id="over", conn_id="{{ params.conn_id }}", room_id=room, deferrable=True)
    close = CloseRoomOperator(
        task_id="close", conn_id="{{ params.conn_id }}", room_id=room, not_before=ENDS_AT, if_live="wait"
    )
    mail_links(room) >> over >> close.as_teardown(setups=create)


links_by_role()
