"""What the README shows is true: its DAG runs, its connections are understood, its commands exist."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from airflow_provider_rooms.connections import CONNECTION_TYPES
from dag_run import run_dag
from stack import REPO

if TYPE_CHECKING:
    from pathlib import Path

    from stack import MailSink

README = (REPO / "README.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
EXPORTS = dict(re.findall(r"^export (\w+)='(.*)'$", README, re.MULTILINE))


def test_the_dag_runs_and_is_short(mails: MailSink, tmp_path: Path):
    dag = next(text for language, text in BLOCKS if language == "python" and "@dag" in text)
    (tmp_path / "algebra.py").write_text(dag)

    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    result = run_dag("algebra", {}, logical_date=tomorrow, folder=tmp_path)

    assert len(dag.strip().splitlines()) <= 15
    assert (result.state, len(mails.mails)) == ("success", 1)
    assert result.rooms[0]["id"] in mails.bodies()[0]


def test_there_is_a_connection_of_each_type():
    assert set(EXPORTS) == {f"AIRFLOW_CONN_{item.default_conn_id.upper()}" for item in CONNECTION_TYPES}


@pytest.mark.parametrize("item", CONNECTION_TYPES, ids=lambda item: item.conn_type)
def test_the_connections_are_written_as_they_are_read(item):
    connection = json.loads(EXPORTS[f"AIRFLOW_CONN_{item.default_conn_id.upper()}"])
    assert connection["conn_type"] == item.conn_type
    assert set(connection.get("extra", {})) <= {setting.name for setting in item.settings}
    named = [item.default_url, *(setting.name for setting in item.settings)]
    assert [name for name in named if f"`{name}`" not in README] == []


def test_links_lead_somewhere_beside_the_file_and_on_a_package_index():
    relative = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")
    assert [target for target in relative.findall(README) if not (REPO / target).exists()] == []
    metadata = tomllib.loads((REPO / "pyproject.toml").read_text())["tool"]["hatch"]["metadata"]
    shown = README
    for each in metadata["hooks"]["fancy-pypi-readme"]["substitutions"]:
        shown = re.sub(each["pattern"], each["replacement"], shown)
    assert "![" in README
    assert "![" not in shown
    assert relative.findall(shown) == []


def test_every_extra_is_listed():
    extras = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    table = README.partition("## Extras")[2].partition("## ")[0]
    assert [name for name in extras if f"| `{name}`" not in table] == []
