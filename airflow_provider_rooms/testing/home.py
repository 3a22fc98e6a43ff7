"""An Airflow for tests: a temporary home, no connections of the developer, and a database where one is needed."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile

import pytest


def temporary_airflow(**settings: str) -> None:
    """Have the tests of this process use an Airflow of their own. Call it before anything imports Airflow.

    :param settings: further environment variables, such as ``AIRFLOW__CORE__DAGS_FOLDER``.
    """
    home = tempfile.mkdtemp(prefix="rooms-tests-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith("AIRFLOW_CONN_")]:
        del os.environ[name]  # a developer's own connections must not be used by a test
    os.environ.update(
        {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "0",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": f"{home}/logs",
            **settings,
        }
    )


@pytest.fixture(scope="session")
def airflow_db() -> None:
    """Airflow's tables, for tests that run a DAG."""
    from airflow.utils.db import initdb

    from airflow_provider_rooms.testing.airflow_versions import keep_api_server

    initdb()
    keep_api_server()


@pytest.fixture(autouse=True)
def fresh_pace() -> None:
    """All tests of a process have the sandbox's account in common; a 429 of one would slow down the next."""
    if hooks := sys.modules.get("airflow_provider_rooms.hooks.base"):
        hooks._paces.clear()
