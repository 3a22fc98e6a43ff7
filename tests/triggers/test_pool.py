"""What triggers of one process share, how they end, and what they survive; in real time against the sandbox."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Any
from unittest import mock

import pytest
from airflow.providers.common.compat.sdk import AirflowSensorTimeout, AirflowSkipException, AirflowTaskTimeout
from vendor_traits import ANY, TRAITS, TYPES, facts

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook, lookup
from airflow_provider_rooms.models import Room
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.triggers import follow, pool
from airflow_provider_rooms.triggers.rooms import RoomTrigger
from airflow_provider_rooms.vendors.flow import Patience
from airflow_provider_rooms.waiting.handover import conclude
from airflow_provider_rooms.waiting.waits import Seen, Wait

OTHER = TRAITS[-1]
VARIABLE = f"AIRFLOW_CONN_{ANY.conn_id.upper()}"
INTERVAL = 0.1


pytestmark = pytest.mark.usefixtures("connections")


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def trigger(vendor: str, room: str | dict[str, Any], seconds: float = 20.0, **wait: Any) -> RoomTrigger:
    asked = Wait(**{"purpose": "started", "since": now() - dt.timedelta(hours=1), **wait})
    return RoomTrigger(
        conn_id=f"{vendor}_default",
        room=room,
        wait=asked.as_dict(),
        poll_interval=INTERVAL,
        give_up_at=(now() + dt.timedelta(seconds=seconds)).isoformat(),
    )


async def first(waiting: RoomTrigger) -> Any:
    async for event in waiting.run():
        return event.payload
    raise AssertionError("no event")


def made(vendor: str, count: int = 1) -> list[str]:
    hook = get_rooms_hook(f"{vendor}_default")
    return [hook.ensure_room({"name": f"class-{number}"}).id for number in range(count)]


# -- whose room it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", TYPES)
async def test_each_form_of_a_room_leads_to_it_and_rows_of_the_last_version_do_too(
    vendor: str, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = rooms_sandbox.connection(vendor)
    connection["extra"] = {**connection.get("extra", {}), "name_prefix": "alg-"}
    monkeypatch.setenv(f"AIRFLOW_CONN_{vendor.upper()}_DEFAULT", json.dumps(connection))
    hook = get_rooms_hook(f"{vendor}_default")
    mine, other, third = (hook.ensure_room({"name": name}) for name in ("alg-1", "1", "2"))
    for room in (mine, third):
        rooms_sandbox.start_session(vendor, room.id)
    # Until now a trigger was given the id or the full name of a dict as a text.
    for row in (
        mine.id,
        {"vendor": vendor, "id": mine.id, "name": mine.name},
        "2",
        "alg-2",
        {"vendor": vendor, "name": "alg-2"},
    ):
        event = await first(trigger(vendor, row))
        assert event["status"] == "success", event
    # A text that names two classes ends the wait, with both; their dicts are not taken for each other.
    event = await first(trigger(vendor, "alg-1"))
    assert (event["status"], event["error"]) == ("error", "InvalidSpecError")
    event = await first(trigger(vendor, {"vendor": vendor, "id": other.id}, seconds=0.3))
    assert event["status"] == "timeout"


# -- arguments ------------------------------------------------------------------------------------------------------------


def test_arguments_are_plain_json_without_secrets() -> None:
    asked = Wait(purpose="ended", starts_at=now(), ends_at=now() + dt.timedelta(hours=1))
    room = Room(vendor=ANY.conn_type, conn_id="c", id="r", name="n", state="open", details={"secret": "s"})
    waiting = trigger(ANY.conn_type, "room-1")
    waiting.wait, waiting.seen, waiting.seen_at = asked.as_dict(), Seen(room=room, url="u").as_dict(), now().isoformat()
    path, kwargs = waiting.serialize()
    assert path == f"{RoomTrigger.__module__}.{RoomTrigger.__name__}"
    again = RoomTrigger(**json.loads(json.dumps(kwargs)))
    assert again.serialize() == (path, kwargs)
    assert Wait.from_dict(kwargs["wait"]) == asked
    assert Seen.from_dict(kwargs["seen"]).as_dict() == kwargs["seen"]
    assert "secret" not in json.dumps(kwargs)


def test_arguments_of_a_newer_version_are_understood() -> None:
    asked = Wait(purpose="started")
    assert Wait.from_dict(asked.as_dict() | {"mood": "patient"}) == asked


# -- one client, one poll -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", TYPES)
async def test_many_waits_share_one_client_and_one_poll(vendor: str, rooms_sandbox: RoomsSandbox) -> None:
    rooms = made(vendor, 20)
    tasks = [asyncio.create_task(first(trigger(vendor, room))) for room in rooms]
    await asyncio.sleep(6 * INTERVAL)
    (watch,) = pool._watches.values()
    assert watch.users == 20
    client = watch._hook.aio._client  # type: ignore[union-attr]
    seen = len(rooms_sandbox.requests(vendor, "GET"))
    await asyncio.sleep(10 * INTERVAL)
    polls = len(rooms_sandbox.requests(vendor, "GET")) - seen
    # 20 waits for 10 intervals: 200 polls of single rooms, where nothing lists who is in which room
    assert polls < (50 if facts("sessions")[vendor].LIVE_LISTED else 350)
    for room in rooms:
        rooms_sandbox.start_session(vendor, room)
    events = await asyncio.gather(*tasks)
    assert [event["status"] for event in events] == ["success"] * 20
    assert len({event["value"] for event in events}) == 20
    assert pool._watches == {}
    assert client.is_closed


async def test_a_cancelled_wait_takes_nothing_from_the_others(rooms_sandbox: RoomsSandbox) -> None:
    one, two, three = made(ANY.conn_type, 3)
    tasks = [asyncio.create_task(first(trigger(ANY.conn_type, room))) for room in (one, two, three)]
    await asyncio.sleep(0.5)
    rooms_sandbox.fault(ANY.conn_type, "delay", method="GET", seconds=0.5, times=-1)
    await asyncio.sleep(0.3)
    tasks[0].cancel()
    rooms_sandbox.start_session(ANY.conn_type, two)
    rooms_sandbox.start_session(ANY.conn_type, three)
    events = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(events[0], asyncio.CancelledError)
    assert [event["status"] for event in events[1:]] == ["success", "success"]  # type: ignore[index]
    assert pool._watches == {}


async def test_a_single_wait_does_not_list_the_account(rooms_sandbox: RoomsSandbox) -> None:
    (room,) = made(ANY.conn_type)
    task = asyncio.create_task(first(trigger(ANY.conn_type, room)))
    await asyncio.sleep(8 * INTERVAL)
    assert rooms_sandbox.requests(ANY.conn_type, "GET")
    rooms_sandbox.start_session(ANY.conn_type, room)
    assert (await task)["status"] == "success"


@pytest.mark.parametrize("vendor", TYPES)
async def test_a_list_that_is_refused_is_done_without(vendor: str, rooms_sandbox: RoomsSandbox) -> None:
    rooms = made(vendor, 3)
    tasks = [asyncio.create_task(first(trigger(vendor, room))) for room in rooms]
    await asyncio.sleep(5 * INTERVAL)
    (watch,) = pool._watches.values()
    taking = watch._hook.vendor  # type: ignore[union-attr]

    def refused(rooms: Any = None) -> Any:
        raise errors.AccessDeniedError("may not list", vendor=vendor)
        yield

    taking.survey = refused  # type: ignore[method-assign]
    await asyncio.sleep(5 * INTERVAL)
    for room in rooms:
        rooms_sandbox.start_session(vendor, room)
    assert [(await task)["status"] for task in tasks] == ["success"] * 3


# -- errors ---------------------------------------------------------------------------------------------------------------


async def test_permanent_errors_end_a_wait_with_all_they_know(rooms_sandbox: RoomsSandbox) -> None:
    event = await first(trigger(OTHER.conn_type, "no-such-room"))
    assert event["status"] == "error"
    with pytest.raises(errors.NotFoundError) as raised:
        conclude(json.loads(json.dumps(event)))
    with pytest.raises(errors.NotFoundError) as direct:
        get_rooms_hook(OTHER.conn_id).get_room("no-such-room")
    assert str(raised.value) == str(direct.value)


async def test_a_connection_that_stays_away_ends_a_wait() -> None:
    began = now()
    event = await first(trigger("nobody", "room-1"))
    assert (event["status"], event["error"]) == ("error", "ConnectionNotFoundError")
    assert now() - began >= dt.timedelta(seconds=follow.MISSING * INTERVAL)


async def test_a_connection_that_is_replaced_ends_no_wait(
    rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (room,) = made(ANY.conn_type)
    there = rooms_sandbox.env()[VARIABLE]
    monkeypatch.delenv(VARIABLE)
    task = asyncio.create_task(first(trigger(ANY.conn_type, room)))
    await asyncio.sleep(2 * INTERVAL)
    monkeypatch.setenv(VARIABLE, there)
    rooms_sandbox.start_session(ANY.conn_type, room)
    assert (await task)["status"] == "success"
    # Gone for a moment now and then is not gone for good.
    follower = follow._Follower(pool.Watch(ANY.conn_id), room, Wait(purpose="started"), INTERVAL)
    missing = errors.ConnectionNotFoundError("gone")
    for outcome in (missing, None, missing):
        monkeypatch.setattr(follower, "_glance", mock.AsyncMock(side_effect=outcome, return_value=None))
        assert (await follower.poll())[0] is None
        await asyncio.sleep(follow.MISSING * INTERVAL)


async def test_a_wait_outlasts_an_airflow_that_cannot_look_up(
    rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (room,) = made(ANY.conn_type)
    answers = [False] * 8

    def known_missing(conn_id: str) -> bool:
        if answers:
            return answers.pop()
        monkeypatch.setenv(VARIABLE, rooms_sandbox.env()[VARIABLE])
        return False

    monkeypatch.setattr(lookup, "_known_missing", known_missing)
    monkeypatch.delenv(VARIABLE)
    rooms_sandbox.start_session(ANY.conn_type, room)
    assert (await first(trigger(ANY.conn_type, room)))["status"] == "success"
    assert answers == []


async def test_execution_timeout_ends_a_wait_before_its_timeout(rooms_sandbox: RoomsSandbox) -> None:
    (room,) = made(ANY.conn_type)
    waiting = trigger(ANY.conn_type, room)
    waiting.task_timeout_at = (now() + dt.timedelta(seconds=5 * INTERVAL)).isoformat()
    event = await first(waiting)
    with pytest.raises(AirflowTaskTimeout, match="execution_timeout"):
        conclude(json.loads(json.dumps(event)))
    assert event["room_url"]
    waiting.task_timeout_at = (now() + dt.timedelta(hours=1)).isoformat()
    waiting.give_up_at = (now() + dt.timedelta(seconds=5 * INTERVAL)).isoformat()
    with pytest.raises(AirflowSensorTimeout):
        conclude(await first(waiting))


async def test_passing_errors_are_nothing(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    (room,) = made(ANY.conn_type)
    lookups = 0
    ready = pool.aget_rooms_hook

    async def flaky(conn_id: str, **kwargs: Any) -> Any:
        nonlocal lookups
        lookups += 1
        if lookups < 3:
            raise ConnectionError("the API server restarts")
        hook = await ready(conn_id, **kwargs)
        hook.patience = Patience(first_wait=0.05)
        return hook

    monkeypatch.setattr(pool, "aget_rooms_hook", flaky)
    rooms_sandbox.fault(ANY.conn_type, "status", status=503, times=6)
    rooms_sandbox.fault(ANY.conn_type, "body", body="<html>", times=2)
    task = asyncio.create_task(first(trigger(ANY.conn_type, room)))
    await asyncio.sleep(3 * INTERVAL)
    rooms_sandbox.start_session(ANY.conn_type, room)
    assert (await task)["status"] == "success"
    assert lookups == 3


async def test_a_changed_secret_is_looked_up_again(
    rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = made(ANY.conn_type, 3)
    tasks = [asyncio.create_task(first(trigger(ANY.conn_type, room))) for room in rooms]
    await asyncio.sleep(5 * INTERVAL)
    (watch,) = pool._watches.values()
    # what the process still has is refused from now on; what the connection says now is right
    vendor = watch._hook.vendor  # type: ignore[union-attr]
    vendor._tokens._secret = "another-secret-that-is-long-enough"
    vendor._tokens.forget()
    await asyncio.sleep(5 * INTERVAL)
    assert watch.generation == 1
    for room in rooms:
        rooms_sandbox.start_session(ANY.conn_type, room)
    assert [(await task)["status"] for task in tasks] == ["success"] * 3


async def test_a_wrong_secret_ends_all_waits(rooms_sandbox: RoomsSandbox) -> None:
    rooms = made(ANY.conn_type, 3)
    tasks = [asyncio.create_task(first(trigger(ANY.conn_type, room))) for room in rooms]
    await asyncio.sleep(5 * INTERVAL)
    rooms_sandbox.fault(ANY.conn_type, "status", status=401, times=-1)
    events = await asyncio.gather(*tasks)
    assert {(event["status"], event["error"]) for event in events} == {("error", "AuthenticationError")}
    assert pool._watches == {}


async def test_the_time_is_up(rooms_sandbox: RoomsSandbox) -> None:
    (room,) = made(OTHER.conn_type)
    event = await first(trigger(OTHER.conn_type, room, seconds=0.5))
    assert (event["status"], event["room_url"]) == ("timeout", get_rooms_hook(OTHER.conn_id).vendor.room_url(room))
    # started again after that, it still looks once: the class may have begun in between
    rooms_sandbox.start_session(OTHER.conn_type, room)
    assert (await first(trigger(OTHER.conn_type, room, seconds=-60)))["status"] == "success"


# -- what was seen before -------------------------------------------------------------------------------------------------


async def test_what_the_worker_saw_is_not_looked_at_again(
    rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "BETWEEN_SESSIONS", 60)
    rooms = made(ANY.conn_type, 5)
    hook = get_rooms_hook(ANY.conn_id)
    tasks = []
    for room in rooms:
        waiting = trigger(ANY.conn_type, room)
        waiting.seen = hook.look(room, Wait.from_dict(waiting.wait)).as_dict()
        tasks.append(waiting)
    for waiting in tasks:
        waiting.seen_at = (now() + dt.timedelta(seconds=1)).isoformat()  # a slow machine is no restart
    before = len(rooms_sandbox.requests(ANY.conn_type, "GET"))
    running = [asyncio.create_task(first(waiting)) for waiting in tasks]
    await asyncio.sleep(5 * INTERVAL)
    paths = {row["path"] for row in rooms_sandbox.requests(ANY.conn_type, "GET")[before:]}
    assert not any(path.startswith(ANY.create.path) for path in paths)
    rooms_sandbox.start_session(ANY.conn_type, rooms[0])
    event = await running[0]
    (session,) = hook.sessions(rooms[0])
    assert (event["value"], event["room_url"]) == (session.id, hook.vendor.room_url(rooms[0]))
    for task in running[1:]:
        task.cancel()
    await asyncio.gather(*running[1:], return_exceptions=True)


async def test_what_was_seen_long_ago_is_looked_at_again(rooms_sandbox: RoomsSandbox) -> None:
    """A restarted trigger finds the session that came and went while nobody looked."""
    (room,) = made(ANY.conn_type)
    waiting = trigger(ANY.conn_type, room, purpose="ended")
    hook = get_rooms_hook(ANY.conn_id)
    waiting.seen = hook.look(room, Wait.from_dict(waiting.wait)).as_dict()
    waiting.seen_at = (now() - dt.timedelta(seconds=10 * INTERVAL)).isoformat()
    rooms_sandbox.start_session(ANY.conn_type, room)
    rooms_sandbox.end_session(ANY.conn_type, room)
    assert (await first(waiting))["value"]["sessions"]


@pytest.mark.parametrize("vendor", TYPES)
async def test_who_came_and_went_between_two_polls_is_found(
    vendor: str, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "RARELY", 5)
    rooms = made(vendor, 3)
    tasks = [asyncio.create_task(first(trigger(vendor, room))) for room in rooms]
    await asyncio.sleep(3 * INTERVAL)
    for room in rooms:
        rooms_sandbox.start_session(vendor, room)
        rooms_sandbox.end_session(vendor, room)
    assert [(await task)["status"] for task in tasks] == ["success"] * 3


@pytest.mark.parametrize("vendor", TYPES)
async def test_a_room_closed_between_sessions_is_noticed(
    vendor: str, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (room,) = made(vendor)
    hook = get_rooms_hook(f"{vendor}_default")
    ends_at = now() + dt.timedelta(hours=1)
    waiting = trigger(vendor, room, purpose="ended", since=None, starts_at=now(), ends_at=ends_at)
    task = asyncio.create_task(first(waiting))
    rooms_sandbox.start_session(vendor, room)
    await asyncio.sleep(10 * INTERVAL)
    rooms_sandbox.end_session(vendor, room)
    await asyncio.sleep(5 * INTERVAL)
    assert not task.done()
    hook.close_room(room)
    event = await asyncio.wait_for(task, 10)
    assert len(event["value"]["sessions"]) == 1


@pytest.mark.parametrize("vendor", TYPES)
async def test_a_room_closed_before_anybody_came_is_noticed(vendor: str, rooms_sandbox: RoomsSandbox) -> None:
    rooms = made(vendor, 3)
    starts_at = now() + dt.timedelta(minutes=30)
    tasks = [asyncio.create_task(first(trigger(vendor, room, since=None, starts_at=starts_at))) for room in rooms]
    await asyncio.sleep(3 * INTERVAL)
    for room in rooms:
        get_rooms_hook(f"{vendor}_default").close_room(room)
    for event in await asyncio.wait_for(asyncio.gather(*tasks), 10):
        assert (event["status"], event["message"]) == ("skip", "The room was closed before anybody joined.")


# -- back in the task -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [None, "done", 5, [], {}, {"status": None}, {"status": "finished"}])
def test_events_of_nobody_are_told(event: Any) -> None:
    with pytest.raises(errors.PassingError, match="the result of the wait is unknown"):
        conclude(event)


def test_events_end_as_they_say() -> None:
    assert conclude({"status": "success", "value": 5}) == 5
    with pytest.raises(AirflowSkipException, match="nobody"):
        conclude({"status": "skip", "message": "nobody"})
    with pytest.raises(AirflowSensorTimeout, match="late"):
        conclude({"status": "timeout", "message": "late"})
    with pytest.raises(errors.NoShowError, match="nobody"):
        conclude({"status": "error", "message": "nobody", "error": "NoShowError", "context": {"vendor": "Acme"}})
    for unknown in ("NewError", "TYPE_CHECKING", None):
        with pytest.raises(errors.PermanentError, match="new"):
            conclude({"status": "error", "message": "new", "error": unknown, "context": None})
