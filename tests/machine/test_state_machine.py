"""Anything, in any order: whatever workers, people, networks and clocks do, there is at most one usable room of a name.

Workers are flows that are advanced one request at a time, so that hypothesis decides who goes next, who is killed and
when. People close rooms and change settings, faults strike, the vendors' clock moves on. Workers of a batch know names from
lists that may be out of order, cut, late or stale, and are read while rooms are closed and opened.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from vendor_traits import TRAITS_OF, TYPES, facts

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.transport.drivers import BlockingTransport
from airflow_provider_rooms.transport.network import blocking_session
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.directory import Budget, read_directory
from airflow_provider_rooms.vendors.ensure import ensure_room
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Patience, Request, Runtime, Sleep
from airflow_provider_rooms.vendors.plans import make_plan
from airflow_provider_rooms.vendors.rooms import close

#: Runs per vendor; `make fuzz` takes many more.
EXAMPLES = int(os.environ.get("ROOMS_MACHINE_EXAMPLES", "12"))
NAMES = ("algebra", "botany")
#: What may be wrong with the lists of rooms.
LISTS: dict[str, dict[str, Any]] = {
    "right": {},
    "cut": {"list_cut": True},
    "late": {"list_lag_seconds": 300},
    "stale": {"list_stale": True},
}
USUAL: dict[str, Any] = {"list_cut": False, "list_lag_seconds": 0, "list_stale": False}
#: Rooms of others, which make the lists longer than a page.
OTHERS = 11
#: Errors that may end a worker when nothing is broken.
DECIDED = (errors.DriftError, errors.RoomClosedError, errors.ClassOverError)


@dataclass(eq=False)
class Worker:
    """A flow on its way."""

    flow: Any
    name: str
    asked: dict[str, Any]
    on_drift: str
    #: How often the world had been changed by others when it began.
    began: int
    answer: Any = None
    failure: Any = None
    own: int = 0
    result: Room | None = None
    error: BaseException | None = None

    @property
    def ended(self) -> bool:
        return self.result is not None or self.error is not None


@dataclass
class Clock:
    """Seconds that pass when a flow sleeps, and not otherwise."""

    seconds: float = 0.0
    ahead: float = 0.0

    def __call__(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return time.time() + self.ahead


@dataclass
class Scene:
    """What the machine of one vendor stands on."""

    conn_type: str
    box: Any
    session: Any = field(default_factory=blocking_session)


def make_machine(scene: Scene) -> type[RuleBasedStateMachine]:
    """The machine for one vendor."""
    traits = TRAITS_OF[scene.conn_type]
    listed = facts("directory")[scene.conn_type]
    lists = {**LISTS, **listed.WRONG}

    class Rooms(RuleBasedStateMachine):
        workers = Bundle("workers")

        @initialize()
        def begin_anew(self) -> None:
            scene.box.reset()
            scene.box.limit(scene.conn_type)  # our seconds pass faster than the sandbox's
            self.clock = Clock()
            made = scene.box.connection(scene.conn_type)
            config = Config(
                conn_id="c", base_url=made["host"], key=made["login"], secret=made["password"], settings=made["extra"]
            )
            runtime = Runtime(
                # Tokens have the time in them.
                wall=time.time if traits.renews_token else self.clock.wall,
                monotonic=self.clock,
                random=lambda: 0.5,
            )
            patience = Patience(tries=3, first_wait=1, longest_wait=4, deadline=60, total=200)
            self.vendor = vendor_class(scene.conn_type)(config, runtime=runtime, patience=patience)
            self.transport = BlockingTransport(scene.session, config.base_url)
            #: How often anybody changed anything.
            self.changes = 0
            self.faults = False
            #: What the lists showed of each name, and how often the world had been changed by then.
            self.seen: list[tuple[int, dict[str, Any]]] = []
            #: How often it had been changed when the lists became stale; None while they are not.
            self.stale_since: int | None = None
            for number in range(OTHERS):
                plan = make_plan(self.vendor, RoomSpec.read({"name": f"other-{number}"}))
                self._run(self.vendor.create(plan.name, plan))

        # -- workers ----------------------------------------------------------------------------------------------------

        @rule(
            target=workers,
            name=st.sampled_from(NAMES),
            variant=st.integers(0, 2),
            on_drift=st.sampled_from(["fail", "ignore", "update"] if traits.updates else ["fail", "ignore"]),
            on_closed=st.sampled_from(["fail", "reopen"]),
            back=st.integers(0, 3),
        )
        def a_worker_begins(self, name: str, variant: int, on_drift: str, on_closed: str, back: int) -> Worker:
            return self._worker(name, ({}, dict(traits.sample), dict(traits.other))[variant], on_drift, on_closed, back)

        def _worker(self, name: str, asked: dict[str, Any], on_drift: str, on_closed: str, back: int = 0) -> Worker:
            """It may know the name from a list that was read some time ago.

            :param back: how many lists ago; 0 for a worker that looks it up.
            """
            spec = RoomSpec.read({"name": name, **asked})
            began, known = self.seen[-back] if 0 < back <= len(self.seen) else (self.changes, {})
            asks: Any = {"on_drift": on_drift, "on_closed": on_closed, "known": known.get(name)}
            return Worker(ensure_room(self.vendor, spec, **asks), name, asked, on_drift, began)

        @rule(
            order=st.sampled_from(["newest", "oldest", "any"]),
            wrong=st.sampled_from(sorted(lists)),
            variant=st.integers(0, 2),
            switched=st.sampled_from([None, *NAMES]),
            before=st.integers(1, 7),
        )
        def somebody_reads_the_lists(
            self, order: str, wrong: str, variant: int, switched: str | None, before: int
        ) -> None:
            """Before one of the requests, a room may be closed, or opened again."""
            scene.box.behave(scene.conn_type, list_order=order, **{**USUAL, **listed.USUAL, **lists[wrong]})
            if wrong != "stale":
                self.stale_since = None
            elif self.stale_since is None:
                self.stale_since = self.changes
            specs = {
                name: RoomSpec.read({"name": name, **({}, dict(traits.sample), dict(traits.other))[variant]})
                for name in NAMES
            }
            flow = read_directory(self.vendor, specs, Budget(self.vendor, 100, creating=True))
            began = self.changes if self.stale_since is None else self.stale_since
            if wrong == "late" and listed.UNSEEN:
                began = -1  # what is in no list yet may be overwritten or brought back, as the promise says
            there = {name for name in NAMES if self._rooms(name)}
            sent = 0

            def between(step: Any) -> None:
                nonlocal sent
                sent += isinstance(step, Request)
                if switched is not None and sent == before and isinstance(step, Request):
                    for item in self._rooms(switched):
                        self._run(listed.switch(self.vendor, self.vendor.room(item)))
                        self.changes += 1

            try:
                directory = self._run(flow, between)
            except errors.RoomsError:
                if not self.faults:
                    raise
                return
            known = {name: directory.take(name) for name in NAMES}
            if listed.OVERWRITES and wrong in ("right", "cut"):
                assert not [name for name in there if known[name] is not None and known[name].existing is None]
            self.seen.append((began, known))

        @rule(target=workers, worker=consumes(workers))
        def it_does_one_thing(self, worker: Worker) -> Any:
            self._advance(worker)
            return multiple() if worker.ended else worker

        @rule(worker=consumes(workers))
        def it_goes_on_to_its_end(self, worker: Worker) -> None:
            self._finish(worker)

        @rule(worker=consumes(workers))
        def it_is_killed(self, worker: Worker) -> None:
            worker.flow.close()

        @rule(name=st.sampled_from(NAMES))
        def all_is_well_and_the_class_takes_place(self, name: str) -> None:
            """Without a fault the room comes about, whatever was before."""
            scene.box.clear_faults()
            self.faults = False
            worker = self._worker(name, {}, "ignore", "reopen")
            self._finish(worker)
            assert worker.result is not None, worker.error
            assert worker.result.id in self._usable(name)

        def _run(self, flow: Any, between: Callable[[Any], None] = lambda step: None) -> Any:
            """Run a flow to its end on our clock: a transport's own `run` would sleep for as long as it is told.

            :param between: called before each step.
            """
            answer, failure = None, None
            try:
                while True:
                    step = flow.throw(failure) if failure else flow.send(answer)
                    between(step)
                    answer, failure = self._perform(step)
            except StopIteration as end:
                return end.value

        def _finish(self, worker: Worker) -> None:
            for _ in range(300):
                if worker.ended:
                    return
                self._advance(worker)
            raise AssertionError("the flow does not end")

        def _advance(self, worker: Worker) -> None:
            failure, worker.failure = worker.failure, None
            try:
                step = worker.flow.throw(failure) if failure else worker.flow.send(worker.answer)
            except StopIteration as end:
                worker.result = end.value
                self._check(worker)
                return
            except errors.RoomsError as error:
                worker.error = error
            if worker.error is not None:
                assert self.faults or isinstance(worker.error, DECIDED), repr(worker.error)
                return
            if isinstance(step, Request) and step.method == "POST":
                self.changes += 1
                worker.own += 1
            worker.answer, worker.failure = self._perform(step)

        def _perform(self, step: Any) -> tuple[Any, Exception | None]:
            """The answer to a step, or how it failed."""
            if isinstance(step, Sleep):
                self.clock.seconds += step.seconds
                return None, None
            assert isinstance(step, Request)
            try:
                return self.transport.send(step), None
            except errors.PassingError as error:
                return None, error

        def _check(self, worker: Worker) -> None:
            room = worker.result
            assert room is not None
            assert room.id in [self._id(item) for item in self._rooms(worker.name)]
            if self.changes - worker.own != worker.began:
                return  # somebody else had a hand in it meanwhile
            assert room.state == "open"
            assert self._usable(worker.name) == [room.id]
            if worker.on_drift != "ignore":
                assert room.drift == []
                spec = RoomSpec.read({"name": worker.name, **worker.asked})
                (item,) = (item for item in self._rooms(worker.name) if self._id(item) == room.id)
                assert self.vendor.drift(item, make_plan(self.vendor, spec))[0] == []

        # -- the world ----------------------------------------------------------------------------------------------------

        @rule(name=st.sampled_from(NAMES))
        def somebody_closes_the_room(self, name: str) -> None:
            scene.box.clear_faults()
            for room_id in self._usable(name):
                self._run(close(self.vendor, room_id))
                self.changes += 1

        @precondition(lambda self: traits.updates)
        @rule(name=st.sampled_from(NAMES))
        def somebody_changes_the_room(self, name: str) -> None:
            scene.box.clear_faults()
            for room_id in self._usable(name):
                self._run(self.vendor.post(f"{self.vendor.rooms.path}/{room_id}", {"description": "changed by hand"}))
                self.changes += 1

        @rule(
            kind=st.sampled_from(
                ["drop_before", "drop_after", 429, 500, 503, "garbage", "garbage after work", "lost 504"]
            ),
            method=st.sampled_from(["GET", "POST", "*"]),
            times=st.integers(1, 4),
        )
        def something_breaks(self, kind: Any, method: str, times: int) -> None:
            self.faults = True
            if isinstance(kind, int):
                scene.box.fault(scene.conn_type, "status", status=kind, method=method, times=times)
            elif kind == "lost 504":
                scene.box.fault(scene.conn_type, "status", status=504, work=True, method=method, times=times)
            elif kind.startswith("garbage"):
                work = kind.endswith("work")
                scene.box.fault(scene.conn_type, "body", body="<html>", work=work, method=method, times=times)
            else:
                scene.box.fault(scene.conn_type, kind, method=method, times=times)

        @rule(minutes=st.sampled_from([1, 4, 30, 61, 240]))
        def time_passes(self, minutes: int) -> None:
            scene.box.advance(60 * minutes)
            self.clock.ahead += 60 * minutes
            self.changes += 1

        @rule(name=st.sampled_from(NAMES), leave=st.booleans())
        def people_come(self, name: str, leave: bool) -> None:
            for room_id in self._usable(name):
                scene.box.start_session(scene.conn_type, room_id, ["Ada"])
                if leave:
                    scene.box.end_session(scene.conn_type, room_id)

        # -- what holds ---------------------------------------------------------------------------------------------------

        @invariant()
        def one_usable_room_of_a_name_at_most(self) -> None:
            for name in NAMES:
                assert len(self._usable(name)) <= 1

        def _rooms(self, name: str) -> list[dict[str, Any]]:
            """Rooms of the name and those that took over from them."""
            return [
                item
                for item in scene.box.rooms(scene.conn_type)
                if str(item[traits.name_key]).partition("-r")[0] == name
            ]

        def _id(self, item: dict[str, Any]) -> str:
            return self.vendor.room(item).id

        def _usable(self, name: str) -> list[str]:
            if not hasattr(self, "vendor"):
                return []
            return [self._id(item) for item in self._rooms(name) if self.vendor.room(item).state == "open"]

    return Rooms


@pytest.mark.parametrize("conn_type", TYPES)
def test_whatever_happens_there_is_one_usable_room_of_a_name(
    conn_type: str, rooms_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts("directory")[conn_type].small_pages(monkeypatch, TRAITS_OF[conn_type].vendor)
    with blocking_session() as session:
        run_state_machine_as_test(
            make_machine(Scene(conn_type, rooms_sandbox, session)),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
