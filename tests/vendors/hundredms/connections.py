"""Connections to 100ms, for the tests of all vendors."""

from __future__ import annotations

from typing import Any

#: Connections with a mistake, and what is told.
_GOOD: dict[str, Any] = {"login": "key", "password": "canary-secret"}
BAD: list[tuple[dict[str, Any], str]] = [
    ({**_GOOD, "extra": {"subdomain": ["a"]}}, "subdomain in extra is not text"),
    ({**_GOOD, "extra": {"webhook_headers": "canary-header"}}, "webhook_headers in extra is not a JSON object"),
]
#: A login that nobody has, out of a text.
LOGIN_FORM = "{}"
#: The same as filled into the form: fields, extra fields, and what is told.
IN_THE_FORM: list[tuple[dict[str, str], dict[str, str], str]] = []
