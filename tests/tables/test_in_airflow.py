"""The operators in real Airflow: data intervals, outlets, lineage, the example DAG, planned and happened joined by DuckDB."""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from table_stage import hook, write
from vendor_traits import ANY, TYPES

from airflow_provider_rooms.operators.rooms import ClassesToStorageOperator
from airflow_provider_rooms.tables.columns import TABLES
from airflow_provider_rooms.testing import airflow_versions
from airflow_provider_rooms.testing.dag_lab import run_stored, run_tasks
from dag_run import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

TOMORROW = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)


pytestmark = pytest.mark.usefixtures("airflow_db", "connections")


def a_class(box: RoomsSandbox, conn_type: str, name: Any = "algebra") -> None:
    room = hook(conn_type).ensure_room({"name": name})
    box.start_session(conn_type, room.id, [{"identity": "ann", "name": "Ann"}, {"identity": "bob", "name": "Bob"}])
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
        dag = airflow_versions.load_dag("attendance_to_storage", EXAMPLES)
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
    assert rows == [(conn_type, "algebra", name, 30) for conn_type in sorted(TYPES) for name in ("ann", "bob")]


def test_lineage_is_told_of_the_file_and_its_columns(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.providers.common.compat.lineage import hook as compat
    from airflow.providers.common.compat.sdk import HookLineageCollector

    # Without somebody who reads it, Airflow collects nothing.
    collector = HookLineageCollector()
    monkeypatch.setattr("airflow.providers.common.compat.sdk.get_hook_lineage_collector", lambda: collector)
    write(ANY.conn_type, f"file://{tmp_path}/sessions.csv")
    (told,) = compat.get_hook_lineage_collector().collected_assets.outputs
    assert told.asset.uri == f"file://{tmp_path}/sessions.csv"
    assert [column["name"] for column in told.asset.extra["columns"]] == list(TABLES["sessions"].names)


def test_an_alias_gets_the_file_as_its_asset(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    a_class(rooms_sandbox, ANY.conn_type)
    body = f"""
        from airflow.providers.common.compat.sdk import AssetAlias

        SessionsToStorageOperator(
            task_id="write",
            conn_id="rooms",
            to="file://{tmp_path}/sessions.csv",
            since="2026-01-01T00:00:00Z",
            until="2100-01-01T00:00:00Z",
            outlets=[AssetAlias("files")],
        )
    """
    ran = run_tasks(tmp_path, "tables_alias", body)
    assert ran.value("write")["rows"] == 1
    ((_, alias, asset, extra),) = airflow_versions.asset_events("tables_alias")
    assert (alias, extra) == ("files", {"path": f"file://{tmp_path}/sessions.csv", "rows": 1})
    assert asset.endswith("/sessions.csv")


def test_what_was_planned_and_what_happened_join_by_the_name(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The query of the page runs as it stands there."""
    duckdb = pytest.importorskip("duckdb")
    connection = rooms_sandbox.connection(ANY.conn_type)
    connection["extra"] = {"name_prefix": "staging-"}
    monkeypatch.setenv(f"AIRFLOW_CONN_{ANY.conn_id.upper()}", json.dumps(connection))
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
            to=f"file://{tmp_path}/classes/{conn_type}.parquet",
        )
        assert planned.execute({})["rows"] == 2  # type: ignore[typeddict-item]
        a_class(rooms_sandbox, conn_type, name=["algebra", "2026-11-20"])
        write(conn_type, f"file://{tmp_path}/attendance/{conn_type}.parquet", table="attendance")
    monkeypatch.chdir(tmp_path)
    (query,) = re.findall("```sql\n(.*?)```", (EXAMPLES.parent / "docs" / "tables.md").read_text(), re.DOTALL)
    rows = duckdb.sql(query).fetchall()
    # Course, week, classes, sessions, people, minutes.
    assert [(course, *numbers) for course, _, *numbers in rows] == [
        ("algebra", 3, 3, 2, 180),
        ("latin", 3, 0, 0, None),
    ]
    planned_names = {
        row[0] for row in duckdb.sql(f"select room_name from 'classes/{ANY.conn_type}.parquet'").fetchall()
    }
    assert {name[: len("staging-")] for name in planned_names} == {"staging-"}


def test_wrong_specs_are_told_before_anything_is_written(tmp_path: Path) -> None:
    operator = ClassesToStorageOperator(
        task_id="plan", specs=[{"nmae": "x"}], conn_id="rooms", to=f"file://{tmp_path}/classes.csv"
    )
    with pytest.raises(ValueError, match="unknown key 'nmae'"):
        operator.execute({})  # type: ignore[typeddict-item]
    assert list(tmp_path.iterdir()) == []
