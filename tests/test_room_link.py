"""The button Room: where it leads while the task runs, waits, ends, or has no room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_rooms.errors import RoomsError
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.testing import airflow_versions
from airflow_provider_rooms.testing.dag_lab import run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from stack import MailSink

BODY = """
    made = CreateRoomOperator(task_id="made", conn_id="rooms", name="algebra")
    CreateRoomOperator.partial(task_id="mapped", conn_id="rooms").expand(name=["algebra-1", "no name"])
    CreateRoomOperator(task_id="over", conn_id="rooms", name="past",
                       starts_at="2026-01-01T09:00:00Z", ends_at="2026-01-01T10:00:00Z")
    CreateRoomOperator(task_id="wrong", conn_id="rooms", name="{{ missing }}")
    CreateRoomsOperator(task_id="none", conn_id="rooms", specs=[])
    RecordingReadySensor(task_id="waited", conn_id="rooms", room_id="algebra", deferrable=True, poke_interval=0.1,
                         starts_at="2026-01-01T09:00:00Z", ends_at="2026-01-01T10:00:00Z", on_missing="fail") << made
"""


def test_a_task_without_a_room_asks_for_none(
    tmp_path: Path, mails: MailSink, rooms_sandbox: RoomsSandbox, logged: Callable[[], str]
):
    ran = run_tasks(tmp_path, "buttons", BODY)
    room = get_rooms_hook("rooms").get_room("algebra")
    url = get_rooms_hook("rooms").vendor.room_url(room.id)
    assert url.startswith(rooms_sandbox.url)
    assert (ran.states["made"], ran.xcoms["made"]["room_url"]) == ("success", url)
    assert ran.xcoms["mapped[0]"]["room_url"]
    states = {task: ran.states[task] for task in ("over", "wrong", "mapped[1]", "none", "waited")}
    assert states == {
        "over": "skipped",
        "wrong": "failed",
        "mapped[1]": "failed",
        "none": "success",
        "waited": "failed",
    }
    for task in ("over", "wrong", "mapped[1]", "none"):
        assert not ran.xcoms.get(task, {}).get("room_url")
    # Its room was known before it waited, and still is after the wait has failed.
    assert ran.xcoms["waited"]["room_url"] == url
    assert "XCom not found" not in logged()


@pytest.mark.skipif(airflow_versions.version() < (3, 0), reason="In Airflow 2 the web server asks, see below.")
def test_a_task_of_ours_is_asked_itself(monkeypatch: pytest.MonkeyPatch):
    from airflow_provider_rooms.links import rooms as links
    from airflow_provider_rooms.operators.rooms import CreateRoomOperator

    asked: list[str] = []
    monkeypatch.setattr(links.XCom, "get_value", lambda key, ti_key: asked.append(key) or "http://kept")
    task = CreateRoomOperator(task_id="a", conn_id="c")
    assert links.RoomLink().get_link(task, ti_key=None) == ""
    assert asked == []
    task.room_url = None  # resumed: what was left before the wait
    assert links.RoomLink().get_link(task, ti_key=None) == "http://kept"
    # The web server of Airflow 2 has no task of ours.
    assert links.RoomLink().get_link(object(), ti_key=None) == "http://kept"
    assert asked == ["room_url", "room_url"]


def test_a_wait_that_failed_keeps_the_button_that_it_had(mails: MailSink):
    from airflow_provider_rooms.operators.rooms import CloseRoomOperator
    from airflow_provider_rooms.sensors.rooms import SessionEndedSensor

    given = {"task_id": "a", "conn_id": "rooms", "room_id": "x"}
    for task, event in (
        (
            SessionEndedSensor(**given),
            {"status": "error", "error": "NotFoundError", "message": "gone", "room_url": None},
        ),
        (CloseRoomOperator(**given), {"status": "timeout", "message": "late"}),
    ):
        with pytest.raises(RoomsError):
            task.execute_complete({"ti": None}, event)
        assert task.room_url is None
