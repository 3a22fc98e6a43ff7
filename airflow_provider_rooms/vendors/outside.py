"""Vendors that other distributions bring along, by entry points; a broken one is logged and left out.

A distribution says so in its ``pyproject.toml``::

    [project.entry-points."airflow_provider_rooms.vendors"]
    acme = "rooms_acme.connection:CONNECTION_TYPE"

The group is read once per process, and only for a connection type that is not built in.
"""

from __future__ import annotations

import functools
import logging
import re
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from airflow_provider_rooms.connections import BY_TYPE, ConnectionType
from airflow_provider_rooms.vendors.base import Vendor

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

GROUP = "airflow_provider_rooms.vendors"
_AIRFLOWS_GROUP = "apache_airflow_provider"
_TYPE = re.compile(r"[a-z][a-z0-9_]*")


@functools.cache
def outside_types() -> Mapping[str, ConnectionType]:
    """The connection types of all usable vendors from outside, by their names."""
    found: dict[str, ConnectionType] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (_distribution(entry), entry.name)):
        try:
            kind = entry.load()
            wrong = refusal(kind, found)
        except Exception as error:  # noqa: BLE001 - whatever a module of somebody else raises while it is imported
            wrong = f"{type(error).__name__}: {str(error).rstrip('.')}. Fix it there, or uninstall the distribution."
        if wrong:
            log.error("Skipped vendor %s from distribution %s. %s", entry.value, _distribution(entry), wrong)
            continue
        found[kind.conn_type] = kind
        _check_distribution(entry)
    return found


def refusal(kind: object, others: Mapping[str, ConnectionType]) -> str | None:
    """Why a vendor cannot be used, and what to do; None if it can.

    :param others: vendors from outside that are known already.
    """
    if not isinstance(kind, ConnectionType):
        return f"This is a {type(kind).__name__}: the entry point must name a ConnectionType."
    word = kind.conn_type
    if not _TYPE.fullmatch(word):
        return f"{word!r} is not a valid connection type: use lower-case letters, digits and _, starting with a letter."
    if word in BY_TYPE or word in others:
        return f"The connection type {word!r} already exists: choose another name."
    vendor: object = load_class(kind)
    if not isinstance(vendor, type) or not issubclass(vendor, Vendor):
        return f"{kind.vendor} is not a subclass of Vendor: set the vendor's class in its ConnectionType."
    if (vendor.name, vendor.title) != (word, kind.title):
        return (
            f"{kind.vendor} has the name {vendor.name!r} and the title {vendor.title!r}, but its "
            "ConnectionType has others; make them equal."
        )
    for known in (vendor, *map(load_class, BY_TYPE.values())):
        if word in {"extra_body", *known.options.model_fields, *known.recording_options.model_fields}:
            return f"{word!r} is the name of an option of {known.title}: choose another connection type."
    return None


def load_class(kind: ConnectionType) -> type[Vendor]:
    """The class of a vendor; its module is imported when it is first needed."""
    module, _, name = kind.vendor.rpartition(".")
    vendor: type[Vendor] = getattr(import_module(module), name)
    return vendor


def _check_distribution(entry: EntryPoint) -> None:
    """Say what Airflow does not say: it stops at a provider that calls itself otherwise than its distribution is called."""
    name = _distribution(entry)
    for other in entry.dist.entry_points if entry.dist else ():
        if other.group != _AIRFLOWS_GROUP:
            continue
        try:
            called = other.load()()["package-name"]
        except Exception as error:  # noqa: BLE001 - as above; the vendor works without
            log.warning("Airflow cannot read the provider metadata of %s: %s: %s", name, type(error).__name__, error)
            continue
        if called != name:
            log.warning(
                "The provider metadata of distribution %s has the package-name %r, which Airflow rejects: return "
                "%r there.",
                name,
                called,
                name,
            )


def _distribution(entry: EntryPoint) -> str:
    """The name of the distribution as Airflow compares it."""
    return re.sub(r"[-_.]+", "-", entry.dist.name).lower() if entry.dist else "?"
