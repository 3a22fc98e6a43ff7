"""What the tests of 100ms in the sandbox share."""

from __future__ import annotations

from typing import Any

import httpx
from sandbox_help import FACTS

WEBINAR = "627cdddff2e4e30487862ad9"


def refused(answer: httpx.Response, status: int, text: str = "") -> bool:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, status), answer.text
    assert set(body) == {"code", "message", "details"}
    assert isinstance(body["details"], list)
    assert text in answer.text.replace('\\"', '"')
    return True


def sessions(hundredms: httpx.Client, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hundredms.get("/v2/sessions", params=query).json()["data"]
    return found


hundredms_token = FACTS["hundredms"].token
