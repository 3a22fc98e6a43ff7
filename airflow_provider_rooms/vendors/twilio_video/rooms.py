"""Twilio Video's rooms. https://www.twilio.com/docs/video/api/rooms-resource"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import LONGEST_CLASS, Room, RoomSpec
from airflow_provider_rooms.names import is_room_sid
from airflow_provider_rooms.vendors.base import Existing
from airflow_provider_rooms.vendors.exchange import a_list, parse_time
from airflow_provider_rooms.vendors.flow import Flow, gathered, paged, segment
from airflow_provider_rooms.vendors.twilio_video.api import TwilioVideoApi
from airflow_provider_rooms.vendors.twilio_video.options import LONGEST_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_rooms.vendors.plans import Plan

#: Codes of https://www.twilio.com/docs/video/programmable-video-limits and its media regions page. The set is open.
MEDIA_REGIONS = frozenset({"gll", "au1", "br1", "de1", "ie1", "in1", "jp1", "sg1", "us1", "us2"})
#: What a participant may stay when nothing is said, in seconds.
DEFAULT_PARTICIPANT_DURATION = 14400
#: Time people may stay after the class, in seconds, where the default would cut the class short.
GRACE = 3600
#: No room lives longer.
LONGEST_ROOM = dt.timedelta(hours=24)
#: Fields whose value Twilio shows under the snake_case name. The others are never shown, or always with the same value.
_SHOWN_AS = {
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
#: Names that can be a segment of a path as they are.
_IN_PATH = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
_ROOM_EXISTS = 53113
#: "Status invalid or room not in progress", "room completed".
_ROOM_COMPLETED = (53112, 53118)
#: No room is older.
_FIRST_ROOMS = dt.datetime(2015, 1, 2, tzinfo=dt.UTC)


class TwilioVideoRooms(TwilioVideoApi):
    """The room name is ``UniqueName``, unique among rooms in progress; a room that is used up is completed."""

    # -- the spec in Twilio's fields ------------------------------------------------------------------------------------

    def neutral(self, field_name: str, value: Any, spec: RoomSpec) -> Mapping[str, Any]:
        """The table of docs/parameters.md."""
        match field_name:
            case "max_participants":
                return {"MaxParticipants": value}
            case "max_duration":
                return {"MaxParticipantDuration": value}
            case "record":
                return {"RecordParticipantsOnConnect": value}
            case "transcribe":
                return {"TranscribeParticipantsOnConnect": value}
            case "region":
                return {"MediaRegion": value}
            case _:
                if value.get("events"):
                    raise errors.UnsupportedError(
                        "webhook.events: Twilio reports every event of a room.",
                        vendor=self.title,
                        advice="Leave events out and sort by StatusCallbackEvent in your receiver.",
                    )
                method = {"StatusCallbackMethod": value["method"]} if value.get("method") else {}
                return {"StatusCallback": value["url"], **method}

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
            yield f"media region {body['MediaRegion']!r} is not on Twilio's list; it is sent as it is."
        if body.get("EnableTurn") is False:
            raise errors.UnsupportedError(
                "options.EnableTurn: Twilio no longer switches it off.", vendor=self.title, advice="Leave it out."
            )
        for name in ("Type", "AudioOnly", "LargeRoom", "EnableTurn"):
            if name in body and body[name] != "group":
                yield f"{name} is for accounts from before 2024-10-21, or without meaning today."
        for rule in body.get("RecordingRules") or []:
            filters = [key for key in ("kind", "publisher", "track") if rule.get(key) is not None]
            if bool(rule.get("all")) == bool(filters):
                raise errors.InvalidSpecError(
                    "options.RecordingRules: a rule has either all, or kind, publisher or track.", vendor=self.title
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
            items, _ = yield from self._page({"UniqueName": name}, None)
            return next(
                (item for item in items if self.room(item).state == "open" and self.room(item).name == name), None
            )
        try:
            answer = yield from self.fetch(f"/v1/Rooms/{segment(name)}", self.a_room(name), room=name)
        except errors.NotFoundError:
            return None
        return answer if self.room(answer).state == "open" else None

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
        after = (since - LONGEST_ROOM).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = {"Status": "completed", "UniqueName": name, "DateCreatedAfter": after}
        items = yield from gathered(paged(lambda url: self._page(query, url)))
        found = [item for item in items if item.get("unique_name") == name and isinstance(item.get("sid"), str)]
        return sorted(found, key=lambda item: str(item.get("date_created")), reverse=True)

    def _expired(self, answer: Mapping[str, Any]) -> Flow[bool]:
        """Whether Twilio's own clock closed the room: unused, or empty, for as long as its settings allow."""
        created, ended = parse_time(answer.get("date_created")), parse_time(answer.get("end_time"))
        if not created or not ended:
            return False
        path = f"/v1/Rooms/{segment(str(answer['sid']))}/Participants"
        people = yield from gathered(paged(lambda url: self.page(path, "participants", {}, url)))
        lefts = [left for person in people if (left := parse_time(person.get("end_time")))]
        idle_since = max(lefts) if lefts else created
        minutes = answer.get("empty_room_timeout" if lefts else "unused_room_timeout")
        if not isinstance(minutes, int) or not 0 < minutes <= LONGEST_TIMEOUT:
            return False
        # Twilio's times are whole seconds.
        return ended - idle_since >= dt.timedelta(minutes=minutes, seconds=-2)

    def create(self, name: str, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        """POST /v1/Rooms; 53113 says that a room of the name is in progress."""
        lost: list[bool] = []
        try:
            return (
                yield from self.submit(
                    self.rooms_path,
                    self.a_room(name),
                    self.with_secrets(plan.body),
                    room=name,
                    repeatable=True,
                    ambiguous=lambda: lost.append(True),
                )
            )
        except errors.RequestRefusedError as error:
            if error.code != _ROOM_EXISTS:
                raise
        # There was none before; if an answer of ours was lost, then it is the room that we made.
        return (yield from self._in_progress(name)) if lost else None

    def read(self, answer: Mapping[str, Any]) -> Flow[Mapping[str, Any]]:
        """GET /v1/Rooms/{sid}."""
        sid = str(answer["sid"])
        return (yield from self.fetch(f"/v1/Rooms/{segment(sid)}", self.a_room(room_id=sid), room=sid))

    def reopen(self, existing: Existing, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        """A completed room stays so: a new one under the same name takes over."""
        return (yield from self.create(plan.name, plan))

    def shown(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Rules and transcription settings are not shown by Twilio, and no codecs of a room that is for audio only."""
        shown = {name: answer[key] for name, key in _SHOWN_AS.items() if key in answer}
        if isinstance(codecs := shown.get("VideoCodecs"), list):
            shown["VideoCodecs"] = [str(codec).upper() for codec in codecs] or None
        if shown.get("StatusCallback", "") is None:
            shown["StatusCallback"] = ""  # the one field of which null says something: that there is none
        return shown

    def room(self, answer: Mapping[str, Any]) -> Room:
        """Fields of https://www.twilio.com/docs/video/api/rooms-resource"""
        return self.make_room(
            room_id=str(answer.get("sid")),
            name=answer.get("unique_name"),
            state="open" if answer.get("status") == "in-progress" else "closed",
            created_at=answer.get("date_created"),
            answer=answer,
        )

    def get_room(self, room_id: str) -> Flow[Room]:
        """GET /v1/Rooms/{sid}, in any status.

        :raises NotFoundError: there is none.
        """
        path = f"/v1/Rooms/{segment(room_id)}"
        try:
            return self.room((yield from self.fetch(path, self.a_room(room_id=room_id), room=room_id)))
        except errors.NotFoundError:
            raise self.not_found(room_id) from None

    def room_named(self, name: str) -> Flow[Room | None]:
        """The room in progress with that name; else the newest completed one, whenever that was."""
        if is_room_sid(name):
            return None  # Twilio would take it for an id
        live = yield from self._in_progress(name)
        if live is not None:
            return self.room(live)
        past = yield from self._completed(name, _FIRST_ROOMS)
        return self.room(past[0]) if past else None

    def list_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """GET /v1/Rooms, rooms in progress and then completed ones."""
        yield from self._list(keep, "in-progress")
        yield from self._list(keep, "completed")

    def list_open_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """GET /v1/Rooms, the rooms in progress."""
        return self._list(keep, "in-progress")

    def _list(self, keep: Callable[[Room], bool], status: str) -> Flow[None]:
        def page(url: str | None) -> Flow[tuple[list[Room], str | None]]:
            items, following = yield from self._page({"Status": status}, url)
            return [self.room(item) for item in items], following

        return paged(page, keep)

    def _page(self, filters: Mapping[str, Any], url: str | None) -> Flow[tuple[list[Mapping[str, Any]], str | None]]:
        return self.page(self.rooms_path, "rooms", filters, url)

    def close_room(self, room: Room) -> Flow[None]:
        """POST /v1/Rooms/{sid} with ``Status=completed``; a room that was completed in between is fine."""
        path = f"/v1/Rooms/{segment(room.id)}"
        try:
            yield from self.post(path, {"Status": "completed"}, room=room.id, repeatable=True)
        except errors.RequestRefusedError as error:
            if error.code not in _ROOM_COMPLETED:
                raise

    def check(self) -> Flow[str]:
        """One room of the list, which shows whose account it is."""
        rooms, _ = yield from self.fetch(self.rooms_path, a_list("rooms"), {"PageSize": 1})
        named = self.config.settings.get("account_sid")
        owner = rooms[0].get("account_sid") if rooms else None
        if named and owner not in (None, named):
            raise errors.InvalidConnectionError(
                f"The account_sid is {named}, but the API key belongs to {str(owner)[:34]}.",
                advice="Correct account_sid in the extra, or take a key of that account.",
            )
        pair = "account SID and auth token" if self.config.key.startswith("AC") else "API key SID and its secret"
        return f"Twilio Video accepts the {pair}."
