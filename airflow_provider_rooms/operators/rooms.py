"""Operators for rooms. Importing this module loads no HTTP or token library, because DAG files are parsed often."""

from __future__ import annotations

import datetime as dt
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import AirflowSkipException, BaseOperator

from airflow_provider_rooms.links.rooms import RoomLink
from airflow_provider_rooms.tasks import (
    WithHook,
    WithRoomLink,
    WithSecrets,
    defers,
    give_retry_policy,
    push,
    push_url,
    timeout_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow.providers.common.compat.sdk import Context, XComArg

    from airflow_provider_rooms.models import Room, RoomSpec
    from airflow_provider_rooms.operators.batch import CreateRoomsOperator
    from airflow_provider_rooms.operators.closing import CloseRoomOperator, EndSessionOperator
    from airflow_provider_rooms.operators.invitations import SendInvitationOperator
    from airflow_provider_rooms.operators.reconcile import ReconcileRoomsOperator
    from airflow_provider_rooms.operators.recordings import (
        RecordingToStorageOperator,
        StartRecordingOperator,
        StopRecordingOperator,
    )
    from airflow_provider_rooms.operators.tables import ClassesToStorageOperator, SessionsToStorageOperator
    from airflow_provider_rooms.planning.orders import Order

__all__ = [
    "ClassesToStorageOperator",
    "CloseRoomOperator",
    "CreateRoomOperator",
    "CreateRoomsOperator",
    "EndSessionOperator",
    "ReconcileRoomsOperator",
    "RecordingToStorageOperator",
    "SendInvitationOperator",
    "SessionsToStorageOperator",
    "StartRecordingOperator",
    "StopRecordingOperator",
]

# A DAG file pays for the operators it uses: each module is loaded when one of its names is asked for.
_ELSEWHERE = {
    "ClassesToStorageOperator": "tables",
    "CloseRoomOperator": "closing",
    "CreateRoomsOperator": "batch",
    "EndSessionOperator": "closing",
    "ReconcileRoomsOperator": "reconcile",
    "RecordingToStorageOperator": "recordings",
    "SendInvitationOperator": "invitations",
    "SessionsToStorageOperator": "tables",
    "StartRecordingOperator": "recordings",
    "StopRecordingOperator": "recordings",
}


def __getattr__(name: str) -> Any:
    if name in _ELSEWHERE:
        return getattr(import_module(f"airflow_provider_rooms.operators.{_ELSEWHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class CreateRoomOperator(WithHook, WithSecrets, WithRoomLink, BaseOperator):
    """Make sure that a class has exactly one room: find it by name, or create it, then read it back and compare its
    settings.

    After a rerun, a clear or a lost worker there is still one usable room with that name. The return value is the room
    id; the XCom ``room`` contains ``{vendor, conn_id, id, name, state, outcome, created_at, starts_at, ends_at, ref,
    drift, unverified}``. A class that is over and has no room is skipped.

    :param conn_id: connection of a vendor's type; it selects the vendor.
    :param name: room name of ``[A-Za-z0-9_-]``, at most 64 characters, or a list of parts for
        :func:`~airflow_provider_rooms.names.room_name`. By default it is derived from DAG, run and task, so each run
        creates a new room. Required in mapped tasks.
    :param starts_at: when the class starts: an aware datetime, or ISO 8601 text with an offset.
    :param ends_at: when the class ends, in the same forms.
    :param description: text shown by the vendor.
    :param max_participants: how many people may be in the room at once.
    :param max_duration: how long a session may last, counted from the first join: a ``timedelta`` or seconds.
    :param record: whether a recording starts automatically.
    :param transcribe: whether speech is transcribed.
    :param region: where the media servers are, as one of the vendor's own region codes.
    :param webhook: ``{"url", "events"?, "method"?}``, or True for the connection's ``webhook_url``, so that the room's
        events are received (see :func:`~airflow_provider_rooms.events.room_events`); secret headers belong in the
        connection.
    :param options: the vendor's own request fields, with the vendor's names, or one such dict per connection type.
        Fields that this package does not know yet go into ``{"extra_body": {…}}``.
    :param ref: your own reference, passed on in the ``room`` XCom.
    :param spec: all of the above (except ``conn_id``) as one dict, for mapping; ``on_drift``, ``on_closed`` and
        ``create_ahead`` may be among its keys too.
    :param on_drift: what to do if the room with that name has other settings: ``fail``, ``ignore``, ``update``.
    :param on_closed: what to do if the room with that name was closed: ``fail`` or ``reopen``.
    :param create_ahead: how long before ``starts_at`` to create the room, a ``timedelta`` or seconds. For a vendor
        that closes unused rooms, it has a default and a limit; for other vendors, rooms are created at once by default.
    :param deferrable: wait without a worker slot. With ``False``, the task fails if the class is too far ahead.
    :raises InvalidSpecError: a parameter is invalid, or the vendor does not support it; raised before any request.
    :raises DriftError: the room exists with other settings, and ``on_drift`` is ``fail``.
    :raises RoomClosedError: the room was closed, and ``on_closed`` is ``fail``.
    :raises PassingError: the vendor cannot be reached or is overloaded; a retry may succeed.
    """

    template_fields: Sequence[str] = (
        "conn_id",
        "name",
        "starts_at",
        "ends_at",
        "description",
        "max_participants",
        "max_duration",
        "record",
        "transcribe",
        "region",
        "webhook",
        "options",
        "ref",
        "spec",
        "create_ahead",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"options": "json", "webhook": "json", "spec": "json"}
    may_hold_secrets = ("options", "spec", "webhook")
    operator_extra_links = (RoomLink(),)
    ui_color = "#e3f1ea"

    _SPEC_FIELDS: ClassVar[Sequence[str]] = template_fields[1:13]

    def __init__(
        self,
        *,
        conn_id: str,
        name: str | list[Any] | XComArg | None = None,
        starts_at: dt.datetime | str | XComArg | None = None,
        ends_at: dt.datetime | str | XComArg | None = None,
        description: str | XComArg | None = None,
        max_participants: int | str | XComArg | None = None,
        max_duration: dt.timedelta | float | str | XComArg | None = None,
        record: bool | str | XComArg | None = None,
        transcribe: bool | str | XComArg | None = None,
        region: str | XComArg | None = None,
        webhook: Mapping[str, Any] | bool | str | XComArg | None = None,
        options: Mapping[str, Any] | str | XComArg | None = None,
        ref: Any = None,
        spec: Mapping[str, Any] | str | XComArg | None = None,
        on_drift: str = "fail",
        on_closed: str = "fail",
        create_ahead: dt.timedelta | float | str | XComArg | None = None,
        deferrable: bool | None = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.name = name
        self.starts_at = starts_at
        self.ends_at = ends_at
        self.description = description
        self.max_participants = max_participants
        self.max_duration = max_duration
        self.record = record
        self.transcribe = transcribe
        self.region = region
        self.webhook = webhook
        self.options = options
        self.ref = ref
        self.spec = spec
        self.on_drift = on_drift
        self.on_closed = on_closed
        self.create_ahead = create_ahead
        self.deferrable = deferrable
        self._named = name is not None
        give_retry_policy(self)

    def execute(self, context: Context) -> str:
        """Create the room, or defer until it is time to create it."""
        from airflow_provider_rooms.errors import RoomsError
        from airflow_provider_rooms.planning.rows import without_room

        order = self._read_order(context)
        try:
            # Before any waiting: nobody should learn of a misspelt option minutes before class.
            for warning in order.plan(self.hook).warnings:
                self.log.warning("%s: %s", self.hook.vendor.title, warning)
            due = order.due(self.hook)
            if due is not None:
                self._wait(context, due, order.spec)
            return self._ensure(context, order)
        except RoomsError as error:
            # A task that fails pushes nothing by itself; the Rooms page shows the class all the same.
            self._push_without_room(context, partial(without_room, self.hook, order.spec, error=error))
            raise

    def execute_complete(self, context: Context, event: Any = None) -> str:
        """Back from waiting: nothing of the first instance is left, and nothing of it is needed."""
        return self.execute(context)

    def _push_without_room(self, context: Context, row: Callable[[], dict[str, Any]]) -> None:
        """Push the row of a class that has no room, where that much is known of it. It is not worth failing for."""
        from airflow_provider_rooms.errors import RoomsError

        try:
            push(context, "room", row())
        except RoomsError as error:
            self.log.debug("XCom 'room' could not be pushed: %s", error)

    def _read_order(self, context: Context) -> Order:
        from airflow_provider_rooms import values
        from airflow_provider_rooms.errors import InvalidSpecError
        from airflow_provider_rooms.names import room_name
        from airflow_provider_rooms.planning.orders import POLICIES, Order

        given = {field: getattr(self, field) for field in self._SPEC_FIELDS}
        # Their defaults are no choice of anybody's.
        given |= {field: getattr(self, field) for field in POLICIES if getattr(self, field) != "fail"}
        given = {field: value for field, value in given.items() if not values.not_given(value)}
        if self._named:  # whatever a template made of it: another name would be another room
            given["name"] = _missing_or(self.name)
        whole = values.read_object("spec", self.spec) or {}
        for key in whole:
            if key in given:
                raise InvalidSpecError(
                    f"{key}: set both as a parameter and in spec.", advice="Set only one of the two."
                )
        given.update(whole)
        if "name" in whole:
            given["name"] = _missing_or(whole["name"])
        if given.get("name") is None:
            ti = context["ti"]
            if getattr(ti, "map_index", -1) >= 0:
                raise InvalidSpecError(
                    "name is required in a mapped task: its map index is a position, not a class.",
                    advice='Set what identifies the class, such as name=["algebra-1", "2026-11-20"].',
                )
            given["name"] = room_name(ti.dag_id, ti.run_id, ti.task_id, max_length=self._name_room())
        return Order.read(given)

    def _name_room(self) -> int:
        from airflow_provider_rooms.names import MAX_LENGTH

        return MAX_LENGTH - len(self.hook.vendor.config.name_prefix)

    def _wait(self, context: Context, due: dt.datetime, spec: RoomSpec) -> None:
        from airflow_provider_rooms.errors import InvalidSpecError
        from airflow_provider_rooms.planning.rows import without_room
        from airflow_provider_rooms.triggers.rooms import MomentTrigger

        starts_at = spec.starts_at.isoformat() if spec.starts_at else ""
        if not defers(self, default=True):
            vendor = self.hook.vendor
            if vendor.longest_ahead is None:
                otherwise = f"remove create_ahead, because {vendor.title} keeps an unused room"
            else:
                otherwise = f"run it later, because {vendor.title} would have closed a room created now by then"
            raise InvalidSpecError(
                f"The class starts at {starts_at}, and its room must not be created before {due.isoformat()}.",
                vendor=vendor.title,
                advice=f"Remove deferrable=False, so that the task waits until then; or {otherwise}.",
            )
        self.log.info("The class starts at %s; the room will be created at %s.", starts_at, due.isoformat())
        now = dt.datetime.now(dt.UTC)
        until = timeout_at(self, context)
        if until is not None and until < due:
            self.log.warning(
                "execution_timeout (%s) is shorter than this wait and will end it.", self.execution_timeout
            )
        self._push_without_room(context, partial(without_room, self.hook, spec, outcome="not_due"))
        self.defer(
            trigger=MomentTrigger(moment=due.isoformat()),
            method_name="execute_complete",
            timeout=None if until is None else max(until - now, dt.timedelta()),
        )

    def _ensure(self, context: Context, order: Order) -> str:
        from airflow_provider_rooms.assets import report_rooms
        from airflow_provider_rooms.errors import ClassOverError
        from airflow_provider_rooms.planning.rows import without_room

        try:
            room = self.hook.ensure_room(order.spec, on_drift=order.on_drift, on_closed=order.on_closed)
        except ClassOverError as error:
            self._push_without_room(context, partial(without_room, self.hook, order.spec))
            raise AirflowSkipException(str(error)) from error
        self._report(room)
        push(context, "room", room.as_dict())
        push_url(context, self.hook.vendor.room_url(room.id))
        report_rooms(self, context, [room.as_dict()])
        return room.id

    def _report(self, room: Room) -> None:
        self.log.info("%s: room %s (%s) %s.", self.hook.vendor.title, room.id, room.name, room.outcome)
        for row in room.drift:
            self.log.warning("%s is %r, but %r was requested.", row["field"], row["actual"], row["asked"])
        if room.unverified:
            self.log.info("Sent, but not returned by the vendor, so not verified: %s.", ", ".join(room.unverified))


def _missing_or(name: Any) -> Any:
    """A name as a template gives it: native rendering makes None of the text that says that a variable was missing."""
    return "None" if name is None else name
