"""Waiting at 100ms: its recorder is in the room like a person, and stays there for a while when everybody has left."""

from __future__ import annotations

from typing import Any

import pytest
from vendor_traits import TRAITS_OF

from airflow_provider_rooms.testing.situations import ENDED, RECORDED, STARTED, Situation, class_value, come, go, record
from airflow_provider_rooms.testing.stage import MODES
from airflow_provider_rooms.testing.waiting import ends_as_said, play

__all__ = ["play"]

SITUATIONS = (
    # the recorder stays for five minutes by itself, and its file takes another; a look comes before that
    Situation(
        "recording after the deadline",
        RECORDED,
        [(-5, come), (0, record), (60, go)],
        how="skip",
        params={"deadline": 60, "poke_interval": 120.0},
        recording="late",
    ),
    Situation("only the recorder is there", STARTED, [(0, record)], how="skip"),
    Situation("recorder stays behind", ENDED, [(0, come), (5, record), (60, go)], value=class_value((0, 60))),
)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name.replace(" ", "_"))
def test_a_wait_with_a_recorder_ends_as_it_must(situation: Situation, mode: str, play: Any) -> None:
    ends_as_said(situation, play, TRAITS_OF["hundredms"], mode)
