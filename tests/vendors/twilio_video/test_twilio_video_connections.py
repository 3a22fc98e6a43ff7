"""Connections to Twilio Video as people write them."""

from __future__ import annotations

import json
from typing import Any

from diagnosing import ask, http, server

from airflow_provider_rooms.hooks import TwilioVideoHook

__all__ = ["ask", "server"]


def test_a_uri_is_written_without_the_underscore(connect: Any) -> None:
    connect(f"twilio-video://AC{'0' * 32}:secret@")
    assert TwilioVideoHook("rooms").base_url == "https://video.twilio.com"


def test_the_pair_of_the_account_itself_is_named_as_such(ask: Any) -> None:
    works, told = ask("twilio_video", login="AC" + "1" * 32)
    assert not works
    assert "the account SID or the auth token is wrong, it does not say which. Copy both again from the first" in told


def test_an_account_sid_of_another_account_is_noticed(ask: Any, server: Any) -> None:
    rooms = {"rooms": [{"sid": "RM1", "account_sid": "AC" + "9" * 32}]}
    works, told = ask("twilio_video", host=server(http(200, json.dumps(rooms))))
    assert not works
    assert f"account_sid is AC{'0' * 32}, but the API key belongs to AC{'9' * 32}" in told


def test_a_missing_account_sid_is_named_without_the_id_that_the_button_makes_up(ask: Any) -> None:
    works, told = ask("twilio_video", extra={})
    assert not works
    assert told.startswith("The connection signs in with an API key (SK…) but has no account_sid.")
    assert "Add account_sid (AC…)" in told
