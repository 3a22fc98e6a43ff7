"""``python -m airflow_provider_rooms check`` and ``airflow rooms check``: every room connection, one line each."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import airflow
import pytest
from vendor_traits import TRAITS, TYPES

from airflow_provider_rooms.commands.check import Row, check_connections, table
from airflow_provider_rooms.commands.cli import get_cli_commands, main

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

VERSION = tuple(int(part) for part in airflow.__version__.split(".")[:2])
ONE, TWO, LAST = TRAITS[0], TRAITS[1], TRAITS[-1]
WRONG = "canary-secret-of-more-than-32-bytes"


@pytest.fixture
def in_database(airflow_db: None) -> Iterator[Any]:
    """Put connections into Airflow's database, by id and as JSON."""
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session

    ids: list[str] = []

    def put(conn_id: str, connection: dict[str, Any]) -> None:
        extra = connection.get("extra")
        ids.append(conn_id)
        with create_session() as session:
            session.add(Connection(conn_id=conn_id, **{**connection, "extra": json.dumps(extra) if extra else None}))

    yield put
    with create_session() as session:
        session.query(Connection).filter(Connection.conn_id.in_(ids)).delete()


def rows(out: str) -> dict[str, str]:
    """Connection id → the words behind it."""
    return {line.split()[0]: " ".join(line.split()[1:]) for line in out.splitlines()[1:] if line[:1].strip()}


def test_connections_of_the_environment_and_of_the_database_are_tested(
    rooms_sandbox: RoomsSandbox, in_database: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    for traits in (ONE, TWO):
        monkeypatch.setenv(
            f"AIRFLOW_CONN_{traits.conn_id.upper()}", json.dumps(rooms_sandbox.connection(traits.conn_type))
        )
    in_database("evening_school", rooms_sandbox.connection(LAST.conn_type))
    in_database("day_school", {**rooms_sandbox.connection(TWO.conn_type), "password": WRONG})
    # The environment comes first, as it does for a task.
    in_database(ONE.conn_id, {**rooms_sandbox.connection(ONE.conn_type), "password": WRONG})
    in_database("website", {"conn_type": "http", "host": "api.example"})
    monkeypatch.setenv("AIRFLOW_CONN_PRINTER", "http://printer.example")

    assert check_connections() == 1
    told = capsys.readouterr().out
    assert "canary" not in told
    assert "sandbox-secret" not in told
    found = rows(told)
    assert set(found) == {"day_school", "evening_school", TWO.conn_id, ONE.conn_id, "3"}
    title = TWO.kind.title
    assert found["day_school"].startswith(f"{title} database FAILS {title} rejected the credentials (HTTP 401)")
    assert found["evening_school"].startswith(f"{LAST.kind.title} database works {LAST.kind.title} accepted the ")
    assert found[TWO.conn_id].startswith(f"{TWO.kind.title} environment works")
    assert found[ONE.conn_id].startswith(f"{ONE.kind.title} environment works")
    assert found["3"] == "of 4 work."

    assert check_connections(["evening_school", ONE.conn_id]) == 0
    assert set(rows(capsys.readouterr().out)) == {"evening_school", ONE.conn_id, "2"}


def test_what_is_named_and_cannot_be_tested_is_said(
    rooms_sandbox: RoomsSandbox, airflow_db: None, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("AIRFLOW_CONN_WEBSITE", "http://api.example")
    monkeypatch.setenv("AIRFLOW_CONN_BROKEN", f'{{"conn_type": "{TWO.conn_type}", "password": "canary"')
    assert check_connections(["nowhere", "website", "broken"]) == 1
    told = capsys.readouterr().out
    assert "canary" not in told
    found = rows(told)
    assert "There is no connection 'nowhere'" in found["nowhere"]
    assert "has the type 'http'" in found["website"]
    assert "AIRFLOW_CONN_BROKEN is neither JSON nor a URI that Airflow can read" in found["broken"]
    # A variable that cannot be read is found without being named, too.
    assert check_connections() == 1
    assert capsys.readouterr().out.splitlines()[1].startswith("broken ")


def test_nothing_to_test_is_not_success(airflow_db: None, capsys: Any) -> None:
    assert check_connections() == 2
    assert f"No connection of type {', '.join(TYPES)} was found" in capsys.readouterr().err


def test_without_a_database_the_environment_is_tested(
    rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    import airflow.utils.session as session

    def refuse() -> None:
        raise OSError("canary")

    monkeypatch.setattr(session, "create_session", refuse)
    monkeypatch.setenv("AIRFLOW_CONN_ROOMS", json.dumps(rooms_sandbox.connection(ONE.conn_type)))
    assert check_connections() == 0
    captured = capsys.readouterr()
    assert captured.err == "Airflow's database could not be read (OSError); only AIRFLOW_CONN_* is tested.\n"
    assert "It works." in captured.out


@pytest.mark.parametrize("width", [60, 80, 110, 200])
def test_the_table_fits_the_terminal(width: int) -> None:
    long = Row(conn_id="a" * 20, kind="Acme Video", place="environment", works=False, told="why and what to do " * 12)
    short = Row(conn_id="b", kind="Acme", place="database", works=True, told="It is fine.")
    text = table([long, short], width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert " ".join(text.split()).count("why and what to do") == 12 if width > 100 else True
    assert text.endswith("1 of 2 work.\n")


def test_help_loads_no_airflow() -> None:
    code = (
        "import sys; from airflow_provider_rooms.commands.cli import get_cli_commands, main\n"
        "try: main(['check', '--help'])\n"
        "except SystemExit as end: print(end.code, [m for m in sys.modules if m.split('.')[0] in ('airflow', 'requests')])"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert "Exit code: 0 if all connections work" in out
    assert out.splitlines()[-1] == "0 []"


def test_no_command_is_told_how(capsys: Any) -> None:
    assert main([]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "usage: python -m airflow_provider_rooms" in shown.err
    # One line for each.
    assert re.findall(r"^    (\w+) +\S+ \S+", shown.err, re.MULTILINE)[:2] == ["check", "plan"]


def test_airflows_command_is_the_same(
    rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("AIRFLOW_CONN_ROOMS", json.dumps({**rooms_sandbox.connection(ONE.conn_type), "password": WRONG}))
    (group,) = get_cli_commands()
    check, _ = group.subcommands
    assert (group.name, check.name) == ("rooms", "check")
    with pytest.raises(SystemExit) as end:
        check.func(argparse.Namespace(conn_ids=["rooms"]))
    assert end.value.code == 1
    assert rows(capsys.readouterr().out)["rooms"].startswith(f"{ONE.kind.title} environment FAILS")


@pytest.mark.slow
@pytest.mark.skipif(VERSION < (3, 2), reason="Airflow takes commands of providers from 3.2 on")
def test_airflow_finds_the_command() -> None:
    told = subprocess.check_output([sys.executable, "-m", "airflow", "rooms", "check", "--help"], text=True)
    assert f"all connections of the types {', '.join(TYPES)} (" in " ".join(told.split())
