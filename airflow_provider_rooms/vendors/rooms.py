"""Rooms, once for all vendors: found by whatever names them, listed, closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import errors, names
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.values import not_given, read_text, read_time
from airflow_provider_rooms.vendors.exchange import parse_time
from airflow_provider_rooms.vendors.flow import Sleep

if TYPE_CHECKING:
    from airflow_provider_rooms.models import RoomRef
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.flow import Flow

#: Seconds between reads of a room that was told to close.
_CLOSE_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


def find(vendor: Vendor, ref: RoomRef) -> Flow[Room]:
    """A room by its ``room`` dict or itself, which have its id; or by a text: its id, or its name as the DAG gives it.

    A name never leads to the room of another class: it is looked up with the connection's ``name_prefix`` before it.
    The full name, as the vendor shows it, is accepted as well if it carries the prefix and no room has that longer name.

    :raises InvalidSpecError: nothing usable was given, the dict is of another vendor, or the text names two rooms.
    :raises NotFoundError: there is none.
    """
    if isinstance(ref, Room):
        ref = ref.as_dict()
    if isinstance(ref, Mapping):
        if ref.get("vendor") not in (None, vendor.name):
            raise errors.InvalidSpecError(
                f"room: this room is from {ref['vendor']}, but the connection is for {vendor.name}."
            )
        if room_id := ref.get("id"):
            return (yield from vendor.get_room(str(room_id)))
        if ref.get("vendor") and ref.get("name"):
            return (yield from _made_since(vendor, ref))
        ref = ref.get("name") or ""
    if not isinstance(ref, str) or ref.strip() in ("", "None"):
        raise errors.InvalidSpecError(f"room: expected an id, a name or the room dict, got {ref!r}.")
    missing: errors.RoomsError = vendor.not_found(ref)
    if vendor.id_form and vendor.id_form.fullmatch(ref):
        try:
            return (yield from vendor.get_room(ref))
        except errors.NotFoundError:
            pass
        except errors.AccessDeniedError as error:
            missing = error  # it may be somebody else's id; or a name
    room = yield from _by_name(vendor, ref)
    if room is None:
        raise missing
    return room


def find_or_gone(vendor: Vendor, ref: RoomRef) -> Flow[Room]:
    """As :func:`find`; but a room that was there and whose closing leaves nothing of it is a closed room.

    :raises NotFoundError: there is none, and nothing says that there ever was.
    """
    try:
        return (yield from find(vendor, ref))
    except errors.NotFoundError:
        given = ref.as_dict() if isinstance(ref, Room) else ref
        if vendor.closing != "deletes" or not isinstance(given, Mapping) or not given.get("id"):
            raise
        name = given.get("name")
        return Room(
            vendor=vendor.name,
            conn_id=vendor.config.conn_id,
            id=str(given["id"]),
            name=str(name) if name else None,
            state="closed",
        )


def _by_name(vendor: Vendor, text: str) -> Flow[Room | None]:
    """The room with a name as the DAG gives it, or with a full name that carries the prefix."""
    prefix = vendor.config.name_prefix
    ours = yield from vendor.room_named(prefix + text)
    if not prefix or not text.startswith(prefix):
        return ours
    full = yield from vendor.room_named(text)
    if ours and full and ours.id != full.id:
        raise errors.InvalidSpecError(
            f"room: {text!r} is the name of one room and, with name_prefix {prefix!r}, of another: "
            f"{full.name!r} (id {full.id}) and {ours.name!r} (id {ours.id}).",
            vendor=vendor.title,
            advice="Pass the id or the room dict of the one you mean.",
        )
    return ours or full


def _made_since(vendor: Vendor, row: Mapping[str, Any]) -> Flow[Room]:
    """The room of a class that had none when a batch wrote this row: too early for it, or an error."""
    name = str(row["name"])
    spec = RoomSpec.read({key: row.get(key) for key in ("starts_at", "ends_at")})
    existing = yield from vendor.look_up(name, spec)
    if existing is not None:
        return vendor.room(existing.answer)
    if row.get("outcome") != "not_due":
        raise vendor.not_found(name)
    raise errors.NotFoundError(
        "This class has no room yet: it was not due when the batch ran.",
        vendor=vendor.title,
        room=name,
        advice="Run the batch again shortly before the class, and pass its new result to this task.",
    )


def find_by_name(vendor: Vendor, name: str | list[Any]) -> Flow[Room | None]:
    """The room with that name, open or closed, or None. Rooms that other programs made may have any text for a name.

    :raises InvalidSpecError: it is empty, or a list with a part that cannot be in a name.
    """
    prefix = vendor.config.name_prefix
    own = isinstance(name, str) and not not_given(name)
    return vendor.room_named(f"{prefix}{name}" if own else names.resolve_name(name, prefix=prefix))


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
    """Close a room, and make sure that it is closed; a closed one is left alone.

    :raises NotFoundError: there is no such room.
    :raises NotVisibleYetError: the vendor accepted the request, but the room is still open half a minute later.
    """
    room = yield from find_or_gone(vendor, ref)
    if room.state == "closed":
        return room
    yield from vendor.close_room(room)
    for wait in (*_CLOSE_WAITS, None):
        try:
            room = yield from vendor.get_room(room.id)
        except errors.NotFoundError:
            if vendor.closing != "deletes":
                raise
            room = replace(room, state="closed")
        if room.state == "closed":
            return room
        if wait is not None:
            yield Sleep(wait)
    raise errors.NotVisibleYetError(
        "The vendor accepted the request to close the room, but still reports it as open.",
        vendor=vendor.title,
        room=room.id,
        advice="Try again in a minute.",
    )
