"""A vendor's account of any size in the sandbox, and what it costs there to create, find and compare the rooms of a term."""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.operators.rooms import CreateRoomsOperator, ReconcileRoomsOperator
from airflow_provider_rooms.sandbox.client import RoomsSandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_rooms.sandbox.server import SandboxServer

CLASSES = 200
#: Requests per room: looked up, created and read back one by one; found; compared.
ONE_BY_ONE = {"videosdk": (3, 1, 1), "hundredms": (4, 2, 2), "twilio_video": (3, 1, 1)}
#: Real settings, as people ask for them.
SETTINGS: dict[str, dict[str, Any]] = {
    "videosdk": {"region": "in002", "max_duration": 5400, "record": True, "webhook": {"url": "https://x.example/h"}},
    "hundredms": {"region": "eu", "max_duration": 5400, "max_participants": 40, "description": "Room 12"},
    "twilio_video": {"region": "us1", "max_duration": 5400, "max_participants": 40, "record": True},
}


#: Rooms on a page of an account's list.
PAGE = {"videosdk": 100, "hundredms": 100, "twilio_video": 1000}


def most(conn_type: str, others: int) -> tuple[float, float, float]:
    """Requests that a new room, one that is there, and one that is compared may cost beside so many others.

    To compare an account is to read its list of open rooms as well, whose other rooms are orphans.
    """
    if others > 5_000:
        new, found, compared = ONE_BY_ONE[conn_type]
        return 1.1 * new, 1.1 * found, 1.1 * (compared + others / PAGE[conn_type] / CLASSES)
    if others > 400 and conn_type != "twilio_video":
        return 1.6, 0.3, 0.3
    return 1.2, 0.1, 0.15


class Account:
    """An account in a sandbox of its own, without limits of requests per second.

    :param shows: whether the vendor shows the settings of rooms, where that is unknown.
    """

    def __init__(self, server: SandboxServer, conn_type: str, *, shows: bool = True) -> None:
        self.box = RoomsSandbox(server.url)
        self.conn_type = conn_type
        (self._vendor,) = (one for one in server.world.vendors.values() if one.conn_type == conn_type)
        self.box.limit(conn_type)  # requests are counted here, not timed
        if "echo_config" in self._vendor.switches:
            self.box.behave(conn_type, echo_config=shows)
        connection = self.box.connection(conn_type)
        more = {"name_prefix": "term-", "writes_per_second": 10_000, "reads_per_second": 10_000}
        connection["extra"] = {**connection["extra"], **more}
        os.environ["AIRFLOW_CONN_ACCOUNT"] = json.dumps(connection)

    def fill(self, number: int) -> None:
        """Other people's rooms, a twentieth of them closed."""
        vendor: Any = self._vendor
        template = (vendor.store.default_template,) if self.conn_type == "hundredms" else ()
        close: dict[str, Callable[[Any], Any]] = {
            "videosdk": lambda room: vendor.store.deactivate(room),
            "hundredms": lambda room: setattr(room, "enabled", False),
            "twilio_video": lambda room: vendor.store.complete(room),
        }
        for place in range(number):
            room = vendor.store.add_room(f"other-{place}", *template, {}, 0.0)
            if place % 20 == 0:
                close[self.conn_type](room)

    def cost(self, run: Callable[[], Any]) -> tuple[Any, float]:
        """What it returns, and the requests per class."""
        before = len(self.box.requests(self.conn_type))
        returned = run()
        return returned, (len(self.box.requests(self.conn_type)) - before) / CLASSES

    def specs(self) -> list[dict[str, Any]]:
        """The classes of the term."""
        start = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
        times = {"starts_at": start.isoformat(), "ends_at": (start + dt.timedelta(hours=1)).isoformat()}
        return [{"name": f"class-{n}", **times, **SETTINGS[self.conn_type]} for n in range(CLASSES)]

    def create(self) -> list[dict[str, Any]]:
        """Make sure of their rooms; the rows."""
        operator = CreateRoomsOperator(task_id="rooms", conn_id="account", specs=self.specs())
        return operator.execute({"ti": _Notes()})  # type: ignore[typeddict-item]

    def compare(self) -> dict[str, Any]:
        """Compare them with the account; the report."""
        operator = ReconcileRoomsOperator(task_id="reconcile", conn_id="account", specs=self.specs())
        return operator.execute({"ti": _Notes()})  # type: ignore[typeddict-item]


class _Notes:
    """The part of a task instance that an operator writes to."""

    def xcom_push(self, key: str, value: Any) -> None:
        """Nothing is kept."""
