"""Twilio Video v1: compositions, one film made of a room's track recordings.

Page: twilio.com/docs/video/api/compositions-resource.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox import files
from airflow_provider_rooms.sandbox.clock import iso_seconds
from airflow_provider_rooms.sandbox.credentials import TWILIO_ACCOUNT
from airflow_provider_rooms.sandbox.twilio.recordings import redirect
from airflow_provider_rooms.sandbox.twilio.shapes import METHODS, Param
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_rooms.sandbox.twilio.rest import TwilioRest
    from airflow_provider_rooms.sandbox.twilio.store import Composition

STATUSES: Final = ("enqueued", "processing", "completed", "deleted", "failed")
LARGEST_AREA: Final = 921_600
_REGION_NUMBERS: Final = ("x_pos", "y_pos", "z_pos", "width", "height", "max_columns", "max_rows")
_REGION_KEYS: Final = frozenset(
    {*_REGION_NUMBERS, "cells_excluded", "reuse", "video_sources", "video_sources_excluded"}
)


def _layout_problem(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "must be an object of regions"
    for name, region in value.items():
        if not isinstance(region, dict) or not isinstance(region.get("video_sources"), list):
            return f"region {name} needs video_sources"
        if unknown := set(region) - _REGION_KEYS:
            return f"region {name} has unknown keys: {', '.join(sorted(unknown))}"
        if region.get("reuse", "none") not in ("none", "show_oldest", "show_newest"):
            return f"region {name} has an unknown reuse"
        for key in _REGION_NUMBERS:
            number = region.get(key, 0)
            if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
                return f"region {name}: {key} must be a whole number"
    return None


_CREATE: Final[Mapping[str, Param]] = {
    "RoomSid": Param("text", required=True),
    "VideoLayout": Param("json", check=_layout_problem),
    "AudioSources": Param("many"),
    "AudioSourcesExcluded": Param("many"),
    "Resolution": Param("text"),
    "Format": Param("text", choices=("mp4", "webm")),
    "StatusCallback": Param("url", 53111),
    "StatusCallbackMethod": Param("text", 53110, choices=METHODS),
    "Trim": Param("flag"),
}


def routes(vendor: TwilioRest) -> Iterable[Route]:
    """The paths of this module."""
    compositions = Compositions(vendor)
    return (
        Route("POST", "/v1/Compositions", compositions.create),
        Route("GET", "/v1/Compositions", compositions.list_),
        Route("GET", "/v1/Compositions/{composition}", compositions.get),
        Route("DELETE", "/v1/Compositions/{composition}", compositions.delete),
        Route("GET", "/v1/Compositions/{composition}/Media", compositions.media),
    )


class Compositions:
    """Compositions and their media."""

    def __init__(self, vendor: TwilioRest) -> None:
        self.vendor = vendor

    def create(self, call: Call) -> Answer:
        order = self.vendor.form(call, _CREATE)
        room = self.vendor.store.rooms.get(order["RoomSid"])
        if room is None:
            raise self.vendor.refuse(20001, f"RoomSid {order['RoomSid']} is not a room of this account")
        if not order.get("VideoLayout") and not order.get("AudioSources"):
            raise self.vendor.refuse(20001, "VideoLayout or AudioSources is required")
        self._check_resolution(order.get("Resolution", "640x480"))
        return as_json(composition_view(self.vendor.store.add_composition(room, order), call.base), 201)

    def _check_resolution(self, text: str) -> None:
        sides = re.fullmatch(r"([0-9]{2,4})x([0-9]{2,4})", text)
        if sides is None or not all(16 <= int(side) <= 1280 for side in sides.groups()):
            raise self.vendor.refuse(20001, "Resolution must be WxH with sides from 16 to 1280")
        if int(sides[1]) * int(sides[2]) > LARGEST_AREA:
            raise self.vendor.refuse(20001, f"Resolution must not exceed {LARGEST_AREA} pixels")

    def list_(self, call: Call) -> Answer:
        status = self.vendor.choice(call, "Status", STATUSES)
        room_sid = call.first("RoomSid")
        inside = self.vendor.created_between(call)
        found = [
            composition
            for composition in reversed(self.vendor.store.compositions.values())
            if status in (None, composition.status)
            and room_sid in (None, composition.room.sid)
            and inside(composition.created)
        ]
        return self.vendor.page(
            call, "compositions", found, lambda c: c.sid, lambda c: composition_view(c, call.base), most=100
        )

    def _find(self, call: Call) -> Composition:
        composition = self.vendor.store.compositions.get(call.params["composition"])
        if composition is None:
            raise self.vendor.missing(call.path.removeprefix("/v1"))
        return composition

    def get(self, call: Call) -> Answer:
        return as_json(composition_view(self._find(call), call.base))

    def delete(self, call: Call) -> Answer:
        """204. Failed ones cannot be deleted (docs); what that is answered with is unknown."""
        composition = self._find(call)
        if composition.status == "failed":
            raise self.vendor.refuse(20001, "A failed composition cannot be deleted")
        if composition.status == "deleted":
            raise self.vendor.missing(call.path.removeprefix("/v1"))
        composition.status = "deleted"
        composition.deleted = self.vendor.clock.now()
        return Answer(204)

    def media(self, call: Call) -> Answer:
        composition = self._find(call)
        if composition.status != "completed":
            raise self.vendor.missing(call.path.removeprefix("/v1"))
        return redirect(call, self.vendor, f"{composition.sid}.{composition.order.get('Format', 'webm')}")


def composition_view(composition: Composition, base: str) -> dict[str, Any]:
    """A composition; size and duration are 0 until there is a file."""
    order = composition.order
    form = order.get("Format", "webm")
    url = f"{base}/v1/Compositions/{composition.sid}"
    ready = composition.status == "completed"
    seconds = 0
    if ready and composition.room.end is not None:
        seconds = int((composition.room.end - composition.room.created).total_seconds())
    return {
        "account_sid": TWILIO_ACCOUNT,
        "status": composition.status,
        "date_created": iso_seconds(composition.created),
        "date_completed": iso_seconds(composition.completed),
        "date_deleted": iso_seconds(composition.deleted),
        "sid": composition.sid,
        "room_sid": composition.room.sid,
        "audio_sources": order.get("AudioSources", []),
        "audio_sources_excluded": order.get("AudioSourcesExcluded", []),
        "video_layout": order.get("VideoLayout", {}),
        "resolution": order.get("Resolution", "640x480"),
        "trim": order.get("Trim", True),
        "format": form,
        "bitrate": 64 if ready else 0,
        "size": files.size(f"{TWILIO_ACCOUNT}/{composition.sid}.{form}") if ready else 0,
        "duration": seconds,
        "media_external_location": None,
        "status_callback": order.get("StatusCallback"),
        "status_callback_method": order.get("StatusCallbackMethod", "POST"),
        "url": url,
        "links": {"media": f"{url}/Media"},
    }
