"""How far back a run looks for what others have read, over rows as Airflow stores them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_rooms.events import reading
from airflow_provider_rooms.events.ledger import Row
from airflow_provider_rooms.events.uris import event_uri

NOON = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
URI = event_uri("school", "other")


def at(minutes: float) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


@dataclass
class Stored:
    """Rows of one asset, and how many of them were asked for."""

    rows: list[Row]
    asked: list[int] = field(default_factory=list)

    def since(self, uri: str, moment: dt.datetime) -> list[Row]:
        return self._told([row for row in self.rows if row.at >= moment])

    def before(self, uri: str, moment: dt.datetime) -> list[Row]:
        return self._told([row for row in self.rows if row.at < moment][-1:])

    def _told(self, rows: list[Row]) -> list[Row]:
        self.asked.append(len(rows))
        return rows


def row(minutes: float, name: str, happened: float | None = None, **runs: float) -> Row:
    event = {"id": name, "happened_at": at(minutes if happened is None else happened).isoformat()}
    started = {run: at(start) for run, start in runs.items()}
    return Row(id=int(minutes * 100), at=at(minutes), events=[event], runs=started)


def read(run: str, stored: Stored, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a run reads once it has started, when later runs do not exist yet."""
    start = max(start for row in stored.rows for name, start in row.runs.items() if name == run)
    assert start is not None
    known = [
        replace(row, runs={name: began for name, began in row.runs.items() if began and began <= start})
        for row in stored.rows
        if row.at <= start
    ]
    then = Stored(known, stored.asked)
    monkeypatch.setattr(reading, "_stored", lambda dag_id: then)
    given = [SimpleNamespace(timestamp=row.at, extra=dict(row.events[0])) for row in stored.rows if run in row.runs]
    context: dict[str, Any] = {
        "triggering_asset_events": {URI: given},
        "dag_run": SimpleNamespace(dag_id="follow_up", run_id=run),
        "dag": SimpleNamespace(timetable=None),
    }
    return [event["id"] for event in reading.read_events(context)]


def test_what_a_run_that_waited_for_long_has_read_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With max_active_runs=1, r1 is queued at 0, r2 at 60, r3 at 120, while another run works; they start long after."""
    stored = Stored(
        [row(-90, "x", r0=-89), row(0, "a", r1=150), row(60, "b", r2=160), row(120, "c", r3=170), row(155, "d", r4=180)]
    )
    found = [read(run, stored, monkeypatch) for run in ("r0", "r1", "r2", "r3", "r4")]
    assert found == [["x"], ["a", "b", "c"], ["d"], [], []]


def test_a_busy_week_is_not_read_by_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = Stored([row(minute, f"e{minute}", **{f"r{minute}": minute + 0.1}) for minute in range(2000)])
    assert read("r1999", stored, monkeypatch) == ["e1999"]
    assert max(stored.asked) < 5


def test_an_event_that_happened_long_ago_was_perhaps_told_then(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = Stored([row(0, "a", r1=0.1), row(300, "b", r2=300.1), row(600, "a", happened=0, r3=600.1)])
    assert [read(run, stored, monkeypatch) for run in ("r1", "r2", "r3")] == [["a"], ["b"], []]
