"""Six tasks of one account create rooms at once, on a vendor that limits requests per second: each succeeds at its first try."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING

from fleet.day import NAME, OPEN
from fleet.report import Check

if TYPE_CHECKING:
    from fleet.deployment import Fleet

VENDOR = "twilio"
#: What that vendor documents, in requests per second.
WRITES, READS = 20, 80
TASKS = 6
#: What is allowed of refused requests, in percent. Each task is a process of its own and has to find its share.
MOST_REFUSED = 8
PATIENCE = 900.0


def run(fleet: Fleet) -> list[Check]:
    """Start them together, and count what was refused."""
    rooms = fleet.sizes.limited
    fleet.vendors.limit(VENDOR, writes=WRITES, reads=READS)
    before = len(fleet.vendors.requests(VENDOR))
    run_id = fleet.trigger("limit", {"tag": "limit", "rooms": rooms, "tasks": TASKS})
    tasks = [row for row in fleet.wait_for("limit", PATIENCE, run_id) if row[0].startswith("create")]
    sent = len(fleet.vendors.requests(VENDOR)) - before
    refused = 100 * sum(fleet.vendors.limits(VENDOR)["refused"].values()) / max(1, sent)
    made = [
        room
        for room in fleet.vendors.state()[VENDOR]["rooms"]
        if str(room[NAME[VENDOR]]).startswith("limit-") and OPEN[VENDOR](room)
    ]
    times = [dt.datetime.fromisoformat(room["date_created"]) for room in made]
    seconds = (max(times) - min(times)).total_seconds() if times else 0.0
    print(
        f"  {len(made)} rooms within {seconds:.0f} s, where the limit alone takes {rooms / WRITES:.0f} s; "
        f"{sent / rooms:.2f} requests per room, {refused:.1f} % of them refused.",
        flush=True,
    )
    names = Counter(str(room[NAME[VENDOR]]) for room in made)
    return [
        Check("tasks that succeeded at their first try", sum(row[1:] == ("success", 1) for row in tasks), TASKS),
        Check("rooms", len(names), rooms),
        Check("rooms of one name at most", max(names.values(), default=0), 1),
        Check(f"% of answers 429 above {MOST_REFUSED}", max(0, round(refused) - MOST_REFUSED), 0),
    ]
