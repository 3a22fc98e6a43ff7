"""Rooms, once for all vendors: found by whatever names them, listed, closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import errors, names
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.values import read_text, read_time
from airflow_provider_rooms.vendors.exchange import parse_time

if TYPE_CHECKING:
    from airflow_provider_rooms.models import RoomRef
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.flow import Flow


def find(vendor: Vendor, ref: RoomRef) -> Flow[Room]:
    """A room by its id, its name (with or without the prefix), the ``room`` dict of a create task, or itself.

    :raises InvalidSpecError: nothing usable was given, or the dict is of another vendor.
    :raises NotFoundError: there is none.
    """
    if isinstance(ref, Room):
        ref = ref.as_dict()
    if isinstance(ref, Mapping):
        if ref.get("vendor") not in (None, vendor.name):
            raise errors.InvalidSpecError(
                f"room: this is a room of {ref['vendor']}, but the connection is of {vendor.name}."
            )
        if ref.get("outcome") == "not_due":
            return (yield from _made_since(vendor, ref))
        if room_id := ref.get("id"):
            return (yield from _by_id(vendor, str(room_id)))
        ref = ref.get("name") or ""
    if not isinstance(ref, str) or ref.strip() in ("", "None"):
        raise errors.InvalidSpecError(f"room: expected an id, a name or the room dict, got {ref!r}.")
    prefix = vendor.config.name_prefix
    if not prefix or ref.startswith(prefix):
        return (yield from _by_ref(vendor, ref))
    try:
        room = yield from _by_ref(vendor, ref)
        if room.id == ref:
            return room
        # A room of that very name is somebody else's: that is what the prefix is for.
    except errors.NotFoundError:
        pass
    return (yield from _by_ref(vendor, prefix + ref))


def _by_id(vendor: Vendor, room_id: str) -> Flow[Room]:
    """The room of that id, and no other."""
    try:
        return vendor.room((yield from vendor.read(room_id)))
    except errors.NotFoundError:
        raise vendor.not_found(room_id) from None


def _by_ref(vendor: Vendor, ref: str) -> Flow[Room]:
    """The room of that id or name."""
    if vendor.id_form and vendor.id_form.fullmatch(ref):
        try:
            return vendor.room((yield from vendor.read(ref)))
        except (errors.NotFoundError, errors.AccessDeniedError):
            pass  # It may be a name that looks like an id; 403 is how some calls answer an unknown one.
    room = yield from vendor.room_named(ref)
    if room is None:
        raise vendor.not_found(ref)
    return room


def _made_since(vendor: Vendor, row: Mapping[str, Any]) -> Flow[Room]:
    """The room of a class for which it was too early when a batch wrote this row."""
    spec = RoomSpec.read({key: row.get(key) for key in ("starts_at", "ends_at")})
    existing = yield from vendor.look_up(str(row.get("name")), spec)
    if existing is None:
        raise errors.NotFoundError(
            "The room of this class is not made yet: when its batch ran, it was not due.",
            vendor=vendor.title,
            room=str(row.get("name")),
            advice="Run the batch again shortly before the class, and give this task what that run returns.",
        )
    return vendor.room(existing.answer)


def find_by_name(vendor: Vendor, name: str | list[Any]) -> Flow[Room | None]:
    """The room of that name, or None.

    :raises InvalidSpecError: it cannot be a room name.
    """
    full = names.resolve_name(name, prefix=vendor.config.name_prefix)
    existing = yield from vendor.look_up(full, RoomSpec())
    return vendor.room(existing.answer) if existing else None


def list_matching(vendor: Vendor, prefix: str, since: Any, *, only_open: bool = False) -> Flow[None]:
    """Rooms whose name starts with a prefix, made since a time, page by page.

    :raises InvalidSpecError: the time cannot be read, or has no time zone.
    """
    start = vendor.config.name_prefix + (read_text("prefix", prefix) or "")
    after = read_time("since", since)

    def keep(room: Room) -> bool:
        made = parse_time(room.created_at)
        return (room.name or "").startswith(start) and (after is None or made is None or made >= after)

    return vendor.list_open_rooms(keep) if only_open else vendor.list_rooms(keep)


def close(vendor: Vendor, ref: RoomRef) -> Flow[Room]:
    """Close a room, and read what it is then; a closed one is left alone.

    :raises NotFoundError: there is no such room.
    """
    room = yield from find(vendor, ref)
    if room.state == "open":
        yield from vendor.close_room(room)
        room = yield from _closed(vendor, room)
    return room


def _closed(vendor: Vendor, room: Room) -> Flow[Room]:
    try:
        return vendor.room((yield from vendor.read(room.id)))
    except errors.NotFoundError:
        if vendor.closing == "deletes":
            return replace(room, state="closed")
        raise
