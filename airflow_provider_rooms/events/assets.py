"""The assets that stand for what happens in the rooms of a connection: one per connection, type and channel."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import quote, unquote

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.models import EventType
from airflow_provider_rooms.values import suggestion

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Asset

SCHEME = "room-events"
#: Every type of event, in the order of a room's life.
EVENT_TYPES: tuple[str, ...] = get_args(EventType)
#: What ends the URI of an asset whose events are found by asking.
WATCHED = "watched"

_CONN_ID = re.compile(r"[A-Za-z0-9_.-]{1,250}")
_URI = re.compile(rf"{SCHEME}://(?P<conn>[^/]+)/(?P<type>[a-z_]+)(?P<watched>/{WATCHED})?")


def room_events(conn_id: str, *types: str, watch: bool = False) -> Any:
    """A schedule for a DAG that is started by events in a connection's rooms.

    :param conn_id: the connection; its id may contain letters, digits, ``_``, ``.`` and ``-``.
    :param types: one or more of :data:`EVENT_TYPES`; any of them starts the DAG.
    :param watch: find events by polling the vendor instead of receiving webhooks; not supported yet.
    :returns: one object for ``schedule=``. A list of several would wait for all of them.
    :raises InvalidSpecError: no type, an unknown one, or a connection id that cannot be used.
    """
    check_conn_id(conn_id)
    if watch:
        raise InvalidSpecError(
            "room_events: watch=True is not supported yet.",
            advice="Receive events by webhook, or wait with a sensor; see docs/events.md.",
        )
    if not types:
        raise InvalidSpecError(
            "room_events: no event type was passed.", advice=f"Known types: {', '.join(EVENT_TYPES)}."
        )
    first, *others = (_asset(conn_id, kind) for kind in dict.fromkeys(types))
    schedule: Any = first
    for other in others:
        schedule = schedule | other
    return schedule


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


def check_conn_id(conn_id: object) -> None:
    """Refuse an id that no asset can be named after.

    :raises InvalidSpecError: it has other characters than these, or too many.
    """
    if not isinstance(conn_id, str) or not takes_part(conn_id):
        raise InvalidSpecError(
            f"conn_id: {conn_id!r} cannot be used for events.",
            advice="Rename the connection: 1 to 250 letters, digits, '_', '.' or '-'. Templates are not supported "
            "here.",
        )


def _asset(conn_id: str, kind: str) -> Asset:
    from airflow.providers.common.compat.sdk import Asset

    if kind not in EVENT_TYPES:
        raise InvalidSpecError(
            f"room_events: unknown event type {kind!r}.{suggestion(kind, EVENT_TYPES)}",
            advice=f"Known types: {', '.join(EVENT_TYPES)}.",
        )
    return Asset(event_uri(conn_id, kind))
