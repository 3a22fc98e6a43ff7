"""Lists of VideoSDK, whose closed rooms keep their names."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from places import Place


@pytest.fixture
def place(place_of: Callable[[str], Place]) -> Place:
    return place_of("videosdk")


def test_a_room_that_took_over_is_looked_up_by_itself(place: Place) -> None:
    place.fill(0)
    taken_over = place.ensure("cancelled", on_closed="reopen")
    assert taken_over.name == "cancelled-r2"
    place.lie = lambda request, body: {
        **body, "data": [item for item in body["data"] if item["customRoomId"] != "cancelled"],
    }  # fmt: skip
    known = place.directory().take("cancelled")
    assert known is None
    assert place.ensure("cancelled").id == taken_over.id


@pytest.mark.parametrize("more", [True, False])
def test_what_the_list_leaves_out_is_read(more: bool, place: Place) -> None:
    """One room shows whether all have more to show than the list."""
    place.asked = {"region": "in002"}
    place.fill(0)
    place.ensure("new")
    place.box.behave("videosdk", echo_config=more)
    place.lie = lambda request, body: {
        **body, "data": [{k: v for k, v in item.items() if k != "geoFence"} for item in body["data"]],
    }  # fmt: skip
    directory = place.directory()
    place.sent.clear()
    rooms = [place.ensure(name, known=directory.take(name)) for name in ("there", "new")]
    assert [room.unverified for room in rooms] == ([[], []] if more else [["geoFence"]] * 2)
    assert len(place.sent) == (2 if more else 0)
