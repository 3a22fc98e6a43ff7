"""Connections to VideoSDK, for the tests of all vendors."""

from __future__ import annotations

from typing import Any

#: Connections with a mistake, and what is told.
BAD: list[tuple[dict[str, Any], str]] = [
    (
        {"login": "k", "password": "s", "extra": {"auto_close_unit": "hours"}},
        "auto_close_unit in extra is not one of minutes, seconds",
    ),
]
#: A login that nobody has, out of a text.
LOGIN_FORM = "{}"
#: The same as filled into the form: fields, extra fields, and what is told.
IN_THE_FORM: list[tuple[dict[str, str], dict[str, str], str]] = []
