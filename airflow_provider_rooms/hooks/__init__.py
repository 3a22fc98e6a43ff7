"""Hooks: one per connection type, and :func:`get_rooms_hook` to pick by connection."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.vendors import connection_type, connection_types

if TYPE_CHECKING:
    from airflow_provider_rooms.connections import ConnectionType
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.hooks.hundredms import HundredMsHook
    from airflow_provider_rooms.hooks.twilio_video import TwilioVideoHook
    from airflow_provider_rooms.hooks.videosdk import VideoSDKHook

__all__ = ["HundredMsHook", "TwilioVideoHook", "VideoSDKHook", "aget_rooms_hook", "get_rooms_hook"]

_MODULES = {name: module for module, _, name in (kind.hook.rpartition(".") for kind in BY_TYPE.values())}


def __getattr__(name: str) -> Any:
    # Airflow imports this package whenever it looks at a provider: the hooks' libraries are loaded when one is used.
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def get_rooms_hook(conn_id: str) -> RoomsHook:
    """The hook that fits the type of a connection.

    :raises InvalidConnectionError: there is no such connection, or it is of none of the vendors' types.
    """
    from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

    from airflow_provider_rooms.values import not_given

    if not_given(conn_id):
        return hook_for(conn_id, None)
    try:
        connection = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return hook_for(conn_id, None)
    return hook_for(conn_id, connection.conn_type)


async def aget_rooms_hook(conn_id: str) -> RoomsHook:
    """:func:`get_rooms_hook` for an event loop."""
    from airflow.providers.common.compat.connection import get_async_connection
    from airflow.providers.common.compat.sdk import AirflowNotFoundException

    try:
        connection = await get_async_connection(conn_id)
    except AirflowNotFoundException:
        return hook_for(conn_id, None)
    return hook_for(conn_id, connection.conn_type)


def hook_for(conn_id: str, conn_type: str | None) -> RoomsHook:
    """The hook of a connection type; None is the type of a connection that does not exist."""
    from airflow_provider_rooms.errors import InvalidConnectionError

    if conn_type is None:
        from airflow_provider_rooms.hooks.connection import no_connection

        raise no_connection(conn_id, " or ".join(kind.title for kind in BY_TYPE.values()))
    known = connection_type(conn_type.replace("-", "_"))
    if known is None:
        raise InvalidConnectionError(
            f"Connection {conn_id!r} has the type {conn_type!r}.",
            advice=f"For rooms it must be of type {', '.join(connection_types())}. "
            "A vendor that is installed but not among them was left out; the log says why.",
        )
    return hook_class(known)(conn_id)


def hook_class(kind: ConnectionType) -> type[RoomsHook]:
    """The hook of a connection type: a class that has a name here, or else one that is made for it."""
    if kind.hook:
        module, _, name = kind.hook.rpartition(".")
        named: type[RoomsHook] = getattr(import_module(module), name)
        return named
    from airflow_provider_rooms.hooks.outside import made_class

    return made_class(kind)
