"""Everything that can go wrong on the way to a vendor, with both drivers.

All rows run at once, each on a wire of its own; the tests read the results.
"""

from __future__ import annotations

import asyncio
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks.connection import read_connection
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.testing.fault_table import ROWS, busy_port, creates, deaf_port
from airflow_provider_rooms.testing.rows import each_vendor, pytest_generate_tests, row_for, selected
from airflow_provider_rooms.testing.traits import Traits
from airflow_provider_rooms.testing.wire import Wire
from airflow_provider_rooms.transport.drivers import AsyncTransport, BlockingTransport
from airflow_provider_rooms.transport.network import async_client, blocking_session
from airflow_provider_rooms.vendors.ensure import ensure_room
from airflow_provider_rooms.vendors.exchange import Config

__all__ = [
    "pytest_generate_tests",
    "test_no_thread_is_left_behind",
    "test_whatever_goes_wrong_ends_as_the_table_says",
    "world",
]

MODES = ("blocking", "async")


def config_of(sandbox: RoomsSandbox, conn_type: str, url: str = "") -> Config:
    """The sandbox's own connection to a vendor, read as a hook reads it.

    :param url: in place of the sandbox's.
    """
    given = sandbox.connection(conn_type)
    if url:
        given["host"] = given["host"].replace(sandbox.url, url)
    fields = dict.fromkeys(["login", "password", "schema", "port", "extra"])
    connection: Any = SimpleNamespace(**{"conn_id": "c", **fields, **given})
    return read_connection(connection, given.get("extra") or {}, conn_type)


@dataclass
class Result:
    """What came of a row."""

    end: Room | BaseException
    seconds: float
    wire: Wire
    rooms: list[dict[str, Any]]


class World:
    """Runs rows, many at once."""

    def __init__(self, sandbox: Any, pool: ThreadPoolExecutor) -> None:
        self._sandbox = sandbox
        self._pool = pool
        self._running: dict[tuple[str, str, str], Future[Result]] = {}
        self._urls = {"refused": deaf_port(), "busy": busy_port()}
        # Python's resolver and TLS start slowly the first time: not on any row's account.
        blocking_session()
        async_client()

    def start(self, row: str, traits: Traits, mode: str) -> None:
        self._running[row, traits.conn_type, mode] = self._pool.submit(self._run, row, traits, mode)

    def result(self, row: str, conn_type: str, mode: str) -> Result:
        return self._running[row, conn_type, mode].result(timeout=120)

    def finish(self) -> None:
        """Wait for all rows."""
        wait(self._running.values(), timeout=120)

    def _run(self, key: str, traits: Traits, mode: str) -> Result:
        row, conn_type = row_for(key, ROWS[key], traits), traits.conn_type
        name = f"{list(ROWS).index(key)}-{mode}"
        with Wire(self._sandbox.url, row.faults(traits)) as wire:
            url = self._urls.get(row.url, row.url) or wire.url
            if row.url == "https":
                url = wire.url.replace("http:", "https:")
            config = config_of(self._sandbox, conn_type, url)
            config = replace(config, **{"timeout": 20.0, **row.config})
            vendor = traits.vendor(config, runtime=row.runtime(), patience=row.patience)
            flow = ensure_room(vendor, RoomSpec.read({"name": name, **row.spec}))
            began = time.monotonic()
            end: Room | BaseException
            try:
                if mode == "blocking":
                    with blocking_session() as session:
                        end = BlockingTransport(session, config.base_url).run(flow)
                else:
                    end = asyncio.run(self._awaited(flow, config.base_url))
            except Exception as error:  # noqa: BLE001 - the test looks at it
                end = error
            seconds = time.monotonic() - began
        rooms = [room for room in self._sandbox.rooms(conn_type) if room[traits.name_key] == name]
        return Result(end, seconds, wire, rooms)

    async def _awaited(self, flow: Any, base_url: str) -> Any:
        async with async_client() as client:
            return await AsyncTransport(client, base_url).run(flow)


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest, _rooms_sandbox_server: Any) -> Iterator[World]:
    """All selected rows, started."""
    _rooms_sandbox_server.reset()
    calls = selected(request, "row", "traits", "mode")
    for conn_type in {params["traits"].conn_type for params in calls}:
        # many rows at once, each with a pace of its own: no row is about all of them
        _rooms_sandbox_server.limit(conn_type)
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(16) as pool:
        # pytest notes the running test in os.environ, and a thread that goes through it just then stumbles.
        proxies = urllib.request.getproxies_environment()
        patch.setattr(urllib.request, "getproxies_environment", lambda: proxies)
        patch.setattr("requests.utils.getproxies", lambda: proxies)
        world = World(_rooms_sandbox_server, pool)
        for params in calls:
            world.start(params["row"], params["traits"], params["mode"])
        yield world


@pytest.mark.parametrize("mode", MODES)
@each_vendor(["row"], lambda traits: [(name,) for name in ROWS])
def test_whatever_goes_wrong_ends_as_the_table_says(row: str, traits: Traits, mode: str, world: World) -> None:
    expected, result = row_for(row, ROWS[row], traits), world.result(row, traits.conn_type, mode)
    wanted = expected.end
    if isinstance(wanted, str):
        if isinstance(result.end, BaseException):
            raise result.end
        assert (result.end.outcome, result.end.state) == (wanted, "open")
        assert result.end.id in str(result.rooms)
    else:
        assert isinstance(result.end, wanted), result.end
        assert expected.says in str(result.end)
        if isinstance(result.end, errors.RoomsError):
            assert result.end.vendor
            if expected.status:
                assert result.end.status == expected.status
            assert result.end.retry_after == expected.retry_after
    assert len(result.rooms) == expected.rooms
    sent = [creates(traits)(method, path) for method, path, _ in result.wire.seen]
    assert expected.creates in (None, sent.count(True))
    assert expected.reads in (None, sent.count(False))
    assert expected.least <= result.seconds <= expected.most


def test_no_thread_is_left_behind(world: World) -> None:
    """The watchdogs of the blocking driver end with their requests."""
    world.finish()
    time.sleep(0.1)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
