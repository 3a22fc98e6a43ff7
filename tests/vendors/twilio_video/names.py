"""Names and ids at Twilio Video, for the tests of all vendors."""

from __future__ import annotations

FOLDS_CASE = False
#: A name in the form of the ids; at some vendors no room may have one.
LIKE_AN_ID: str | None = None
#: An id that nobody has, and the requests it costs to find that out; no room has such a name.
UNKNOWN_ID, UNKNOWN_COSTS = "RM" + "f" * 32, 1
UNKNOWN_SESSION = f"RM{'0' * 32}-1"
