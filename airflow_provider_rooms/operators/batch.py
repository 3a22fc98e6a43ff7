"""The operator that creates many rooms in one task."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import AirflowSkipException, BaseOperator

from airflow_provider_rooms.links.rooms import RoomLink
from airflow_provider_rooms.tasks import RETURN_KEY, WithRoomLink, WithSecrets, give_retry_policy, push, push_url

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from airflow.providers.common.compat.sdk import Context, XComArg

    from airflow_provider_rooms.errors import PermanentError, RoomsError
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.models import Room
    from airflow_provider_rooms.planning.orders import Order

#: More at once than this is more than any vendor's limit of requests lets through.
MOST_AT_ONCE = 100
#: Seconds between two lines about progress.
REPORT_EVERY = 10.0
#: How many failures the error at the end names; the log and the XCom have all.
_MOST_NAMED = 10


class CreateRoomsOperator(WithSecrets, WithRoomLink, BaseOperator):
    """Make sure that each class of a list has its one room: all in one task, several at a time.

    Every spec is validated before the first request. The return value is a list in the order of the specs, of what
    :class:`~airflow_provider_rooms.operators.rooms.CreateRoomOperator` pushes as ``room``, with ``error`` in those
    that failed. It is pushed before the task fails. A retry finds the rooms that exist and creates those that are
    missing. It never waits. If a vendor would close the room before the class starts, the class has the outcome
    ``not_due`` and no id; let a later run create the room. A class that is over and has no room gets an ``error``, but
    does not fail the task.

    :param specs: a list of dicts with the parameters of ``CreateRoomOperator`` (all but ``deferrable``), or an
        ``XComArg`` that yields one; each needs a ``name`` and may have its own ``conn_id``.
    :param conn_id: the connection of specs that have no ``conn_id``.
    :param concurrency: how many rooms are created at the same time, 1 to 100. The vendor's limit of writes per second
        applies as well.
    :param on_error: ``fail`` if any room failed, or ``report`` to fail only if all did.
    :param max_rooms: reject longer lists.
    :raises InvalidSpecError: some specs are invalid. The message lists each of them; no room was created.
    :raises PassingError: some rooms failed and a retry may help; ``PermanentError`` if it would not.
    """

    template_fields: Sequence[str] = ("specs", "conn_id")
    template_fields_renderers: ClassVar[dict[str, str]] = {"specs": "json"}
    may_hold_secrets = ("specs",)
    operator_extra_links = (RoomLink(),)
    ui_color = "#e3f1ea"

    def __init__(
        self,
        *,
        specs: Sequence[Mapping[str, Any]] | str | XComArg,
        conn_id: str | None = None,
        concurrency: int = 10,
        on_error: str = "fail",
        max_rooms: int = 5000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.specs = specs
        self.conn_id = conn_id
        self.concurrency = concurrency
        self.on_error = on_error
        self.max_rooms = max_rooms
        self._hooks: dict[str, RoomsHook | PermanentError] = {}
        give_retry_policy(self)

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Validate all specs, create the rooms, push the results."""
        from airflow_provider_rooms.assets import report_rooms
        from airflow_provider_rooms.planning.orders import read_orders
        from airflow_provider_rooms.planning.rows import with_url

        concurrency, most = self._read_parameters()
        orders = read_orders(self.specs, self.conn_id, self._hook, most=most, warn=self.log.warning)
        batch = _Batch(orders, self.log)
        asyncio.run(batch.run(concurrency))
        results = [row for row in batch.results if row is not None]
        made = next((i for i, row in enumerate(results) if row["id"]), None)
        if made is not None:
            push_url(context, orders[made][0].vendor.room_url(results[made]["id"]))
        push(context, "rooms", [with_url(row, hook.vendor) for (hook, _), row in zip(orders, results, strict=True)])
        self._sum_up(context, batch, len(results))
        report_rooms(self, context, results)
        self._conclude(context, results, batch.failures)
        return results

    def _sum_up(self, context: Context, batch: _Batch, total: int) -> None:
        from airflow_provider_rooms.errors import ClassOverError
        from airflow_provider_rooms.planning.rows import summed_up

        over = sum(isinstance(error, ClassOverError) for error in batch.failures.values())
        failed = len(batch.failures) - over
        ready = total - len(batch.due) - len(batch.failures)
        text = summed_up(ready, total, batch.due, {"failed": failed, "over": over})
        self.log.info("%s.", text)
        push(context, "summary", text)

    def _read_parameters(self) -> tuple[int, int]:
        from airflow_provider_rooms.errors import InvalidSpecError
        from airflow_provider_rooms.values import read_choice, read_int

        read_choice("on_error", self.on_error, ("fail", "report"))
        concurrency, most = read_int("concurrency", self.concurrency), read_int("max_rooms", self.max_rooms)
        if concurrency is None or not 1 <= concurrency <= MOST_AT_ONCE:
            raise InvalidSpecError(f"concurrency: {self.concurrency!r} is not a number from 1 to {MOST_AT_ONCE}.")
        if most is None or most < 1:
            raise InvalidSpecError(f"max_rooms: {self.max_rooms!r} is not a number greater than 0.")
        return concurrency, most

    def _hook(self, conn_id: str) -> RoomsHook:
        from airflow_provider_rooms.errors import PermanentError
        from airflow_provider_rooms.hooks import get_rooms_hook

        # Thousands of specs may name one connection, also one that does not exist.
        if conn_id not in self._hooks:
            try:
                self._hooks[conn_id] = get_rooms_hook(conn_id)
            except PermanentError as error:
                self._hooks[conn_id] = error
        found = self._hooks[conn_id]
        if isinstance(found, PermanentError):
            raise found.with_traceback(None)
        return found

    def _conclude(
        self, context: Context, results: Sequence[dict[str, Any]], failures: Mapping[int, RoomsError]
    ) -> None:
        """Fail or skip if necessary; the results have been pushed before."""
        from airflow_provider_rooms.errors import ClassOverError, PassingError, PermanentError

        over = [index for index, error in failures.items() if isinstance(error, ClassOverError)]
        failed = sorted(set(failures) - set(over))
        if results and len(over) == len(results):
            push(context, RETURN_KEY, results)
            raise AirflowSkipException(
                "All classes are over and have no rooms. Rooms are not created for past classes."
            )
        if not failed or (self.on_error == "report" and len(failed) + len(over) < len(results)):
            return
        push(context, RETURN_KEY, results)
        # One that may pass is worth another try of the task; those that are permanent fail again, fast and without a call.
        passing = [error for error in failures.values() if not isinstance(error, PermanentError)]
        named = "\n".join(f"specs[{index}]: {failures[index]}" for index in failed[:_MOST_NAMED])
        more = f"\n… and {len(failed) - _MOST_NAMED} more." if len(failed) > _MOST_NAMED else ""
        raise (PassingError if passing else PermanentError)(
            f"{len(failed)} of {len(results)} rooms failed.\n{named}{more}",
            retry_after=max((error.retry_after or 0.0 for error in passing), default=0.0) or None,
        )


class _Batch:
    """Makes rooms, some at a time. What a room needs on its way is let go when it is there: only results stay."""

    def __init__(self, orders: Sequence[tuple[RoomsHook, Order]], log: Any) -> None:
        self.results: list[dict[str, Any] | None] = [None] * len(orders)
        self.failures: dict[int, RoomsError] = {}
        #: When the rooms that are not due yet will be.
        self.due: list[dt.datetime] = []
        self._orders = orders
        self._log = log
        self._counts: Counter[str] = Counter()
        self._started = self._reported = time.monotonic()

    async def run(self, concurrency: int) -> None:
        """Make all; ``results`` has one entry for each order then."""
        from airflow_provider_rooms.planning.making import make_rooms
        from airflow_provider_rooms.planning.rows import without_room

        due: list[int] = []
        for index, (hook, order) in enumerate(self._orders):
            when = order.due(hook)
            if when is None:
                due.append(index)
            else:
                self._log.info("specs[%d]: not created before %s.", index, when.isoformat())
                self.due.append(when)
                self._note(index, without_room(hook, order.spec, outcome="not_due"))
        orders = [self._orders[index] for index in due]
        await make_rooms(orders, lambda place, end: self._tell(due[place], end), concurrency=concurrency)
        self._report()

    def _tell(self, index: int, end: Room | Exception) -> None:
        from airflow_provider_rooms.errors import ClassOverError, RoomsError
        from airflow_provider_rooms.planning.rows import without_room

        if isinstance(end, Exception):
            error = end if isinstance(end, RoomsError) else _strange(end)
            # A class that is over fails nothing.
            level = logging.INFO if isinstance(error, ClassOverError) else logging.ERROR
            self._log.log(level, "specs[%d]: %s", index, error, exc_info=None if error is end else end)
            self.failures[index] = error
            hook, order = self._orders[index]
            self._note(index, without_room(hook, order.spec, error=error))
            return
        for row in end.drift:
            self._log.warning(
                "specs[%d]: %s is %r, but %r was requested.", index, row["field"], row["actual"], row["asked"]
            )
        self._note(index, end.as_dict())

    def _note(self, index: int, result: dict[str, Any]) -> None:
        self.results[index] = result
        self._counts[result["outcome"] or "failed"] += 1
        if time.monotonic() - self._reported >= REPORT_EVERY:
            self._report()

    def _report(self) -> None:
        self._reported = time.monotonic()
        done = self._counts.total()
        shown = ", ".join(f"{number} {outcome}" for outcome, number in sorted(self._counts.items()))
        self._log.info(
            "%d of %d rooms (%s) after %.1f s.",
            done,
            len(self._orders),
            shown or "none",
            self._reported - self._started,
        )


def _strange(unexpected: Exception) -> RoomsError:
    """An error that is none of ours; its text is left out, since nobody knows what is in it."""
    from airflow_provider_rooms.errors import RoomsError

    return RoomsError(f"{type(unexpected).__name__}: see the task's log.")
