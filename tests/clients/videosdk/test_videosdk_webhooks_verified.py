"""Webhooks of the sandbox, checked by VideoSDK's own verifier."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from drive import drive
from sent import changed

from airflow_provider_rooms.sandbox.credentials import KEY, SECRET

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

VERIFY = Path(__file__).with_name("verify.mjs")


@pytest.mark.slow
def test_videosdks_server_sdk_accepts_them(sent: Any, rooms_sandbox: RoomsSandbox) -> None:
    deliveries = sent("videosdk")
    assert len(deliveries) > 5
    given = json.dumps([*deliveries, *map(changed, deliveries)])
    seen = drive(VERIFY, "@videosdk.live/server-sdk", rooms_sandbox.url, KEY, SECRET, stdin=given)["seen"]
    words = [json.loads(delivery["body"])["webhookType"] for delivery in deliveries]
    assert seen == words + ["WebhookVerificationError"] * len(deliveries)
