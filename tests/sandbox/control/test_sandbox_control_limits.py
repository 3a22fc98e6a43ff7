"""`/control/limits`: how many requests a second an account may make, and what it made of that."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_help import ANY, FACTS, create

from airflow_provider_rooms.sandbox.client import ControlError
from airflow_provider_rooms.sandbox.limits import Limit, Meter

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_what_the_vendors_document_is_on_from_the_start(rooms_sandbox: RoomsSandbox, vendor: str) -> None:
    limits = rooms_sandbox.limits(vendor)
    assert {lane: limits[lane] for lane in ("writes", "reads")} == FACTS[vendor].LIMITS


def test_one_request_too_many_is_refused_and_says_not_for_how_long(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str
) -> None:
    rooms_sandbox.limit(vendor, writes=1)
    assert create(client, vendor).is_success
    refused = create(client, vendor)
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers
    assert len(rooms_sandbox.rooms(vendor)) == 1
    seen = rooms_sandbox.limits(vendor)
    assert seen["refused"] == {"writes": 1, "reads": 0}
    assert seen["highest_offered"]["writes"] == 2
    assert seen["highest_allowed"]["writes"] == 1


def test_the_vendor_refuses_in_its_own_words(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    rooms_sandbox.limit(vendor, reads=1)
    client.get(FACTS[vendor].ROOMS)
    assert FACTS[vendor].is_throttled(client.get(FACTS[vendor].ROOMS).json())


def test_reads_leave_writes_alone(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    rooms_sandbox.limit(vendor, reads=1, writes=1)
    assert create(client, vendor).is_success
    path = FACTS[vendor].ROOMS
    assert client.get(path).is_success
    assert client.get(path).status_code == 429


def test_strangers_fill_nobodys_window(rooms_sandbox: RoomsSandbox, web: httpx.Client, anyone: httpx.Client) -> None:
    rooms_sandbox.limit(ANY, reads=1)
    for _ in range(3):
        assert web.get(f"/{ANY}{FACTS[ANY].ROOMS}").status_code == 401
    assert anyone.get(FACTS[ANY].ROOMS).is_success


def test_the_second_passes(rooms_sandbox: RoomsSandbox, anyone: httpx.Client) -> None:
    rooms_sandbox.limit(ANY, reads=1)
    assert anyone.get(FACTS[ANY].ROOMS).is_success
    rooms_sandbox.advance(60)  # the sandbox clock is not what the vendor's limit goes by
    assert anyone.get(FACTS[ANY].ROOMS).status_code == 429
    time.sleep(1.05)
    assert anyone.get(FACTS[ANY].ROOMS).is_success


def test_a_reset_puts_the_documented_limits_back(rooms_sandbox: RoomsSandbox, vendor: str) -> None:
    rooms_sandbox.limit(vendor, writes=FACTS[vendor].LIMITS["writes"] + 1)
    rooms_sandbox.reset()
    assert rooms_sandbox.limits(vendor)["writes"] == FACTS[vendor].LIMITS["writes"]


def test_bad_orders_are_refused(rooms_sandbox: RoomsSandbox, web: httpx.Client) -> None:
    with pytest.raises(ControlError, match="404"):
        rooms_sandbox.limit("zoom", writes=1)
    for order in ({"writes": -1, "reads": 0}, {"writes": 1}, {"writes": 1, "reads": 1, "extra": 1}):
        assert web.post("/control/limits", json={"vendor": ANY, **order}).status_code == 422


@given(
    gaps=st.lists(st.floats(min_value=0, max_value=2), max_size=60), most=st.integers(1, 5), refused_count=st.booleans()
)
def test_no_second_wherever_it_begins_sees_more_than_the_limit(
    gaps: list[float], most: int, refused_count: bool
) -> None:
    now = 0.0
    meter = Meter(Limit(writes=most, refused_count=refused_count), monotonic=lambda: now)
    allowed: list[float] = []
    offered: list[float] = []
    for gap in gaps:
        now += gap
        before = [moment for moment in (offered if refused_count else allowed) if moment > now - 1.0]
        fits = meter.allows("POST")
        assert fits == (len(before) < most)
        offered.append(now)
        if fits:
            allowed.append(now)
    assert meter.as_dict()["refused"]["writes"] == len(offered) - len(allowed)
