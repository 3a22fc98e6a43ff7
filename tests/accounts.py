"""A vendor's account of any size in a sandbox, and what it costs there to create, find and compare the rooms of a term."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from typing import Any

from pushed import Pushed
from vendor_traits import TRAITS, facts

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


def most_beside_many(conn_type: str, others: int) -> tuple[float, float, float]:
    """Requests that a new room, one that is there, and one that is compared may cost beside more rooms than are worth a list.

    To compare an account is to read its list of open rooms as well: the others are orphans.
    """
    new, found, compared = ONE_BY_ONE[conn_type]
    return 1.1 * new, 1.1 * found, 1.1 * (compared + others / COSTS[conn_type].PAGE / CLASSES)


class Account:
    """An account in a sandbox of its own, without limits of requests per second; the connection ``account`` leads to it.

    :param shows: whether the vendor shows the settings of rooms, where that is unknown.
    """

    def __init__(self, server: SandboxServer, conn_type: str, *, shows: bool = True) -> None:
        self.box = RoomsSandbox(server.url)
        self.server = server
        self.conn_type = conn_type
        self.facts = COSTS[conn_type]
        self.box.limit(conn_type)  # requests are counted here, not timed
        if not shows:
            self.box.behave(conn_type, echo_config=False)
        connection = self.box.connection(conn_type)
        more = {"name_prefix": "term-", "writes_per_second": 10_000, "reads_per_second": 10_000}
        connection["extra"] = {**connection["extra"], **more}
        os.environ["AIRFLOW_CONN_ACCOUNT"] = json.dumps(connection)

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
        """The classes of the term."""
        start = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
        times = {"starts_at": start.isoformat(), "ends_at": (start + dt.timedelta(hours=1)).isoformat()}
        return [{"name": f"class-{n}", **times, **self.facts.SETTINGS} for n in range(CLASSES)]

    def create(self) -> list[dict[str, Any]]:
        """Make sure of their rooms; the rows."""
        operator = CreateRoomsOperator(task_id="rooms", conn_id="account", specs=self.specs())
        return operator.execute({"ti": Pushed()})  # type: ignore[typeddict-item]

    def compare(self) -> dict[str, Any]:
        """Compare them with the account; the report."""
        operator = ReconcileRoomsOperator(task_id="reconcile", conn_id="account", specs=self.specs())
        return operator.execute({"ti": Pushed()})  # type: ignore[typeddict-item]
