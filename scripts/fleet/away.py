"""Postgres, then Redis, then the API server are away for ten seconds while tasks start."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fleet.day import Day, run_day
from fleet.parts import wait_until

if TYPE_CHECKING:
    from fleet.deployment import Fleet
    from fleet.report import Check

SECONDS = 10.0


def run(fleet: Fleet) -> list[Check]:
    """Take each away at its own part of the day."""

    def leave(day: Day) -> None:
        day.until(0.1)
        print("  Postgres stops.", flush=True)
        fleet.database.stop()
        time.sleep(SECONDS)
        fleet.database.start()
        day.until(0.4)
        print("  Redis stops.", flush=True)
        fleet.redis.end()
        time.sleep(SECONDS)
        fleet.start_redis()
        day.until(0.7)
        print("  The API server stops.", flush=True)
        server = fleet.parts["api-server"]
        server.end()
        time.sleep(SECONDS)
        server.start()
        wait_until(fleet.api.healthy, 240, "the API server")

    return run_day(fleet, "away", leave)
