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
    known: set[str] = set()
    found: list[tuple[str, dt.datetime, dict[str, Any]]] = []
    for row in ordered:
        reader = _reader(row, runs)
        if reader is None:
            continue
        for event in row.events:
            if event["id"] in known:
                continue
            known.add(event["id"])
            if reader == run_id:
                found.append((event.get("happened_at") or row.at.isoformat(), row.at, dict(event)))
    found.sort(key=lambda item: (dt.datetime.fromisoformat(item[0]), item[1]))
    return [event for _, _, event in found]


@dataclass(frozen=True)
class _Run:
    """A run that events started: when it started, and the last event that it was given."""

    id: str
    start: dt.datetime | None
    last: dt.datetime


def _runs(ordered: Iterable[Row]) -> list[_Run]:
    runs = {run_id: _Run(run_id, start, row.at) for row in ordered for run_id, start in row.runs.items()}
    return [run for run in runs.values() if run.start is not None]


def _reader(row: Row, runs: Iterable[_Run]) -> str | None:
    """The run that starts first of those that see the event; a run that has not started sees nothing yet."""
    seen_by = [run for run in runs if run.id in row.runs or _sees(run, row)]
    first = min(seen_by, key=lambda run: (run.start, run.id), default=None)
    return first.id if first else None


def _sees(run: _Run, row: Row) -> bool:
    if run.start is None:
        return False
    if row.at > run.last:  # came after the run was queued
        return row.at <= run.start
    # Stored late, so that Airflow gave it to no run and never will.
    return not row.runs and row.at <= run.start - SETTLED
