"""The vendors of the sandbox: one line each, and those that other distributions bring along."""

from __future__ import annotations

import functools
import logging
import re
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final

from airflow_provider_rooms.sandbox.hundredms.api import HundredMs
from airflow_provider_rooms.sandbox.twilio.api import Twilio
from airflow_provider_rooms.sandbox.vendor import Vendor
from airflow_provider_rooms.sandbox.videosdk.api import VideoSDK

log = logging.getLogger(__name__)

BUILT_IN: Final[tuple[type[Vendor], ...]] = (
    VideoSDK,
    HundredMs,
    Twilio,
)
#: Entry points of vendors from outside; each is a connection type whose ``sandbox`` says where the vendor's part is.
GROUP: Final = "airflow_provider_rooms.vendors"
#: What the sandbox itself answers under.
TAKEN: Final = frozenset({"control", "files"})


@functools.cache
def vendors() -> tuple[type[Vendor], ...]:
    """Every vendor of the sandbox. Those from outside are looked for once; a broken one is logged and left out."""
    found = list(BUILT_IN)
    for entry in sorted(entry_points(group=GROUP)):
        try:
            path = entry.load().sandbox
            if path:
                found.append(_usable(path, found))
        except Exception as error:  # noqa: BLE001 - whatever a module of somebody else raises
            log.error("Skipped in the sandbox: %s (%s: %s)", entry.value, type(error).__name__, error)
    return tuple(found)


def _usable(path: str, others: list[type[Vendor]]) -> type[Vendor]:
    module, _, name = path.rpartition(".")
    vendor: Any = getattr(import_module(module), name)
    if not (isinstance(vendor, type) and issubclass(vendor, Vendor)):
        raise TypeError(f"{path} is not a subclass of the sandbox's Vendor")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", vendor.name) or vendor.name in TAKEN:
        raise ValueError(f"{vendor.name!r} cannot be the first part of a path here")
    for other in others:
        if vendor.name == other.name or vendor.conn_type == other.conn_type:
            raise ValueError(
                f"{other.title} has the name {other.name} and the connection type {other.conn_type} already"
            )
    return vendor
