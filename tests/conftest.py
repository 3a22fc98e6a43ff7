"""What every test stands on: an Airflow home of its own, set before anything imports Airflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from airflow_provider_rooms.testing.home import airflow_db, fresh_pace, temporary_airflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from airflow_provider_rooms.testing.wire import Fault, Wire
    from stack import MailSink

__all__ = ["airflow_db", "fresh_pace"]

REPO = Path(__file__).parent.parent

temporary_airflow(AIRFLOW__CORE__DAGS_FOLDER=str(REPO / "example_dags"))

# A busy machine is no bug; and what CI says of a commit is the same each time.
settings.register_profile("rooms", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("rooms")


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """What tasks logged so far; asking again gives what came since. Airflow 2 leaves it to logging, Airflow 3 prints it."""
    import airflow

    def printed() -> str:
        return capsys.readouterr().out

    def recorded() -> str:
        text = caplog.text
        caplog.clear()
        return text

    return recorded if airflow.__version__.startswith("2.") else printed


@pytest.fixture
def connections(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections to the sandbox: each vendor's default one, and ``rooms``, for tests that need a vendor and any will do."""
    from vendor_traits import ANY

    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW_CONN_ROOMS", json.dumps(rooms_sandbox.connection(ANY.conn_type)))


@pytest.fixture
def hook_of(
    connections: None, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., RoomsHook]:
    """Makes a hook of a vendor's default connection, with another login or more extra; it waits only briefly for the vendor."""
    from airflow_provider_rooms.hooks import get_rooms_hook
    from airflow_provider_rooms.vendors.flow import Patience

    monkeypatch.setattr("airflow_provider_rooms.vendors.made._LOOKS", (0.01, 0.01, 0.01, 0.01))

    def make(conn_type: str, *, login: str | None = None, **extra: Any) -> RoomsHook:
        connection = rooms_sandbox.connection(conn_type)
        connection["extra"] = {**connection["extra"], **extra}
        connection["login"] = login or connection["login"]
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_type.upper()}_DEFAULT", json.dumps(connection))
        hook = get_rooms_hook(f"{conn_type}_default")
        hook.patience = Patience(first_wait=0.01, longest_wait=0.02)
        return hook

    return make


@pytest.fixture
def mails(connections: None, airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailSink]:
    """The mails that arrived; with it, every default connection leads to the sandbox or to this sink."""
    from stack import mail_sink, smtp_connection

    with mail_sink() as (sink, port):
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp_connection(port)))
        yield sink


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Define a connection by its JSON or URI."""

    def define(value: dict[str, Any] | str, conn_id: str = "rooms") -> str:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", value if isinstance(value, str) else json.dumps(value))
        return conn_id

    return define


@pytest.fixture
def through(rooms_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Wire]]:
    """A wire to the sandbox, with a default connection of each vendor that goes through it."""
    from airflow_provider_rooms.testing.wire import Wire

    opened: list[Wire] = []

    def make(*faults: Fault) -> Wire:
        wire = Wire(rooms_sandbox.url, list(faults)).__enter__()
        opened.append(wire)
        for name, value in rooms_sandbox.env().items():
            monkeypatch.setenv(name, value.replace(rooms_sandbox.url, wire.url))
        return wire

    yield make
    for wire in opened:
        wire.__exit__()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, built without a warning."""
    target = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(target)]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if line.startswith(("WARNING", "ERROR"))]
    assert (done.returncode, said) == (0, [])
    return target


@pytest.fixture(params=("blocking", "async"))
def ensure(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """``hook.ensure_room`` of a connection, once blocking and once awaited."""
    from both_drivers import ensure_room

    return lambda conn_id, **spec: ensure_room(request.param, conn_id, **spec)
