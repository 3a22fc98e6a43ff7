"""What a text leads to at Twilio."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms.vendors.rooms import close, find, find_by_name


@pytest.mark.parametrize("name", ["algebra/1", "what?", "a b", "100%", "ünit", "..", "a:b"])
def test_rooms_that_others_named_at_twilio_are_found_by_any_name(name: str, hand: Any) -> None:
    """Twilio takes no reserved character in a path, encoded or not; the list takes all."""
    worker = hand("twilio_video")
    room = worker.make(name)
    found, requests = worker.cost(name)
    assert (found.id, requests) == (room.id, 1)
    assert worker.run(find_by_name(worker.vendor, name)).id == room.id
    worker.run(close(worker.vendor, name))
    assert worker.run(find(worker.vendor, name)).state == "closed"
