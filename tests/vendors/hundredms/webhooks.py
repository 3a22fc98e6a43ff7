"""Deliveries of 100ms, for the tests of all vendors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

#: What of the connection deliveries are checked by.
CONNECTION: dict[str, Any] = {"webhook_headers": {"X-Token": "shared"}}
#: Recorded deliveries, headers that they lack, and the key that they are signed with; not part of the repository.
RECORDED = "hundredms.json"
HEADERS: dict[str, str] = {"x-token": "shared"}
PUBLIC_KEY = ""
#: Whether the body is signed; workspaces may leave it to the headers.
SIGNS_BODIES = False


def told(word: str, data: Mapping[str, Any]) -> str:
    """The body of a delivery about an event."""
    return json.dumps({"type": word, "data": {"room_id": "r", "session_id": "s", **data}, **data})
