"""How people get in: a token or a link for one room and one role, minted late, allowing as little as the role needs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room
from airflow_provider_rooms.placeholders import placeholders
from airflow_provider_rooms.values import read_text, read_time
from airflow_provider_rooms.vendors.contract.joining import Joiner
from airflow_provider_rooms.vendors.rooms import find

if TYPE_CHECKING:
    from airflow_provider_rooms.models import RoomRef
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.flow import Flow

#: A way in works this long after the end of the class.
GRACE = dt.timedelta(minutes=15)
#: Its life where nobody said when the class ends.
USUAL_LIFE = dt.timedelta(hours=4)
#: What the template ``join_page`` of a connection may hold.
PLACEHOLDERS = ("room_id", "name", "token", "role", "user_id", "user_name")
#: How it begins: https, or the scheme of an app.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s]")


def join_token(
    vendor: Vendor, room: RoomRef, role: str = "guest", user: Any = None, expires_at: Any = None
) -> Flow[str]:
    """A token for the vendor's client SDK, good for one room and one role.

    :raises InvalidSpecError: an unknown role, a bad user, or a life that is too long or over.
    :raises RoomClosedError: the room is closed.
    """
    vendor.need("mint")
    joiner = read_joiner(vendor, room, role, user, expires_at)
    vendor.check_life(joiner)
    found = yield from _open_room(vendor, room)
    return (yield from _minted(vendor, found, joiner))


def join_url(vendor: Vendor, room: RoomRef, role: str = "guest", user: Any = None, expires_at: Any = None) -> Flow[str]:
    """A link that leads into the room: to the connection's ``join_page``, or else to the vendor's own page.

    :raises InvalidConnectionError: there is no page, or its template is wrong.
    """
    joiner = read_joiner(vendor, room, role, user, expires_at)
    template = vendor.config.join_page
    if template is None:
        vendor.check_page(joiner)
        found = yield from _open_room(vendor, room)
        return (yield from vendor.page_url(found, joiner))
    names = _placeholders(vendor, template)
    if "token" in names:
        vendor.need("mint")
        vendor.check_life(joiner)
    elif joiner.asked:
        raise errors.UnsupportedError(
            "expires_at: join_page of the connection has no {token}, so the link cannot expire.",
            vendor=vendor.title,
        )
    found = yield from _open_room(vendor, room)
    token = (yield from _minted(vendor, found, joiner)) if "token" in names else ""
    values = {
        "room_id": found.id,
        "name": found.name or found.id,
        "token": token,
        "role": joiner.role,
        "user_id": joiner.user_id or "",
        "user_name": joiner.user_name or "",
    }
    return template.format(**{name: quote(value, safe="") for name, value in values.items()})


def read_joiner(vendor: Vendor, room: object, role: Any, user: Any, expires_at: Any) -> Joiner:
    """Everything about a way in that can be checked without a call.

    :raises InvalidSpecError: an unknown role, a bad user, or an end in the past.
    """
    known = {**vendor.usual_roles, **vendor.config.roles}
    name = read_text("role", role)
    if name is None or (name not in known and not vendor.any_role):
        raise errors.InvalidSpecError(
            f"role: {role!r} is not one of {', '.join(known)}.",
            vendor=vendor.title,
            advice="Other role names can be configured in roles of the connection.",
        )
    user_id, user_name = _read_user(user)
    asked = read_time("expires_at", expires_at)
    now = vendor.now()
    joiner = Joiner(
        role=name,
        rights=known.get(name, name),
        user_id=user_id,
        user_name=user_name,
        expires=int((asked or _usual_end(room, now)).timestamp()),
        asked=asked is not None,
    )
    if joiner.expires <= now.timestamp():
        raise errors.InvalidSpecError(
            "expires_at: this is in the past."
            if joiner.asked
            else "The class ended more than 15 minutes ago, so its link would no longer work.",
            vendor=vendor.title,
            advice="Set expires_at if somebody still needs access.",
        )
    vendor.check_joiner(joiner)
    return joiner


def _usual_end(room: object, now: dt.datetime) -> dt.datetime:
    """A quarter of an hour after the class, as the room has it that was given."""
    given = room.as_dict() if isinstance(room, Room) else room
    ends_at = read_time("room.ends_at", given.get("ends_at")) if isinstance(given, Mapping) else None
    return ends_at + GRACE if ends_at else now + USUAL_LIFE


def _read_user(user: Any) -> tuple[str | None, str | None]:
    """Id and name of a user: one text for both, or a dict."""
    if isinstance(user, Mapping):
        if unknown := set(user) - {"id", "name"}:
            raise errors.InvalidSpecError(f"user: unknown key {min(unknown)!r}. The keys are id and name.")
        return read_text("user.id", user.get("id")), read_text("user.name", user.get("name"))
    text = read_text("user", user)
    return text, text


def _open_room(vendor: Vendor, ref: RoomRef) -> Flow[Room]:
    """The room, which must be open: a token for a closed one opens nothing."""
    room = yield from find(vendor, ref)
    if room.state == "closed":
        raise errors.RoomClosedError("The room is closed, so nobody can join it.", vendor=vendor.title, room=room.id)
    return room


def _minted(vendor: Vendor, room: Room, joiner: Joiner) -> Flow[str]:
    token = yield from vendor.mint(room, joiner)
    vendor.runtime.conceal(token)
    return token


def _placeholders(vendor: Vendor, template: str) -> set[str]:
    whose = f"join_page of connection {vendor.config.conn_id!r}"
    if not _ADDRESS.match(template):
        raise errors.InvalidConnectionError(
            f"{whose}: not a valid page URL.",
            vendor=vendor.title,
            advice="Use an absolute URL, such as https://example.org/class/{room_id}#{token}.",
        )
    try:
        return placeholders(template, PLACEHOLDERS)
    except ValueError as error:
        raise errors.InvalidConnectionError(f"{whose}: {error}", vendor=vendor.title) from None
