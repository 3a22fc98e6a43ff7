"""Deliveries of 100ms, for the tests of all vendors."""

from __future__ import annotations

from typing import Any

#: What of the connection deliveries are checked by.
CONNECTION: dict[str, Any] = {"webhook_headers": {"X-Token": "shared"}}
#: Recorded deliveries, headers that they lack, and the key that they are signed with; not part of the repository.
RECORDED = "hundredms.json"
HEADERS: dict[str, str] = {"x-token": "shared"}
PUBLIC_KEY = ""
#: Whether the body is signed; workspaces may leave it to the headers.
SIGNS_BODIES = False
