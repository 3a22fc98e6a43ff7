"""Twilio Video's rooms. https://www.twilio.com/docs/video/api/rooms-resource"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import LONGEST_CLASS
from airflow_provider_rooms.names import is_room_sid
from airflow_provider_rooms.vendors.contract.listing import Listing, RoomList
from airflow_provider_rooms.vendors.contract.rooms import Closing, Existing
from airflow_provider_rooms.vendors.exchange import parse_time
from airflow_provider_rooms.vendors.rest_rooms import RestRooms
from airflow_provider_rooms.vendors.twilio_video.api import (
    LONGEST_PAGE,
    LONGEST_ROOM,
    ROOMS,
    TwilioVideoApi,
    made_between,
    people_of,
)
from airflow_provider_rooms.vendors.twilio_video.options import LONGEST_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from airflow_provider_rooms.models import Room, RoomSpec
    from airflow_provider_rooms.vendors.flow import Flow
    from airflow_provider_rooms.vendors.rest import Resource

#: Codes of https://www.twilio.com/docs/video/programmable-video-limits and its media regions page. The set is open.
MEDIA_REGIONS = frozenset({"gll", "au1", "br1", "de1", "ie1", "in1", "jp1", "sg1", "us1", "us2"})
#: What a participant may stay when nothing is said, in seconds.
DEFAULT_PARTICIPANT_DURATION = 14400
#: Time people may stay after the class, in seconds, where the default would cut the class short.
GRACE = 3600
#: Names that can be a segment of a path as they are.
_IN_PATH = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
#: "Status invalid or room not in progress", "room completed".
_ROOM_COMPLETED = (53112, 53118)
#: No room is older.
_FIRST_ROOMS = dt.datetime(2015, 1, 2, tzinfo=dt.UTC)


class TwilioVideoRooms(TwilioVideoApi, RestRooms):
    """The room name is ``UniqueName``, unique among rooms in progress; a room that is used up is completed."""

    rooms: ClassVar[Resource] = ROOMS
    room_lists: ClassVar[tuple[Mapping[str, Any], ...]] = ({"Status": "in-progress"}, {"Status": "completed"})
    key_field: ClassVar[str] = "UniqueName"
    id_field: ClassVar[str] = "sid"
    name_field: ClassVar[str] = "unique_name"
    created_field: ClassVar[str] = "date_created"
    id_form: ClassVar[re.Pattern[str] | None] = re.compile(r"RM[0-9a-fA-F]{32}")
    create_shows_all: ClassVar[bool] = True
    # "Room exists"
    taken: ClassVar[frozenset[int | str]] = frozenset({53113})
    # A completed room stays so, and frees its name: a new one takes over.
    closing: ClassVar[Closing] = "final"
    longest_ahead: ClassVar[int | None] = 55 * 60
    usual_ahead: ClassVar[int | None] = 30 * 60
    vendor_chooses: ClassVar[Mapping[str, str]] = {"MediaRegion": "gll"}
    console: ClassVar[str] = "https://console.twilio.com/us1/monitor/logs/video"
    # The others are never shown, or always with the same value.
    shown_as: ClassVar[Mapping[str, str]] = {
        "Type": "type",
        "StatusCallback": "status_callback",
        "StatusCallbackMethod": "status_callback_method",
        "MaxParticipants": "max_participants",
        "RecordParticipantsOnConnect": "record_participants_on_connect",
        "VideoCodecs": "video_codecs",
        "MediaRegion": "media_region",
        "AudioOnly": "audio_only",
        "MaxParticipantDuration": "max_participant_duration",
        "EmptyRoomTimeout": "empty_room_timeout",
        "UnusedRoomTimeout": "unused_room_timeout",
    }
    unsupported: ClassVar[Mapping[str, str]] = {
        "description": "Put the text into your invitation, or pass it to later tasks with ref."
    }
    limits: ClassVar[Mapping[str, tuple[int, int]]] = {
        "max_participants": (1, 50),
        "max_duration": (600, 86400),
    }

    # -- the spec in Twilio's fields ------------------------------------------------------------------------------------

    def _webhook(self, value: Mapping[str, Any], spec: RoomSpec) -> Mapping[str, Any]:
        if value.get("events"):
            raise errors.UnsupportedError(
                "webhook.events: Twilio always reports every event of a room.",
                vendor=self.title,
                advice="Omit events and filter by StatusCallbackEvent in your receiver.",
            )
        method = {"StatusCallbackMethod": value["method"]} if value.get("method") else {}
        return {"StatusCallback": value["url"], **method}

    fields: ClassVar[Mapping[str, Any]] = {
        "max_participants": "MaxParticipants",
        "max_duration": "MaxParticipantDuration",
        "record": "RecordParticipantsOnConnect",
        "transcribe": "TranscribeParticipantsOnConnect",
        "region": "MediaRegion",
        "webhook": _webhook,
    }

    def defaults(self, spec: RoomSpec, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Twilio closes an unused room after five minutes and sends people out after four hours: too soon for a class."""
        defaults: dict[str, Any] = {"UnusedRoomTimeout": LONGEST_TIMEOUT, "EmptyRoomTimeout": LONGEST_TIMEOUT}
        if spec.ends_at and "MaxParticipantDuration" not in body:
            start = spec.starts_at or self.now()
            needed = int((spec.ends_at - start).total_seconds()) + GRACE
            if needed > DEFAULT_PARTICIPANT_DURATION:
                defaults["MaxParticipantDuration"] = min(needed, self.limits["max_duration"][1])
        return defaults

    def check_plan(self, body: Mapping[str, Any]) -> Iterator[str]:
        """Fields that Twilio knows and that should not be sent."""
        if body.get("MediaRegion", "gll") not in MEDIA_REGIONS:
            yield f"The media region {body['MediaRegion']!r} is not on Twilio's list; it is sent unchanged."
        if body.get("EnableTurn") is False:
            raise errors.UnsupportedError(
                "options.EnableTurn: Twilio no longer lets you disable it.", vendor=self.title, advice="Omit it."
            )
        for name in ("Type", "AudioOnly", "LargeRoom", "EnableTurn"):
            if name in body and body[name] != "group":
                yield f"{name} works only in accounts created before 2024-10-21, or has no effect anymore."
        for rule in body.get("RecordingRules") or []:
            filters = [key for key in ("kind", "publisher", "track") if rule.get(key) is not None]
            if bool(rule.get("all")) == bool(filters):
                raise errors.InvalidSpecError(
                    "options.RecordingRules: a rule needs either all, or kind, publisher or track.", vendor=self.title
                )

    # -- rooms ----------------------------------------------------------------------------------------------------------

    def look_up(self, name: str, spec: RoomSpec) -> Flow[Existing | None]:
        """The room in progress of that name, else the last completed one that belongs to this class."""
        live = yield from self._in_progress(name)
        if live is not None:
            return Existing(name=name, answer=live)
        since, until = self._window(spec)
        completed = yield from self._completed(name, since)
        for answer in completed:
            created, ended = parse_time(answer.get("date_created")), parse_time(answer.get("end_time"))
            if created and (until is None or created < until) and (ended is None or ended > since):
                expired = yield from self._expired(answer)
                return Existing(name=name, answer=answer, closed=True, expired=expired)
        return None

    def _in_progress(self, name: str) -> Flow[Mapping[str, Any] | None]:
        """GET /v1/Rooms/{name} finds rooms in progress only.

        Names with characters that a path reserves are found by ``?UniqueName=``: no path takes them, encoded or not.
        """
        if not _IN_PATH.fullmatch(name):
            items, _ = yield from self.page(self.rooms, {"UniqueName": name})
            return next((item for item in items if not self.is_closed(item) and self.room(item).name == name), None)
        answer = yield from self.named(name)
        return None if answer is None or self.is_closed(answer) else answer

    def room_named(self, name: str) -> Flow[Room | None]:
        """The room in progress with that name; else the newest completed one, whenever that was."""
        if is_room_sid(name):
            return None  # Twilio would take it for an id
        live = yield from self._in_progress(name)
        if live is not None:
            return self.room(live)
        past = yield from self._completed(name, _FIRST_ROOMS)
        return self.room(past[0]) if past else None

    def listing(self, specs: Collection[RoomSpec]) -> Listing | None:
        """The rooms in progress, then those completed since the first of the classes may have had one: none comes back."""
        since = min((self._window(spec)[0] for spec in specs), default=self.now())
        completed = {"Status": "completed", "DateCreatedAfter": _a_day_before(since), "PageSize": LONGEST_PAGE}
        return Listing(
            lists=(
                RoomList(filters={"Status": "in-progress", "PageSize": LONGEST_PAGE}),
                RoomList(filters=completed, open=False),
            ),
            looks=2,
            counts_for=60.0,
            whole=True,
        )

    def _window(self, spec: RoomSpec) -> tuple[dt.datetime, dt.datetime | None]:
        """When a room of this class may have lived; without times, as long ago as a room can live."""
        early = dt.timedelta(minutes=LONGEST_TIMEOUT)
        if spec.starts_at:
            return spec.starts_at - early, spec.ends_at or spec.starts_at + LONGEST_CLASS
        if spec.ends_at:
            return spec.ends_at - LONGEST_CLASS - early, spec.ends_at
        return self.now() - LONGEST_ROOM, None

    def _completed(self, name: str, since: dt.datetime) -> Flow[list[Mapping[str, Any]]]:
        """Completed rooms of the name, newest first. A room in the window may have been made a day before it."""
        query = {"Status": "completed", "UniqueName": name, "DateCreatedAfter": _a_day_before(since)}
        items = yield from self.items(self.rooms, query)
        found = [item for item in items if item.get("unique_name") == name and isinstance(item.get("sid"), str)]
        return sorted(found, key=lambda item: str(item.get("date_created")), reverse=True)

    def _expired(self, answer: Mapping[str, Any]) -> Flow[bool]:
        """Whether Twilio's own clock closed the room: unused, or empty, for as long as its settings allow."""
        created, ended = parse_time(answer.get("date_created")), parse_time(answer.get("end_time"))
        if not created or not ended:
            return False
        people = yield from self.items(people_of(str(answer["sid"])), {})
        lefts = [left for person in people if (left := parse_time(person.get("end_time")))]
        idle_since = max(lefts) if lefts else created
        minutes = answer.get("empty_room_timeout" if lefts else "unused_room_timeout")
        if not isinstance(minutes, int) or not 0 < minutes <= LONGEST_TIMEOUT:
            return False
        # Twilio's times are whole seconds.
        return ended - idle_since >= dt.timedelta(minutes=minutes, seconds=-2)

    def is_closed(self, answer: Mapping[str, Any]) -> bool:
        """Not in progress any more."""
        return answer.get("status") != "in-progress"

    def shown(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Rules and transcription settings are not shown by Twilio, and no codecs of a room that is for audio only."""
        shown = dict(super().shown(answer))
        if isinstance(codecs := shown.get("VideoCodecs"), list):
            shown["VideoCodecs"] = [str(codec).upper() for codec in codecs] or None
        if shown.get("StatusCallback", "") is None:
            shown["StatusCallback"] = ""  # the one field of which null says something: that there is none
        return shown

    def close_room(self, room: Room) -> Flow[None]:
        """POST /v1/Rooms/{sid} with ``Status=completed``; a room that was completed in between is fine."""
        try:
            yield from self.post(self.rooms.at(room.id), {"Status": "completed"}, room=room.id, repeatable=True)
        except errors.RequestRefusedError as error:
            if error.code not in _ROOM_COMPLETED:
                raise

    def made_between(self, since: dt.datetime, until: dt.datetime) -> Mapping[str, Any]:
        """``DateCreatedAfter`` and ``DateCreatedBefore``."""
        return {"PageSize": LONGEST_PAGE, **made_between(since, until)}

    def check(self) -> Flow[str]:
        """One room of the list, which shows whose account it is."""
        rooms, _ = yield from self.page(self.rooms, {"PageSize": 1})
        named = self.config.settings.get("account_sid")
        owner = rooms[0].get("account_sid") if rooms else None
        if named and owner not in (None, named):
            raise errors.InvalidConnectionError(
                f"account_sid is {named}, but the API key belongs to {str(owner)[:34]}.",
                advice="Correct account_sid in the connection's extra, or use a key from that account.",
            )
        pair = "account SID and auth token" if self.config.key.startswith("AC") else "API key SID and its secret"
        return f"Twilio Video accepted the {pair}."


def _a_day_before(since: dt.datetime) -> str:
    return (since - LONGEST_ROOM).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
