"""The alarm: a mail for a class without a room, and silence when every class has one."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import airflow
import pytest

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.timetable import read_timetable
from dag_run import run_dag
from soon import write_soon
from stack import prefixed_connection

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from stack import MailSink


def test_a_mail_for_classes_without_a_room_and_none_when_all_have_one(
    rooms_sandbox: RoomsSandbox, mails: MailSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SCHOOL_ROOMS", json.dumps(prefixed_connection(rooms_sandbox)))
    timetable = tmp_path / "soon.csv"
    # Two within ten minutes; the others are not the alarm's concern yet.
    today = write_soon(timetable, dt.datetime.now(dt.UTC), first=4, step=5)
    soon = read_timetable(timetable).on(today).classes[:2]

    assert run_dag("alarm", {"timetable": str(timetable)}).state == "failed"
    (text,) = mails.bodies()
    if (
        not airflow.__version__.startswith(("3.0.", "3.1.", "3.2."))
        or "The log of the task names the classes." not in text
    ):
        assert [one.name for one in soon if one.name not in text] == []

    hook = get_rooms_hook("school_rooms")
    for one in soon:
        hook.ensure_room(one.spec())
    mails.mails.clear()
    assert run_dag("alarm", {"timetable": str(timetable)}).state == "success"
    assert mails.mails == []
