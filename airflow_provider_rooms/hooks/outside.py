"""Hooks of vendors from outside, made from their connection types.

Each is an attribute of this module under the name of its connection type, for Airflow, which finds a hook by its path:
``airflow_provider_rooms.hooks.outside.acme``.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from airflow_provider_rooms.hooks.base import RoomsHook
from airflow_provider_rooms.vendors import connection_type

if TYPE_CHECKING:
    from airflow_provider_rooms.connections import ConnectionType


@functools.cache
def made_class(kind: ConnectionType) -> type[RoomsHook]:
    """The hook class of a connection type."""
    doc = f"{kind.title} rooms. The vendor's documentation: {kind.docs_url}"
    return type(kind.conn_type, (RoomsHook,), {"__doc__": doc, "__module__": __name__}, conn_type=kind.conn_type)


def __getattr__(name: str) -> type[RoomsHook]:
    kind = None if name.startswith("_") else connection_type(name)
    if kind is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return made_class(kind)
