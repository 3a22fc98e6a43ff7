"""The operator that compares a timetable with the rooms that exist."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_rooms.links.rooms import RoomLink
from airflow_provider_rooms.tasks import (
    RETURN_KEY,
    WithHook,
    WithRoomLink,
    WithSecrets,
    give_retry_policy,
    push,
    push_url,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.providers.common.compat.sdk import Context, XComArg

    from airflow_provider_rooms.models import Room
    from airflow_provider_rooms.planning.lookups import Planned

_MISSING = ("report", "create", "fail")
_ORPHANS = ("report", "close")
#: Of what is wrong this many are named in an error; the log and the XCom have all.
_MOST_NAMED = 10
#: What the summary says of classes whose room is not ready.
_IN_WORDS: Mapping[str, str] = {
    "missing": "missing",
    "differs": "with other settings",
    "closed": "closed",
    "refused": "refused",
    "unknown": "not looked up",
    "over": "over",
}


class ReconcileRoomsOperator(WithHook, WithSecrets, WithRoomLink, BaseOperator):
    """Compare the classes that are planned with the rooms that exist, under the ``name_prefix`` of a connection.

    By default it only reads: it logs for each class whether its room exists, would be created, differs, is closed or
    would be refused, and which open rooms belong to no class (orphans). With ``within`` and ``missing="fail"`` it is
    the alarm "no room ten minutes before class"::

        ReconcileRoomsOperator(task_id="alarm", conn_id="rooms", specs=todays_specs,
                               within=timedelta(minutes=10), missing="fail")

    The return value, pushed before the task fails, is ``{"counts": {verdict: n}, "classes": […], "orphans": […]}``.
    Each class has ``name``, ``id``, ``verdict`` (``exists``, ``missing``, ``created``, ``not_due``, ``differs``,
    ``closed``, ``over``, ``refused``, ``unknown``), ``drift`` and ``told``; each orphan ``id``, ``name``,
    ``created_at`` and ``outcome`` (``left``, ``closed``, ``occupied``).

    The connection must have a ``name_prefix``: without one, every other room in the account would be an orphan.

    :param conn_id: connection of a vendor's type.
    :param specs: a list of dicts as for ``CreateRoomsOperator``, such as those of ``Class.spec()``; *all* classes
        whose rooms have the prefix, because the rooms of others count as orphans. Specs with another ``conn_id`` are
        ignored.
    :param within: only classes that start within this time or are running: a ``timedelta`` or seconds. Orphans are
        determined from all specs.
    :param missing: ``report`` rooms that are missing, ``create`` them, or ``fail`` at once, without retries.
    :param orphans: ``report`` them or ``close`` them. A room with people in it stays open.
    :param max_close: if there are more orphans than this, none is closed and the task fails, because most likely specs
        are missing.
    :raises UnsupportedError: the connection has no ``name_prefix``.
    :raises NotFoundError: classes have no usable room, and ``missing`` is ``fail``.
    """

    template_fields: Sequence[str] = ("conn_id", "specs", "within")
    template_fields_renderers: ClassVar[dict[str, str]] = {"specs": "json"}
    may_hold_secrets = ("specs",)
    operator_extra_links = (RoomLink(),)
    ui_color = "#e3f1ea"

    def __init__(
        self,
        *,
        conn_id: str,
        specs: Sequence[Mapping[str, Any]] | str | XComArg,
        within: dt.timedelta | float | str | XComArg | None = None,
        missing: str = "report",
        orphans: str = "report",
        max_close: int = 20,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.specs = specs
        self.within = within
        self.missing = missing
        self.orphans = orphans
        self.max_close = max_close
        give_retry_policy(self)

    def execute(self, context: Context) -> dict[str, Any]:
        """Look up all rooms, push the report, create or close rooms as configured, then fail if necessary."""
        from airflow_provider_rooms.planning.lookups import plan_account, summary

        specs = self._read()
        ours, nameless = self._names(specs)
        planned, orphans = plan_account(self._due(specs), self.hook, lambda room: self._is_orphan(room, ours))
        for one in planned:
            fine = one.finding.verdict in ("exists", "not_due", "over")
            (self.log.info if fine else self.log.warning)("%s", one)
        for room in orphans:
            self.log.info("orphan: %s (id %s), created %s, belongs to no class.", room.name, room.id, room.created_at)
        for line in summary(planned):
            self.log.info("%s; %d orphans", line, len(orphans))
        classes = [one.as_dict() for one in planned]
        failures = self._create(planned, classes) if self.missing == "create" else []
        refused = sum(one.finding.verdict == "refused" for one in planned)
        outcomes, refusal = self._close(orphans, specs, max(refused, nameless))
        found = next((row["id"] for row in classes if row["id"]), None)
        if found:
            push_url(context, self.hook.vendor.room_url(found))
        result = _result(classes, orphans, outcomes)
        # Pushed here, because a task that fails pushes nothing.
        push(context, RETURN_KEY, result)
        self._push_rows(context, planned, classes)
        self._fail(classes, failures, refusal)
        return result

    def _push_rows(self, context: Context, planned: Sequence[Planned], classes: Sequence[Mapping[str, Any]]) -> None:
        """The rows that the Rooms page shows, and the same in one line."""
        from airflow_provider_rooms.planning.rows import row_of, summed_up

        verdicts = Counter(row["verdict"] for row in classes)
        due = [one.finding.due for one in planned if one.finding.verdict == "not_due" and one.finding.due]
        ready = verdicts["exists"] + verdicts["created"]
        text = summed_up(ready, len(classes), due, {words: verdicts[verdict] for verdict, words in _IN_WORDS.items()})
        self.log.info("%s.", text)
        rows = [row_of(one, row, self.hook.vendor) for one, row in zip(planned, classes, strict=True)]
        push(context, "rooms", rows)
        push(context, "summary", text)

    # -- what was given -------------------------------------------------------------------------------------------------

    def _read(self) -> list[Mapping[str, Any]]:
        from airflow_provider_rooms import values
        from airflow_provider_rooms.errors import InvalidSpecError, UnsupportedError

        values.read_choice("missing", self.missing, _MISSING)
        values.read_choice("orphans", self.orphans, _ORPHANS)
        if values.read_int("max_close", self.max_close) is None:
            raise InvalidSpecError("max_close: expected a whole number.")
        if not self.hook.vendor.config.name_prefix:
            raise UnsupportedError(
                f"Connection {self.conn_id!r} has no name_prefix, so every room in the account would be compared.",
                vendor=self.hook.vendor.title,
                advice="Set name_prefix in the connection. Rooms created before that keep their names and are not "
                "included.",
            )
        specs: list[Mapping[str, Any]] = []
        for index, given in enumerate(values.read_list("specs", self.specs, of="dicts")):
            spec = values.read_object(f"specs[{index}]", given) or {}
            if values.read_key("conn_id", spec.get("conn_id")) in (None, self.hook.conn_id):
                specs.append(spec)
        return specs

    def _due(self, specs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The specs of classes that start soon or are running; those without a start are always meant."""
        from airflow_provider_rooms import values
        from airflow_provider_rooms.errors import InvalidSpecError

        seconds = values.read_seconds("within", self.within)
        if seconds is None:
            return list(specs)
        soon = self.hook.vendor.now() + dt.timedelta(seconds=seconds)

        def due(spec: Mapping[str, Any]) -> bool:
            try:
                start, end = (values.read_time(name, spec.get(name)) for name in ("starts_at", "ends_at"))
            except InvalidSpecError:
                return True  # it is told with the others that are wrong
            return (start is None or start <= soon) and (end is None or end > self.hook.vendor.now())

        return [spec for spec in specs if due(spec)]

    # -- orphans --------------------------------------------------------------------------------------------------------

    def _names(self, specs: Sequence[Mapping[str, Any]]) -> tuple[set[str], int]:
        """The folded names of all rooms that belong to specs of whatever day, and how many specs name none."""
        from airflow_provider_rooms.errors import InvalidSpecError
        from airflow_provider_rooms.models import RoomSpec
        from airflow_provider_rooms.names import fold, resolve_name

        vendor = self.hook.vendor
        ours: set[str] = set()
        nameless = 0
        for spec in specs:
            try:
                name = resolve_name(RoomSpec.read({"name": spec.get("name")}).name, prefix=vendor.config.name_prefix)
            except InvalidSpecError:
                nameless += 1
                continue
            ours |= {fold(one) for one in vendor.names_of(name)}
        return ours, nameless

    def _is_orphan(self, room: Room, ours: set[str]) -> bool:
        """Whether an open room has our prefix and belongs to no spec."""
        from airflow_provider_rooms.names import fold

        name = room.name or ""
        return name.startswith(self.hook.vendor.config.name_prefix) and fold(name) not in ours

    def _close(
        self, orphans: Sequence[Room], specs: Sequence[Mapping[str, Any]], wrong: int
    ) -> tuple[dict[str, str], str | None]:
        """What became of each orphan, and why nothing was closed if that was wished and refused."""
        if self.orphans == "report" or not orphans:
            return {}, None
        if wrong:
            return {}, f"{wrong} specs are invalid, so their rooms cannot be identified"
        if not specs:
            return {}, "specs is empty, so every room would be an orphan"
        if len(orphans) > int(self.max_close):
            return {}, f"{len(orphans)} rooms belong to no class, more than max_close={self.max_close}"
        outcomes: dict[str, str] = {}
        for room in orphans:
            if self.hook.occupied(room):
                self.log.warning("orphan: people are in room %s (%s), so it stays open.", room.id, room.name)
                outcomes[room.id] = "occupied"
                continue
            self.hook.close_room(room.as_dict())
            self.log.info("orphan: closed room %s (%s).", room.id, room.name)
            outcomes[room.id] = "closed"
        return outcomes, None

    # -- what is missing ------------------------------------------------------------------------------------------------

    def _create(self, planned: Sequence[Planned], classes: list[dict[str, Any]]) -> list[Exception]:
        """Make the rooms that are missing; what was found of them in ``classes`` becomes what they are now."""
        from airflow_provider_rooms.errors import ClassOverError, RoomsError
        from airflow_provider_rooms.planning.lookups import AT_ONCE
        from airflow_provider_rooms.planning.making import make_rooms
        from airflow_provider_rooms.planning.orders import Order

        failures: list[Exception] = []
        missing: list[tuple[Planned, dict[str, Any], Order]] = []
        for one, row in zip(planned, classes, strict=True):
            if one.finding.verdict in ("missing", "closed"):
                order = Order.read({key: value for key, value in one.spec.items() if key != "conn_id"})
                if one.finding.verdict == "missing" or order.on_closed == "reopen":
                    missing.append((one, row, order))

        def tell(index: int, end: Room | Exception) -> None:
            one, row, _ = missing[index]
            if isinstance(end, ClassOverError):
                row["verdict"] = "over"
            elif isinstance(end, RoomsError):
                self.log.error("%s: %s", one.label, end)
                row["told"] = str(end)
                failures.append(end)
            elif isinstance(end, Exception):
                raise end
            else:
                self.log.info("%s: room %s (%s) %s.", one.label, end.id, end.name, end.outcome)
                row.update(verdict="created" if end.outcome != "found" else "exists", id=end.id, drift=end.drift)

        asyncio.run(make_rooms([(self.hook, order) for _, _, order in missing], tell, concurrency=AT_ONCE))
        return failures

    def _fail(self, classes: Sequence[dict[str, Any]], failures: Sequence[Exception], refusal: str | None) -> None:
        from airflow_provider_rooms.errors import InvalidSpecError, NotFoundError, PassingError, PermanentError

        def listed(verdicts: Sequence[str]) -> tuple[int, str]:
            rows = [row for row in classes if row["verdict"] in verdicts]
            named = "\n".join(
                f"  {row['name'] or row['ref']}: {row['told'] or row['verdict']}" for row in rows[:_MOST_NAMED]
            )
            return len(rows), named + (f"\n  and {len(rows) - _MOST_NAMED} more" if len(rows) > _MOST_NAMED else "")

        title = self.hook.vendor.title
        if self.missing == "fail":
            count, named = listed(("missing", "closed", "refused"))
            if count:
                raise NotFoundError(f"{count} of {len(classes)} classes have no usable room:\n{named}", vendor=title)
        if self.missing == "create":
            count, named = listed(("refused",))
            if count:
                raise InvalidSpecError(f"{count} specs are invalid:\n{named}", vendor=title)
        if failures:
            passing = any(isinstance(error, PassingError) for error in failures)
            raise (PassingError if passing else PermanentError)(
                f"{len(failures)} rooms could not be created: {failures[0]}", vendor=title
            )
        if refusal:
            raise InvalidSpecError(
                f"orphans: no room was closed, because {refusal}.",
                vendor=title,
                advice="Check the log, then increase max_close.",
            )
        count, named = listed(("unknown",))
        if count:
            raise PassingError(f"{count} of {len(classes)} rooms could not be looked up:\n{named}", vendor=title)


def _result(classes: Sequence[dict[str, Any]], orphans: Sequence[Room], outcomes: Mapping[str, str]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for row in classes:
        counts[row["verdict"]] = counts.get(row["verdict"], 0) + 1
    return {
        "counts": {**counts, "orphans": len(orphans)},
        "classes": list(classes),
        "orphans": [
            {"id": room.id, "name": room.name, "created_at": room.created_at, "outcome": outcomes.get(room.id, "left")}
            for room in orphans
        ],
    }
