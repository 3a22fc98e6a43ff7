"""What each vendor's API is. Pure: nothing here opens a connection."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from airflow_provider_rooms.connections import CONNECTION_TYPES

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.base import Vendor

#: Connection type → where the class of its vendor is.
VENDORS = {kind.conn_type: kind.vendor for kind in CONNECTION_TYPES}


def vendor_class(conn_type: str) -> type[Vendor]:
    """The vendor of a connection type; its module is imported when it is first needed."""
    module, _, name = VENDORS[conn_type].rpartition(".")
    vendor: type[Vendor] = getattr(import_module(module), name)
    return vendor
