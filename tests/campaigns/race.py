"""Two workers, one name, started together: `make campaign-race`. One room, and both tasks end with its id. Batches, too.

In every second race the vendor takes its time before it makes the room, so that neither worker can see the other's.
"""

# ruff: noqa: T201 - a program: it prints

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time

from workers import LISTS, VENDORS, Stage, behave, ids_of, name_of, names_of, sandbox_process, stage, usable

from airflow_provider_rooms.sandbox.client import RoomsSandbox

#: Who races, and how many times less often than the first.
RACERS = ((("create", "create_too"), 1), (("batch", "batch_too"), 5))


def main() -> int:
    """Run the campaign; 0 when every race ended with one room."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--races", type=int, default=50, help="races per vendor (default 50)")
    options.add_argument("--vendors", nargs="*", default=VENDORS)
    options.add_argument("--latency-ms", type=float, default=20, help="what the vendors take to answer (default 20)")
    given = options.parse_args()
    faults: list[str] = []
    with sandbox_process(given.latency_ms) as vendors, stage(vendors.env()) as airflow:
        for conn_type, (tasks, rarer) in itertools.product(given.vendors, RACERS):
            began = time.monotonic()
            races = max(2, given.races // rarer)
            met = sum(race(airflow, vendors, conn_type, tasks, number, faults) for number in range(races))
            behave(vendors, conn_type, {})
            print(
                f"{conn_type}, {tasks[0]}: {races} races in {time.monotonic() - began:.0f} s; "
                f"in {met} both workers asked for a room to be made",
                flush=True,
            )
            if met < races / 3:
                faults.append(f"{conn_type}, {tasks[0]}: the two met {met} times only, which proves little")
    for fault in faults:
        print(f"FAILED: {fault}", file=sys.stderr)
    return 1 if faults else 0


def race(
    airflow: Stage, vendors: RoomsSandbox, conn_type: str, tasks: tuple[str, str], number: int, faults: list[str]
) -> bool:
    """One race; whether both asked for the same room to be made."""
    name = f"{tasks[0]}-race-{number}"
    behave(vendors, conn_type, LISTS[number % len(LISTS)])
    if number % 2:
        vendors.fault(conn_type, "delay", method="POST", seconds=0.5, times=2)
    before = len(vendors.requests(conn_type, "POST"))
    run_id = airflow.new_run(conn_type, name)
    gate, start = os.pipe()
    workers = [airflow.fork(conn_type, airflow.queue(conn_type, run_id, task), gate, start) for task in tasks]
    for worker in workers:
        worker.wait_until_it_begins()
    os.close(gate)
    os.close(start)  # now they go
    codes = [worker.wait() for worker in workers]
    ends = [airflow.state_of(conn_type, run_id, task) for task in tasks]
    vendors.clear_faults()
    every = vendors.rooms(conn_type)
    rooms = [[room for room in every if name_of(conn_type, room) == each] for each in names_of(tasks[0], name)]
    open_ones = [usable(conn_type, of_one_name) for of_one_name in rooms]
    ended_well = all(state == "success" and [[room] for room in ids_of(value)] == open_ones for state, value in ends)
    if codes != [0, 0] or not ended_well or any(len(of_one_name) != 1 for of_one_name in rooms):
        faults.append(f"{conn_type} {name}: exit codes {codes}, tasks {ends}, usable {open_ones}")
    return len(vendors.requests(conn_type, "POST")) - before > len(rooms)


if __name__ == "__main__":
    sys.exit(main())
