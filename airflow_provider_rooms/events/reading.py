"""``read_events(context)``: the events that started a run, and those that no other run has read."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.events.ledger import Row, events_in, read_by
from airflow_provider_rooms.events.uris import read_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


#: How far before the first event of a run others are looked at: clocks differ, and some events are stored late.
MARGIN = dt.timedelta(minutes=10)
#: An event that is told again after more than this counts as another.
LONGEST_MEMORY = dt.timedelta(days=7)


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
    look_up = _look_up(dag_id)

    def rows(since: dt.datetime) -> list[Row]:
        return [row for uri in uris for row in look_up(uri, since)]

    first = min(event.timestamp for events in ours.values() for event in events)
    found = rows(first - MARGIN)
    # An earlier telling of one of these events is not older than the event itself.
    times = [event["happened_at"] for event in read_by(run_id, found) if event["happened_at"]]
    happened = min(map(dt.datetime.fromisoformat, times), default=first)
    if happened < first:
        found = rows(max(happened - MARGIN, first - LONGEST_MEMORY))
    return read_by(run_id, found)


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


def _look_up(dag_id: str) -> Callable[[str, dt.datetime], list[Row]]:
    """What reads the events of an asset in this version of Airflow."""
    try:
        from airflow.sdk.execution_time.context import InletEventsAccessor
    except ImportError:
        return _from_database(dag_id)

    def look_up(uri: str, since: dt.datetime) -> list[Row]:
        events: Any = InletEventsAccessor(asset_name=None, asset_uri=uri, alias_name=None)
        if hasattr(events, "after"):  # before Airflow 3.2 there is no filter
            events.after(since)
        return [
            Row(
                id=event.id,
                at=event.timestamp,
                events=events_in(event.extra),
                runs={run.run_id: run.start_date for run in event.created_dagruns if run.dag_id == dag_id},
            )
            for event in events
            if event.timestamp >= since
        ]

    return look_up


def _from_database(dag_id: str) -> Callable[[str, dt.datetime], list[Row]]:
    """Airflow 2: tasks may ask its database."""
    from airflow.models.dataset import DatasetEvent, DatasetModel  # type: ignore[import-not-found,unused-ignore]
    from airflow.utils.session import create_session

    def look_up(uri: str, since: dt.datetime) -> list[Row]:
        with create_session() as session:
            query = session.query(DatasetEvent).join(DatasetModel, DatasetModel.id == DatasetEvent.dataset_id)
            return [
                Row(
                    id=event.id,
                    at=event.timestamp,
                    events=events_in(event.extra),
                    runs={run.run_id: run.start_date for run in event.created_dagruns if run.dag_id == dag_id},
                )
                for event in query.filter(DatasetModel.uri == uri, DatasetEvent.timestamp >= since)
            ]

    return look_up
