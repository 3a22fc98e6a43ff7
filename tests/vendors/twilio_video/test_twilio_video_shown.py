"""What Twilio shows of a room that was just made."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook


def ensure(**spec: Any) -> Any:
    return get_rooms_hook("twilio_video_default").ensure_room({"name": "algebra", **spec})


def shown(**answer: Any) -> Any:
    return get_rooms_hook("twilio_video_default").vendor.shown(answer)


@pytest.fixture(autouse=True)
def sandbox(rooms_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    return rooms_sandbox


def test_twilio_shows_no_codecs_of_an_audio_room_and_null_where_there_is_no_callback() -> None:
    assert shown(video_codecs=[], audio_only=True) == {"VideoCodecs": None, "AudioOnly": True}
    assert shown(large_room=False, enable_turn=True) == {}
    ensure()
    with pytest.raises(errors.DriftError, match=r"StatusCallback: requested 'https://hooks.example/x', is ''"):
        ensure(webhook={"url": "https://hooks.example/x"})
