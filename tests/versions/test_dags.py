"""DAGs with our operators and sensors: imported, put into Airflow's database, and read back, mapped ones too."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_rooms.testing import airflow_versions
from dag_run import EXAMPLES

pytestmark = pytest.mark.usefixtures("airflow_db")

ALL = """
from __future__ import annotations

import datetime as dt

from airflow.providers.common.compat.sdk import DAG, Asset, AssetAlias

from airflow_provider_rooms.operators import rooms
from airflow_provider_rooms.sensors import rooms as sensors

WEBHOOK = {"url": "https://hooks.example/x"}

with DAG("every_task", schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), default_args={"retries": 2}):
    create = rooms.CreateRoomOperator(
        task_id="create",
        conn_id="rooms",
        name=["algebra", "{{ ds }}"],
        starts_at="{{ dag_run.start_date }}",
        max_duration=dt.timedelta(hours=1),
        webhook=WEBHOOK,
        options={"acme": {"region": "in002"}},
        create_ahead=dt.timedelta(minutes=30),
        outlets=[Asset("rooms"), AssetAlias("each-room")],
    )
    mapped = rooms.CreateRoomOperator.partial(task_id="mapped", conn_id="rooms", retries=3).expand(
        spec=[{"name": "a"}, {"name": "b"}]
    )
    many = rooms.CreateRoomsOperator(task_id="many", conn_id="rooms", specs=[{"name": "c"}])
    room = create.output["room"]
    started = sensors.SessionStartedSensor(task_id="started", conn_id="rooms", room_id=room)
    ended = sensors.SessionEndedSensor(task_id="ended", conn_id="rooms", room_id=room, mode="reschedule")
    ready = sensors.RecordingReadySensor.partial(task_id="ready", conn_id="rooms").expand(room_id=mapped.output)
    record = rooms.StartRecordingOperator(task_id="record", conn_id="rooms", room_id=create.output)
    stop = rooms.StopRecordingOperator(task_id="stop", conn_id="rooms", room_id=create.output)
    end = rooms.EndSessionOperator(task_id="end", conn_id="rooms", room_id=create.output)
    store = rooms.RecordingToStorageOperator(
        task_id="store", conn_id="rooms", room_id=create.output, to="file:///tmp/{id}.{ext}"
    )
    close = rooms.CloseRoomOperator(task_id="close", conn_id="rooms", room_id=create.output)
    report = rooms.ReconcileRoomsOperator(task_id="report", conn_id="rooms", specs=[{"name": "a"}])
    create >> started >> record >> ended >> stop >> end >> ready >> store >> close.as_teardown(setups=create)
"""


def stored(path: Path) -> dict[str, Any]:
    """The DAGs of a file or folder, as Airflow reads them back from its database."""
    from airflow.models.serialized_dag import SerializedDagModel

    bag = airflow_versions.dag_bag(path)
    assert bag.import_errors == {}
    assert bag.dags
    airflow_versions.store(bag)
    return {dag_id: SerializedDagModel.get(dag_id).dag for dag_id in bag.dags}


def ours(dag: Any) -> dict[str, Any]:
    """The tasks of our own classes."""
    return {task.task_id: task for task in dag.tasks if str(_module(task)).startswith("airflow_provider_rooms.")}


def _module(task: Any) -> Any:
    return getattr(task, "_task_module", None) or getattr(task, "task_module", "")


def test_every_example_is_imported_and_stored() -> None:
    dags = stored(EXAMPLES)
    assert {"class_rooms", "room_assets", "room_assets_announce"} <= set(dags)
    assert any(ours(dag) for dag in dags.values())


#: They are about many people or many rooms, and have no button.
WITHOUT_A_ROOM = {"SendInvitationOperator", "SessionsToStorageOperator", "ClassesToStorageOperator"}


def test_every_task_we_have_is_stored_with_its_button(tmp_path: Path) -> None:
    (tmp_path / "every_task.py").write_text(ALL)
    dag = stored(tmp_path)["every_task"]
    tasks = ours(dag)
    classes = {name for kind in ("operators", "sensors") for name in _public(kind)} - WITHOUT_A_ROOM
    assert {task.task_type for task in tasks.values()} == classes
    for task_id, task in tasks.items():
        assert "Room" in task.extra_links, task_id


def _public(kind: str) -> list[str]:
    module = import_module(f"airflow_provider_rooms.{kind}.rooms")
    names = getattr(module, "__all__", [name for name in vars(module) if name[0].isupper()])
    return [name for name in names if name.endswith(("Operator", "Sensor")) and not name.startswith("Base")]
