"""Webhooks of the sandbox, checked by Twilio's own verifiers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from drive import drive
from sent import Delivery, changed
from twilio.request_validator import RequestValidator

from airflow_provider_rooms.sandbox.credentials import KEY, TWILIO_SECRET

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


VERIFY = Path(__file__).with_name("verify.mjs")


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_twilio_for_python_accepts_them(sent: Any, method: str) -> None:
    deliveries = sent("twilio_video", method=method)
    assert len(deliveries) > 6
    validator = RequestValidator(TWILIO_SECRET)
    for delivery in deliveries:
        assert delivery["method"] == method
        assert validator.validate(*_read(delivery))
        assert not validator.validate(*_read(changed(delivery)))


def _read(delivery: Delivery) -> tuple[str, dict[str, str], str]:
    form = dict(parse_qsl(delivery["body"], keep_blank_values=True))
    return delivery["url"], form, delivery["headers"]["x-twilio-signature"]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_twilio_for_node_accepts_them(sent: Any, rooms_sandbox: RoomsSandbox, method: str) -> None:
    deliveries = sent("twilio_video", method=method)
    given = json.dumps([*deliveries, *map(changed, deliveries)])
    seen = drive(VERIFY, "twilio", rooms_sandbox.url, KEY, TWILIO_SECRET, stdin=given)["seen"]
    assert seen == [True] * len(deliveries) + [False] * len(deliveries)
