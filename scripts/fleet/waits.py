"""A triggerer is killed under many deferred waits: the other takes them over, and each ends once."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from fleet.parts import wait_until
from fleet.report import Check

if TYPE_CHECKING:
    from fleet.deployment import Fleet

VENDORS = ("videosdk", "hundredms", "twilio_video")
PATIENCE = 900.0


def run(fleet: Fleet) -> list[Check]:
    """Kill one once all wait, and hold half of the classes before, the others after that."""
    waits = fleet.sizes.waits
    run_id = fleet.trigger("waits", {"waits": waits})

    def states() -> Counter[str]:
        return Counter(state for name, state, _ in fleet.tasks("waits", run_id) if name.startswith("wait"))

    wait_until(lambda: states()["deferred"] == waits, PATIENCE, "all waits are deferred")
    _hold(fleet, range(waits // 2))
    triggerer = fleet.named("triggerer")[0]
    triggerer.wanted = False
    triggerer.kill()
    killed = time.monotonic()
    print(f"  {triggerer.name} was killed under {waits} waits.", flush=True)
    _hold(fleet, range(waits // 2, waits))
    rows = [row for row in fleet.wait_for("waits", PATIENCE, run_id) if row[0].startswith("wait")]
    print(f"  All were over {time.monotonic() - killed:.0f} s later.", flush=True)
    triggerer.start()
    return [
        Check("waits that succeeded", sum(state == "success" for _, state, _ in rows), waits),
        Check("of them at their first try", sum(tries == 1 for _, _, tries in rows), waits),
    ]


def _hold(fleet: Fleet, numbers: range) -> None:
    for number in numbers:
        vendor = VENDORS[number % len(VENDORS)]
        fleet.vendors.start_session(vendor, f"wait-{number}")
        fleet.vendors.end_session(vendor, f"wait-{number}")
