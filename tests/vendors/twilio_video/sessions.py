"""Sessions of Twilio Video, for the tests of all vendors."""

from __future__ import annotations

#: Whether one list shows who is in which room of the account; else each room is asked for.
LIVE_LISTED = False
#: Lists that are read for the attendance of sixty rooms, at most; who was in a room is a request of its own.
ATTENDANCE_LISTS = 2
#: Whether somebody who comes back within a minute is in the same session still.
REJOINS = True
