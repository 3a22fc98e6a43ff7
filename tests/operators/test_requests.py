"""What many rooms cost: an account's lists are read for all of them, within a budget, and tell as much as asking one by one."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from pushed import Pushed
from vendor_traits import TRAITS, facts, rows

from airflow_provider_rooms.operators.rooms import CreateRoomsOperator, ReconcileRoomsOperator
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sandbox.server import SandboxServer

CLASSES = 200
COSTS = facts("costs")
#: Requests per room: looked up, created and read back one by one; found; compared.
ONE_BY_ONE = {
    traits.conn_type: (traits.cost.absent + 1 + traits.cost.read_back, traits.cost.present, traits.cost.present)
    for traits in TRAITS
}


class Account:
    """A sandbox of its own, with so many rooms in each account."""

    def __init__(self, server: SandboxServer, conn_type: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.box = RoomsSandbox(server.url)
        self.server = server
        self.conn_type = conn_type
        self.facts = COSTS[conn_type]
        self.box.limit(conn_type)  # requests are counted here, not timed
        connection = self.box.connection(conn_type)
        connection["extra"] = {
            **connection["extra"],
            "name_prefix": "term-",
            "writes_per_second": 10_000,
            "reads_per_second": 10_000,
        }
        monkeypatch.setenv("AIRFLOW_CONN_ACCOUNT", json.dumps(connection))

    def fill(self, number: int) -> None:
        """Other people's rooms, a twentieth of them closed."""
        (vendor,) = (one for one in self.server.world.vendors.values() if one.conn_type == self.conn_type)
        for place in range(number):
            room = self.facts.add_room(vendor, f"other-{place}")
            if place % 20 == 0:
                self.facts.close(vendor, room)

    def cost(self, run: Callable[[], Any]) -> tuple[Any, float]:
        """What it returns, and the requests per class."""
        before = len(self.box.requests(self.conn_type))
        returned = run()
        return returned, (len(self.box.requests(self.conn_type)) - before) / CLASSES

    def specs(self) -> list[dict[str, Any]]:
        start = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
        times = {"starts_at": start.isoformat(), "ends_at": (start + dt.timedelta(hours=1)).isoformat()}
        return [{"name": f"class-{n}", **times, **self.facts.SETTINGS} for n in range(CLASSES)]

    def create(self) -> list[dict[str, Any]]:
        operator = CreateRoomsOperator(task_id="rooms", conn_id="account", specs=self.specs())
        return operator.execute({"ti": Pushed()})  # type: ignore[typeddict-item]

    def compare(self) -> dict[str, Any]:
        operator = ReconcileRoomsOperator(task_id="reconcile", conn_id="account", specs=self.specs())
        return operator.execute({"ti": Pushed()})  # type: ignore[typeddict-item]


@pytest.fixture
def account(airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    servers: list[SandboxServer] = []

    def make(conn_type: str) -> Account:
        servers.append(SandboxServer().start())
        return Account(servers[-1], conn_type, monkeypatch)

    yield make
    for server in servers:
        server.stop()


@pytest.mark.parametrize(("conn_type", "others", "shows", "limits"), rows("costs", "LIMITS"))
def test_many_rooms_cost_little_more_than_their_creates(
    conn_type: str, others: int, shows: bool, limits: tuple[float, ...], account: Callable[[str], Account]
) -> None:
    place = account(conn_type)
    if not shows:
        place.box.behave(conn_type, echo_config=False)
    place.fill(others)
    (new, found, compared), costs = zip(*map(place.cost, (place.create, place.create, place.compare)), strict=True)
    print(conn_type, others, shows, costs)  # noqa: T201 - the figures of the docs
    assert {room["outcome"] for room in new} == {"created"}
    assert {room["outcome"] for room in found} == {"found"}
    assert [room["id"] for room in new] == [room["id"] for room in found]
    assert [room["unverified"] for room in new] == [room["unverified"] for room in found]
    assert compared["counts"] == {"exists": CLASSES, "orphans": 0}
    assert all(cost <= limit for cost, limit in zip(costs, limits, strict=True)), costs


@pytest.mark.parametrize("conn_type", ONE_BY_ONE)
def test_a_huge_account_costs_little_more_than_asking_one_by_one(
    conn_type: str, account: Callable[[str], Account]
) -> None:
    place = account(conn_type)
    place.fill(50_000)
    costs = [place.cost(run)[1] for run in (place.create, place.create)]
    print(conn_type, 50_000, costs)  # noqa: T201
    assert costs[0] <= 1.1 * ONE_BY_ONE[conn_type][0]
    assert costs[1] <= 1.1 * ONE_BY_ONE[conn_type][1]
