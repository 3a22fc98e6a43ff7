"""Errors of VideoSDK."""

from __future__ import annotations

import pytest
from play import Play, answer

from airflow_provider_rooms import errors
from airflow_provider_rooms.errors import (
    NotFoundError,
    RequestRefusedError,
)


def test_402_is_a_quota_of_videosdk_where_nothing_was_looked_for() -> None:
    play = Play("videosdk", tries=1)
    with pytest.raises(errors.QuotaError, match="quota is used up"):
        play.post(answer(402, {"error": "pay"}))
    with pytest.raises(RequestRefusedError, match="RoomId is invalid"):
        play.post(answer(400, "RoomId is invalid."))
    play.path += "/deactivate"
    with pytest.raises(NotFoundError):
        play.post(answer(402, {"error": "pay"}))
