"""Errors of 100ms."""

from __future__ import annotations

import json

import pytest
from play import Play, answer

from airflow_provider_rooms.errors import (
    RequestRefusedError,
)


def test_secrets_of_a_request_are_known_to_its_error() -> None:
    play = Play("hundredms")
    body = {
        "webhook": {"headers": {"X": "header-of-the-dag"}},
        "recording_info": {"credentials": {"key": "key-of-the-dag"}},
    }
    with pytest.raises(RequestRefusedError) as caught:
        play.run(play.vendor.post("/v2/rooms", body), answer(400, {"message": f"bad: {json.dumps(body)}"}))
    assert "of-the-dag" not in str(caught.value)
