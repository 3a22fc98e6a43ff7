"""Ending sessions and closing rooms, in real Airflow."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred
from pushed import Pushed
from vendor_traits import ANY, TRAITS, TYPES

from airflow_provider_rooms.errors import NotVisibleYetError, SessionLiveError
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.operators.rooms import CloseRoomOperator
from airflow_provider_rooms.testing.dag_lab import run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

OTHER = TRAITS[-1].conn_type


pytestmark = pytest.mark.usefixtures("airflow_db", "connections", "quick_ends")


@pytest.fixture
def quick_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    # The sandbox ends a session a second after it said so: it is looked at more often than a vendor would like.
    monkeypatch.setattr("airflow_provider_rooms.vendors.sessions._END_WAITS", (0.1,) * 30)


def hook(conn_type: str) -> Any:
    return get_rooms_hook(f"{conn_type}_default")


def rooms(sandbox: RoomsSandbox, *names: str, live: bool = False) -> dict[str, dict[str, Any]]:
    """The ``room`` dict of a room of each name at each vendor."""
    made = {}
    for conn_type in TYPES:
        for name in names:
            room = hook(conn_type).ensure_room({"name": name})
            made[f"{conn_type}_{name}"] = room.as_dict()
            if live:
                sandbox.start_session(conn_type, room.id)
    return made


def test_a_session_is_ended_and_the_room_stays_open(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    made = rooms(rooms_sandbox, "full", live=True) | rooms(rooms_sandbox, "empty")
    body = f"""
        for conn_type in {TYPES}:
            for name in ("full", "empty"):
                EndSessionOperator(task_id=conn_type + "_" + name, conn_id=conn_type + "_default", room_id=name)
    """
    ran = run_tasks(tmp_path, "ending", body)
    assert set(ran.states.values()) == {"success"}
    for task_id, room in made.items():
        conn_type = room["vendor"]
        assert hook(conn_type).get_room(room["id"]).state == "open"
        assert not [session for session in hook(conn_type).sessions(room) if session.live]
        ended = ran.value(task_id)
        if task_id.endswith("full"):
            assert ended["room_id"] == room["id"]
            assert ended["ended_at"] >= ended["started_at"]
        else:
            assert ended is None
        assert ran.xcoms[task_id]["room_url"] == hook(conn_type).vendor.room_url(room["id"])


def test_a_room_is_closed_once_and_for_all(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    """By id, by name, by the room dict, by the text that Jinja makes of it; and once more."""
    made = rooms(rooms_sandbox, "a", "b", "c", "d")
    body = f"""
        made = {made!r}
        for conn_type in {TYPES}:
            given = {{"a": "a", "b": made[conn_type + "_b"]["id"], "c": made[conn_type + "_c"], "d": str(made[conn_type + "_d"])}}
            for name, room_id in given.items():
                first = CloseRoomOperator(task_id=conn_type + "_" + name, conn_id=conn_type + "_default", room_id=room_id)
                again = CloseRoomOperator(task_id="again_" + conn_type + "_" + name, conn_id=conn_type + "_default", room_id=room_id)
                first >> again
    """
    ran = run_tasks(tmp_path, "closing", body)
    assert set(ran.states.values()) == {"success"}
    for task_id, room in made.items():
        assert ran.value(task_id) == ran.value(f"again_{task_id}") == "closed"
        assert hook(room["vendor"]).get_room(room["id"]).state == "closed"
    closes = [row for row in rooms_sandbox.requests(method="POST") if row["status"] < 400]
    assert len(closes) == 2 * len(made)  # one to make, one to close


def test_before_its_time_a_room_stays_open_even_when_all_else_failed(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, logged: Callable[[], str]
) -> None:
    """The teardown of a DAG whose mail failed at night must not close the room of the class next morning."""
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=9)
    body = f"""
        for conn_type in {TYPES}:
            create = CreateRoomOperator(
                task_id="create_" + conn_type, conn_id=conn_type + "_default", name="algebra", ends_at="{soon.isoformat()}"
            )

            @task(task_id="mail_" + conn_type)
            def mail():
                raise RuntimeError("the mail server is down")

            close = CloseRoomOperator(
                task_id="close_" + conn_type,
                conn_id=conn_type + "_default",
                room_id="{{{{ ti.xcom_pull(task_ids='create_" + conn_type + "', key='room') }}}}",
                not_before="{{{{ ti.xcom_pull(task_ids='create_" + conn_type + "', key='room')['ends_at'] }}}}",
            )
            create >> mail() >> close.as_teardown(setups=create)
    """
    ran = run_tasks(tmp_path, "night", body)
    for conn_type in TYPES:
        assert ran.states[f"mail_{conn_type}"] == "failed"
        assert ran.states[f"close_{conn_type}"] == "success"
        assert ran.value(f"close_{conn_type}") == "open"
        assert hook(conn_type).get_room("algebra").state == "open"
    assert "stays open, because it must not be closed before" in logged()


def test_after_its_time_it_is_closed(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    rooms(rooms_sandbox, "algebra")
    past = (dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)).isoformat()
    body = f"""
        for conn_type in {TYPES}:
            CloseRoomOperator(task_id=conn_type, conn_id=conn_type + "_default", room_id="algebra", not_before="{past}")
    """
    ran = run_tasks(tmp_path, "morning", body)
    assert [ran.value(conn_type) for conn_type in TYPES] == ["closed"] * 3


def test_people_in_the_room_are_not_thrown_out_unless_asked(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    made = rooms(rooms_sandbox, "kept", "ended", live=True)
    body = f"""
        for conn_type in {TYPES}:
            for name, if_live in {{"kept": "fail", "ended": "end"}}.items():
                CloseRoomOperator(
                    task_id=conn_type + "_" + name, conn_id=conn_type + "_default", room_id=name, if_live=if_live
                )
    """
    ran = run_tasks(tmp_path, "occupied", body)
    for task_id, room in made.items():
        kept = task_id.endswith("kept")
        vendor = hook(room["vendor"])
        assert ran.states[task_id] == ("failed" if kept else "success")
        assert vendor.get_room(room["id"]).state == ("open" if kept else "closed")
        assert bool([session for session in vendor.sessions(room) if session.live]) is kept


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_recorder_left_alone_keeps_no_room_open(conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = hook(conn_type).ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(conn_type, room.id, ["teacher"])
    hook(conn_type).start_recording(room.id)
    rooms_sandbox.end_session(conn_type, room.id, ["teacher"])
    body = f'CloseRoomOperator(task_id="close", conn_id="{conn_type}_default", room_id="algebra")'
    assert run_tasks(tmp_path, f"recorder_{conn_type}", body).value("close") == "closed"


@pytest.mark.parametrize("conn_type", TYPES)
def test_it_can_wait_until_they_have_left(
    conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real deferral: people go home while the task waits."""
    room = hook(conn_type).ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(conn_type, room.id)
    leave = threading.Timer(0.7, lambda: rooms_sandbox.end_session(conn_type, room.id))
    defer = CloseRoomOperator.defer

    def deferring(operator: CloseRoomOperator, **how: Any) -> None:
        leave.start()
        defer(operator, **how)

    monkeypatch.setattr(CloseRoomOperator, "defer", deferring)
    body = f"""
        CloseRoomOperator(
            task_id="close", conn_id="{conn_type}_default", room_id="algebra", if_live="wait", poll_interval=0.5
        )
    """
    ran = run_tasks(tmp_path, f"wait_{conn_type}", body)
    assert leave.finished.is_set()
    assert ran.value("close") == "closed"
    assert hook(conn_type).get_room(room.id).state == "closed"


def test_it_does_not_wait_for_ever(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = hook(ANY.conn_type).ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(ANY.conn_type, room.id)
    body = """
        CloseRoomOperator(
            task_id="close", conn_id="rooms", room_id="algebra", if_live="wait", poll_interval=0.2, wait_at_most=1
        )
    """
    ran = run_tasks(tmp_path, "patience", body)
    assert ran.states == {"close": "failed"}
    assert "all of wait_at_most (1)" in str(ran.errors["close"])
    assert hook(ANY.conn_type).get_room(room.id).state == "open"


def test_who_comes_back_gets_no_more_time(rooms_sandbox: RoomsSandbox) -> None:
    """They leave, and are back before the task has resumed: it waits on, until the time that was set at first."""
    room = hook(ANY.conn_type).ensure_room({"name": "algebra"})
    close = CloseRoomOperator(task_id="close", conn_id="rooms", room_id="algebra", if_live="wait", poll_interval=0.2)

    def waiting(step: Callable[..., Any], **how: Any) -> Any:
        rooms_sandbox.start_session(ANY.conn_type, room.id)
        with pytest.raises(TaskDeferred) as deferred:
            step({"ti": Pushed()}, **how)
        return deferred.value.trigger

    async def handover_of(trigger: Any) -> Any:
        (event,) = [event async for event in trigger.run()]
        return event.payload

    trigger = waiting(close.execute)
    rooms_sandbox.end_session(ANY.conn_type, room.id)
    again = waiting(close.execute_complete, event=asyncio.run(handover_of(trigger)))
    assert again.give_up_at == trigger.give_up_at
    assert again.wait["since"] > trigger.wait["since"]


def test_bad_input_closes_nothing(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    made = rooms(rooms_sandbox, "algebra")
    body = f"""
        made = {made!r}
        bad = {{
            "unknown": dict(room_id="nobody-made-this"),
            "empty": dict(room_id=""),
            "none": dict(room_id="None"),
            "other_vendor": dict(room_id=made["{OTHER}_algebra"]),
            "word": dict(room_id="algebra", if_live="kill"),
            "naive": dict(room_id="algebra", not_before="2026-11-20T09:00:00"),
            "patience": dict(room_id="algebra", wait_at_most=0),
            "interval": dict(room_id="algebra", poll_interval="often"),
            "no_connection": dict(room_id="algebra", conn_id="{{{{ none }}}}"),
        }}
        for name, given in bad.items():
            CloseRoomOperator(task_id="close_" + name, **{{"conn_id": "rooms", **given}})
        for name in ("unknown", "empty", "none", "other_vendor"):
            EndSessionOperator(task_id="end_" + name, conn_id="rooms", **bad[name])
    """
    ran = run_tasks(tmp_path, "bad_closing", body)
    assert set(ran.states.values()) == {"failed"}
    assert len(rooms_sandbox.requests(method="POST")) == len(made)  # what made them
    for room in made.values():
        assert hook(room["vendor"]).get_room(room["id"]).state == "open"


def test_what_is_said_when_it_cannot_be_closed(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    room = hook(ANY.conn_type).ensure_room({"name": "algebra"})
    close = CloseRoomOperator(task_id="close", conn_id="rooms", room_id="algebra")
    rooms_sandbox.start_session(ANY.conn_type, room.id)
    with pytest.raises(SessionLiveError, match=rf"{ANY.kind.title}.*not_before") as error:
        close.execute({"ti": Pushed()})  # type: ignore[typeddict-item]
    assert error.value.room == room.id
    rooms_sandbox.end_session(ANY.conn_type, room.id)
    rooms_sandbox.fault(ANY.conn_type, "body", method="POST", body={})
    monkeypatch.setattr("airflow_provider_rooms.vendors.rooms._CLOSE_WAITS", (0.01,))
    with pytest.raises(NotVisibleYetError, match="as open"):
        close.execute({"ti": Pushed()})  # type: ignore[typeddict-item]


def test_a_wait_for_people_to_leave_goes_by_the_id_of_the_room(rooms_sandbox: RoomsSandbox) -> None:
    """In the triggerer a text would be looked up as a name first, at vendors whose ids look like names."""
    room = hook(ANY.conn_type).ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(ANY.conn_type, room.id)
    close = CloseRoomOperator(task_id="close", conn_id="rooms", room_id="algebra", if_live="wait")
    with pytest.raises(TaskDeferred) as deferred:
        close.execute({"ti": Pushed()})  # type: ignore[typeddict-item]
    assert deferred.value.trigger.serialize()[1]["room"] == {"vendor": ANY.conn_type, "id": room.id}
