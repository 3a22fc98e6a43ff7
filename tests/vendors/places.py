"""An account with rooms, whose lists may lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import flows
from vendor_traits import TRAITS_OF

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.transport.drivers import BlockingTransport
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.directory import Budget, Directory, read_directory
from airflow_provider_rooms.vendors.ensure import ensure_room
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Request, Response, Runtime, Sleep
from airflow_provider_rooms.vendors.rooms import close

NAMES = ("there", "differs", "cancelled", "new")


Answer = Callable[[Request, Any], Any]


class Clock:
    """Seconds that a test lets pass."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Place:
    """An account with three classes' rooms, and somebody else's; answers to its lists may lie."""

    def __init__(self, box: Any, conn_type: str, session: Any) -> None:
        self.box, self.conn_type, self.clock = box, conn_type, Clock()
        self.traits = TRAITS_OF[conn_type]
        self.asked: Mapping[str, Any] = self.traits.sample
        made = box.connection(conn_type)
        given = Config(
            conn_id="c", base_url=made["host"], key=made["login"], secret=made["password"], settings=made["extra"]
        )
        self.vendor: Any = vendor_class(conn_type)(given, runtime=Runtime(monotonic=self.clock))
        self.transport = BlockingTransport(session, given.base_url)
        self.sent: list[Request] = []
        #: What becomes of the answer to a list; what is done before each of them.
        self.lie: Answer = lambda request, body: body
        self.before: Callable[[int], None] = lambda number: None
        self.lists = 0

    def spec(self, name: str) -> RoomSpec:
        return RoomSpec.read({"name": name, **self.asked})

    def fill(self, others: int = 30) -> None:
        for number in range(others):
            self.run(self.vendor.create(f"other-{number}", self._plan(f"other-{number}")))
        self.ensure("there")
        self.run(ensure_room(self.vendor, RoomSpec.read({"name": "differs", **self.traits.other})))
        self.ensure("cancelled")
        self.run(close(self.vendor, "cancelled"))
        self.sent.clear()

    def _plan(self, name: str) -> Any:
        from airflow_provider_rooms.vendors.plans import make_plan

        return make_plan(self.vendor, RoomSpec.read({"name": name}))

    def run(self, flow: Any) -> Any:
        def perform(step: Any) -> Any:
            if isinstance(step, Sleep):
                self.clock.seconds += step.seconds
            if not isinstance(step, Request):
                return None
            self.sent.append(step)
            listed = step.method == "GET" and step.path.endswith("ooms")
            if not listed or {"name", "UniqueName"} & dict(step.query).keys():
                return self.transport.send(step)
            self.lists += 1
            self.before(self.lists)
            answer = self.transport.send(step)
            body = self.lie(step, json.loads(answer.body))
            return body if isinstance(body, Response) else replace(answer, body=json.dumps(body).encode())

        return flows.run(flow, perform)

    def ensure(self, name: str, **known: Any) -> Room:
        room: Room = self.run(ensure_room(self.vendor, self.spec(name), **known))
        return room

    def directory(self, *, rooms: int = 500, names: tuple[str, ...] = NAMES, creating: bool = True) -> Directory:
        """What the lists show, as for so many rooms."""
        specs = {name: self.spec(name) for name in names}
        budget = Budget(self.vendor, rooms, creating=creating)
        found: Directory = self.run(read_directory(self.vendor, specs, budget))
        return found

    def settle(self, directory: Directory) -> dict[str, str]:
        """Make sure of every room; how each ended."""
        ends: dict[str, str] = {}
        for name in NAMES:
            try:
                ends[name] = self.ensure(name, known=directory.take(name)).outcome or ""
            except errors.RoomsError as error:
                ends[name] = type(error).__name__
        return ends

    def rooms(self, name: str) -> list[Any]:
        return [room for room in self.box.rooms(self.conn_type) if str(room[self.traits.name_key]) == name]
