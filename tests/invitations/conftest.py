"""A mail server, and connections of every vendor that links can be made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from vendor_traits import TRAITS, facts

from stack import MailSink, mail_sink, smtp_connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


LINKS = facts("links")


@pytest.fixture
def sink(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailSink]:
    for traits in TRAITS:
        connection = rooms_sandbox.connection(traits.conn_type)
        connection["extra"] = {**connection["extra"], **LINKS[traits.conn_type].CONNECTION, "name_prefix": "p-"}
        monkeypatch.setenv(f"AIRFLOW_CONN_{traits.conn_id.upper()}", json.dumps(connection))
    with mail_sink() as (sink, port):
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp_connection(port)))
        yield sink
