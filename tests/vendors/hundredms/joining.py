"""People's way into rooms of 100ms, for the tests of all vendors."""

from __future__ import annotations

import datetime as dt

#: The longest life of a token.
LONGEST = dt.timedelta(days=1)
#: How far our clock may be off, in seconds, for the vendor's to be known from its answers.
WRONG_CLOCKS = [(-4000,), (300,)]
#: Rights that the connection's roles cannot give.
WRONG_RIGHTS: list[tuple[object]] = [(["host"],), ("",)]
#: Ids of people that it does not take.
WRONG_USERS: list[tuple[str, str]] = []


def secret_of_a_link(link: str) -> str:
    return link.rpartition("/")[2]
