"""Waits whose rooms must be asked for one by one pay for their tight minutes with their quiet ones."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import ExitStack
from typing import Any

import pytest
from vendor_traits import TRAITS, facts

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.triggers.purse import Purse
from airflow_provider_rooms.triggers.rooms import RoomTrigger
from airflow_provider_rooms.waiting.waits import Wait

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


class Account:
    """A clock, and what was sent."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sent = 0
        self.purse = Purse(lambda: NOW + dt.timedelta(seconds=self.seconds), lambda: self.sent)


def test_one_request_for_each_wait_and_interval() -> None:
    account = Account()
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(account.purse.shared_by(60))
        for _ in range(600):
            account.seconds += 1
            account.sent += account.purse.affords_one()
        assert account.sent == 30  # three waits for ten minutes
    account.seconds += 600
    assert not account.purse.affords_one()  # those that are gone pay no more


def test_what_was_saved_is_there_later() -> None:
    account = Account()
    with account.purse.shared_by(60):
        account.seconds += 600
        for _ in range(10):
            assert account.purse.affords_one()
            account.sent += 1
        assert not account.purse.affords_one()


def test_polls_under_way_count() -> None:
    account = Account()
    with account.purse.shared_by(60):
        account.seconds += 90
        with account.purse.promised():
            assert not account.purse.affords_one()
        assert account.purse.affords_one()


#: A vendor without a list of who is in which room.
ONE_BY_ONE = next(traits for traits in TRAITS if not facts("sessions")[traits.conn_type].LIVE_LISTED)
INTERVAL = 0.5


@pytest.mark.parametrize("waits", [1, pytest.param(12, marks=pytest.mark.slow)])
async def test_around_the_start_of_class_a_vendor_is_asked_no_more_than_once_per_wait_and_interval(
    waits: int, rooms_sandbox: RoomsSandbox, connections: None
) -> None:
    hook = get_rooms_hook(ONE_BY_ONE.conn_id)
    rooms = [hook.ensure_room({"name": f"class-{number}"}) for number in range(waits)]
    now = dt.datetime.now(dt.UTC)
    asked = Wait(purpose="started", starts_at=now, ends_at=now + dt.timedelta(hours=1))

    async def wait(room: Any) -> Any:
        waiting = RoomTrigger(
            conn_id=ONE_BY_ONE.conn_id,
            room=room.id,
            wait=asked.as_dict(),
            poll_interval=INTERVAL,
            give_up_at=(now + dt.timedelta(hours=1)).isoformat(),
        )
        async for event in waiting.run():
            return event.payload
        raise AssertionError("no event")

    before = len(rooms_sandbox.requests(ONE_BY_ONE.conn_type))
    tasks = [asyncio.create_task(wait(room)) for room in rooms]
    intervals = 12
    await asyncio.sleep(intervals * INTERVAL)
    sent = len(rooms_sandbox.requests(ONE_BY_ONE.conn_type)) - before
    looks = 4 * waits
    assert waits * intervals / 3 < sent <= waits * (intervals + 1) + looks
    for room in rooms:
        rooms_sandbox.start_session(ONE_BY_ONE.conn_type, room.id)
    events = await asyncio.wait_for(asyncio.gather(*tasks), 30)
    assert [event["status"] for event in events] == ["success"] * waits
