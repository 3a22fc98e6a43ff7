"""Every role gets its own link by mail, nothing of it stays in Airflow, and the teardown cannot close the room of a class."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from vendor_traits import ANY, TYPES, facts

from airflow_provider_rooms.hooks import get_rooms_hook
from dag_run import run_dag

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from stack import MailSink


@pytest.fixture
def _pages(rooms_sandbox: RoomsSandbox, mails: MailSink, monkeypatch: pytest.MonkeyPatch) -> None:
    for conn_type, found in facts("links").items():
        connection = rooms_sandbox.connection(conn_type)
        connection["extra"] = {**connection["extra"], **found.CONNECTION}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_type.upper()}_DEFAULT", json.dumps(connection))


def conf(conn_type: str, begin: float, end: float) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC)
    return {
        "conn_id": f"{conn_type}_default",
        "starts_at": (now + dt.timedelta(minutes=begin)).isoformat(),
        "ends_at": (now + dt.timedelta(minutes=end)).isoformat(),
    }


def everything_in_airflow() -> str:
    """All XComs and rendered fields, as text."""
    from airflow.models import xcom
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.utils.session import create_session
    from sqlalchemy import select

    model = getattr(xcom, "XComModel", None) or xcom.XCom
    with create_session() as session:
        xcoms = [str(row.value) for row in session.scalars(select(model))]
        fields = [str(row.rendered_fields) for row in session.scalars(select(RenderedTaskInstanceFields))]
    return "\n".join([*xcoms, *fields])


@pytest.mark.usefixtures("_pages")
@pytest.mark.parametrize("conn_type", TYPES)
def test_each_role_gets_its_own_link_and_the_room_is_closed_afterwards(
    conn_type: str, rooms_sandbox: RoomsSandbox, mails: MailSink
) -> None:
    """A class that was over a moment ago: made by an earlier run, so it has its room."""
    hook = get_rooms_hook(f"{conn_type}_default")
    room = hook.ensure_room({"name": "algebra-1"})
    result = run_dag("links_by_role", conf(conn_type, -30, -1 / 60))
    once = [f"{task}[-1]" for task in ("create", "people", "over", "close")]
    assert result.tasks == dict.fromkeys([*once, *(f"mail_link[{number}]" for number in range(3))], "success")
    bodies = {str(mail["To"]): body for mail, body in zip(mails.mails, mails.bodies(), strict=True)}
    links = {to: re.findall(r"href='([^']+)'", body) for to, body in bodies.items()}
    assert set(links) == {"teacher@example.com", "ada@example.com", "bob@example.com"}
    assert len({link for (link,) in links.values()}) == 3
    kept = everything_in_airflow()
    assert room.id in kept
    for (link,) in links.values():
        parts = urlsplit(link.replace("&amp;", "&"))
        secret = parts.fragment or parse_qs(parts.query).get("token", [parts.path.rpartition("/")[2]])[0]
        assert len(secret) > 10
        assert secret not in kept
    assert hook.get_room(room.id).state == "closed"


@pytest.mark.usefixtures("_pages")
def test_a_mail_that_fails_at_night_closes_no_room(
    rooms_sandbox: RoomsSandbox, mails: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": 1}))
    result = run_dag("links_by_role", {"conn_id": ANY.conn_id})  # without times: a class that begins soon
    assert {result.tasks[f"mail_link[{number}]"] for number in range(3)} == {"failed"}
    assert result.tasks["close[-1]"] == "success"
    assert get_rooms_hook(ANY.conn_id).get_room("algebra-1").state == "open"
