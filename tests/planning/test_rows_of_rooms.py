"""The one line that sums up the rooms of a run."""

from __future__ import annotations

import datetime as dt

import pytest

from airflow_provider_rooms.planning.rows import summed_up

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("ready", "total", "due", "others", "said"),
    [
        (30, 30, [], {"failed": 0}, "30 of 30 ready"),
        (28, 30, [NOON, NOON], {}, "28 of 30 ready, 2 due at 12:00 UTC"),
        (
            1,
            4,
            [NOON + dt.timedelta(hours=1), NOON],
            {"failed": 1},
            "1 of 4 ready, 2 due from 12:00 UTC, 1 failed",
        ),
        (0, 2, [NOON, NOON + dt.timedelta(days=1)], {}, "0 of 2 ready, 2 due from 2026-11-20 12:00 UTC"),
        (0, 0, [], {"failed": 0, "over": 0}, "0 of 0 ready"),
    ],
)
def test_a_run_in_one_line(ready: int, total: int, due: list[dt.datetime], others: dict[str, int], said: str) -> None:
    assert summed_up(ready, total, due, others) == said
