"""What each vendor's API is. Pure: nothing here opens a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_rooms.connections import BY_TYPE, ConnectionType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.vendors.base import Vendor

#: Connection type → where the class of its vendor is, of the vendors that are built in.
VENDORS = {name: kind.vendor for name, kind in BY_TYPE.items()}


def connection_type(name: str) -> ConnectionType | None:
    """A connection type by its name, built in or from outside; None where no vendor has it.

    Only for a name that is not built in are vendors from outside looked for, once in the life of a process.
    """
    if name in BY_TYPE:
        return BY_TYPE[name]
    from airflow_provider_rooms.vendors.outside import outside_types

    return outside_types().get(name)


def connection_types() -> Mapping[str, ConnectionType]:
    """All connection types of this process, those from outside last. For what is asked to look at all of them."""
    from airflow_provider_rooms.vendors.outside import outside_types

    return {**BY_TYPE, **outside_types()}


def vendor_class(name: str) -> type[Vendor]:
    """The vendor of a connection type; its module is imported when it is first needed.

    :raises KeyError: no vendor has it.
    """
    from airflow_provider_rooms.vendors.outside import load_class

    kind = connection_type(name)
    if kind is None:
        raise KeyError(name)
    return load_class(kind)
