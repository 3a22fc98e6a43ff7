"""What every test stands on: an Airflow home of its own, set before anything imports Airflow."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from airflow_provider_rooms.testing.home import airflow_db, fresh_pace, temporary_airflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from stack import MailSink

__all__ = ["airflow_db", "fresh_pace"]

REPO = Path(__file__).parent.parent

temporary_airflow(AIRFLOW__CORE__DAGS_FOLDER=str(REPO / "example_dags"))

# A busy machine is no bug; and what CI says of a commit is the same each time.
settings.register_profile("rooms", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("rooms")


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of rooms come in pages of ten, so that a few rooms make several."""
    from airflow_provider_rooms.vendors import vendor_class

    for conn_type in ("twilio_video", "videosdk"):
        monkeypatch.setattr(f"airflow_provider_rooms.vendors.{conn_type}.rooms.LONGEST_PAGE", 10)
    kind: Any = vendor_class("hundredms")
    monkeypatch.setattr(kind, "cursor", replace(kind.cursor, size=("limit", 10)))


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """What tasks logged so far; asking again gives what came since. Airflow 2 leaves it to logging, Airflow 3 prints it."""
    import airflow

    def printed() -> str:
        return capsys.readouterr().out

    def recorded() -> str:
        text = caplog.text
        caplog.clear()
        return text

    return recorded if airflow.__version__.startswith("2.") else printed


@pytest.fixture
def mails(rooms_sandbox: RoomsSandbox, airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailSink]:
    """The mails that arrived; with it, every default connection leads to the sandbox or to this sink."""
    from stack import mail_sink, smtp_connection

    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    with mail_sink() as (sink, port):
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp_connection(port)))
        yield sink
