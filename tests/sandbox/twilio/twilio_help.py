"""What the tests of Twilio Video in the sandbox share."""

from __future__ import annotations

from typing import Any

import httpx
from sandbox_help import FACTS


def code(answer: httpx.Response, status: int = 400) -> int:
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status), answer.text
    assert set(body) == {"code", "message", "more_info", "status"}
    assert body["more_info"] == f"https://www.twilio.com/docs/errors/{body['code']}"
    found: int = body["code"]
    return found


def create(twilio: httpx.Client, **form: Any) -> dict[str, Any]:
    answer = twilio.post("/v1/Rooms", data=form)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


twilio_token = FACTS["twilio"].token
