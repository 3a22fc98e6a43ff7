"""What the fixture gives for Twilio Video."""

from __future__ import annotations

import httpx

from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_the_connection_has_an_api_key_and_the_accounts_sid(rooms_sandbox: RoomsSandbox) -> None:
    twilio = rooms_sandbox.connection("twilio_video")
    assert (twilio["login"], twilio["extra"]["account_sid"]) == ("SK" + "0" * 32, "AC" + "0" * 32)
    answer = httpx.get(twilio["host"] + "/v1/Rooms", auth=(twilio["login"], twilio["password"]), trust_env=False)
    assert answer.status_code == 200
