"""Airflow's database stops for ten seconds, just when tasks and waits without retries call Airflow: none may fail."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from fleet.parts import wait_until
from fleet.report import Check, table
from stack import ROOM_ID

if TYPE_CHECKING:
    from fleet.deployment import Fleet

SECONDS = 10.0
#: Tasks that stop at the gate.
AT_THE_GATE = 12


def run(fleet: Fleet) -> list[Check]:
    """Stop the database under running tasks; what became of them."""
    fleet.trigger("outage")
    wait_until(lambda: len(list(fleet.gate.glob("*.here"))) == AT_THE_GATE, 400, "all tasks are at the gate")
    wait_until(lambda: _waiting(fleet), 200, "all waits have begun")
    print("  The database stops.", flush=True)
    fleet.database.stop()
    (fleet.gate / "open").touch()
    time.sleep(SECONDS)
    fleet.database.start()
    print(f"  It is back after {SECONDS:.0f} s.", flush=True)
    fleet.vendors.start_session("videosdk", "waited")
    rows = fleet.wait_for("outage", 400)
    print(table(("task", "state", "tries"), [(name, state, str(tries)) for name, state, tries in rows]))
    states = Counter(state for _, state, _ in rows)
    names = Counter(
        (vendor, name)
        for vendor, key in ROOM_ID.items()
        for room in fleet.vendors.state()[vendor]["rooms"]
        if room[key] and (name := _name(room))
    )
    return [
        Check("tasks and waits that succeeded", states["success"], len(rows)),
        Check("of those without retries, at their first try", _first_tries(rows), 9),
        Check("rooms of one name at most", max(names.values()), 1),
        Check("rooms", len(names), 2 * (3 + 1 + 15 + 1) + 1),
    ]


def _waiting(fleet: Fleet) -> bool:
    states = {name: state for name, state, _ in fleet.tasks("outage") if name.startswith("wait_")}
    return all(
        states.get(f"wait_{mode}_{retries}") in expected
        for mode, expected in (
            ("poke", ("running",)),
            ("deferred", ("deferred",)),
            ("reschedule", ("up_for_reschedule", "running", "scheduled", "queued")),
        )
        for retries in (0, 2)
    )


def _first_tries(rows: list[tuple[str, str, int]]) -> int:
    return sum(
        state == "success" and tries == 1 for name, state, tries in rows if name.endswith("_0") and name != "made_0"
    )


def _name(room: dict[str, object]) -> str:
    return str(room.get("customRoomId") or room.get("name") or room.get("unique_name") or "")
