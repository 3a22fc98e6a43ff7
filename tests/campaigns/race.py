"""Two workers, one name, started together: `make campaign-race`. One room, and both tasks end with its id.

In every second race the vendor takes its time before it makes the room, so that neither worker can see the other's.
"""

# ruff: noqa: T201 - a program: it prints

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter

from workers import VENDORS, Stage, name_of, sandbox_process, stage, usable

from airflow_provider_rooms.sandbox.client import RoomsSandbox

TASKS = ("create", "create_too")


def main() -> int:
    """Run the campaign; 0 when every race ended with one room."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--races", type=int, default=50, help="races per vendor (default 50)")
    options.add_argument("--latency-ms", type=float, default=20, help="what the vendors take to answer (default 20)")
    given = options.parse_args()
    faults: list[str] = []
    with sandbox_process(given.latency_ms) as vendors, stage(vendors.env()) as airflow:
        for conn_type in VENDORS:
            began = time.monotonic()
            both = Counter(race(airflow, vendors, conn_type, f"race-{n}", faults) for n in range(given.races))
            print(
                f"{conn_type}: {given.races} races in {time.monotonic() - began:.0f} s; "
                f"in {both[2]} both workers asked for the room to be made",
                flush=True,
            )
            if both[2] < given.races / 3:
                faults.append(f"{conn_type}: the two met {both[2]} times only, which proves little")
    for fault in faults:
        print(f"FAILED: {fault}", file=sys.stderr)
    return 1 if faults else 0


def race(airflow: Stage, vendors: RoomsSandbox, conn_type: str, name: str, faults: list[str]) -> int:
    """One race; how many create requests it took."""
    if name.endswith(("1", "3", "5", "7", "9")):
        vendors.fault(conn_type, "delay", method="POST", seconds=0.5, times=2)
    before = len(vendors.requests(conn_type, "POST"))
    run_id = airflow.new_run(conn_type, name)
    gate, start = os.pipe()
    workers = [airflow.fork(conn_type, airflow.queue(conn_type, run_id, task), gate, start) for task in TASKS]
    for worker in workers:
        worker.wait_until_it_begins()
    os.close(gate)
    os.close(start)  # now they go
    codes = [worker.wait() for worker in workers]
    ends = [airflow.state_of(conn_type, run_id, task) for task in TASKS]
    vendors.clear_faults()
    rooms = [room for room in vendors.rooms(conn_type) if name_of(conn_type, room) == name]
    open_ones = usable(conn_type, rooms)
    if codes != [0, 0] or len(rooms) != 1 or {("success", room_id) for room_id in open_ones} != set(ends):
        faults.append(f"{conn_type} {name}: exit codes {codes}, tasks {ends}, {len(rooms)} rooms, usable {open_ones}")
    return len(vendors.requests(conn_type, "POST")) - before


if __name__ == "__main__":
    sys.exit(main())
