"""One look at an account for everybody who has the page open."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from vendor_traits import TRAITS

from airflow_provider_rooms.hooks import aget_rooms_hook
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.page import live
from airflow_provider_rooms.page.live import LASTS, Look, Looks, look_at
from airflow_provider_rooms.sandbox.client import RoomsSandbox

VENDORS = {traits.conn_id: traits.conn_type for traits in TRAITS}


@pytest.fixture
def vendors(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> RoomsSandbox:
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    return rooms_sandbox


class Counted:
    def __init__(self, seconds: float = 0.0) -> None:
        self.asked: list[str] = []
        self.time = 0.0
        self._seconds = seconds

    async def look(self, conn_id: str) -> Look:
        self.asked.append(conn_id)
        await asyncio.sleep(self._seconds)
        return Look(rooms={str(len(self.asked)): {}})

    def clock(self) -> float:
        return self.time


async def test_ten_viewers_at_once_are_one_look() -> None:
    counted = Counted(0.05)
    looks = Looks(counted.look, counted.clock)
    seen = await asyncio.gather(*(looks.at("school") for _ in range(10)))
    assert counted.asked == ["school"]
    assert all(one == seen[0] for one in seen)


async def test_a_look_lasts_a_quarter_of_a_minute() -> None:
    counted = Counted()
    looks = Looks(counted.look, counted.clock)
    for counted.time in (0, LASTS - 1, LASTS, LASTS + 1):
        await looks.at("school")
    await looks.at("other")
    assert counted.asked == ["school", "school", "other"]


async def test_old_looks_are_not_kept() -> None:
    counted = Counted()
    looks = Looks(counted.look, counted.clock)
    for number in range(50):
        await looks.at(str(number))
    counted.time = LASTS
    await looks.at("school")
    assert list(looks._newest) == ["school"]


async def test_a_viewer_who_leaves_ends_nobody_elses_look() -> None:
    counted = Counted(0.05)
    looks = Looks(counted.look, counted.clock)
    first = asyncio.ensure_future(looks.at("school"))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(looks.at("school"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).error is None
    assert counted.asked == ["school"]


async def test_a_slow_vendor_is_said_to_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 0.01)
    found = await Looks(Counted(5).look).at("school")
    assert found == Look(rooms={}, error="No response within 0 seconds.")


async def test_who_is_live_on_every_vendor(vendors: RoomsSandbox) -> None:
    looks = Looks()
    starts_at = dt.datetime.now(dt.UTC)
    for conn_id, vendor in VENDORS.items():
        async with (await aget_rooms_hook(conn_id)).aio as hook:
            spec = RoomSpec(starts_at=starts_at, ends_at=starts_at + dt.timedelta(hours=1))
            room = await hook.ensure_room(RoomSpec(**{**vars(spec), "name": "live"}))
            await hook.ensure_room(RoomSpec(**{**vars(spec), "name": "empty"}))
        vendors.start_session(vendor, room.id, ["ann", "bob"])
        found = await looks.at(conn_id)
        assert found.error is None
        assert list(found.rooms) == [room.id]
        assert found.rooms[room.id]["people"] == 2
        asked = len(vendors.requests(vendor))
        await asyncio.gather(*(looks.at(conn_id) for _ in range(10)))
        assert len(vendors.requests(vendor)) == asked


async def test_what_is_wrong_is_said_and_never_raised(vendors: RoomsSandbox) -> None:
    found = await Looks().at("nobody")
    assert found.rooms == {}
    assert "There is no connection 'nobody'" in str(found.error)


async def test_a_vendor_that_refuses_is_said(vendors: RoomsSandbox) -> None:
    vendors.fault(TRAITS[1].conn_type, status=401, times=5)
    assert TRAITS[1].kind.title in str((await look_or_error(TRAITS[1].conn_id)).error)


async def look_or_error(conn_id: str) -> Look:
    return await Looks(look_at).at(conn_id)
