"""100ms v2: rooms.

Pages: api-reference/Rooms (create-via-api, update-a-room, disable-or-enable, retrieve-room, list-rooms), and the guide
"Create large rooms" for some of the errors.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox.clock import iso_go, millis
from airflow_provider_rooms.sandbox.hundredms import shapes
from airflow_provider_rooms.sandbox.hundredms.shapes import APP, CUSTOMER
from airflow_provider_rooms.sandbox.wire import Answer, Call, RefusedError, Route, as_json, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_rooms.sandbox.checks import Record
    from airflow_provider_rooms.sandbox.hundredms.rest import HundredMsRest
    from airflow_provider_rooms.sandbox.hundredms.store import Room, Template

ZERO_TIME: Final = "0001-01-01T00:00:00Z"


def routes(vendor: HundredMsRest) -> Iterable[Route]:
    """The paths of this module."""
    rooms = Rooms(vendor)
    return (
        Route("POST", "/v2/rooms", rooms.create),
        Route("GET", "/v2/rooms", rooms.list_),
        Route("GET", "/v2/rooms/{id}", rooms.get),
        Route("POST", "/v2/rooms/{id}", rooms.update),
    )


class Rooms:
    """Rooms by id; by name only through create and the list."""

    def __init__(self, vendor: HundredMsRest) -> None:
        self.vendor = vendor

    def create(self, call: Call) -> Answer:
        """An upsert: 200 for a new room and for one of the same name, which takes over what the body carries.

        Fields left out stay as they are (likely, not stated). A disabled room stays disabled (not stated).
        """
        body = self._body(call, shapes.CREATE_ROOM)
        template = self._template(body)
        name = body.pop("name", None)
        room = self.vendor.store.by_name.get(name.lower()) if name is not None else None
        if room is None:
            room = self.vendor.store.add_room(
                name, template or self.vendor.store.default_template, body, self.vendor.lag_until()
            )
        else:
            room.settings.update(body)
            room.template = template or room.template
            self.vendor.store.touch(room)
        return as_json(room_view(room) | {"app_id": APP})

    def update(self, call: Call) -> Answer:
        room = self.vendor.room(call)
        body = self._body(call, shapes.UPDATE_ROOM)
        name = body.pop("name", None)
        if name is not None and name.lower() != room.name.lower():
            if name.lower() in self.vendor.store.by_name:
                # the page only says that "the corresponding room ID is returned"; refusing is the safer reading
                raise self.vendor.refuse(
                    400, "Invalid body param", f"Invalid body param: room name {name} already exists"
                )
            self.vendor.store.rename(room, name)
        room.enabled = body.pop("enabled", room.enabled)
        room.settings.update(body)
        self.vendor.store.touch(room)
        return as_json(room_view(room) | {"customer": CUSTOMER})

    def get(self, call: Call) -> Answer:
        return as_json(room_view(self.vendor.room(call, lagging=True)))

    def list_(self, call: Call) -> Answer:
        """Newest first (not stated). ``enabled`` is true unless given; ``after`` and ``before`` are inclusive."""
        enabled = self.vendor.flag(call, "enabled", True)
        after, before = self.vendor.moment(call, "after"), self.vendor.moment(call, "before")
        name, template_id = call.first("name"), call.first("template_id")
        candidates: Iterable[Room] = reversed(self.vendor.store.rooms.values())
        if name and self.vendor.behaviour["name_filter"] == "exact":
            room = self.vendor.store.by_name.get(name.lower())
            candidates = [room] if room is not None else []
        found = [
            room
            for room in candidates
            if room.enabled is enabled
            and (not name or name.lower() in room.name.lower())
            and (not template_id or room.template.id == template_id)
            and (after is None or millis(room.created) >= after)
            and (before is None or millis(room.created) <= before)
            and self.vendor.shows(room.visible_at)
        ]
        if name:
            return self.vendor.envelope(call, found, lambda room: room.id, listed_view)
        lists = self.vendor.lists
        return lists.answer(
            call,
            lambda: self.vendor.envelope(call, lists.rooms(found), lambda room: room.id, listed_view, lists.page),
        )

    def _body(self, call: Call, spec: Record) -> dict[str, Any]:
        body = self.vendor.body(call, spec) if b'"template"' not in call.body else self._no_template(call, spec)
        if "name" in body and not re.fullmatch(shapes.NAME_PATTERN, body["name"]):
            raise self._invalid("name")
        if body.get("region", "auto") not in shapes.REGIONS:
            raise self.vendor.refuse(400, "Error: region not supported", "Error: region not supported")
        least, most = shapes.DURATION
        seconds = body.get("max_duration_seconds", least)
        if seconds < least:
            raise self._invalid(f"max_duration_seconds less than {least} seconds")
        if seconds > most:
            raise self._invalid(f"max_duration_seconds greater than {most} seconds")
        self._check_size(body, call.params.get("id"))
        self._check_upload((body.get("recording_info") or {}).get("upload_info"))
        return body

    def _no_template(self, call: Call, spec: Record) -> dict[str, Any]:
        """``template`` (a name) has an error of its own: use the id."""
        try:
            value = read_json(call.body)
        except ValueError:
            value = None
        if isinstance(value, dict) and "template" in value:
            raise self.vendor.refuse(400, "Invalid body param: template. Use template_id")
        return self.vendor.body(call, spec)

    def _check_size(self, body: dict[str, Any], room_id: str | None) -> None:
        known = self.vendor.store.rooms.get(room_id or "") or self.vendor.store.by_name.get(
            str(body.get("name", "")).lower()
        )
        before = known.settings if known is not None else {}
        large = body.get("large_room", before.get("large_room", False))
        size = body.get("size", before.get("size", 0))
        if size < 0:
            raise self._invalid("room size less than 0")
        if size > shapes.LARGEST_LARGE_SIZE:
            raise self._invalid(f"room size greater than {shapes.LARGEST_LARGE_SIZE}")
        if size > shapes.LARGEST_SIZE and not large:
            raise self._invalid(f"room size greater than {shapes.LARGEST_SIZE}, set large_room flag as true")

    def _check_upload(self, upload: dict[str, Any] | None) -> None:
        if upload is None:
            return
        if not upload.get("location"):
            raise self.vendor.refuse(400, "Bucket location is missing", "Bucket location is missing")
        if upload.get("type") not in shapes.STORAGE:
            raise self.vendor.refuse(400, "Invalid upload configuration", "Invalid upload configuration")

    def _invalid(self, what: str) -> RefusedError:
        """The texts may come as message or in details; the guide "Create large rooms" has them in details."""
        return self.vendor.refuse(400, "Invalid body param", f"Invalid body param: {what}")

    def _template(self, body: dict[str, Any]) -> Template | None:
        template_id = body.pop("template_id", None)
        if template_id is None:
            return None
        template = self.vendor.store.templates.get(template_id)
        if template is None:
            raise self.vendor.refuse(400, "Error: template not found", "Error: template not found")
        return template


def room_view(room: Room) -> dict[str, Any]:
    """Webhook headers and storage credentials come back in clear, as on the vendor's own page."""
    settings = room.settings
    region = settings.get("region", "auto")
    view: dict[str, Any] = {
        "id": room.id,
        "name": room.name,
        "enabled": room.enabled,
        "description": settings.get("description", ""),
        "customer_id": CUSTOMER,
        "recording_source_template": "recording_info" not in settings,
        "enabled_source_template": False,
        "recording_info": settings.get("recording_info"),
        "template_id": room.template.id,
        "template": room.template.name,
        # "auto" falls back to the template's region; that the answer shows the outcome is the stricter reading
        "region": room.template.region if region == "auto" else region,
        "created_at": iso_go(room.created),
        "updated_at": iso_go(room.updated, 9 if room.changed else 3),
        "large_room": settings.get("large_room", False),
    }
    optional = ("size", "max_duration_seconds", "polls", "webhook")
    return view | {name: settings[name] for name in optional if name in settings}


def listed_view(room: Room) -> dict[str, Any]:
    """Lists show less, call recording_info ``recording``, and have a zero date where nothing was updated."""
    view = room_view(room)
    recording = view.pop("recording_info")
    for absent in ("webhook", "polls", "enabled_source_template"):
        view.pop(absent, None)
    if recording is not None:
        view["recording"] = recording
    view["key"] = f"{CUSTOMER}:{room.name}"
    if not room.changed:
        view["updated_at"] = ZERO_TIME
    return view
