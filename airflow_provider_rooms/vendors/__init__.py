"""What each vendor's API is. Pure: nothing here opens a connection."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from airflow_provider_rooms.connections import BY_TYPE, CONNECTION_TYPES, ConnectionType

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.base import Vendor

#: Connection type → where the class of its vendor is.
VENDORS = {kind.conn_type: kind.vendor for kind in CONNECTION_TYPES}


def connection_type(conn_type: str) -> ConnectionType | None:
    """What is known of a connection type; None where no vendor has it."""
    return BY_TYPE.get(conn_type)


def is_connection_type(word: object) -> bool:
    """Whether a vendor has a connection type of that name."""
    return isinstance(word, str) and connection_type(word) is not None


def vendor_class(conn_type: str) -> type[Vendor]:
    """The vendor of a connection type; its module is imported when it is first needed.

    :raises KeyError: no vendor has it.
    """
    kind = connection_type(conn_type)
    if kind is None:
        raise KeyError(conn_type)
    module, _, name = kind.vendor.rpartition(".")
    vendor: type[Vendor] = getattr(import_module(module), name)
    return vendor
