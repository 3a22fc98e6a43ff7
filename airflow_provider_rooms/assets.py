"""Rooms and tables as Airflow assets: what other DAGs can be scheduled on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow.providers.common.compat.sdk import BaseOperator, Context

#: What is told of a room.
TOLD = ("id", "name", "vendor", "outcome")


def report_rooms(task: BaseOperator, context: Context, rooms: Iterable[Mapping[str, Any]]) -> None:
    """Fill the events of a task's outlets with its rooms. Without outlets nothing happens and nothing is imported.

    An ``Asset`` gets ``{id, name, vendor, outcome}`` as its event's extra, or ``{"rooms": […]}`` with one of these per room
    where there is not just one. An ``AssetAlias`` gets an event per room, of an asset of the room's own:
    ``rooms://<vendor>/<name>``.

    :param rooms: as in XCom; those without an id (failed, not due) are left out.
    """
    if not task.outlets:
        return
    from airflow.providers.common.compat.sdk import Asset, AssetAlias

    told: list[Any] = [{key: room[key] for key in TOLD} for room in rooms if room["id"]]
    events = context["outlet_events"]
    for outlet in task.outlets:
        if isinstance(outlet, AssetAlias):
            for extra in told:
                events[outlet].add(Asset(room_uri(extra["vendor"], extra["name"] or extra["id"])), extra=extra)
        elif isinstance(outlet, Asset) and told:
            events[outlet].extra.update(told[0] if len(told) == 1 else {"rooms": told})


def report_file(task: BaseOperator, context: Context, uri: str, told: Mapping[str, Any]) -> None:
    """Fill the events of a task's outlets with the file that it wrote: an ``Asset`` as its event's extra, an ``AssetAlias``
    with an event of the file's own asset. Without outlets nothing happens.

    :param uri: of the file, without a connection in it.
    :param told: ``{path, rows}``.
    """
    if not task.outlets:
        return
    from airflow.providers.common.compat.sdk import Asset, AssetAlias

    events = context["outlet_events"]
    for outlet in task.outlets:
        if isinstance(outlet, AssetAlias):
            events[outlet].add(Asset(uri), extra=dict(told))
        elif isinstance(outlet, Asset):
            events[outlet].extra.update(told)


def room_uri(vendor: str, name: str) -> str:
    """The URI of a room's own asset.

    :param vendor: the connection type.
    :param name: the room name, the connection's prefix included.
    """
    return f"rooms://{vendor}/{quote(name, safe='')}"
