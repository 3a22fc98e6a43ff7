"""What the assets of events are called: one per connection, type and channel."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

SCHEME = "room-events"
#: What ends the URI of an asset whose events are found by asking.
WATCHED = "watched"

_CONN_ID = re.compile(r"[A-Za-z0-9_.-]{1,250}")
_URI = re.compile(rf"{SCHEME}://(?P<conn>[^/]+)/(?P<type>[a-z_]+)(?P<watched>/{WATCHED})?")


def event_uri(conn_id: str, kind: str, *, watched: bool = False) -> str:
    """The URI of the asset of one type of event.

    :param watched: the watcher's, not the receiver's.
    """
    return f"{SCHEME}://{quote(conn_id, safe='')}/{kind}{f'/{WATCHED}' if watched else ''}"


def read_uri(uri: str) -> tuple[str, str, bool] | None:
    """Connection id, type and whether it is the watcher's; None for the URI of anything else."""
    match = _URI.fullmatch(uri)
    return (unquote(match["conn"]), match["type"], match["watched"] is not None) if match else None


def takes_part(conn_id: str) -> bool:
    """Whether a connection of this id can have events."""
    return _CONN_ID.fullmatch(conn_id) is not None
