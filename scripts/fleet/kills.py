"""Workers are killed with all that they run, most of it in the middle of a create."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from fleet.day import Day, run_day

if TYPE_CHECKING:
    from fleet.deployment import Fleet
    from fleet.report import Check

#: A vendor takes so long for a create: whoever is killed is most likely in it.
SECONDS = 2.0


def run(fleet: Fleet) -> list[Check]:
    """Kill as many workers as wanted, one after the other."""
    for vendor in ("videosdk", "hundredms", "twilio"):
        fleet.vendors.fault(vendor, "delay", seconds=SECONDS, method="POST", times=10_000)

    def kill(day: Day) -> None:
        for number in range(fleet.sizes.kills):
            day.until((number + 0.3) / (fleet.sizes.kills + 1))
            worker = random.choice(fleet.named("worker"))
            worker.kill()
            print(f"  {worker.name} was killed.", flush=True)
            time.sleep(SECONDS)

    try:
        return run_day(fleet, "kills", kill)
    finally:
        fleet.vendors.clear_faults()
