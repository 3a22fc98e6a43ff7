"""Airflow, the sandbox and a mail sink, wired together for running the example DAGs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from stack import mail_sink, smtp_connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from stack import MailSink


@pytest.fixture
def mails(rooms_sandbox: RoomsSandbox, airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailSink]:
    """The mails that arrived; with it, every default connection leads to the sandbox or to this sink."""
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    with mail_sink() as (sink, port):
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp_connection(port)))
        yield sink
