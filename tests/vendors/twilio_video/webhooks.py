"""Deliveries of Twilio Video, for the tests of all vendors."""

from __future__ import annotations

from typing import Any

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
