"""Which run reads what: Airflow's own behaviour in small, with bursts, doubles, late rows and runs that overlap."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest

from airflow_provider_rooms.events.ledger import Row, events_in, read_by

NOON = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)


def at(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def row(number: int, when: float, *ids: str, **runs: float | None) -> Row:
    return Row(
        id=number,
        at=at(when),
        events=[{"id": each, "happened_at": None} for each in ids],
        runs={run: None if start is None else at(start) for run, start in runs.items()},
    )


def read(rows: list[Row], run: str) -> list[str]:
    return [event["id"] for event in read_by(run, rows)]


def test_a_run_reads_what_airflow_gave_it() -> None:
    rows = [row(1, 0, "a", r1=5), row(2, 10, "b", r2=15)]
    assert (read(rows, "r1"), read(rows, "r2")) == (["a"], ["b"])


def test_the_tail_of_a_burst_is_read_by_the_run_that_the_burst_started() -> None:
    tail = [row(1, 0, "a", r1=5), row(2, 1, "b"), row(3, 6, "c")]
    assert read(tail, "r1") == ["a", "b"]
    later = [*tail[:1], row(2, 1, "b", r2=25), row(3, 6, "c", r2=25), row(4, 20, "d", r2=25)]
    assert (read(later, "r1"), read(later, "r2")) == (["a", "b"], ["c", "d"])


def test_an_id_is_read_once_however_often_it_is_told() -> None:
    rows = [row(1, 0, "a", "a", r1=5), row(2, 10, "a", "b", r2=15)]
    assert (read(rows, "r1"), read(rows, "r2")) == (["a"], ["b"])


def test_what_nobody_read_does_not_hide_a_later_telling() -> None:
    rows = [row(1, 0, "a"), row(2, 10, "a", r1=15)]
    assert read(rows, "r1") == ["a"]


def test_a_row_that_was_stored_late_is_read_by_the_first_run_that_surely_saw_it() -> None:
    rows = [row(1, 0, "late"), row(2, 5, "a", r1=10), row(3, 50, "b", r2=60), row(4, 90, "c", r3=95)]
    assert [read(rows, run) for run in ("r1", "r2", "r3")] == [["a"], ["late", "b"], ["c"]]


def test_a_run_that_has_not_started_reads_nothing_yet() -> None:
    rows = [row(1, 0, "a", r1=None), row(2, 10, "b", r2=15)]
    assert read(rows, "r2") == ["b"]


def test_a_run_that_starts_later_does_not_read_what_another_read_in_a_later_telling() -> None:
    """Received first, and watched a moment after: the run of the second telling is the first to start."""
    early = [row(1, 0, "a", r1=None), row(2, 10, "a", r2=15)]
    late = [row(1, 0, "a", r1=20), row(2, 10, "a", r2=15)]
    assert (read(early, "r2"), read(late, "r1"), read(late, "r2")) == (["a"], [], ["a"])


def test_the_oldest_comes_first_by_the_time_at_which_it_happened() -> None:
    rows = [row(1, 0, "new", r=5), row(2, 1, "old", r=5)]
    rows[0].events[0]["happened_at"] = "2026-11-29T11:59:59.000Z"  # type: ignore[index]
    rows[1].events[0]["happened_at"] = "2026-11-29T11:00:00.000Z"  # type: ignore[index]
    assert read(rows, "r") == ["old", "new"]


@pytest.mark.parametrize("seed", range(30))
def test_every_event_has_exactly_one_reader_once_all_runs_have_started(seed: int) -> None:
    """Airflow in small: a queue row is insert-or-nothing, a run takes what is not newer than the row."""
    chance = random.Random(seed)
    told = sorted((chance.uniform(0, 100), f"e{chance.randrange(60)}") for _ in range(120))
    rows = [row(n, when, each) for n, (when, each) in enumerate(told)]
    runs: list[tuple[str, float, float]] = []  # id, queued, start
    queued: float | None = None
    floor = -1.0
    moments = sorted([(r.at, "told") for r in rows] + [(at(chance.uniform(0, 110)), "scheduler") for _ in range(25)])
    for moment, what in moments:
        if what == "told":
            queued = queued if queued is not None else (moment - NOON).total_seconds()
        elif queued is not None:
            run, start = f"r{len(runs)}", (moment - NOON).total_seconds() + chance.uniform(0, 8)
            runs.append((run, queued, start))
            for n, each in enumerate(rows):
                when = (each.at - NOON).total_seconds()
                if floor < when <= queued:
                    rows[n] = Row(id=each.id, at=each.at, events=each.events, runs={**each.runs, run: at(start)})
            floor, queued = queued, None
    read_of: dict[str, list[str]] = {}
    for run, _, _ in runs:
        for each in read(rows, run):
            read_of.setdefault(each, []).append(run)
    assert all(len(readers) == 1 for readers in read_of.values())
    # A run reads as soon as it starts, when others have not started and more is still to come.
    for run, _, start in runs:
        now = at(start)
        then = [
            Row(id=r.id, at=r.at, events=r.events, runs={k: s if s and s <= now else None for k, s in r.runs.items()})
            for r in rows
            if r.at <= now
        ]
        assert read(then, run) == read(rows, run)
    last_start = max(start for _, _, start in runs)
    seen = {e for when, e in told if when <= max(last_start, floor)}
    assert set(read_of) >= {e for when, e in told if when <= floor}
    assert set(read_of) <= seen


@pytest.mark.parametrize(
    ("extra", "ids"),
    [
        ({"id": "a", "type": "other"}, ["a"]),
        ({"id": "a", "from_rest_api": True}, ["a"]),
        ({"from_trigger": True, "payload": {"id": "a"}}, ["a"]),
        ({"from_trigger": True, "payload": {"events": [{"id": "a"}, {"id": "b"}]}}, ["a", "b"]),
        ({}, []),
        (None, []),
        ({"payload": "text"}, []),
        ({"id": 5}, []),
    ],
)
def test_events_are_found_whichever_channel_stored_them(extra: Any, ids: list[str]) -> None:
    found = events_in(extra)
    assert [event["id"] for event in found] == ids
    assert all("from_rest_api" not in event for event in found)
