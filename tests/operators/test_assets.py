"""Rooms as assets: the events of a task's outlets say which rooms there are, in real Airflow."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from vendor_traits import ANY, TRAITS

from airflow_provider_rooms.assets import room_uri
from airflow_provider_rooms.testing import airflow_versions
from dag_run import run_dag

if TYPE_CHECKING:
    from pathlib import Path

    from stack import MailSink

OTHER = TRAITS[1]
DAG = f"""
    import datetime as dt
    from airflow.providers.common.compat.sdk import Asset, AssetAlias, dag
    from airflow_provider_rooms.operators.rooms import CreateRoomOperator, CreateRoomsOperator

    @dag(schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    def outlets():
        stable, alias = Asset("stable"), AssetAlias("alias")
        CreateRoomOperator(task_id="one", conn_id="rooms", name="algebra", outlets=[stable, alias])
        CreateRoomsOperator(
            task_id="many",
            conn_id="{OTHER.conn_id}",
            specs=[{{"name": "latin"}}, {{"name": "greek"}}, {{"name": "past", "ends_at": "2020-01-01T00:00:00Z"}}],
            on_error="report",
            outlets=[Asset("batch"), AssetAlias("batch-alias")],
        )
        CreateRoomOperator(task_id="silent", conn_id="rooms", name="music")

    outlets()
"""


def events(dag_id: str) -> dict[tuple[str, str], list[tuple[str, dict[str, Any]]]]:
    """(task, alias) → (asset, extra) of each event."""
    found: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
    for task_id, alias, asset, extra in airflow_versions.asset_events(dag_id):
        found.setdefault((task_id, alias), []).append((asset, extra))
    return found


def test_every_outlet_says_which_rooms_there_are(mails: MailSink, tmp_path: Path) -> None:
    (tmp_path / "outlets.py").write_text("from __future__ import annotations\n" + textwrap.dedent(DAG))
    result = run_dag("outlets", {}, folder=tmp_path)
    assert set(result.tasks.values()) == {"success"}
    (room,) = (room for room in result.rooms if room["name"] == "algebra")
    one = {"id": room["id"], "name": "algebra", "vendor": ANY.conn_type, "outcome": "created"}
    found = events("outlets")
    many = found["many", ""][0][1]["rooms"]
    assert [{**told, "id": ""} for told in many] == [
        {"id": "", "name": name, "vendor": OTHER.conn_type, "outcome": "created"} for name in ("latin", "greek")
    ]
    assert found == {
        ("one", ""): [("stable", one)],
        ("one", "alias"): [(f"rooms://{ANY.conn_type}/algebra", one)],
        ("many", ""): [("batch", {"rooms": many})],
        ("many", "batch-alias"): sorted((f"rooms://{OTHER.conn_type}/{told['name']}", told) for told in many),
    }


def test_the_example_makes_an_asset_of_each_room(mails: MailSink) -> None:
    result = run_dag("room_assets", {})
    assert result.state == "success"
    assert sorted((name, extra["name"]) for name, extra in events("room_assets")["create", "office-hours"]) == sorted(
        (f"rooms://{ANY.conn_type}/{room['name']}", room["name"]) for room in result.rooms
    )
    assert len(result.rooms) == 2


@pytest.mark.parametrize(
    ("name", "uri"), [("algebra-1", "rooms://acme/algebra-1"), ("a b/c", "rooms://acme/a%20b%2Fc")]
)
def test_a_room_has_one_uri(name: str, uri: str) -> None:
    assert room_uri("acme", name) == uri
