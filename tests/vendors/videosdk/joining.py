"""People's way into rooms of VideoSDK, for the tests of all vendors."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

#: The longest life of a token.
LONGEST = dt.timedelta(days=366)
#: How far our clock may be off, in seconds, for the vendor's to be known from its answers.
WRONG_CLOCKS = [(-4000,)]
#: Rights that the connection's roles cannot give.
WRONG_RIGHTS: list[tuple[object]] = [([],), ("allow_all",), (["allow_join", "ask_join"],), (["allow_mod"],)]
#: Ids of people that it does not take.
WRONG_USERS = [("Ada Lovelace", "no spaces")]


def secret_of_a_link(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]
