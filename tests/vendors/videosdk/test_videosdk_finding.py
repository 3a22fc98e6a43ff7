"""What a text leads to at VideoSDK."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.rooms import find, find_by_name


def test_prefix_and_name_together_may_look_like_the_id_of_another_room(hand: Any) -> None:
    """VideoSDK is asked for ids and names by the same request."""
    theirs = hand("videosdk").make("botany")
    prefix, text = theirs.id[:5], theirs.id[5:]
    worker = hand("videosdk", name_prefix=prefix)
    with pytest.raises(errors.NotFoundError):
        worker.run(find(worker.vendor, text))
    assert worker.run(find_by_name(worker.vendor, text)) is None
