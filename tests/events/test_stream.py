"""The shared stream, run as Airflow's triggerer runs it: a cursor moves once its events are stored, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from events_help import HEADED
from test_watcher import INTERVAL, _quick, a_class, conn

from airflow_provider_rooms.models import EventType
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.testing import airflow_versions
from airflow_provider_rooms.triggers.rooms import RoomEventTrigger

__all__ = ["_quick", "conn"]

pytestmark = pytest.mark.skipif(airflow_versions.version() < (3, 3), reason="Airflow shares streams from 3.3 on")


class Store:
    """The store of an asset, which outlives its trigger."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.values: dict[str, Any] = {}
        self.failing = False

    async def aget(self, key: str) -> Any:
        if self.failing:
            raise OSError
        return self.values.get(key)

    async def aset(self, key: str, value: Any) -> None:
        if self.failing:
            raise OSError
        self.values[key] = value

    def __getitem__(self, asset: Any) -> Store:
        if asset.uri != self.uri:
            raise KeyError(asset)
        return self


class Runner:
    """The part of Airflow's triggerer that matters here."""

    def __init__(self, conn_id: str) -> None:
        from airflow.triggers.shared_stream import SharedStreamManager

        self.conn_id = conn_id
        self.manager = SharedStreamManager()
        self.told: list[str] = []
        self.waiting: list[int] = []
        self.tasks: list[asyncio.Task[None]] = []

    def start(self, number: int, kind: EventType, store: Any) -> None:
        trigger: Any = RoomEventTrigger(conn_id=self.conn_id, type=kind)
        trigger.asset_state_store = store
        self.tasks.append(asyncio.create_task(self._run(number, trigger)))

    async def _run(self, number: int, trigger: Any) -> None:
        key = trigger.shared_stream_key()
        stream = self.manager.subscribe(trigger_id=number, trigger=trigger, key=key)
        try:
            async for event in trigger.filter_shared_stream(stream):
                seq = self.manager.bind_pending_event(trigger_id=number, key=key)
                self.told += [each["id"].partition(":")[0] for each in event.payload["events"]]
                assert seq is not None
                self.waiting.append(seq)
        finally:
            await self.manager.unsubscribe(number, key)

    def stored(self) -> None:
        """Airflow has stored the events that were told."""
        self.manager.confirm_persisted(self.waiting)
        self.waiting = []

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.manager.stop_all()


async def come(true: Callable[[], Any], seconds: float = 15.0) -> None:
    await asyncio.wait_for(_until(true), seconds)


async def _until(true: Callable[[], Any]) -> None:
    while not true():  # noqa: ASYNC110 - what is waited for knows nothing of this test
        await asyncio.sleep(0.02)


@pytest.fixture
def stores() -> dict[EventType, Store]:
    kinds: tuple[EventType, ...] = ("session_started", "session_ended")
    return {kind: Store(f"room-events://{HEADED}_watched/{kind}/watched") for kind in kinds}


def started(conn_id: str, stores: dict[EventType, Store]) -> Runner:
    runner = Runner(conn_id)
    for number, (kind, store) in enumerate(stores.items()):
        runner.start(number, kind, store)
    return runner


async def test_what_was_not_stored_is_told_again_and_what_was_is_not(
    conn: Callable[..., str], rooms_sandbox: RoomsSandbox, stores: dict[EventType, Store]
) -> None:
    conn_id = conn(HEADED)
    first = started(conn_id, stores)
    await come(lambda: all(store.values for store in stores.values()))
    begun = {kind: store.values["rooms_cursor"] for kind, store in stores.items()}
    assert all(cursor["told"] == {} for cursor in begun.values())
    await asyncio.to_thread(a_class, rooms_sandbox, conn_id, HEADED)
    await come(lambda: set(first.told) == {"session_started", "session_ended"})
    await asyncio.sleep(3 * INTERVAL)  # further polls come and go
    assert sorted(first.told) == ["session_ended", "session_started"]
    assert all(store.values["rooms_cursor"]["told"] == {} for store in stores.values())
    await first.end()  # killed before Airflow had stored them

    second = started(conn_id, stores)
    await come(lambda: set(second.told) == {"session_started", "session_ended"})
    second.stored()
    await come(lambda: all(len(store.values["rooms_cursor"]["told"]) == 1 for store in stores.values()))
    await second.end()

    third = started(conn_id, stores)
    await asyncio.sleep(0.2 + 4 * INTERVAL)
    assert third.told == []
    await third.end()


async def test_a_store_that_is_away_is_asked_again_and_loses_nothing(
    conn: Callable[..., str],
    rooms_sandbox: RoomsSandbox,
    stores: dict[EventType, Store],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from airflow_provider_rooms.events import stream

    monkeypatch.setattr(stream, "PAUSE", 0.05)
    conn_id = conn(HEADED)
    store = stores.pop("session_ended")
    store.failing = True
    runner = Runner(conn_id)
    runner.start(1, "session_ended", store)
    await asyncio.sleep(3 * INTERVAL)
    store.failing = False
    await come(lambda: store.values)
    store.failing = True
    await asyncio.to_thread(a_class, rooms_sandbox, conn_id, HEADED)
    await come(lambda: runner.told)
    runner.stored()
    await asyncio.sleep(2 * INTERVAL)
    assert store.values["rooms_cursor"]["told"] == {}
    store.failing = False
    await come(lambda: len(store.values["rooms_cursor"]["told"]) == 1)
    await runner.end()


async def test_a_trigger_of_another_asset_has_nothing_to_store_in_and_tells_all_the_same(
    conn: Callable[..., str], rooms_sandbox: RoomsSandbox
) -> None:
    conn_id = conn(HEADED)
    runner = Runner(conn_id)
    runner.start(1, "session_ended", Store("room-events://another/session_ended/watched"))
    await asyncio.sleep(0.2 + 3 * INTERVAL)
    await asyncio.to_thread(a_class, rooms_sandbox, conn_id, HEADED)
    await come(lambda: runner.told == ["session_ended"])
    await runner.end()
