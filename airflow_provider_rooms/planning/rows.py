"""Rooms as tasks push them to XCom, those that do not exist (yet) too, and one line that sums them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.models import Room
from airflow_provider_rooms.names import resolve_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.models import RoomSpec
    from airflow_provider_rooms.planning.lookups import Planned
    from airflow_provider_rooms.vendors.base import Vendor


def without_room(
    hook: RoomsHook, spec: RoomSpec, *, outcome: str | None = None, error: BaseException | None = None
) -> dict[str, Any]:
    """The row of a class that has no room, with the keys of one that has; ``id`` and ``state`` are None.

    :param outcome: ``not_due``, or None for a room that could not be created or belongs to a class that is over.
    :param error: why there is none, which adds the key ``error``.
    """
    vendor = hook.vendor
    row = Room(
        vendor=vendor.name,
        conn_id=hook.conn_id,
        id="",
        name=None if spec.name is None else resolve_name(spec.name, prefix=vendor.config.name_prefix),
        state="open",
        starts_at=spec.starts_at.isoformat() if spec.starts_at else None,
        ends_at=spec.ends_at.isoformat() if spec.ends_at else None,
        ref=spec.ref,
    ).as_dict()
    row |= {"id": None, "state": None, "outcome": outcome}
    return row if error is None else {**row, "error": str(error)}


def with_url(row: Mapping[str, Any], vendor: Vendor) -> dict[str, Any]:
    """The row with the address of its room's page as ``url``: a task that has many rooms has one link only."""
    return {**row, "url": vendor.room_url(row["id"]) if row["id"] else None}


def row_of(planned: Planned, found: Mapping[str, Any], vendor: Vendor) -> dict[str, Any]:
    """The row of a class that was looked up, with what was found as ``verdict``, and ``url``.

    :param found: the class as :meth:`Planned.as_dict` gives it, with what became of it since.
    """
    room = planned.finding.room
    ends_at = planned.spec.get("ends_at")
    row = {
        "vendor": vendor.name,
        "conn_id": planned.conn_id,
        "id": found["id"],
        "name": found["name"],
        "state": room.state if room else ("open" if found["id"] else None),
        "outcome": "not_due" if found["verdict"] == "not_due" else None,
        "created_at": room.created_at if room else None,
        "starts_at": found["starts_at"],
        "ends_at": str(ends_at) if ends_at else None,
        "ref": found["ref"],
        "drift": found["drift"],
        "unverified": room.unverified if room else [],
        "verdict": found["verdict"],
    }
    return with_url({**row, "error": found["told"]} if found["told"] else row, vendor)


def summed_up(ready: int, total: int, due: Iterable[dt.datetime], others: Mapping[str, int]) -> str:
    """One line about the rooms of a run: ``28 of 30 ready, 2 due from 15:13 UTC``.

    :param due: when the rooms that are not due yet will be.
    :param others: how many rooms are in another state, by the words for it; those with none are left out.
    """
    times = sorted(due)
    parts = [f"{ready} of {total} ready"]
    if times:
        parts.append(f"{len(times)} due {_when(times)}")
    parts += [f"{count} {words}" for words, count in others.items() if count]
    return ", ".join(parts)


def _when(times: Sequence[dt.datetime]) -> str:
    first, last = times[0], times[-1]
    text = f"{first:%H:%M}" if first.date() == last.date() else f"{first:%Y-%m-%d %H:%M}"
    return f"{'at' if first == last else 'from'} {text} {first.tzname()}"
