"""Names and ids at VideoSDK, for the tests of all vendors."""

from __future__ import annotations

FOLDS_CASE = False
#: A name in the form of the ids; at some vendors no room may have one.
LIKE_AN_ID: str | None = "abcd-0123-wxyz"
#: An id that nobody has, and the requests it costs to find that out: by the id, and by the name that it may be.
UNKNOWN_ID, UNKNOWN_COSTS = "zzzz-zzzz-zzzz", 2
UNKNOWN_SESSION = "0" * 24
