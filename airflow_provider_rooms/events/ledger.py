"""Which run of a DAG reads which event, worked out from what Airflow remembers of an asset's events. Pure.

Airflow gives a run the events up to the moment at which it was queued. What comes between that and the start of the run
starts no run of its own: it waits for the next event, which may never come. So a run reads those too, and later runs work
out the same from the same rows, so that each event has exactly one reader.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from airflow_provider_rooms.models import RoomEvent

#: An event that was stored this long ago is seen by every run.
SETTLED = dt.timedelta(seconds=30)

_FIELDS = tuple(item.name for item in fields(RoomEvent))


@dataclass(frozen=True, kw_only=True)
class Row:
    """One of Airflow's asset events.

    :param at: when Airflow stored it.
    :param events: what it tells; usually one event.
    :param runs: the runs of the DAG that Airflow gave it to, with their starts; None for one that has not started.
    """

    id: int
    at: dt.datetime
    events: Sequence[Mapping[str, Any]]
    runs: Mapping[str, dt.datetime | None] = field(default_factory=dict)


def events_in(extra: Any) -> list[dict[str, Any]]:
    """The events in the ``extra`` of an asset event, whichever channel stored it; a watcher may tell several at once."""
    told = extra.get("payload", extra) if isinstance(extra, Mapping) else None
    if not isinstance(told, Mapping):
        return []
    found = told["events"] if isinstance(told.get("events"), list) else [told]
    return [
        {name: event.get(name) for name in _FIELDS}
        for event in found
        if isinstance(event, Mapping) and isinstance(event.get("id"), str)
    ]


def read_by(run_id: str, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The events that one run reads, oldest first, each id once.

    :param rows: of all assets of the DAG, from some time before the first that the run was given.
    """
    ordered = sorted(rows, key=lambda row: (row.at, row.id))
    runs = _runs(ordered)
    # Of each id, the first telling, and the first run that sees any telling: the same thing may have been told
    # on two channels, to two runs.
    told: dict[str, tuple[Row, Mapping[str, Any]]] = {}
    readers: dict[str, _Run] = {}
    for row in ordered:
        reader = _reader(row, runs)
        for event in row.events:
            told.setdefault(event["id"], (row, event))
            if reader is not None:
                readers[event["id"]] = min(reader, readers.get(event["id"], reader))
    found = [
        (event.get("happened_at") or row.at.isoformat(), row.at, dict(event))
        for name, (row, event) in told.items()
        if name in readers and readers[name].id == run_id
    ]
    found.sort(key=lambda item: (dt.datetime.fromisoformat(item[0]), item[1]))
    return [event for _, _, event in found]


@dataclass(frozen=True, order=True)
class _Run:
    """A run that events started: when it started, and the last event that it was given."""

    start: dt.datetime
    id: str
    last: dt.datetime = field(compare=False)


def _runs(ordered: Iterable[Row]) -> list[_Run]:
    runs = {
        run_id: _Run(start=start, id=run_id, last=row.at)
        for row in ordered
        for run_id, start in row.runs.items()
        if start is not None  # one that has not started sees nothing yet
    }
    return list(runs.values())


def _reader(row: Row, runs: Iterable[_Run]) -> _Run | None:
    """The run that starts first of those that see the event."""
    return min((run for run in runs if run.id in row.runs or _sees(run, row)), default=None)


def _sees(run: _Run, row: Row) -> bool:
    if row.at > run.last:  # came after the run was queued
        return row.at <= run.start
    # Stored late, so that Airflow gave it to no run and never will.
    return not row.runs and row.at <= run.start - SETTLED
