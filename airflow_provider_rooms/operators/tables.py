"""Operators that write what was planned and what happened to your own storage, as tables."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_rooms.extras import PARQUET
from airflow_provider_rooms.tasks import WithHook, WithOutput, WithSecrets, give_retry_policy

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from airflow.providers.common.compat.sdk import Context, XComArg

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.tables.rows import Row

#: Vendors show a leave a moment after it, and a page that is reloaded is a leave and a join: until then, in seconds, nobody
#: knows which sessions of an interval are over.
SETTLED_AFTER = 60.0
#: Seconds between two lines about progress.
REPORT_EVERY = 10.0


class _TableOperator(WithOutput, BaseOperator):
    """Writes rows into one file, whole or not at all."""

    to: Any

    def check_format(self) -> None:
        """Make sure that the format can be written; called when the DAG file is parsed.

        :raises MissingExtraError: a library is not installed.
        """
        if isinstance(self.to, str) and self.to.endswith(".parquet"):
            PARQUET.require()

    def write(self, context: Context, table: str, rows: Iterable[Row]) -> dict[str, Any]:
        """Write the file and report it.

        :returns: ``{path, rows, bytes}``.
        """
        from airflow.providers.common.compat.sdk import ObjectStoragePath

        from airflow_provider_rooms.assets import report_file
        from airflow_provider_rooms.tables.columns import TABLES
        from airflow_provider_rooms.tables.files import writer_for
        from airflow_provider_rooms.tables.storage import whole_file

        target = ObjectStoragePath(self.to)
        described = TABLES[table]
        columns = [{"name": column.name, "type": column.type} for column in described.columns]
        with whole_file(target, columns=columns) as path:
            number = writer_for(target.name)(path, described, self._counted(rows))
            size = path.stat().st_size
        self.log.info("Wrote %d rows (%d bytes) of %s to %s.", number, size, table, self.to)
        report_file(self, context, str(target), {"path": self.to, "rows": number})
        return {"path": self.to, "rows": number, "bytes": size}

    def check_target(self) -> None:
        """Refuse a target that cannot be written, before anything is read.

        :raises InvalidSpecError: no storage, or no format, of ours.
        """
        from airflow.providers.common.compat.sdk import ObjectStoragePath

        from airflow_provider_rooms.tables.files import writer_for
        from airflow_provider_rooms.tables.storage import read_target

        self.to = read_target(self.to, example="attendance/{{ ds }}.csv")
        writer_for(ObjectStoragePath(self.to).name)

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        started = reported = time.monotonic()
        for number, row in enumerate(rows, 1):
            yield row
            if time.monotonic() - reported >= REPORT_EVERY:
                reported = time.monotonic()
                self.log.info("%d rows after %.1f s.", number, reported - started)


class SessionsToStorageOperator(WithHook, _TableOperator):
    """Write what happened in an interval as a table, to any location that Airflow's ``ObjectStoragePath`` can write to.

    A session belongs to the interval in which it ended; a live one is left to a later interval, so consecutive
    intervals contain every session once. Every file of a table has the same columns, even if it has no rows. A file is
    complete or does not exist, and a rerun replaces it. The return value is ``{path, rows, bytes}``; the same path and
    rows are the extra of an asset in ``outlets``.

    :param conn_id: connection of a vendor's type.
    :param table: ``sessions``, ``attendance`` (a row per person and session), ``recordings`` (started in the interval)
        or ``rooms`` (created in it).
    :param to: the target; its file extension selects the format: ``.csv``, ``.jsonl`` or ``.parquet`` (extra
        ``tables``), such as ``s3://conn@bucket/attendance/{{ ds }}.parquet`` or ``file:///data/attendance/{{ ds
        }}.csv``.
    :param since: start of the interval, included. In Airflow 3, a plain cron schedule has no data interval: use
        ``CronDataIntervalTimetable``.
    :param until: end of the interval, not included.
    :param prefix: only rooms whose name starts with this (the connection's ``name_prefix`` is prepended).
    :param people: ``keep``; ``hash`` to replace the identity by a hash that is the same every day, without the name;
        or ``leave_out``.
    :raises InvalidSpecError: a parameter is invalid; nothing was read.
    """

    template_fields: Sequence[str] = ("conn_id", "table", "to", "since", "until", "prefix", "people")
    ui_color = "#e3f1ea"

    def __init__(
        self,
        *,
        conn_id: str,
        to: str,
        table: str = "sessions",
        since: dt.datetime | str | XComArg = "{{ data_interval_start }}",
        until: dt.datetime | str | XComArg = "{{ data_interval_end }}",
        prefix: str = "",
        people: str = "keep",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.table = table
        self.to = to
        self.since = since
        self.until = until
        self.prefix = prefix
        self.people = people
        self.check_format()
        give_retry_policy(self)

    def execute(self, context: Context) -> dict[str, Any]:
        """Validate everything, wait until the sessions of the interval are final, write the file."""
        from airflow_provider_rooms.tables.columns import HAPPENED
        from airflow_provider_rooms.tables.people import PEOPLE, shown_as
        from airflow_provider_rooms.tables.rows import rows_of
        from airflow_provider_rooms.values import read_choice

        table = read_choice("table", self.table, HAPPENED)
        people = read_choice("people", self.people, PEOPLE)
        self.check_target()
        vendor = self.hook.vendor
        shown = shown_as(people, vendor.config)
        span = self.hook.span(self.since, self.until, self.prefix)
        self._settle(span.until)
        requests = _count_requests(self.hook)
        told = self.write(context, table, rows_of(table, self.hook, span, shown))
        self.log.info("%s: %d requests.", vendor.title, len(requests))
        return told

    def _settle(self, until: dt.datetime) -> None:
        ago = (self.hook.vendor.now() - until).total_seconds()
        if ago < 0:
            self.log.warning(
                "The interval is not over yet. Sessions that end before %s are missing from the file; run the "
                "task again after that.",
                until,
            )
        elif ago < SETTLED_AFTER:
            wait = SETTLED_AFTER - ago
            self.log.info("The interval ended %.0f s ago; waiting %.0f s until sessions are final.", ago, wait)
            time.sleep(wait)


class ClassesToStorageOperator(WithSecrets, _TableOperator):
    """Write the planned classes as a table ``classes``, in the same format as the other tables.

    ``room_name`` is the key: what was planned and what happened can be joined by it. The return value is
    ``{path, rows, bytes}``.

    :param specs: a list of dicts with the parameters of ``CreateRoomOperator``, such as those of a timetable's
        classes, or an ``XComArg`` that yields one; each may have a ``conn_id`` of its own.
    :param to: the target, as in :class:`SessionsToStorageOperator`.
    :param conn_id: the connection of specs that have no ``conn_id``.
    :raises InvalidSpecError: a parameter or a spec is invalid.
    """

    template_fields: Sequence[str] = ("specs", "to", "conn_id")
    template_fields_renderers: ClassVar[dict[str, str]] = {"specs": "json"}
    may_hold_secrets = ("specs",)
    ui_color = "#e3f1ea"

    def __init__(
        self,
        *,
        specs: Sequence[Mapping[str, Any]] | str | XComArg,
        to: str,
        conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.specs = specs
        self.to = to
        self.conn_id = conn_id
        self.check_format()
        give_retry_policy(self)

    def execute(self, context: Context) -> dict[str, Any]:
        """Validate every spec and write all rows."""
        from airflow_provider_rooms.hooks import get_rooms_hook
        from airflow_provider_rooms.planning.orders import read_orders
        from airflow_provider_rooms.tables.rows import class_rows

        self.check_target()
        hooks: dict[str, RoomsHook] = {}

        def hook_of(conn_id: str) -> RoomsHook:
            if conn_id not in hooks:
                hooks[conn_id] = get_rooms_hook(conn_id)
            return hooks[conn_id]

        orders = read_orders(self.specs, self.conn_id, hook_of, most=10**9, warn=self.log.debug)
        return self.write(context, "classes", class_rows((hook, order.spec) for hook, order in orders))


def _count_requests(hook: RoomsHook) -> list[None]:
    """A list that gets an item for every answer of the vendor."""
    answers: list[None] = []

    def count(response: Any, *args: Any, **kwargs: Any) -> None:
        answers.append(None)

    hook.get_conn().hooks["response"].append(count)
    return answers
