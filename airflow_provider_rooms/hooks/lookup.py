"""Looking a connection up: telling one that does not exist from an Airflow that cannot say so now.

Every version of Airflow reports a database, an API or a secrets backend that fails during a look-up as "not found". Its API
does so as well: while its database is away, it answers 404. So "not found" counts only when Airflow says it again and its
database is known to answer; and never where another secrets backend is configured, whose failures nobody is told of.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_provider_rooms.errors import AirflowDownError, ConnectionNotFoundError
from airflow_provider_rooms.hooks.outages import Outage
from airflow_provider_rooms.hooks.variables import missing
from airflow_provider_rooms.values import not_given

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Connection

#: Airflow's own places for connections.
_OWN_BACKENDS = frozenset({"EnvironmentVariablesBackend", "ExecutionAPISecretsBackend", "MetastoreBackend"})


def find_connection(
    conn_id: str, kinds: str, *, hook: BaseHook | type[BaseHook] = BaseHook, patience: float | None = None
) -> Connection:
    """Look up a connection, again for half a minute while Airflow cannot say whether there is one.

    :param kinds: which types it might have, in words.
    :param hook: whose ``get_connection`` is used.
    :param patience: seconds instead of half a minute.
    :raises ConnectionNotFoundError: there is none.
    :raises AirflowDownError: it is not known whether there is one.
    """
    search = _Search(conn_id, kinds, patience)
    while True:
        try:
            return hook.get_connection(conn_id)
        except Exception as error:  # noqa: BLE001 - those that do not pass are raised again
            time.sleep(search.pause_after(error))


async def afind_connection(
    conn_id: str, kinds: str, *, hook: BaseHook | type[BaseHook] = BaseHook, patience: float | None = None
) -> Connection:
    """:func:`find_connection` for an event loop."""
    from airflow.providers.common.compat.connection import get_async_connection
    from asgiref.sync import sync_to_async

    search = _Search(conn_id, kinds, patience)
    while True:
        try:
            return await get_async_connection(conn_id, hook)
        except Exception as error:  # noqa: BLE001 - those that do not pass are raised again
            await asyncio.sleep(await sync_to_async(search.pause_after)(error))


def find_in_secrets(conn_id: str) -> Connection | None:
    """Look up a connection in the environment and in secrets backends only: neither Airflow's database nor its API is asked.

    :raises AirflowDownError: it is in none of them, and not all of them could be read.
    """
    failed = []
    for backend in _backends():
        if type(backend).__name__ not in ("MetastoreBackend", "ExecutionAPISecretsBackend"):
            try:
                found: Connection | None = backend.get_connection(conn_id=conn_id)
            except Exception as error:  # noqa: BLE001 - any backend's; its text may hold the connection
                failed.append(f"{type(backend).__name__} ({type(error).__name__})")
                continue
            if found is not None:
                return found
    if failed:
        raise AirflowDownError(f"Connection {conn_id!r} could not be read from {', '.join(failed)}.")
    return None


def no_connection(conn_id: str, kinds: str) -> ConnectionNotFoundError:
    """The error for a connection that does not exist; before 3.2 that is also one whose extra is broken.

    :param kinds: which types it might have, in words.
    """
    if not_given(conn_id):
        return ConnectionNotFoundError(
            f"conn_id: {conn_id!r} is not a connection id.",
            advice=f"Use the id of a connection of type {kinds}; a template may have rendered to an empty string.",
        )
    message, advice = missing(conn_id, kinds)
    return ConnectionNotFoundError(message, advice=advice)


class _Search(Outage):
    """One look-up, made until it is known what became of it."""

    def __init__(self, conn_id: str, kinds: str, patience: float | None) -> None:
        super().__init__(f"Connection {conn_id!r}", patience)
        self._conn_id = conn_id
        self._kinds = kinds

    def pause_after(self, error: Exception) -> float:
        """:raises ConnectionNotFoundError: Airflow says that there is none."""
        if not isinstance(error, AirflowNotFoundException):
            return super().pause_after(error)
        if _known_missing(self._conn_id):
            raise no_connection(self._conn_id, self._kinds) from None
        return self.rest(error)


def _variable(conn_id: str) -> str:
    return f"AIRFLOW_CONN_{conn_id.upper()}"


def _known_missing(conn_id: str) -> bool:
    """Whether Airflow itself says that there is no such connection; False also where that is not known."""
    if not_given(conn_id) or _variable(conn_id) in os.environ:
        return True
    try:
        kinds = {type(backend).__name__ for backend in _backends()}
        if kinds - _OWN_BACKENDS:
            return False
        supervisor = getattr(sys.modules.get("airflow.sdk.execution_time.task_runner"), "SUPERVISOR_COMMS", None)
        if supervisor is not None:
            return _supervisor_misses(supervisor, conn_id)
        return "MetastoreBackend" not in kinds or _database_misses(conn_id)
    except Exception:  # noqa: BLE001 - Airflow's insides: it fails for now, or they are others than we know
        return False


def _backends() -> list[Any]:
    """Where Airflow looks for connections in this process."""
    try:
        import_module("airflow.sdk.execution_time.secrets")
    except ImportError:  # before 3.1, the API is not among them
        return list(import_module("airflow.configuration").ensure_secrets_loaded())
    return list(import_module("airflow.sdk.execution_time.supervisor").ensure_secrets_backend_loaded())


def _supervisor_misses(supervisor: Any, conn_id: str) -> bool:
    """Ask the API through the supervisor of the task or trigger, as Airflow does, but keep its answer.

    :raises Exception: the API, or its database, does not answer.
    """
    comms = import_module("airflow.sdk.execution_time.comms")
    # What the API says of a connection while its database is away is wrong; this it can answer from the database only.
    supervisor.send(comms.GetTICount(dag_id=__name__))
    answer = supervisor.send(comms.GetConnection(conn_id=conn_id))
    return bool(getattr(getattr(answer, "error", None), "name", None) == "CONNECTION_NOT_FOUND")


def _database_misses(conn_id: str) -> bool:
    """Ask the database: Airflow 2, API servers, commands.

    :raises Exception: it does not answer.
    """
    return import_module("airflow.secrets.metastore").MetastoreBackend().get_connection(conn_id) is None
