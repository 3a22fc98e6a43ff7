"""Sessions of 100ms, for the tests of all vendors."""

from __future__ import annotations

#: Whether one list shows who is in which room of the account; else each room is asked for.
LIVE_LISTED = True
#: Lists that are read for the attendance of sixty rooms, at most.
ATTENDANCE_LISTS = 3
#: Whether somebody who comes back within a minute is in the same session still.
REJOINS = False
