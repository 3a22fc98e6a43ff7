"""Kill workers with SIGKILL while they make a room, all over the create, then retry and clear: `make campaign-kill`.

For each kill a new class, or a batch of classes: its task is forked from a warm Airflow, killed at some moment, tried again, and
cleared once more after it succeeded. There must be one usable room of each name after all of that, and its id in XCom. What a
batch reads of the account's lists may be cut, late, stale or out of order.

Half of the kills come at a moment drawn evenly from the whole task. A quarter is aimed at the time between the vendor's work
and the push of the id to XCom, in which a client that remembers its rooms afterwards would make a second one, and a quarter
at the time after that push.
"""

# ruff: noqa: T201 - a program: it prints

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections import Counter

from workers import LISTS, VENDORS, Stage, behave, ids_of, name_of, names_of, sandbox_process, stage, usable

from airflow_provider_rooms.sandbox.client import RoomsSandbox

#: When a worker was killed, told by what it left behind.
BEFORE, WINDOW, AFTER, LATE = "before the POST", "POST done, id not in XCom", "id in XCom, task running", "task done"


def main() -> int:
    """Run the campaign; 0 when every name has its one room."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=100, help="kills per vendor (default 100)")
    options.add_argument("--batches", type=int, help="kills of batches per vendor (default: a fifth)")
    options.add_argument("--vendors", nargs="*", default=VENDORS)
    options.add_argument("--latency-ms", type=float, default=30, help="what the vendors take to answer (default 30)")
    options.add_argument("--seed", type=int, default=random.randrange(10**6), help="for the moments of the kills")
    given = options.parse_args()
    batches = max(1, given.kills // 5) if given.batches is None else given.batches
    print(f"seed {given.seed}; {given.kills} kills per vendor, and {batches} of batches")
    chance = random.Random(given.seed)
    faults: list[str] = []
    with sandbox_process(given.latency_ms) as vendors, stage(vendors.env()) as airflow:
        for conn_type in given.vendors:
            faults += campaign(airflow, vendors, conn_type, "create", given.kills, chance)
            faults += campaign(airflow, vendors, conn_type, "batch", batches, chance)
    for fault in faults:
        print(f"FAILED: {fault}", file=sys.stderr)
    return 1 if faults else 0


def campaign(
    airflow: Stage, vendors: RoomsSandbox, conn_type: str, task: str, kills: int, chance: random.Random
) -> list[str]:
    """One vendor and one of its tasks; what went wrong."""
    began = time.monotonic()
    faults: list[str] = []
    hits: Counter[str] = Counter()
    most = 0
    lengths = [run_through(airflow, conn_type, task, f"warm-{task}-{number}") for number in range(3)]
    tried = 0
    while sum(hits.values()) < kills:
        tried += 1
        if tried > 4 * kills:
            return [*faults, f"{conn_type}: only {sum(hits.values())} of {tried} workers could be killed"]
        name = f"{task}-{tried}"
        behave(vendors, conn_type, chance.choice(LISTS) if task == "batch" else {})
        run_id = airflow.new_run(conn_type, name)
        worker = airflow.fork(conn_type, airflow.queue(conn_type, run_id, task))
        worker.wait_until_it_begins()
        match tried % 4:
            case 0:
                await_post(vendors, conn_type)
                time.sleep(chance.uniform(0, 0.03))
            case 1:
                await_push(airflow, conn_type, run_id, task)
                time.sleep(chance.uniform(0, 0.03))
            case _:
                time.sleep(chance.uniform(0, statistics.median(lengths[-9:])))
        if not worker.kill():
            continue  # it was done already
        hits[moment(airflow, vendors, conn_type, run_id, task, name)] += 1
        for step in ("retried", "cleared"):
            faults += settle(airflow, vendors, conn_type, run_id, task, name, step, lengths)
        most = max(most, *(len(rooms_of(vendors, conn_type, each)) for each in names_of(task, name)))
    line = ", ".join(f"{hits[kind]} {kind}" for kind in (BEFORE, WINDOW, AFTER, LATE))
    print(
        f"{conn_type}, {task}: {kills} killed, retried and cleared in {time.monotonic() - began:.0f} s: {line}; "
        f"at most {most} room of a name ({hits[WINDOW]} names would have two with a client that remembers afterwards)",
        flush=True,
    )
    if hits[WINDOW] < kills / 10:
        faults.append(f"{conn_type}, {task}: the window was hit {hits[WINDOW]} times only, which proves little")
    return faults


def run_through(airflow: Stage, conn_type: str, task: str, name: str) -> float:
    """A task that nobody kills; how long it takes, in seconds."""
    worker = airflow.fork(conn_type, airflow.queue(conn_type, airflow.new_run(conn_type, name), task))
    worker.wait_until_it_begins()
    began = time.monotonic()
    worker.wait()
    return time.monotonic() - began


def await_post(vendors: RoomsSandbox, conn_type: str) -> None:
    """Return as soon as the vendor has made the room."""
    seen = len(vendors.requests(conn_type, "POST"))
    until = time.monotonic() + 10
    while len(vendors.requests(conn_type, "POST")) == seen and time.monotonic() < until:
        time.sleep(0.001)


def await_push(airflow: Stage, conn_type: str, run_id: str, task: str) -> None:
    """Return as soon as what the task returned is in XCom."""
    until = time.monotonic() + 10
    while airflow.state_of(conn_type, run_id, task)[1] is None and time.monotonic() < until:
        time.sleep(0.001)


def moment(airflow: Stage, vendors: RoomsSandbox, conn_type: str, run_id: str, task: str, name: str) -> str:
    """Where in the create the worker died, by what it left behind."""
    state, returned = airflow.state_of(conn_type, run_id, task)
    if state == "success":
        return LATE
    if returned is not None:
        return AFTER
    return WINDOW if any(rooms_of(vendors, conn_type, each) for each in names_of(task, name)) else BEFORE


def settle(
    airflow: Stage,
    vendors: RoomsSandbox,
    conn_type: str,
    run_id: str,
    task: str,
    name: str,
    step: str,
    lengths: list[float],
) -> list[str]:
    """Run the task once more, to its end; what is wrong afterwards."""
    worker = airflow.fork(conn_type, airflow.queue(conn_type, run_id, task))
    worker.wait_until_it_begins()
    began = time.monotonic()
    worker.wait()
    lengths.append(time.monotonic() - began)
    state, returned = airflow.state_of(conn_type, run_id, task)
    if state != "success":
        return [f"{conn_type} {name}: {step}, it is {state}"]
    faults = []
    for each, room_id in zip(names_of(task, name), ids_of(returned), strict=True):
        rooms = rooms_of(vendors, conn_type, each)
        if len(rooms) != 1 or usable(conn_type, rooms) != [room_id]:
            found = f"the vendor {usable(conn_type, rooms)} of {len(rooms)}"
            faults.append(f"{conn_type} {each}: {step}, XCom has {room_id}, {found}")
    return faults


def rooms_of(vendors: RoomsSandbox, conn_type: str, name: str) -> list[dict[str, object]]:
    """Every room of the name, closed ones too."""
    return [room for room in vendors.rooms(conn_type) if name_of(conn_type, room) == name]


if __name__ == "__main__":
    sys.exit(main())
