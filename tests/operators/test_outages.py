"""Airflow's database away in the middle of a task: no task fails, though it has no retries, and none takes it for its own error."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any
from unittest import mock

import pytest
from airflow.providers.common.compat.sdk import DAG
from sqlalchemy import event, exc
from vendor_traits import ANY, TRAITS

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import outages
from airflow_provider_rooms.operators.closing import CloseRoomOperator
from airflow_provider_rooms.operators.rooms import CreateRoomOperator, CreateRoomsOperator, RecordingToStorageOperator
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sensors.rooms import SessionStartedSensor
from airflow_provider_rooms.testing import airflow_versions, dag_lab

#: Connections in the database, of two vendors.
KEPT, OTHER = (f"{traits.conn_type}_kept" for traits in TRAITS[:2])
#: Seconds for which the database is away.
AWAY = 1.0


class Database:
    """Airflow's database, for which every question may fail for a while."""

    def __init__(self) -> None:
        self._until = 0.0
        self.refused = 0
        self._lock = threading.Lock()

    def leave(self, seconds: float = AWAY) -> None:
        """Answer nothing from now on for so many seconds."""
        self._until = time.monotonic() + seconds

    @property
    def away(self) -> bool:
        """Whether it answers nothing now."""
        return time.monotonic() < self._until

    def ask(self, *args: Any) -> None:
        """What SQLAlchemy calls before every statement."""
        if self.away:
            self.refused += 1
            raise exc.OperationalError("select", {}, Exception("the database is away"))


DATABASE = Database()


@pytest.fixture(autouse=True)
def _airflow(rooms_sandbox: RoomsSandbox, airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from airflow import settings
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session

    from airflow_provider_rooms.connections import BY_TYPE

    # In the database, where the connections of a real deployment are.
    with create_session() as session:
        for conn_type in BY_TYPE:
            described = rooms_sandbox.connection(conn_type)
            described["extra"] = json.dumps(described.get("extra") or {})
            session.query(Connection).filter(Connection.conn_id == f"{conn_type}_kept").delete()
            session.add(Connection(conn_id=f"{conn_type}_kept", **described))
    if (3, 0) <= airflow_versions.version() < (3, 1):
        # It prints each error with all variables around it, which takes minutes.
        monkeypatch.setattr(import_module("airflow.api_fastapi.execution_api.app"), "logger", mock.MagicMock())
    DATABASE.refused = 0
    event.listen(settings.engine, "before_cursor_execute", DATABASE.ask)
    yield
    event.remove(settings.engine, "before_cursor_execute", DATABASE.ask)
    with create_session() as session:  # other tests look at all connections that there are
        session.query(Connection).filter(Connection.conn_id.in_([f"{name}_kept" for name in BY_TYPE])).delete()


class AwayAtLookUp(CreateRoomOperator):
    """Its database leaves before anything is asked."""

    def execute(self, context: Any) -> str:
        DATABASE.leave()
        return super().execute(context)


class AwayAtPush(CreateRoomOperator):
    """Its database leaves when the room was created."""

    def _report(self, room: Any) -> None:
        super()._report(room)
        DATABASE.leave()


class AwayAtTemplates(CloseRoomOperator):
    """Its database leaves before its templates are rendered, one of which pulls an XCom."""

    def _do_render_template_fields(self, *args: Any, **kwargs: Any) -> None:
        DATABASE.leave()
        super()._do_render_template_fields(*args, **kwargs)


class BatchAway(CreateRoomsOperator):
    """Its database leaves before its specs are read."""

    def execute(self, context: Any) -> Any:
        DATABASE.leave()
        return super().execute(context)


class GivesUp(BatchAway):
    """Fails when its database is back: Airflow could not store that before."""

    def execute(self, context: Any) -> Any:
        try:
            return super().execute(context)
        except errors.AirflowDownError:
            time.sleep(AWAY)
            raise


class WaitAway(SessionStartedSensor):
    """Its database leaves at every poke."""

    def execute(self, context: Any) -> Any:
        DATABASE.leave()
        return super().execute(context)


@pytest.mark.parametrize("kind", [AwayAtLookUp, AwayAtPush])
def test_a_room_is_created_without_retries(kind: type[CreateRoomOperator], rooms_sandbox: RoomsSandbox) -> None:
    with DAG(f"outage_{kind.__name__}", schedule=None, default_args=dag_lab.NOTED) as dag:
        kind(task_id="create", conn_id=OTHER, name="algebra", retries=0)
    ran = dag_lab.run(dag)
    assert (ran.states["create"], ran.tries["create"]) == ("success", 1), ran.errors
    assert ran.xcoms["create"]["room"]["outcome"] == "created"
    assert ran.xcoms["create"]["room_url"]
    assert DATABASE.refused


def test_templates_wait_for_airflow(rooms_sandbox: RoomsSandbox) -> None:
    with DAG("outage_templates", schedule=None, default_args=dag_lab.NOTED) as dag:
        made = CreateRoomOperator(task_id="create", conn_id=OTHER, name="algebra")
        AwayAtTemplates(task_id="close", conn_id=OTHER, room_id=made.output["room"], retries=0)
    ran = dag_lab.run(dag)
    assert (ran.states["close"], ran.value("close")) == ("success", "closed"), ran.errors
    assert DATABASE.refused


def test_a_batch_does_not_call_its_specs_wrong(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = [{"name": f"class-{n}", "conn_id": conn_id} for n in range(2) for conn_id in (KEPT, OTHER)]
    with DAG("outage_batch", schedule=None, default_args=dag_lab.NOTED) as dag:
        BatchAway(task_id="create", specs=specs, retries=0)
    ran = dag_lab.run(dag)
    assert ran.states["create"] == "success", ran.errors
    assert {row["outcome"] for row in ran.value("create")} == {"created"}
    assert DATABASE.refused


def test_a_longer_outage_is_an_error_that_passes(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "PATIENCE", 0.0)
    with DAG("outage_long", schedule=None, default_args=dag_lab.NOTED) as dag:
        GivesUp(task_id="create", specs=[{"name": "a"}], conn_id=KEPT, retries=1)
    ran = dag_lab.run(dag)
    assert isinstance(ran.errors["create"], errors.AirflowDownError)
    assert ran.tries["create"] == 2


@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_a_wait_goes_on(mode: str, rooms_sandbox: RoomsSandbox) -> None:
    with DAG(f"outage_wait_{mode}", schedule=None, default_args=dag_lab.NOTED) as dag:
        made = CreateRoomOperator(task_id="create", conn_id=KEPT, name="algebra")
        WaitAway(
            task_id="wait",
            conn_id=KEPT,
            room_id=made.output,
            mode=mode,
            poke_interval=0.2,
            timeout=20,
            retries=0,
        )
    threading.Thread(target=_start_session_soon, args=(rooms_sandbox,), daemon=True).start()
    ran = dag_lab.run(dag)
    assert ran.states["wait"] == "success", ran.errors
    assert DATABASE.refused


def _start_session_soon(box: RoomsSandbox) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(Exception):  # the room is not there yet
            box.start_session(ANY.conn_type, "algebra")
            return
        time.sleep(0.3)


@pytest.mark.skipif(
    (3, 0) <= airflow_versions.version() < (3, 1),
    reason="Airflow 3.0 recurses over paths with a connection, without end",
)
def test_the_connection_of_a_storage_is_waited_for(rooms_sandbox: RoomsSandbox) -> None:
    """Storages go on without one that they do not find. This path is not absolute, so the task ends there."""
    asked: list[str] = []

    class ToNowhere(RecordingToStorageOperator):
        def execute(self, context: Any) -> Any:
            DATABASE.leave()
            try:
                return super().execute(context)
            finally:
                asked.append("away" if DATABASE.away else "back")

    with DAG("outage_storage", schedule=None, default_args=dag_lab.NOTED) as dag:
        ToNowhere(task_id="copy", conn_id=KEPT, room_id="a", to=f"file://{OTHER}@/b/{{id}}", retries=0)
    ran = dag_lab.run(dag)
    assert isinstance(ran.errors["copy"], errors.InvalidSpecError)
    assert asked == ["back"]


def test_a_missing_connection_fails_at_once(rooms_sandbox: RoomsSandbox) -> None:
    with DAG("outage_missing", schedule=None, default_args=dag_lab.NOTED) as dag:
        CreateRoomOperator(task_id="create", conn_id="nobody", name="algebra", retries=3)
    began = time.monotonic()
    ran = dag_lab.run(dag)
    assert (ran.states["create"], ran.tries["create"]) == ("failed", 1)
    assert isinstance(ran.errors["create"], errors.ConnectionNotFoundError)
    assert time.monotonic() - began < outages.PATIENCE / 2
