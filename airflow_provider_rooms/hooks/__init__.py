"""Hooks: one per connection type, and :func:`get_rooms_hook`, which selects one by connection."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.vendors import connection_type, connection_types

if TYPE_CHECKING:
    from airflow_provider_rooms.connections import ConnectionType
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.hooks.connection import AirflowConnection
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
    """The hook for the type of a connection.

    :raises InvalidConnectionError: the connection does not exist, or does not have a vendor's type.
    :raises AirflowDownError: Airflow did not respond for half a minute.
    """
    from airflow_provider_rooms.hooks.lookup import find_connection
    from airflow_provider_rooms.values import not_given

    connection = None if not_given(conn_id) else find_connection(conn_id, _kinds())
    return hook_for(conn_id, connection)


async def aget_rooms_hook(conn_id: str, *, patience: float | None = None) -> RoomsHook:
    """:func:`get_rooms_hook` for an event loop.

    :param patience: for how many seconds Airflow is retried, instead of half a minute.
    """
    from airflow_provider_rooms.hooks.lookup import afind_connection
    from airflow_provider_rooms.values import not_given

    connection = None if not_given(conn_id) else await afind_connection(conn_id, _kinds(), patience=patience)
    if connection is None or (connection.conn_type or "").replace("-", "_") in BY_TYPE:
        return hook_for(conn_id, connection)
    # Other vendors are looked for on the disk and imported, which an event loop must not wait for.
    return await asyncio.to_thread(hook_for, conn_id, connection)


def hook_for(conn_id: str, connection: AirflowConnection | None) -> RoomsHook:
    """The hook of a connection, which has been looked up; None is one that does not exist.

    :raises InvalidConnectionError: it does not exist, or does not have a vendor's type.
    """
    from airflow_provider_rooms.errors import InvalidConnectionError

    if connection is None:
        from airflow_provider_rooms.hooks.lookup import no_connection

        raise no_connection(conn_id, _kinds())
    known = connection_type((connection.conn_type or "").replace("-", "_"))
    if known is None:
        from airflow_provider_rooms.hooks.variables import type_advice

        raise InvalidConnectionError(
            f"Connection {conn_id!r} has the type {connection.conn_type!r}.",
            advice=type_advice(conn_id, connection.conn_type)
            or f"The type must be one of {', '.join(connection_types())}. If you installed the vendor but it is "
            "not listed, it was skipped; the log says why.",
        )
    return hook_class(known)(conn_id).use(connection)


def hook_class(kind: ConnectionType) -> type[RoomsHook]:
    """The hook of a connection type: a class that has a name here, or else one that is made for it."""
    if kind.hook:
        module, _, name = kind.hook.rpartition(".")
        named: type[RoomsHook] = getattr(import_module(module), name)
        return named
    from airflow_provider_rooms.hooks.outside import made_class

    return made_class(kind)


def _kinds() -> str:
    return " or ".join(kind.title for kind in BY_TYPE.values())
