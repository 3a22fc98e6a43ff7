"""The assets that stand for what happens in the rooms of a connection, for ``schedule``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_args

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.events.uris import event_uri, takes_part
from airflow_provider_rooms.models import EventType
from airflow_provider_rooms.values import suggestion

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Asset

#: Every type of event, in the order of a room's life.
EVENT_TYPES: tuple[str, ...] = get_args(EventType)
#: Those that lists tell, of one vendor or another.
WATCHABLE = tuple(kind for kind in EVENT_TYPES if kind not in ("room_closed", "other"))


def room_events(conn_id: str, *types: str, watch: bool = False) -> Any:
    """A schedule for a DAG that is started by events in a connection's rooms.

    :param conn_id: the connection; its id may contain letters, digits, ``_``, ``.`` and ``-``.
    :param types: one or more of :data:`EVENT_TYPES`; any of them starts the DAG.
    :param watch: find events by polling the vendor in the triggerer, every ``watch_interval`` seconds of the connection, if
        webhooks cannot reach Airflow. Only :data:`WATCHABLE` types can be found this way, and not every vendor supports all of
        them. Needs Airflow 3.0 or newer.
    :returns: one object for ``schedule=``. A list of several would wait for all of them.
    :raises InvalidSpecError: no type, an unknown one, one that cannot be watched, or a connection id that cannot be used.
    """
    check_conn_id(conn_id)
    if not types:
        raise InvalidSpecError(
            "room_events: no event type was passed.", advice=f"Known types: {', '.join(EVENT_TYPES)}."
        )
    make = _watched if watch else _received
    first, *others = (make(conn_id, kind) for kind in dict.fromkeys(types))
    schedule: Any = first
    for other in others:
        schedule = schedule | other
    return schedule


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


def _received(conn_id: str, kind: str) -> Asset:
    from airflow.providers.common.compat.sdk import Asset

    _check_type(kind)
    return Asset(event_uri(conn_id, kind))


def _watched(conn_id: str, kind: str) -> Asset:
    """Another asset than the receiver's: each DAG file's parse sets the watchers of an asset to its own."""
    _check_type(kind)
    if kind not in WATCHABLE:
        raise InvalidSpecError(
            f"room_events: {kind} cannot be watched, since no vendor lists it.",
            advice=f"Receive it by webhook, without watch=True. Watchable are {', '.join(WATCHABLE)}.",
        )
    try:
        from airflow.sdk import Asset, AssetWatcher
    except ImportError:
        raise InvalidSpecError(
            "room_events: watch=True needs Airflow 3.0 or newer, where assets have watchers.",
            advice="Receive events by webhook, or wait with a sensor; see docs/events.md.",
        ) from None
    from airflow_provider_rooms.triggers.rooms import RoomEventTrigger

    trigger = RoomEventTrigger(conn_id=conn_id, type=cast("EventType", kind))
    return Asset(event_uri(conn_id, kind, watched=True), watchers=[AssetWatcher(name=f"rooms_{kind}", trigger=trigger)])


def _check_type(kind: str) -> None:
    if kind not in EVENT_TYPES:
        raise InvalidSpecError(
            f"room_events: unknown event type {kind!r}.{suggestion(kind, EVENT_TYPES)}",
            advice=f"Known types: {', '.join(EVENT_TYPES)}.",
        )
