"""Lists of 100ms, whose create opens a room again, and overwrites."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from places import Place

from airflow_provider_rooms import errors


@pytest.fixture
def place(place_of: Callable[[str], Place]) -> Place:
    return place_of("hundredms")


def test_a_room_that_is_switched_on_or_off_between_two_lists_is_not_overwritten(place: Place) -> None:
    place.fill(5)
    (room,) = place.rooms("differs")

    def switch(enabled: bool) -> None:
        place.run(place.vendor.post(f"/v2/rooms/{room['id']}", {"enabled": enabled}))

    for first in (True, False):
        for when in range(1, 8):
            switch(first)
            place.lists = 0
            place.before = lambda number, when=when, first=first: switch(not first) if number == when else None
            known = place.directory(names=("differs", "absent")).take("differs")
            place.before = lambda number: None
            with pytest.raises((errors.DriftError, errors.RoomClosedError)):
                place.ensure("differs", known=known)
            assert place.rooms("differs")[0]["region"] == place.traits.other["region"]
