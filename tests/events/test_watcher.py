"""Events found by asking: the same as the webhooks tell, in few requests, whatever fails meanwhile."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

import httpx
import pytest
from events_help import HEADED, Listening, until
from vendor_traits import ANY, TRAITS

from airflow_provider_rooms import hooks
from airflow_provider_rooms.events import watcher
from airflow_provider_rooms.events.cursor import Cursor
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.models import EventType
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.triggers.rooms import RoomEventTrigger
from airflow_provider_rooms.vendors import VENDORS, vendor_class
from airflow_provider_rooms.vendors.flow import gathered

INTERVAL = 0.2
#: A vendor whose sessions are listed room by room.
APART = next(name for name in VENDORS if vendor_class(name).rooms_apart)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "TOGETHER", 0.1)
    monkeypatch.setattr(watcher, "USUAL_INTERVAL", INTERVAL)


@pytest.fixture
def conn(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Makes a connection that is watched often; answers its id."""

    def connect(vendor: str, **extra: Any) -> str:
        connection = rooms_sandbox.connection(vendor)
        connection["extra"] = {**connection.get("extra", {}), "watch_interval": INTERVAL, **extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_{vendor.upper()}_WATCHED", json.dumps(connection))
        return f"{vendor}_watched"

    return connect


def a_class(
    box: RoomsSandbox, conn_id: str, vendor: str, name: str = "algebra-1", into: Any = None, **spec: Any
) -> Any:
    """A room with a session and a recording of it, over."""
    hook: Any = get_rooms_hook(conn_id)
    room = hook.ensure_room({"name": name, **spec})
    box.start_session(vendor, name, ["ada"])
    box.recording(vendor, name, "start")
    box.end_session(vendor, name)
    box.recording(vendor, name, "complete")
    if vendor_class(vendor).rooms_apart:
        hook.close_room(room)  # where a session ends only once nobody can come back
    if into is not None:
        into.append(room)
    return room


@pytest.mark.parametrize("vendor", VENDORS)
def test_lists_tell_the_ids_that_the_webhooks_tell(
    vendor: str, connected: Callable[..., str], listening: Listening, rooms_sandbox: RoomsSandbox
) -> None:
    conn_id = connected(vendor)
    room = a_class(rooms_sandbox, conn_id, vendor, webhook=True)
    hook: Any = get_rooms_hook(conn_id)
    types = [kind for kind in hook.vendor.watchable if kind not in ("recording_failed", "transcript_ready")]
    for kind in types:
        until(lambda kind=kind: listening.kept.of(kind))  # type: ignore[misc]
    since = hook.vendor.now() - dt.timedelta(hours=1)
    things = hook.transport.run(gathered(hook.vendor.happened_since(since, types, over=since)))
    found = {event.id: event for thing in things for event in thing.events}
    for kind in types:
        assert {event.id for event in listening.kept.of(kind)} == {e.id for e in found.values() if e.type == kind}
    assert {event.room_id for event in found.values()} == {room.id}
    for event in found.values():
        assert abs(hook.vendor.now() - dt.datetime.fromisoformat(str(event.happened_at))) < dt.timedelta(hours=1)
        told = next(e for e in listening.kept.events.values() if e.id == event.id)
        assert (event.session_id or told.session_id) == (told.session_id or event.session_id)


def test_a_recording_that_failed_and_a_composition_have_the_ids_of_the_callbacks(
    connected: Callable[..., str], listening: Listening, rooms_sandbox: RoomsSandbox
) -> None:
    hook: Any = get_rooms_hook(connected(APART))
    room = hook.ensure_room({"name": "algebra-1", "webhook": True, "record": True})
    rooms_sandbox.start_session(APART, "algebra-1", ["ada"])
    rooms_sandbox.end_session(APART, "algebra-1")
    rooms_sandbox.recording(APART, "algebra-1", "fail")
    hook.close_room(room)
    callback = {"StatusCallback": hook.vendor.config.webhook_url}
    with httpx.Client(auth=(hook.vendor.config.key, hook.vendor.config.secret), base_url=hook.base_url) as client:
        order = {"RoomSid": room.id, "AudioSources": "*", **callback}
        assert client.post("/v1/Compositions", data=order).status_code == 201
    rooms_sandbox.advance(3600)
    for kind in ("recording_failed", "recording_ready"):
        until(lambda kind=kind: listening.kept.of(kind))  # type: ignore[misc]
    since = hook.vendor.now() - dt.timedelta(hours=3)
    things = hook.transport.run(gathered(hook.vendor.happened_since(since, ["recording_ready"], over=since)))
    found = {event.id: event for thing in things for event in thing.events}
    for kind in ("recording_started", "recording_ready", "recording_failed"):
        assert {event.id for event in listening.kept.of(kind)} == {e.id for e in found.values() if e.type == kind}
    assert all(thing.over for thing in things)


def test_rooms_that_were_over_long_ago_are_not_looked_into(
    conn: Callable[..., str], rooms_sandbox: RoomsSandbox
) -> None:
    conn_id = conn(APART)
    for number in range(5):
        a_class(rooms_sandbox, conn_id, APART, f"class-{number}")
    hook: Any = get_rooms_hook(conn_id)
    now = hook.vendor.now()
    before = len(rooms_sandbox.requests(APART))
    asked = []
    for over in (now - dt.timedelta(hours=1), now + dt.timedelta(hours=1)):
        hook.transport.run(
            gathered(hook.vendor.happened_since(now - dt.timedelta(days=1), ["session_ended"], over=over))
        )
        asked.append(len(rooms_sandbox.requests(APART)) - before - sum(asked))
    assert asked == [2 + 5, 2]


async def told_by(trigger: RoomEventTrigger, number: int, began: Callable[[], Any]) -> list[dict[str, Any]]:
    """The first events of a trigger, as Airflow before 3.3 runs it.

    :param began: called once it has looked for the first time.
    """
    found: list[dict[str, Any]] = []

    async def collect() -> None:
        async with aclosing(trigger.run()) as events:  # type: ignore[type-var]
            async for event in events:
                found.extend(event.payload["events"])
                if len(found) >= number:
                    return

    task = asyncio.create_task(collect())
    await asyncio.to_thread(until, lambda: any(account._last for account in list(watcher._accounts.values())))
    await asyncio.to_thread(began)
    await asyncio.wait_for(task, 20)
    return found


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_trigger_tells_what_happens_from_now_on(
    vendor: str, conn: Callable[..., str], rooms_sandbox: RoomsSandbox
) -> None:
    conn_id = conn(vendor)
    a_class(rooms_sandbox, conn_id, vendor, "before")
    for kind in ("session_started", "session_ended", "recording_ready"):
        rooms: list[Any] = []
        happen = partial(a_class, rooms_sandbox, conn_id, vendor, kind.replace("_", "-"), into=rooms)
        found = await told_by(RoomEventTrigger(conn_id=conn_id, type=kind), 1, happen)
        assert {event["type"] for event in found} == {kind}
        assert {event["room_id"] for event in found} == {rooms[0].id}
        assert {event["conn_id"] for event in found} == {conn_id}
        json.dumps(found)
    assert watcher._accounts == {}


@pytest.mark.parametrize("answers", [True, False])
async def test_a_vendors_own_history_tells_what_was_reported_though_nobody_received_it(
    answers: bool, conn: Callable[..., str], listening: Listening, rooms_sandbox: RoomsSandbox
) -> None:
    conn_id = conn(HEADED)
    listening.kept.failing = not answers
    webhook = {"url": f"{listening.url}/rooms/webhooks/nobody"}
    happen = partial(a_class, rooms_sandbox, conn_id, HEADED, webhook=webhook)
    found = await told_by(RoomEventTrigger(conn_id=conn_id, type="participant_left"), 1, happen)
    assert [event["participant"] for event in found] == ["ada"]
    assert {request["path"] for request in rooms_sandbox.requests(HEADED) if "analytics" in request["path"]} == {
        "/v2/analytics/webhooks"
    }


async def test_the_pages_of_the_history_are_read_to_the_end(
    conn: Callable[..., str], rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{vendor_class(HEADED).__module__}.watching.HISTORY_PAGE", 1)
    hook: Any = get_rooms_hook(conn(HEADED))
    hook.ensure_room({"name": "a", "webhook": {"url": "http://127.0.0.1:9/nobody"}})
    rooms_sandbox.start_session(HEADED, "a", ["ada", "bob", "eve"])
    since = hook.vendor.now() - dt.timedelta(hours=1)
    things = hook.transport.run(gathered(hook.vendor.happened_since(since, ["participant_joined"], over=since)))
    assert {event.participant for thing in things for event in thing.events} == {"ada", "bob", "eve"}


async def test_watchers_of_one_connection_share_a_poll(conn: Callable[..., str], rooms_sandbox: RoomsSandbox) -> None:
    conn_id = conn(TRAITS[1].conn_type)
    kinds: list[EventType] = ["session_started", "session_ended", "session_ended", "session_started"]
    tasks: list[Any] = [
        asyncio.create_task(anext(RoomEventTrigger(conn_id=conn_id, type=kind).run())) for kind in kinds
    ]  # type: ignore[arg-type]
    await asyncio.sleep(0.1 + 5 * INTERVAL)
    asked = len(rooms_sandbox.requests(TRAITS[1].conn_type))
    await asyncio.to_thread(a_class, rooms_sandbox, conn_id, TRAITS[1].conn_type)
    events = await asyncio.gather(*tasks)
    assert [event.payload["events"][0]["type"] for event in events] == kinds
    assert asked <= 2 * 7  # two lists a poll, for all four


@pytest.mark.parametrize("status", [500, 401, 403])
async def test_an_answer_that_cannot_be_used_ends_no_watcher(
    status: int, conn: Callable[..., str], rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = conn(ANY.conn_type)

    def class_after_faults() -> None:
        rooms_sandbox.fault(ANY.conn_type, status=status, method="GET", path="*sessions*", times=7)
        a_class(rooms_sandbox, conn_id, ANY.conn_type)

    found = await told_by(RoomEventTrigger(conn_id=conn_id, type="session_ended"), 1, class_after_faults)
    assert len(found) == 1


async def test_a_connection_that_is_changed_is_looked_up_again(
    conn: Callable[..., str], rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "LOOKED_UP_FOR", 0.0)
    conn_id = conn(ANY.conn_type, watch_interval=0.1)
    lookups = 0
    look_up = hooks.aget_rooms_hook

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal lookups
        lookups += 1
        return await look_up(*args, **kwargs)

    monkeypatch.setattr(watcher, "aget_rooms_hook", counted)
    await told_by(
        RoomEventTrigger(conn_id=conn_id, type="session_started"),
        1,
        lambda: a_class(rooms_sandbox, conn_id, ANY.conn_type),
    )
    assert lookups >= 2


async def test_a_type_that_the_vendor_does_not_list_asks_nothing_and_is_named(
    conn: Callable[..., str], rooms_sandbox: RoomsSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    conn_id = conn(ANY.conn_type)
    events: AsyncIterator[Any] = RoomEventTrigger(conn_id=conn_id, type="recording_failed").run()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(events), 1.0)
    assert rooms_sandbox.requests(ANY.conn_type) == []
    assert caplog.text.count("Watchable are recording_ready, session_ended, session_started") == 1


async def test_a_watcher_that_is_cancelled_does_not_take_the_poll_from_the_others(
    conn: Callable[..., str], rooms_sandbox: RoomsSandbox
) -> None:
    conn_id = conn(HEADED)
    rooms_sandbox.fault(HEADED, kind="delay", seconds=1.0, method="GET", path="/v2/sessions*", times=1)
    async with watcher.shared_account(conn_id) as account:
        with account.serving(watcher.Watcher(Cursor(type="session_ended"))):
            first, second = (asyncio.create_task(account.next(0)) for _ in range(2))
            await asyncio.sleep(0.6)
            first.cancel()
            poll = await asyncio.wait_for(second, 10)
    assert (poll.number, list(poll.since)) == (1, ["session_ended"])
    assert first.cancelled()
    assert len(rooms_sandbox.requests(HEADED)) == 2  # live sessions, and past ones
