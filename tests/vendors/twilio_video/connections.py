"""Connections to Twilio Video, for the tests of all vendors."""

from __future__ import annotations

from typing import Any

#: Connections with a mistake, and what is told.
_AC, _SK = "AC" + "0" * 32, "SK" + "0" * 32
_GOOD: dict[str, Any] = {"login": _SK, "password": "canary-secret", "extra": {"account_sid": _AC}}
BAD: list[tuple[dict[str, Any], str]] = [
    ({**_GOOD, "login": "SK12"}, "the login is not a SID"),
    ({**_GOOD, "extra": {}}, "signs in with an API key (SK…) but has no account_sid"),
    ({**_GOOD, "extra": {"account_sid": "AC1"}}, "account_sid is not AC… followed by 32 hex digits"),
]
#: A login that nobody has, out of a text.
LOGIN_FORM = "SK" + "1" * 32
#: The same as filled into the form: fields, extra fields, and what is told.
IN_THE_FORM: list[tuple[dict[str, str], dict[str, str], str]] = [
    ({}, {}, "has no account_sid. Add account_sid (AC…)"),
    ({"login": "SK12"}, {}, "the login is not a SID (SK… or AC… followed by 32 hex digits)"),
]
