"""People's way into rooms of Twilio Video, for the tests of all vendors."""

from __future__ import annotations

import datetime as dt

#: The longest life of a token.
LONGEST = dt.timedelta(days=1)
#: Tokens of the account are not dated by a clock.
WRONG_CLOCKS: list[tuple[int]] = []
WRONG_RIGHTS: list[tuple[object]] = []
#: Ids of people that it does not take.
WRONG_USERS = [("x" * 129, "128"), ("學" * 65, "128")]
#: It has no page of its own.
secret_of_a_link = None
