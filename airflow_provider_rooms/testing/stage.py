"""A stage for a class: the sandbox, a clock that the play moves, and a sensor that waits in one of three modes."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowSensorTimeout,
    AirflowSkipException,
    BaseSensorOperator,
    TaskDeferred,
)

try:
    from airflow.sdk.exceptions import AirflowRescheduleException
except ImportError:  # Airflow before 3.1
    from airflow.exceptions import AirflowRescheduleException

from airflow_provider_rooms.errors import NotFoundError
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.triggers.pool import Watch
from airflow_provider_rooms.vendors.exchange import Exchange
from airflow_provider_rooms.vendors.flow import Patience, Runtime
from airflow_provider_rooms.vendors.pace import Rate

if TYPE_CHECKING:
    import pytest

    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from airflow_provider_rooms.testing.traits import Traits

MODES = ("poke", "reschedule", "deferrable")
#: Minutes between two polls. The sandbox moves as far at each.
POLL = 5


@dataclass
class Outcome:
    """How the task ended: a value, a skip, or the name of the error; in terms that do not depend on ids or dates."""

    how: str
    value: Any = None
    message: str = ""

    def __str__(self) -> str:
        """Short enough for a cell."""
        if self.how != "value":
            return self.how
        if isinstance(self.value, dict):
            stays = ", ".join(f"{s['id']} {s['started_at']}-{s['ended_at']}" for s in self.value["sessions"])
            return f"[{stays}]"
        if isinstance(self.value, list):
            return f"{len(self.value)} {self.value[0]['state']}" if self.value else "[]"
        return str(self.value)


@dataclass
class Stage:
    """Where a situation is played. Minutes count from the start of the class.

    :param behind: how many seconds the vendor's clock is behind ours.
    """

    box: RoomsSandbox
    traits: Traits
    mode: str
    begin: int = -30
    behind: float = 0.0
    url: str | None = None
    sessions: list[str] = field(default_factory=list)
    restarts: list[float] = field(default_factory=list)
    _agenda: list[tuple[dt.datetime, Callable[[Stage], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ahead = 0.0
        self.sleeps = 0
        self.begun = self.now()
        self.starts_at = (self.now() + dt.timedelta(minutes=-self.begin)).replace(microsecond=0)
        self.vendor = self.traits.conn_type
        self.hook = get_rooms_hook(self.traits.conn_id)
        self.xcoms: dict[str, Any] = {}
        self.box.limit(self.vendor)  # hours of polls pass in a second here
        self.room = self.hook.ensure_room({"name": "algebra-1", **self.traits.remembered})

    # -- time -----------------------------------------------------------------------------------------------------------

    def now(self) -> dt.datetime:
        """Our time; the vendor's may be behind."""
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.ahead + self.behind)

    def at(self, minute: float) -> dt.datetime:
        """A minute of the class."""
        return self.starts_at + dt.timedelta(minutes=minute)

    def plan(self, minute: float, step: Callable[[Stage], None]) -> None:
        """Have something happen at a minute of the class."""
        self._agenda.append((self.at(minute), step))
        self._agenda.sort(key=lambda entry: entry[0])

    def advance(self, seconds: float) -> None:
        """Let time pass, with what it brings."""
        until = self.now() + dt.timedelta(seconds=seconds)
        while self._agenda and self._agenda[0][0] <= until:
            when, step = self._agenda.pop(0)
            self._move((when - self.now()).total_seconds())
            step(self)
        self._move((until - self.now()).total_seconds())

    def _move(self, seconds: float) -> None:
        if seconds > 0:
            self.box.advance(seconds)
            self.ahead += seconds

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put this clock in the place of the real ones."""
        # Airflow 2 keeps the base class elsewhere, and asks the database when the first poke was.
        base = BaseSensorOperator.__module__
        patch.setattr(f"{base}._orig_start_date", lambda **ti: self.begun, raising=False)
        patch.setattr(Exchange, "now", lambda exchange: self.now())
        patch.setattr(f"{base}.time", SimpleNamespace(sleep=self.advance, monotonic=lambda: self.now().timestamp()))
        patch.setattr(f"{base}.timezone", SimpleNamespace(utcnow=self.now))
        patch.setattr(Watch, "sleep", lambda watch, seconds: self._sleep(seconds))
        # Thousands of tokens are minted in one process here, and Airflow's masker keeps every one.
        patch.setattr("airflow_provider_rooms.hooks.base.Runtime", lambda **kwargs: Runtime())
        patch.setattr(Patience, "wait", self._before_retry)
        # The pace is about real seconds, of which there are none here.
        patch.setattr(Rate, "wait", lambda rate, ticket=None: (0.0, 0.0))

    def _before_retry(self, attempt: int, failure: Any, chance: float) -> float:
        """The transport sleeps by the real clock, so what it would sleep passes here."""
        self.advance(failure.retry_after or 1.0)
        return 0.001

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.sleeps += 1
        assert self.sleeps < 1000, "this wait does not end"
        self.advance(seconds)
        if self.restarts and self.now() >= self.at(self.restarts[0]):
            self.restarts.pop(0)
            raise TriggererKilledError

    # -- the sensor -----------------------------------------------------------------------------------------------------

    def wait(self, sensor: type, /, **params: Any) -> Outcome:
        """Run a sensor to its end."""
        given: dict[str, Any] = {
            "task_id": "wait",
            "conn_id": self.traits.conn_id,
            # of a room that is gone, its id alone says nothing
            "room_id": self.room.as_dict() if self.traits.closing == "deletes" else self.room.id,
            "starts_at": self.starts_at,
            "ends_at": self.at(60),
            "poke_interval": POLL * 60.0,
            "timeout": 6 * 3600.0,
            "mode": "reschedule" if self.mode == "reschedule" else "poke",
            "deferrable": self.mode == "deferrable",
        } | {name: value(self) if callable(value) else value for name, value in params.items()}
        self.begun = self.now()
        context = self._context()
        run = _deferred if self.mode == "deferrable" else _rescheduled
        try:
            return Outcome("value", self._plain(run(self, lambda: sensor(**given), context)))
        except AirflowSkipException as skip:
            return Outcome("skip", message=str(skip))
        except (AirflowException, AirflowSensorTimeout) as error:
            return Outcome(type(error).__name__, message=str(error))

    def _context(self) -> Any:
        def push(key: str, value: Any) -> None:
            self.xcoms[key] = json.loads(json.dumps(value))

        return pretended_context(push, lambda: self.begun)

    def _plain(self, value: Any) -> Any:
        """The value with ``s1``, ``r1`` … for ids and minutes of the class for times."""
        known: dict[str, str] = {}
        for number, session in enumerate(self.session_ids(), 1):
            known[session] = f"s{number}"
        return _renamed(json.loads(json.dumps(value)), known, self.starts_at)

    def session_ids(self) -> list[str]:
        """Ids of all sessions there were, oldest first."""
        rooms = {self.room.id, *(room[self.traits.id_key] for room in self.box.rooms(self.vendor))}
        found = [session for room in rooms for session in self._sessions(room)]
        return [session.id for session in sorted(found, key=lambda session: session.started_at)]

    def _sessions(self, room: str) -> list[Any]:
        try:
            return list(self.hook.sessions(room))
        except NotFoundError:
            return []  # the room is gone, and its sessions with it


def pretended_context(push: Callable[[str, Any], None], begun: Callable[[], dt.datetime]) -> Any:
    """What Airflow hands to a task, as far as a sensor looks at it.

    :param push: takes XComs.
    :param begun: when the first try began.
    """
    ti = SimpleNamespace(
        xcom_push=push,
        get_first_reschedule_date=lambda context: begun(),
        dag_id="d",
        task_id="wait",
        run_id="r",
        map_index=-1,
        max_tries=0,
    )
    return {"ti": ti, "dag_run": SimpleNamespace(start_date=begun()), "data_interval_start": None}


class TriggererKilledError(Exception):
    """The triggerer dies here."""


def _rescheduled(stage: Stage, make: Callable[[], Any], context: Any) -> Any:
    """Poke and reschedule: a rescheduled task is another instance each time."""
    while True:
        try:
            return make().execute(context)
        except AirflowRescheduleException as later:
            stage.advance((later.reschedule_date - stage.now()).total_seconds())


def _deferred(stage: Stage, make: Callable[[], Any], context: Any) -> Any:
    """Deferrable: the trigger goes through JSON as through the database, and the task resumes as another instance."""
    try:
        return make().execute(context)
    except TaskDeferred as deferred:
        path, kwargs = deferred.trigger.serialize()
        # dag.test() drops these, so nothing may depend on them.
        method = deferred.method_name if deferred.kwargs is None else "kwargs must not be used"
    stored = json.dumps(kwargs)
    module, _, name = path.rpartition(".")
    while True:
        trigger = getattr(import_module(module), name)(**json.loads(stored))
        try:
            event = json.loads(json.dumps(asyncio.run(_first_event(trigger))))
            break
        except TriggererKilledError:
            continue
    return make().resume_execution(method, {"event": event}, context)


async def _first_event(trigger: Any) -> Any:
    async for event in trigger.run():
        return event.payload
    raise AssertionError("the trigger ended without an event")


def _renamed(value: Any, known: dict[str, str], start: dt.datetime) -> Any:
    if isinstance(value, dict):
        plain = {key: _renamed(item, known, start) for key, item in value.items() if key != "room_id"}
        return plain if "kind" in plain else {k: round(v / 60) if k == "seconds" else v for k, v in plain.items()}
    if isinstance(value, list):
        return [_renamed(item, known, start) for item in value]
    if isinstance(value, str):
        if value in known:
            return known[value]
        try:
            return round((dt.datetime.fromisoformat(value) - start).total_seconds() / 60)
        except ValueError:
            return value
    return value
