"""`/control/behaviour`: what may be wrong with the lists of rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from sandbox_help import FACTS, create

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def make(client: httpx.Client, vendor: str, *names: str) -> None:
    for name in names:
        create(client, vendor, name).raise_for_status()


def listed(client: httpx.Client, vendor: str, name: str | None = None) -> list[str]:
    """Names in the list; or in that of one name."""
    facts = FACTS[vendor]
    body = client.get(facts.ROOMS, params={} if name is None else {facts.NAME_FILTER: name}).raise_for_status().json()
    return [item[facts.NAME] for item in body[facts.LISTED]]


def test_the_order_is_as_it_is_told(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    names = [f"room-{number}" for number in range(9)]
    make(client, vendor, *names)
    assert listed(client, vendor) == names[::-1]
    rooms_sandbox.behave(vendor, list_order="oldest")
    assert listed(client, vendor) == names
    rooms_sandbox.behave(vendor, list_order="any")
    assert len({tuple(listed(client, vendor)) for _ in range(9)}) > 1


def test_a_page_may_be_cut(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    make(client, vendor, "a", "b", "c")
    rooms_sandbox.behave(vendor, list_cut=True)
    assert listed(client, vendor) == ["c", "b"]
    assert listed(client, vendor, "a") == ["a"]


def test_a_room_may_come_into_the_list_late(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    make(client, vendor, "old")
    rooms_sandbox.advance(61)
    make(client, vendor, "new")
    rooms_sandbox.behave(vendor, list_lag_seconds=60)
    assert listed(client, vendor) == ["old"]
    assert listed(client, vendor, "new") == ["new"]
    # It is by the sandbox clock. Rooms that nobody uses may be closed after five minutes.
    rooms_sandbox.advance(60)
    assert listed(client, vendor) == ["new", "old"]


def test_a_list_may_be_stale(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    make(client, vendor, "old")
    rooms_sandbox.behave(vendor, list_stale=True)
    assert listed(client, vendor) == ["old"]
    make(client, vendor, "new")
    assert listed(client, vendor) == ["old"]
    assert listed(client, vendor, "new") == ["new"]
    rooms_sandbox.behave(vendor, list_stale=False)
    assert listed(client, vendor) == ["new", "old"]


@pytest.mark.parametrize(
    "wrong", [{"list_order": "size"}, {"list_cut": 1}, {"list_lag_seconds": -1}, {"list_lag_seconds": "long"}]
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object], web: httpx.Client, vendor: str) -> None:
    assert web.post("/control/behaviour", json={"vendor": vendor, **wrong}).status_code == 422
