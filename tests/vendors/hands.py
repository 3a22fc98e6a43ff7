"""Flows run against the sandbox by hand: without really sleeping, and with others who act between two requests."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import flows

from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.transport.drivers import BlockingTransport
from airflow_provider_rooms.transport.network import blocking_session
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.ensure import ensure_room
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Request, Response, Sleep
from airflow_provider_rooms.vendors.rooms import close, find


class Hand:
    """Runs flows against the sandbox without really sleeping, and lets others act before a request."""

    def __init__(self, box: Any, conn_type: str, session: Any, **config: Any) -> None:
        self.box, self.conn_type = box, conn_type
        made = box.connection(conn_type)
        usual = {
            "conn_id": "c",
            "base_url": made["host"],
            "key": made["login"],
            "secret": made["password"],
            "settings": made["extra"],
        }
        given = Config(**{**usual, **config})
        self.vendor: Any = vendor_class(conn_type)(given)
        self.transport = BlockingTransport(session, given.base_url)
        self.sent: list[str] = []
        self.slept: list[float] = []

    def run(self, flow: Any, *meanwhile: tuple[int, Callable[[], Any]]) -> Any:
        """Its result.

        :param meanwhile: what happens before the request of that number, counted from 1.
        """
        numbers = count(1)

        def perform(step: Any) -> Response | None:
            if isinstance(step, Sleep):
                self.slept.append(step.seconds)
            if not isinstance(step, Request):
                return None
            self.sent.append(step.method)
            number = next(numbers)
            for when, act in meanwhile:
                if when == number:
                    act()
            return self.transport.send(step)

        return flows.run(flow, perform)

    def ensure(self, *meanwhile: tuple[int, Callable[[], Any]], name: str = "algebra", **given: Any) -> Any:
        asks = {key: given.pop(key) for key in ("on_drift", "on_closed") if key in given}
        return self.run(ensure_room(self.vendor, RoomSpec.read({"name": name, **given}), **asks), *meanwhile)

    def close(self, name: str = "algebra") -> None:
        """Somebody else closes the room."""
        other = Hand(self.box, self.conn_type, blocking_session())
        other.run(close(other.vendor, name))

    def rooms(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.box.rooms(self.conn_type)
        return found

    def make(self, name: str) -> Room:
        """A room as somebody else makes it: by one request, without a rule of ours."""
        vendor = self.vendor
        answer = self.run(vendor.submit(vendor.rooms.path, vendor.a_room(), {vendor.key_field: name}))
        made: Room = vendor.room(answer)
        return made

    def cost(self, ref: Any) -> tuple[Room, int]:
        """The room that a reference leads to, and the requests for that."""
        before = len(self.sent)
        found: Room = self.run(find(self.vendor, ref))
        return found, len(self.sent) - before
