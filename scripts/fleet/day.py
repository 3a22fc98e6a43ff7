"""A day of classes while something dies: one usable room per class, and no task failed for good."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from fleet.parts import wait_until
from fleet.report import Check

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.deployment import Fleet

#: Whether a room can be used, and what its name is, in each vendor's own words.
OPEN: dict[str, Callable[[dict[str, Any]], bool]] = {
    "videosdk": lambda room: not room["disabled"],
    "hundredms": lambda room: room["enabled"],
    "twilio": lambda room: room["status"] == "in-progress",
}
NAME = {"videosdk": "customRoomId", "hundredms": "name", "twilio": "unique_name"}
#: Seconds for a day, whatever happens in it.
PATIENCE = 900.0


def run_day(fleet: Fleet, tag: str, happens: Callable[[Day], None]) -> list[Check]:
    """Create the rooms of a day.

    :param tag: what its names begin with.
    :param happens: called once the first rooms are being created.
    """
    day = Day(fleet, tag)
    happens(day)
    return day.checks()


class Day:
    """One run of the DAG ``day``."""

    def __init__(self, fleet: Fleet, tag: str) -> None:
        self.fleet = fleet
        self._tag = tag
        self._run = fleet.trigger("day", {"tag": tag, "classes": fleet.sizes.classes})

    def rooms(self) -> Counter[tuple[str, str]]:
        """How many usable rooms each class has."""
        state = self.fleet.vendors.state()
        return Counter(
            (vendor, str(room[key]))
            for vendor, key in NAME.items()
            for room in state[vendor]["rooms"]
            if str(room[key]).startswith(f"{self._tag}-") and OPEN[vendor](room)
        )

    def until(self, part: float) -> None:
        """Wait until this part of the day's rooms is there."""
        wanted = part * self.fleet.sizes.classes * len(NAME)
        wait_until(lambda: len(self.rooms()) >= wanted, PATIENCE, f"{part:.0%} of the rooms", every=0.3)

    def checks(self) -> list[Check]:
        """Wait for the end; what came of it."""
        rows = [row for row in self.fleet.wait_for("day", PATIENCE, self._run) if row[0].startswith("create")]
        rooms, expected = self.rooms(), self.fleet.sizes.classes * len(NAME)
        again = sum(tries > 1 for _, _, tries in rows)
        print(f"  {again} of {len(rows)} tasks needed another try.", flush=True)
        return [
            Check("tasks that succeeded", sum(state == "success" for _, state, _ in rows), expected),
            Check("classes with a room", len(rooms), expected),
            Check("rooms of one class at most", max(rooms.values(), default=0), 1),
        ]
