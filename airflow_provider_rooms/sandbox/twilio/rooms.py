"""Twilio Video v1: rooms.

Page: twilio.com/docs/video/api/rooms-resource. There is no DELETE, and no change but the one to ``completed``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.sandbox.clock import iso_seconds
from airflow_provider_rooms.sandbox.credentials import TWILIO_ACCOUNT
from airflow_provider_rooms.sandbox.twilio import shapes
from airflow_provider_rooms.sandbox.twilio.store import PUBLISHED_TRACKS, Room
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from airflow_provider_rooms.sandbox.twilio.rest import TwilioRest


def routes(vendor: TwilioRest) -> Iterable[Route]:
    """The paths of this module."""
    rooms = Rooms(vendor)
    return (
        Route("POST", "/v1/Rooms", rooms.create),
        Route("GET", "/v1/Rooms", rooms.list_),
        Route("GET", "/v1/Rooms/{room}", rooms.get),
        Route("POST", "/v1/Rooms/{room}", rooms.update),
    )


class Rooms:
    """Rooms by SID in any status, by name while in progress."""

    def __init__(self, vendor: TwilioRest) -> None:
        self.vendor = vendor

    def create(self, call: Call) -> Answer:
        settings = self.vendor.form(call, shapes.CREATE_ROOM)
        if settings.get("Type", "group") in shapes.LEGACY_TYPES:
            raise self.vendor.refuse(53126)
        if settings.get("AudioOnly"):
            raise self.vendor.refuse(53127)
        name = settings.pop("UniqueName", None)
        if name is not None and name in self.vendor.store.in_progress:
            raise self.vendor.refuse(53113)
        settings.setdefault("RecordParticipantsOnConnect", self.vendor.behaviour["record_by_default"])
        room = self.vendor.store.add_room(name, settings, self.vendor.lag_until())
        return as_json(room_view(room, call.base), 201)

    def list_(self, call: Call) -> Answer:
        """In-progress only unless Status says otherwise. Unknown or misspelt parameters are passed over."""
        status = self.vendor.choice(call, "Status", shapes.ROOM_STATUSES) or "in-progress"
        name = call.first("UniqueName")
        inside = self.vendor.created_between(call)
        store = self.vendor.store
        candidates: Iterable[Room]
        if name is not None:
            candidates = reversed(store.by_name.get(name, []))
        else:
            candidates = reversed((store.in_progress if status == "in-progress" else store.rooms).values())
        found = [
            room
            for room in candidates
            if room.status == status and inside(room.created) and self.vendor.shows(room.visible_at)
        ]
        if name is not None:
            return self._listed(call, found)
        lists = self.vendor.lists
        return lists.answer(call, lambda: self._listed(call, lists.rooms(found), lists.page))

    def _listed(
        self, call: Call, rooms: Sequence[Room], shown: Callable[[Sequence[Room]], Sequence[Room]] = list
    ) -> Answer:
        def view(room: Room) -> dict[str, Any]:
            return room_view(room, call.base)

        return self.vendor.page(call, "rooms", rooms, lambda room: room.sid, view, shown=shown)

    def get(self, call: Call) -> Answer:
        return as_json(room_view(self.vendor.room(call, lagging=True), call.base))

    def update(self, call: Call) -> Answer:
        """The one thing to change is the status, to ``completed``; 202."""
        room = self.vendor.room(call)
        if b"Status=" not in call.body:
            raise self.vendor.refuse(20001, "Missing required parameter Status in the post body")
        status = self.vendor.form(call, shapes.UPDATE_ROOM)["Status"]
        if status != "completed" or room.status != "in-progress":
            raise self.vendor.refuse(53112)
        self.vendor.store.complete(room)
        return as_json(room_view(room, call.base), 202)


def room_view(room: Room, base: str) -> dict[str, Any]:
    """All 24 fields. Rules, transcription settings and codecs as sent are not among them (codecs are)."""
    settings = room.settings
    url = f"{base}/v1/Rooms/{room.sid}"
    duration = None if room.end is None else int((room.end - room.created).total_seconds())
    return {
        "account_sid": TWILIO_ACCOUNT,
        "audio_only": settings.get("AudioOnly", False),
        "date_created": iso_seconds(room.created),
        "date_updated": iso_seconds(room.updated),
        "duration": duration,
        "empty_room_timeout": settings.get("EmptyRoomTimeout", 5),
        "enable_turn": True,
        "end_time": iso_seconds(room.end),
        "large_room": settings.get("LargeRoom", False),
        "max_concurrent_published_tracks": PUBLISHED_TRACKS,
        "max_participant_duration": settings.get("MaxParticipantDuration", 14_400),
        "max_participants": settings.get("MaxParticipants", 50),
        "media_region": settings.get("MediaRegion", "us1"),
        "record_participants_on_connect": settings.get("RecordParticipantsOnConnect", False),
        "sid": room.sid,
        "status": room.status,
        "status_callback": settings.get("StatusCallback"),
        "status_callback_method": settings.get("StatusCallbackMethod", "POST"),
        "type": settings.get("Type", "group"),
        "unique_name": room.name,
        "unused_room_timeout": settings.get("UnusedRoomTimeout", 5),
        "url": url,
        "video_codecs": settings.get("VideoCodecs", list(shapes.CODECS)),
        "links": {
            "participants": f"{url}/Participants",
            "recordings": f"{url}/Recordings",
            "transcriptions": f"{url}/Transcriptions",
            "recording_rules": f"{url}/RecordingRules",
        },
    }
