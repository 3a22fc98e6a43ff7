"""`/control` over 100ms in the sandbox."""

from __future__ import annotations

import json

import httpx

from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_page_hides_secrets_that_state_shows(
    rooms_sandbox: RoomsSandbox, web: httpx.Client, hundredms: httpx.Client
) -> None:
    secrets = {
        "webhook": {"url": "https://example.com", "headers": {"x": "hush-1"}},
        "recording_info": {
            "upload_info": {"type": "s3", "location": "b", "credentials": {"key": "hush-2", "secret": "hush-3"}}
        },
    }
    hundredms.post("/v2/rooms", json={"name": "x", **secrets}).raise_for_status()
    assert "hush-1" in json.dumps(rooms_sandbox.state())
    text = web.get("/control/page").text
    assert "hush" not in text
    assert "https://example.com" in text
    assert "•••" in text


def test_a_filter_that_nobody_knows_is_refused(web: httpx.Client) -> None:
    order = {"vendor": "hundredms", "name_filter": "soundex"}
    assert web.post("/control/behaviour", json=order).status_code == 422
