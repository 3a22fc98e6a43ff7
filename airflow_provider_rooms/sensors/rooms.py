"""Sensors for classes: started, ended, recorded. Importing this module loads no HTTP or token library.

All three wait in any mode (poke, reschedule, deferrable) with the same result, error and skip.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from airflow.providers.common.compat.sdk import (
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    BaseSensorOperator,
    PokeReturnValue,
    conf,
)

from airflow_provider_rooms.links.rooms import RoomLink
from airflow_provider_rooms.tasks import (
    WithHook,
    WithRoomLink,
    defers,
    give_retry_policy,
    push,
    push_url,
    timeout_at,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context, XComArg

    from airflow_provider_rooms.waiting.waits import Purpose, Seen, Wait

    Length: TypeAlias = dt.timedelta | float | str | XComArg
    Time: TypeAlias = dt.datetime | str | XComArg | None

__all__ = ["RecordingReadySensor", "SessionEndedSensor", "SessionStartedSensor"]

DEFERRABLE: bool = conf.getboolean("operators", "default_deferrable", fallback=False)
#: A trigger ends its wait itself at the sensor's timeout; should the triggerer be down, Airflow does so this much later.
TRIGGER_GRACE = dt.timedelta(minutes=5)
#: The dict's own times, where a room dict is given.
_CLASS_TIMES = ("starts_at", "ends_at")
#: What a trigger needs of a room dict to find the room; the rest is not kept in Airflow's database.
_WHICH = ("vendor", "id", "name", "outcome", *_CLASS_TIMES)


class _ClassSensor(WithHook, WithRoomLink, BaseSensorOperator):
    """What the three sensors share: a room, the window of the class, and three ways to wait."""

    purpose: ClassVar[Purpose]
    #: Parameters that are lengths of time, and those that are words.
    lengths: ClassVar[Sequence[str]] = ("early",)
    choices: ClassVar[Sequence[str]] = ()
    #: What "not given" means where the wait itself has another default.
    defaults: ClassVar[Mapping[str, Any]] = {}

    template_fields: Sequence[str] = ("conn_id", "room_id", "starts_at", "ends_at", "early", "since")
    operator_extra_links = (RoomLink(),)
    ui_color = "#e3ecf1"

    _pushed: str | None = None
    _seen: Seen | None = None

    def __init__(
        self,
        *,
        conn_id: str,
        room_id: str | Mapping[str, Any] | XComArg,
        starts_at: Time = None,
        ends_at: Time = None,
        early: Length = dt.timedelta(minutes=60),
        since: Time = None,
        deferrable: bool | None = DEFERRABLE,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.room_id = room_id
        self.starts_at = starts_at
        self.ends_at = ends_at
        self.early = early
        self.since = since
        self.deferrable = deferrable
        give_retry_policy(self)

    def execute(self, context: Context) -> Any:
        """Wait in the worker, by rescheduling, or in the triggerer."""
        try:
            if defers(self, default=DEFERRABLE):
                done = self.poke(context)
                return done.xcom_value if done else self._defer(context)
            if self.reschedule:
                return self._turn(context)
            return super().execute(context)
        except (AirflowSensorTimeout, AirflowTaskTimeout) as error:
            # Airflow overlooks ``never_fail`` for the first, and while it sleeps between two pokes both for the other.
            self._skip_if_soft(error)
            raise

    def _turn(self, context: Context) -> Any:
        """One poke of many: each asks Airflow when the first was, and is done again if Airflow is away just then."""
        from airflow_provider_rooms.hooks.outages import patiently

        return patiently("The start of this wait", partial(super().execute, context))

    def poke(self, context: Context) -> PokeReturnValue:
        """Poll once. Passing errors of the vendor do not end the wait; other errors do."""
        from airflow_provider_rooms.errors import PassingError, RoomsError
        from airflow_provider_rooms.waiting.handover import handover_of
        from airflow_provider_rooms.waiting.waits import decide

        try:
            wait = self._wait(context)
            try:
                seen = self._look(wait)
            except PassingError as error:
                self.log.warning("This poll failed; the next one will retry. %s", error)
                return PokeReturnValue(is_done=False)
            self._seen = seen
            self._push_url(context, seen.url)
            note = self.hook.vendor.runtime.note
            note("rooms.polls", 1, {"purpose": wait.purpose})
            verdict = decide(wait, seen, self.hook.vendor.now())
            if verdict is None:
                return PokeReturnValue(is_done=False)
            note("rooms.waits", 1, {"purpose": wait.purpose, "status": verdict.status})
            self.log.info("%s", verdict.message)
            handover = handover_of(verdict, seen, title=self.hook.vendor.title)
            return PokeReturnValue(is_done=True, xcom_value=self._conclude(context, handover))
        except RoomsError as error:
            self._skip_if_soft(error)
            raise

    def _look(self, wait: Wait) -> Seen:
        from airflow_provider_rooms.errors import AuthenticationError

        try:
            return self.hook.look(self._room(), wait)
        except AuthenticationError:
            # The secret may have been changed while we wait: once, the connection is looked up again.
            del self.hook
            return self.hook.look(self._room(), wait)

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """Back from the triggerer: nothing of the first instance is left, and everything is in the event."""
        from airflow_provider_rooms.errors import RoomsError

        self.room_url = None
        try:
            if isinstance(event, Mapping):
                self._push_url(context, event.get("room_url"))
                self.log.info("%s", event.get("message"))
            return self._conclude(context, event)
        except (RoomsError, AirflowSensorTimeout, AirflowTaskTimeout) as error:
            self._skip_if_soft(error)
            raise

    def _conclude(self, context: Context, event: Any) -> Any:
        """What was waited for, or its exception; the Rooms page is told of a recording first."""
        from airflow_provider_rooms.waiting.handover import conclude

        if isinstance(event, Mapping) and event.get("recording") and isinstance(event.get("room"), Mapping):
            starts_at = self._wait(context).starts_at
            self._push_recording(
                context,
                {
                    **event["room"],
                    "starts_at": starts_at.isoformat() if starts_at else None,
                    "recording": event["recording"],
                    "message": event.get("message"),
                },
            )
        return conclude(event)

    def _push_recording(self, context: Context, row: dict[str, Any]) -> None:
        """Push what became of a recording. It is not worth failing for."""
        from airflow_provider_rooms.errors import AirflowDownError

        try:
            push(context, "recording", row)
        except AirflowDownError as error:
            self.log.warning("The Rooms page does not show this recording. %s", error)

    def _skip_if_soft(self, error: BaseException) -> None:
        """Airflow's own ``soft_fail`` sees only some errors, and not the same ones in every mode."""
        if self.soft_fail or self.never_fail:
            raise AirflowSkipException(str(error)) from error

    def _defer(self, context: Context) -> Any:
        from airflow_provider_rooms.triggers.rooms import RoomTrigger

        room = self._room()
        # Without a hook Airflow is away: the triggerer looks the connection up again.
        now = self.hook.vendor.now() if "hook" in vars(self) else dt.datetime.now(dt.UTC)
        until, timeout = timeout_at(self, context), dt.timedelta(seconds=self.timeout)
        self.defer(
            trigger=RoomTrigger(
                conn_id=self.hook.conn_id,
                room=room if isinstance(room, str) else {key: str(room[key]) for key in _WHICH if room.get(key)},
                wait=self._wait(context).as_dict(),
                poll_interval=self.poke_interval,
                give_up_at=(now + timeout).isoformat(),
                task_timeout_at=until.isoformat() if until else None,
                seen=self._seen.as_dict() if self._seen else None,
                seen_at=now.isoformat(),
            ),
            method_name="execute_complete",
            timeout=(min(timeout, until - now) if until else timeout) + TRIGGER_GRACE,
        )

    def _push_url(self, context: Context, url: str | None) -> None:
        if url and url != self._pushed and push_url(context, url):
            self._pushed = url

    # -- parameters, which may come out of templates --------------------------------------------------------------------

    def _room(self) -> str | dict[str, Any]:
        from airflow_provider_rooms.values import read_room

        return read_room("room_id", self.room_id)

    def _wait(self, context: Context) -> Wait:
        from airflow_provider_rooms.values import not_given, read_seconds, read_time
        from airflow_provider_rooms.waiting.waits import Wait

        room = self._room()
        times = {name: read_time(name, getattr(self, name)) for name in _CLASS_TIMES}
        if isinstance(room, dict):
            times = {name: given or read_time(f"room_id.{name}", room.get(name)) for name, given in times.items()}
        since = read_time("since", self.since)
        if since is None and not any(times.values()):
            since = _run_start(context)
        given: dict[str, Any] = {name: read_seconds(name, getattr(self, name), zero=True) for name in self.lengths}
        given |= {name: getattr(self, name) for name in self.choices}
        given = {**self.defaults, **{name: value for name, value in given.items() if not not_given(value)}}
        return Wait(purpose=self.purpose, starts_at=times["starts_at"], ends_at=times["ends_at"], since=since, **given)


class SessionStartedSensor(_ClassSensor):
    """Wait until people are in the room. The return value is the session id.

    Only sessions that overlap the window of the class count (from ``early`` before ``starts_at`` to ``ends_at``), not
    last week's in the same room. ``on_no_show`` decides what happens if nobody joins; a room that is closed before
    anybody joined is a no-show.

    :param conn_id: connection of a vendor's type.
    :param room_id: the room's id, its name, or the ``room`` dict of a create task.
    :param starts_at: when the class starts: an aware datetime or ISO 8601 text with an offset (default: from the
        ``room`` dict).
    :param ends_at: when the class ends (default: from the ``room`` dict).
    :param early: how long before ``starts_at`` a session counts, a ``timedelta`` or seconds.
    :param since: without ``starts_at`` and ``ends_at``, sessions that ended before this do not count (default: the
        start of the data interval, or of the run if there is none).
    :param no_show_after: how long after ``starts_at`` a class that nobody joined is a no-show, a ``timedelta`` or
        seconds.
    :param on_no_show: what to do then: ``skip``, ``fail``, or ``value`` to succeed with None.
    :param deferrable: wait in the triggerer, without a worker slot.
    """

    purpose: ClassVar[Purpose] = "started"
    lengths: ClassVar[Sequence[str]] = ("early", "no_show_after")
    choices: ClassVar[Sequence[str]] = ("on_no_show",)
    template_fields: Sequence[str] = (*_ClassSensor.template_fields, "no_show_after", "on_no_show")

    def __init__(
        self,
        *,
        conn_id: str,
        room_id: str | Mapping[str, Any] | XComArg,
        no_show_after: Length = dt.timedelta(minutes=30),
        on_no_show: str = "skip",
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, room_id=room_id, **kwargs)
        self.no_show_after = no_show_after
        self.on_no_show = on_no_show


class SessionEndedSensor(_ClassSensor):
    """Wait until the class is over: nobody is in the room, and ``ends_at`` has passed or the room is closed.

    Without ``ends_at``, the class is over when a session has ended and nobody is in the room. The return value is
    ``{first_start, last_end, seconds, sessions}`` over all sessions of the class (such as a test before it, or the
    part after a break). ``seconds`` is the time in which somebody was in the room, ``sessions`` lists ``{id, room_id,
    started_at, ended_at, seconds}``.

    :param conn_id: connection of a vendor's type.
    :param room_id: the room's id, its name, or the ``room`` dict of a create task.
    :param starts_at: when the class starts: an aware datetime or ISO 8601 text with an offset (default: from the
        ``room`` dict).
    :param ends_at: when the class ends (default: from the ``room`` dict).
    :param early: how long before ``starts_at`` a session counts, a ``timedelta`` or seconds.
    :param since: without ``starts_at`` and ``ends_at``, sessions that ended before this do not count (default: the
        start of the data interval, or of the run if there is none).
    :param on_no_show: what to do if the class is over and nobody joined: ``value`` to succeed with no sessions,
        ``skip`` or ``fail``.
    :param deferrable: wait in the triggerer, without a worker slot.
    """

    purpose: ClassVar[Purpose] = "ended"
    choices: ClassVar[Sequence[str]] = ("on_no_show",)
    defaults: ClassVar[Mapping[str, Any]] = {"on_no_show": "value"}
    template_fields: Sequence[str] = (*_ClassSensor.template_fields, "on_no_show")

    def __init__(
        self, *, conn_id: str, room_id: str | Mapping[str, Any] | XComArg, on_no_show: str = "value", **kwargs: Any
    ) -> None:
        super().__init__(conn_id=conn_id, room_id=room_id, **kwargs)
        self.on_no_show = on_no_show


class RecordingReadySensor(_ClassSensor):
    """Wait until the class is over and its recordings are ready. The return value is a list of ``{id, session_id,
    kind, state, seconds, bytes}``.

    :param conn_id: connection of a vendor's type.
    :param room_id: the room's id, its name, or the ``room`` dict of a create task.
    :param starts_at: when the class starts: an aware datetime or ISO 8601 text with an offset (default: from the
        ``room`` dict).
    :param ends_at: when the class ends (default: from the ``room`` dict).
    :param early: how long before ``starts_at`` a session counts, a ``timedelta`` or seconds.
    :param since: without ``starts_at`` and ``ends_at``, sessions that ended before this do not count (default: the
        start of the data interval, or of the run if there is none).
    :param kind: ``recording``, ``track``, ``composition``, ``hls`` or ``transcript``. If a vendor records tracks only,
        ``recording`` means those.
    :param deadline: how long to wait for recordings after the end of the class, a ``timedelta`` or seconds.
    :param on_missing: ``skip`` or ``fail`` if they are not ready by then.
    :param on_failed: fail if ``any`` of them failed, or only if ``all`` did.
    :param deferrable: wait in the triggerer, without a worker slot.
    """

    purpose: ClassVar[Purpose] = "recording"
    lengths: ClassVar[Sequence[str]] = ("early", "deadline")
    choices: ClassVar[Sequence[str]] = ("kind", "on_missing", "on_failed")
    template_fields: Sequence[str] = (*_ClassSensor.template_fields, "kind", "deadline", "on_missing", "on_failed")

    def __init__(
        self,
        *,
        conn_id: str,
        room_id: str | Mapping[str, Any] | XComArg,
        kind: str = "recording",
        deadline: Length = dt.timedelta(minutes=60),
        on_missing: str = "skip",
        on_failed: str = "any",
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, room_id=room_id, **kwargs)
        self.kind = kind
        self.deadline = deadline
        self.on_missing = on_missing
        self.on_failed = on_failed


def _run_start(context: Context) -> dt.datetime | None:
    """Start of the data interval; of the run, where it has none."""
    run = context.get("dag_run")
    return context.get("data_interval_start") or getattr(run, "start_date", None)
