"""pytest fixture ``rooms_sandbox``: all vendors on a free port, empty at the start of every test.

pytest finds it automatically if the package is installed with the extra ``sandbox``.

>>> def test_my_dag(rooms_sandbox, monkeypatch):  # doctest: +SKIP
...     for name, value in rooms_sandbox.env().items():
...         monkeypatch.setenv(name, value)
...     dag.test()
...     assert len(rooms_sandbox.rooms(conn_type)) == 1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


@pytest.fixture(scope="session")
def _rooms_sandbox_server() -> Iterator[RoomsSandbox]:
    # imported here: this module is loaded by every pytest run of the environment, also where the extra is absent
    pytest.importorskip("fastapi", reason="rooms_sandbox needs airflow-provider-rooms[sandbox]")
    pytest.importorskip("uvicorn", reason="rooms_sandbox needs airflow-provider-rooms[sandbox]")
    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from airflow_provider_rooms.sandbox.server import SandboxServer

    with SandboxServer() as server:
        yield RoomsSandbox(server.url)


@pytest.fixture
def rooms_sandbox(_rooms_sandbox_server: RoomsSandbox) -> RoomsSandbox:
    """An empty sandbox. See ``RoomsSandbox`` for its methods."""
    _rooms_sandbox_server.reset()
    return _rooms_sandbox_server
