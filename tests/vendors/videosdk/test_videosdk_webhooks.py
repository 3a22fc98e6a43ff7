"""Deliveries of VideoSDK."""

from __future__ import annotations

import json

import pytest
from deliveries import delivery, vendor


def test_an_event_that_nobody_knows_yet_is_other_and_the_same_each_time() -> None:
    body = {"webhookType": "room-painted", "data": {"meetingId": "m", "colour": "red", "fileUrl": "https://signed/1"}}
    first, second = (
        vendor("videosdk").read_delivery(delivery(json.dumps(told).encode(), {}))[0]
        for told in (body, {**body, "data": {**body["data"], "fileUrl": "https://signed/2"}})
    )
    assert first.type == "other"
    assert first == second


@pytest.mark.parametrize("key", [None, "", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_without_a_key_that_can_be_read_videosdk_signatures_count_for_nothing(key: str | None) -> None:
    assert not vendor("videosdk").is_genuine(delivery(b"{}", {"videosdk-signature": "AAAA"}), key)
    assert not vendor("videosdk").is_genuine(delivery(b"{}", {"videosdk-signature": "not base64"}), key)
