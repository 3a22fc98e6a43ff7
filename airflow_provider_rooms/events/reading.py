"""``read_events(context)``: the events that started a run, and those that no other run has read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_rooms.events.ledger import Row, events_in, read_by
from airflow_provider_rooms.events.queued import started
from airflow_provider_rooms.events.uris import read_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


#: How far before the first event of a run others are looked at: clocks differ, and some events are stored late.
MARGIN = dt.timedelta(minutes=2)
#: An event that is told again after more than this counts as another.
LONGEST_MEMORY = dt.timedelta(days=7)
#: Runs of a DAG that were queued one after the other and wait for each other, as far as they are followed back.
MOST_WAITING = 50


def read_events(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events that this run of a DAG scheduled on :func:`room_events` has to process. Every event is read by
    exactly one run of the DAG, even if it was delivered twice or arrived between two runs. All tasks of a run get the
    same events, and so does a task that is retried.

    :param context: the task's context.
    :returns: dicts with the fields of :class:`~airflow_provider_rooms.models.RoomEvent`, oldest first, each id once;
        empty in a run that was not started by events.
    """
    given = context.get("triggering_asset_events") or context.get("triggering_dataset_events") or {}
    ours = {uri: list(events) for uri, events in _by_uri(given) if read_uri(uri)}
    if not any(ours.values()):
        return []
    dag_id, run_id = context["dag_run"].dag_id, context["dag_run"].run_id
    uris = sorted({*ours, *(uri for uri in _scheduled_on(context) if read_uri(uri))})
    stored = _stored(dag_id)

    def rows(since: dt.datetime) -> list[Row]:
        return [row for uri in uris for row in stored.since(uri, since)]

    given_to_us = [event for events in ours.values() for event in events]
    first = min(event.timestamp for event in given_to_us)
    oldest = first - LONGEST_MEMORY
    # An earlier telling of an event is not older than the event itself.
    since = max(min(first, _happened(event for row in given_to_us for event in events_in(row.extra))) - MARGIN, oldest)
    # A run that was queued before this one and started after `first` saw it too, however long ago its own events were stored.
    for _ in range(MOST_WAITING):
        before = [row for uri in uris for row in stored.before(uri, since)]
        late = [row.at for row in before if any(start and start > first for start in row.runs.values())]
        if not late or since <= oldest:
            break
        since = max(min(late), oldest)
    found = rows(since)
    happened = _happened(read_by(run_id, found)) - MARGIN
    if oldest < since and happened < since:  # of an event that Airflow did not give to this run
        found = rows(max(happened, oldest))
    return read_by(run_id, found)


def _happened(events: Iterable[Mapping[str, Any]]) -> dt.datetime:
    """When the first of these happened."""
    times = [dt.datetime.fromisoformat(event["happened_at"]) for event in events if event["happened_at"]]
    return min(times, default=dt.datetime.max.replace(tzinfo=dt.UTC))


def _by_uri(events: Mapping[Any, Any]) -> Iterable[tuple[str, Any]]:
    return ((asset if isinstance(asset, str) else getattr(asset, "uri", ""), told) for asset, told in events.items())


def _scheduled_on(context: Mapping[str, Any]) -> list[str]:
    timetable: Any = getattr(context["dag"], "timetable", None)
    return list(uris_in(getattr(timetable, "asset_condition", None) or getattr(timetable, "dataset_condition", None)))


def uris_in(schedule: Any) -> Iterator[str]:
    """The assets of a schedule, whatever they are combined by."""
    if isinstance(uri := getattr(schedule, "uri", None), str):
        yield uri
    for part in getattr(schedule, "objects", ()):
        yield from uris_in(part)


class _Stored(Protocol):
    """The events of an asset, with their runs of one DAG."""

    def since(self, uri: str, moment: dt.datetime) -> list[Row]:
        """Those from a moment on."""
        ...

    def before(self, uri: str, moment: dt.datetime) -> list[Row]:
        """The last one before a moment, if any."""
        ...


def _stored(dag_id: str) -> _Stored:
    """What reads events in this version of Airflow."""
    try:
        from airflow.sdk.execution_time import context
    except ImportError:
        return _InDatabase(dag_id)
    return _ByApi(dag_id) if hasattr(context, "InletEventsAccessor") else _AllByApi(dag_id)


def _row(event: Any, dag_id: str) -> Row:
    return Row(
        id=event.id,
        at=event.timestamp,
        events=events_in(event.extra),
        runs={run.run_id: started(run.start_date) for run in event.created_dagruns if run.dag_id == dag_id},
    )


@dataclass(frozen=True)
class _ByApi:
    """Airflow 3.2 and newer."""

    dag_id: str

    def since(self, uri: str, moment: dt.datetime) -> list[Row]:
        return [_row(event, self.dag_id) for event in self._events(uri).after(moment)]

    def before(self, uri: str, moment: dt.datetime) -> list[Row]:
        # its filters include the moment itself
        last = self._events(uri).before(moment - dt.timedelta(microseconds=1)).ascending(False).limit(1)
        return [_row(event, self.dag_id) for event in last]

    def _events(self, uri: str) -> Any:
        from airflow.sdk.execution_time.context import InletEventsAccessor

        return InletEventsAccessor(asset_uri=uri)


@dataclass(frozen=True)
class _AllByApi:
    """Airflow 3.0 and 3.1: no filters, so all that is stored comes each time."""

    dag_id: str
    _rows: dict[str, list[Row]] = field(default_factory=dict)

    def since(self, uri: str, moment: dt.datetime) -> list[Row]:
        return [row for row in self._all(uri) if row.at >= moment]

    def before(self, uri: str, moment: dt.datetime) -> list[Row]:
        return [row for row in self._all(uri) if row.at < moment][-1:]

    def _all(self, uri: str) -> list[Row]:
        if uri not in self._rows:
            from airflow.sdk.definitions.asset import Asset
            from airflow.sdk.execution_time.context import InletEventsAccessors

            asset = Asset(uri)
            rows = (_row(event, self.dag_id) for event in InletEventsAccessors([asset])[asset])
            self._rows[uri] = sorted(rows, key=lambda row: (row.at, row.id))
        return self._rows[uri]


@dataclass(frozen=True)
class _InDatabase:
    """Airflow 2: tasks may ask its database."""

    dag_id: str

    def since(self, uri: str, moment: dt.datetime) -> list[Row]:
        return self._rows(uri, lambda query, stored: query.filter(stored >= moment))

    def before(self, uri: str, moment: dt.datetime) -> list[Row]:
        return self._rows(uri, lambda query, stored: query.filter(stored < moment).order_by(stored.desc()).limit(1))

    def _rows(self, uri: str, some: Callable[[Any, Any], Iterable[Any]]) -> list[Row]:
        from airflow.models.dataset import DatasetEvent, DatasetModel  # type: ignore[import-not-found,unused-ignore]
        from airflow.utils.session import create_session

        with create_session() as session:
            query = session.query(DatasetEvent).join(DatasetModel, DatasetModel.id == DatasetEvent.dataset_id)
            found = some(query.filter(DatasetModel.uri == uri), DatasetEvent.timestamp)
            return [_row(event, self.dag_id) for event in found]
