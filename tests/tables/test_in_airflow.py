"""The operators in real Airflow: data intervals, outlets, lineage, the example DAG, planned and happened joined by DuckDB."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from typing import TYPE_CHECKING

import pytest
from dag_lab import run_stored, run_tasks
from table_stage import TYPES, hook, write

import airflow_versions
from airflow_provider_rooms.operators.rooms import ClassesToStorageOperator
from airflow_provider_rooms.tables.columns import TABLES
from dag_run import EXAMPLES, load_dag

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

TOMORROW = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _connections(rooms_sandbox: RoomsSandbox, airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)


def a_class(box: RoomsSandbox, conn_type: str, name: str = "algebra") -> None:
    room = hook(conn_type).ensure_room({"name": name})
    box.start_session(conn_type, room.id, ["ann", "bob"])
    box.advance(1800)
    box.end_session(conn_type, room.id)
    box.advance(120)


def test_the_example_from_the_class_into_the_database(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SQLITE_DEFAULT", json.dumps({"conn_type": "sqlite", "host": f"{tmp_path}/db"}))
    paths = []
    for conn_type in TYPES:
        a_class(rooms_sandbox, conn_type)
        conf = {"folder": f"file://{tmp_path}/{conn_type}", "conn_id": f"{conn_type}_default"}
        dag = load_dag("attendance_to_storage", EXAMPLES)
        ran = run_stored(dag, conf=conf, logical_date=TOMORROW)
        told = ran.value("write")
        assert told["rows"] == 2
        (*_, (_, _, asset, extra)) = airflow_versions.asset_events("attendance_to_storage")
        assert (asset, extra) == ("attendance", {"path": told["path"], "rows": 2})
        paths.append(told["path"])
    bag = airflow_versions.dag_bag(EXAMPLES / "attendance_to_storage.py")
    for _ in range(2):  # what is there is updated
        ran = run_stored(bag.dags["attendance_to_storage_load"], conf={"paths": paths})
        assert ran.value("load") == 2 * len(TYPES)
    database = sqlite3.connect(tmp_path / "db")
    rows = database.execute("select vendor, room_name, identity, seconds / 60 from attendance order by 1, 3").fetchall()
    assert rows == [(conn_type, "algebra", name, 30) for conn_type in TYPES for name in ("ann", "bob")]


def test_lineage_and_aliases_are_told_of_the_file(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    a_class(rooms_sandbox, "videosdk")
    body = f"""
        from airflow.providers.common.compat.lineage.hook import get_hook_lineage_collector
        from airflow.providers.common.compat.sdk import AssetAlias

        class Told(SessionsToStorageOperator):
            def execute(self, context):
                told = super().execute(context)
                return [
                    [found.asset.uri, dict(found.asset.extra)]
                    for found in get_hook_lineage_collector().collected_assets.outputs
                ]

        Told(
            task_id="write",
            conn_id="videosdk_default",
            to="file://{tmp_path}/sessions.csv",
            since="2026-01-01T00:00:00Z",
            until="{{{{ macros.datetime.now(macros.dateutil.tz.tzutc()) + macros.timedelta(days=1) }}}}",
            outlets=[AssetAlias("files")],
        )
    """
    ran = run_tasks(tmp_path, "tables_lineage", body)
    (told,) = ran.value("write")
    assert told[0] == f"file://{tmp_path}/sessions.csv"
    assert [column["name"] for column in told[1]["columns"]] == list(TABLES["sessions"].names)
    ((_, alias, _, extra),) = airflow_versions.asset_events("tables_lineage")
    assert (alias, extra) == ("files", {"path": f"file://{tmp_path}/sessions.csv", "rows": 1})


def test_what_was_planned_and_what_happened_join_by_the_name(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb")
    connection = rooms_sandbox.connection("videosdk")
    connection["extra"] = {"name_prefix": "staging-"}
    monkeypatch.setenv("AIRFLOW_CONN_VIDEOSDK_DEFAULT", json.dumps(connection))
    specs = [
        {
            "name": [course, "2026-11-20"],
            "starts_at": "2026-11-20T09:00:00+01:00",
            "ends_at": "2026-11-20T10:00:00+01:00",
            "ref": {"course": course},
        }
        for course in ("algebra", "latin")
    ]
    for conn_type in TYPES:
        planned = ClassesToStorageOperator(
            task_id="plan",
            specs=specs,
            conn_id=f"{conn_type}_default",
            to=f"file://{tmp_path}/classes-{conn_type}.parquet",
        )
        assert planned.execute({})["rows"] == 2  # type: ignore[typeddict-item]
        a_class(rooms_sandbox, conn_type, name="algebra-2026-11-20")
        write(conn_type, f"file://{tmp_path}/sessions-{conn_type}.parquet", table="sessions")
    found = duckdb.sql(
        f"""
        select vendor, ref->>'course', seconds // 60, people
        from '{tmp_path}/classes-*.parquet' as planned
        left join (select room_name, conn_id, people from '{tmp_path}/sessions-*.parquet') using (conn_id, room_name)
        order by 1, 2
        """
    ).fetchall()
    assert found == [
        (conn_type, course, 60, people) for conn_type in TYPES for course, people in (("algebra", 2), ("latin", None))
    ]


def test_wrong_specs_are_told_before_anything_is_written(tmp_path: Path) -> None:
    operator = ClassesToStorageOperator(
        task_id="plan", specs=[{"nmae": "x"}], conn_id="videosdk_default", to=f"file://{tmp_path}/classes.csv"
    )
    with pytest.raises(ValueError, match="unknown key 'nmae'"):
        operator.execute({})  # type: ignore[typeddict-item]
    assert list(tmp_path.iterdir()) == []
