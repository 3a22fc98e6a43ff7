"""Deliveries of Twilio Video, for the tests of all vendors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

#: What of the connection deliveries are checked by.
CONNECTION: dict[str, Any] = {
    "settings": {"auth_token": "sandbox-secret-for-tests-only-32-bytes!"},
    "webhook_url": "https://hooks.example.test/twilio?tenant=7",
}
#: Recorded deliveries, headers that they lack, and the key that they are signed with; not part of the repository.
RECORDED = "twilio.json"
HEADERS: dict[str, str] = {}
PUBLIC_KEY = ""
#: Whether the body is signed; workspaces may leave it to the headers.
SIGNS_BODIES = True


def told(word: str, data: Mapping[str, Any]) -> str:
    """The body of a delivery about an event."""
    return urlencode({"RoomSid": "RM1", "StatusCallbackEvent": word, **data})
