"""Names and ids at 100ms, for the tests of all vendors."""

from __future__ import annotations

FOLDS_CASE = True
#: A name in the form of the ids; at some vendors no room may have one.
LIKE_AN_ID: str | None = "0123456789abcdef01234567"
#: An id that nobody has, and the requests it costs to find that out: by the id, and by the name in both lists.
UNKNOWN_ID, UNKNOWN_COSTS = "f" * 24, 3
UNKNOWN_SESSION = "0" * 24
