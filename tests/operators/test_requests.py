"""What many rooms cost: an account's lists are read for all of them, within a budget, and tell as much as asking one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from accounts import CLASSES, ONE_BY_ONE, Account, most_beside_many
from vendor_traits import rows

from airflow_provider_rooms.sandbox.server import SandboxServer


@pytest.fixture
def account(airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Account]]:
    monkeypatch.setenv("AIRFLOW_CONN_ACCOUNT", "")
    servers: list[SandboxServer] = []

    def make(conn_type: str, *, shows: bool = True) -> Account:
        servers.append(SandboxServer().start())
        return Account(servers[-1], conn_type, shows=shows)

    yield make
    for server in servers:
        server.stop()


@pytest.mark.parametrize(("conn_type", "others", "shows", "limits"), rows("costs", "LIMITS"))
def test_many_rooms_cost_little_more_than_their_creates(
    conn_type: str, others: int, shows: bool, limits: tuple[float, ...], account: Callable[..., Account]
) -> None:
    place = account(conn_type, shows=shows)
    place.fill(others)
    (new, found, compared), costs = zip(*map(place.cost, (place.create, place.create, place.compare)), strict=True)
    assert {room["outcome"] for room in new} == {"created"}
    assert {room["outcome"] for room in found} == {"found"}
    assert [room["id"] for room in new] == [room["id"] for room in found]
    assert [room["unverified"] for room in new] == [room["unverified"] for room in found]
    assert compared["counts"] == {"exists": CLASSES, "orphans": 0}
    assert all(cost <= limit for cost, limit in zip(costs, limits, strict=True)), costs


@pytest.mark.parametrize("conn_type", ONE_BY_ONE)
def test_what_was_created_is_read_back_piece_by_piece(
    conn_type: str, account: Callable[..., Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_provider_rooms.planning.making.AT_ONCE", CLASSES // 10)
    place = account(conn_type)
    place.fill(150)
    new, cost = place.cost(place.create)
    assert {room["outcome"] for room in new} == {"created"}
    assert len({room["id"] for room in new}) == CLASSES
    assert cost <= 1.2
    assert all(room["unverified"] == [] for room in new)


@pytest.mark.parametrize("conn_type", ONE_BY_ONE)
@pytest.mark.slow
def test_a_huge_account_costs_little_more_than_asking_one_by_one(
    conn_type: str, account: Callable[..., Account]
) -> None:
    place = account(conn_type)
    place.fill(50_000)
    (new, found), costs = zip(*map(place.cost, (place.create, place.create)), strict=True)
    assert [room["id"] for room in new] == [room["id"] for room in found]
    assert len({room["id"] for room in new}) == CLASSES
    assert all(cost <= limit for cost, limit in zip(costs, most_beside_many(conn_type, 50_000), strict=False)), costs
