"""What every test stands on: an Airflow home of its own, set before anything imports Airflow."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from stack import MailSink

REPO = Path(__file__).parent.parent

_home = tempfile.mkdtemp(prefix="rooms-tests-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ.update(
    AIRFLOW_HOME=_home,
    AIRFLOW__CORE__DAGS_FOLDER=str(REPO / "example_dags"),
    AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY="0",
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{_home}/airflow.db",
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=f"{_home}/logs",
)
for name in [name for name in os.environ if name.startswith("AIRFLOW_CONN_")]:
    del os.environ[name]  # a developer's own connections must not be used by a test

# A busy machine is no bug; and what CI says of a commit is the same each time.
settings.register_profile("rooms", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("rooms")


@pytest.fixture(autouse=True)
def _no_pace_of_an_earlier_test() -> None:
    """All tests of a process have the sandbox's account in common; a 429 of one would slow down the next."""
    if hooks := sys.modules.get("airflow_provider_rooms.hooks.base"):
        hooks._paces.clear()


@pytest.fixture(scope="session")
def airflow_db() -> None:
    """Airflow's tables, for tests that run a DAG."""
    from airflow.utils.db import initdb

    from airflow_versions import keep_api_server

    initdb()
    keep_api_server()


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
def mails(rooms_sandbox: RoomsSandbox, airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailSink]:
    """The mails that arrived; with it, every default connection leads to the sandbox or to this sink."""
    from stack import mail_sink, smtp_connection

    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    with mail_sink() as (sink, port):
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp_connection(port)))
        yield sink
