"""Deliveries of VideoSDK, for the tests of all vendors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

#: What of the connection deliveries are checked by.
CONNECTION: dict[str, Any] = {}
#: Recorded deliveries, headers that they lack, and the key that they are signed with; not part of the repository.
RECORDED = "videosdk.json"
HEADERS: dict[str, str] = {}
PUBLIC_KEY = "videosdk-test-public.pem"
#: Whether the body is signed; workspaces may leave it to the headers.
SIGNS_BODIES = True


def told(word: str, data: Mapping[str, Any]) -> str:
    """The body of a delivery about an event."""
    return json.dumps({"webhookType": word, "data": {"meetingId": "m", "sessionId": "s", **data}})
