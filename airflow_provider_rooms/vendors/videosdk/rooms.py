"""VideoSDK's rooms. https://docs.videosdk.live/api-reference/realtime-communication/create-room"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.listing import Listing, RoomList
from airflow_provider_rooms.vendors.options import value_at
from airflow_provider_rooms.vendors.rest import Resource, or_none
from airflow_provider_rooms.vendors.rest_rooms import NumberedRooms
from airflow_provider_rooms.vendors.videosdk.api import VideoSDKApi
from airflow_provider_rooms.vendors.videosdk.options import WEBHOOK_EVENTS, recording_defaults

if TYPE_CHECKING:
    from airflow_provider_rooms.models import Room, RoomSpec
    from airflow_provider_rooms.vendors.flow import Flow, Response

#: Rooms asked for at once; the largest page is not documented, and an answer says what it was granted.
LONGEST_PAGE = 100
#: The recording that VideoSDK's own page shows.
DEFAULT_RECORDING = {"config": {"layout": {"type": "GRID", "priority": "SPEAKER", "gridSize": 4}}}


def _started(spec: RoomSpec) -> Mapping[str, Any]:
    """What the options start with the session."""
    start = (spec.options or {}).get("autoStartConfig")
    return start if isinstance(start, Mapping) else {}


def _not_both(parameter: str, spec: RoomSpec, parts: Mapping[str, Any]) -> None:
    """VideoSDK has no field for "no": a part that is there starts, unless it says ``enabled: false``.

    :raises InvalidSpecError: the parameter is False and the options ask for the part.
    """
    for path, part in parts.items():
        if part is not None and not (isinstance(part, Mapping) and part.get("enabled") is False):
            raise errors.InvalidSpecError(
                f"options.autoStartConfig.{path}: set, but {parameter} is False.", advice="Set only one of the two."
            )


class VideoSDKRooms(VideoSDKApi, NumberedRooms):
    """The room name is ``customRoomId``, on which create is get-or-create; VideoSDK never opens a closed room again."""

    rooms: ClassVar[Resource] = Resource(path="/v2/rooms", key="roomId")
    key_field: ClassVar[str] = "customRoomId"
    id_field: ClassVar[str] = "roomId"
    name_field: ClassVar[str] = "customRoomId"
    created_field: ClassVar[str] = "createdAt"
    id_form: ClassVar[re.Pattern[str] | None] = re.compile(r"[a-z0-9]{4}(-[a-z0-9]{4}){2}")
    create_shows_more: ClassVar[bool] = True
    # 409 is "conflict, duplicate" to VideoSDK's own client: somebody else makes the room right now.
    taken: ClassVar[frozenset[int | str]] = frozenset({409})
    console: ClassVar[str] = "https://app.videosdk.live/meetings/sessions"
    unsupported: ClassVar[Mapping[str, str]] = {
        "description": "Put the text into your invitation, or pass it to later tasks with ref.",
        "max_participants": "List the allowed participants in options.allowedParticipantIds, or send fewer join links.",
    }

    # -- the spec in VideoSDK's fields ----------------------------------------------------------------------------------

    def _duration(self, value: int, spec: RoomSpec) -> Mapping[str, Any]:
        unit = 1 if self.config.settings.get("auto_close_unit") == "seconds" else 60
        return {"autoCloseConfig": {"duration": -(-value // unit)}}

    def _recorded(self, value: bool, spec: RoomSpec) -> Mapping[str, Any]:
        if value:
            return {"autoStartConfig": {"recording": {}}}
        _not_both("record", spec, {"recording": _started(spec).get("recording")})
        return {}

    def _transcription(self, value: bool, spec: RoomSpec) -> Mapping[str, Any]:
        start = _started(spec)
        kinds = [kind for kind in ("recording", "hls") if start.get(kind) is not None]
        if not value:
            parts = {kind: start[kind] for kind in kinds if isinstance(start[kind], Mapping)}
            transcripts = {f"{kind}.transcription": part.get("transcription") for kind, part in parts.items()}
            _not_both("transcribe", spec, transcripts)
            return {}
        if spec.record and "recording" not in kinds:
            kinds.append("recording")
        if not kinds:
            raise errors.UnsupportedError(
                "transcribe: VideoSDK only transcribes a recording or an HLS stream.",
                vendor=self.title,
                advice="Set record=True as well, or options.autoStartConfig.hls.",
            )
        return {"autoStartConfig": {kind: {"transcription": {"enabled": True}} for kind in kinds}}

    def _webhook(self, value: Mapping[str, Any], spec: RoomSpec) -> Mapping[str, Any]:
        if value.get("method") not in (None, "POST"):
            raise errors.UnsupportedError(
                f"webhook.method: VideoSDK always sends POST, not {value['method']}.", vendor=self.title
            )
        events = {"events": value["events"]} if value.get("events") else {}
        return {"webhook": {"endPoint": value["url"], **events}}

    fields: ClassVar[Mapping[str, Any]] = {
        "max_duration": _duration,
        "record": _recorded,
        "transcribe": _transcription,
        "region": "geoFence",
        "webhook": _webhook,
    }

    def defaults(self, spec: RoomSpec, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the neutral parameters leave open, and what a part of the request needs once it is there."""
        defaults: dict[str, Any] = {}
        if isinstance(body.get("autoCloseConfig"), Mapping):
            defaults["autoCloseConfig"] = {"type": "session-ends"}
        if spec.webhook and "webhook" in body:
            defaults["webhook"] = {"events": ["*"]}
        start = {kind: recording_defaults(value_at(f"autoStartConfig.{kind}", body)) for kind in ("recording", "hls")}
        # A template has a layout of its own.
        if spec.record and value_at("autoStartConfig.recording.templateUrl", body) is Ellipsis:
            start["recording"] = DEFAULT_RECORDING
        if needed := {kind: part for kind, part in start.items() if part}:
            defaults["autoStartConfig"] = needed
        return defaults

    def check_plan(self, body: Mapping[str, Any]) -> Iterator[str]:
        """Webhook events that no page names, and layouts larger than the page says."""
        if body.get("region") is not None:
            raise errors.UnsupportedError(
                "options.region: VideoSDK has discontinued it.",
                vendor=self.title,
                advice="Use the region parameter, or options.geoFence.",
            )
        for event in (body.get("webhook") or {}).get("events") or []:
            if "*" not in event and event not in WEBHOOK_EVENTS:
                yield f"VideoSDK's documentation does not list the webhook event {event!r}; it is sent unchanged."
        for kind in ("recording", "hls"):
            part = (body.get("autoStartConfig") or {}).get(kind) or {}
            if ((part.get("config") or {}).get("layout") or {}).get("gridSize", 0) > 4:
                yield (
                    f"{kind}: VideoSDK's documentation of the create call allows a gridSize up to 4, other pages up "
                    "to 25."
                )

    # -- rooms ----------------------------------------------------------------------------------------------------------

    def read(self, room_id: str) -> Flow[Mapping[str, Any]]:
        """The room with that id.

        :raises NotFoundError: there is none.
        """
        answer = yield from self._ask(room_id, lambda room: room.id)
        if answer is None:
            raise self.not_found(room_id)
        return answer

    def named(self, name: str) -> Flow[Mapping[str, Any] | None]:
        """The room with that name."""
        return self._ask(name, lambda room: room.name)

    def _ask(self, text: str, meant: Callable[[Room], str | None]) -> Flow[Mapping[str, Any] | None]:
        """GET /v2/rooms/{roomId or customRoomId}: one request asks for both, so which of the two it found is looked at.

        An unknown one is answered by 400, 402 or 404.
        """

        def read(response: Response) -> Mapping[str, Any] | None:
            answer = self.a_room()(response)
            room = self.room(answer)
            if text not in (room.id, room.name):
                raise errors.UnreadableAnswerError("The response is about another room.", status=response.status)
            return answer if meant(room) == text else None

        return or_none(self.fetch(self.rooms.at(text), read, room=text))

    def is_closed(self, answer: Mapping[str, Any]) -> bool:
        """``disabled``"""
        return bool(answer.get("disabled"))

    def room(self, answer: Mapping[str, Any]) -> Room:
        """Fields of https://docs.videosdk.live/api-reference/realtime-communication/fetch-room, or their older names."""
        older = {"roomId": answer.get("meetingId"), "customRoomId": answer.get("userMeetingId")}
        newest = {key: answer.get(key) or older[key] for key in older}
        return replace(super().room({**answer, **newest}), details=self.details(answer))

    def listing(self, specs: Collection[RoomSpec]) -> Listing | None:
        """GET /v2/rooms, whose entries have the shape of the room itself. No page says whether deactivated rooms are listed."""
        return Listing(lists=(RoomList(filters={"perPage": LONGEST_PAGE}),), looks=1, needs_closed=True, whole=True)

    def close_room(self, room: Room) -> Flow[None]:
        """POST /v2/rooms/deactivate, which takes the real roomId only and cannot be undone."""
        yield from self.post("/v2/rooms/deactivate", {"roomId": room.id}, room=room.id, repeatable=True)

    def check(self) -> Flow[str]:
        """One room of the list."""
        yield from self.page(self.rooms, {"perPage": 1})
        return "VideoSDK accepted the API key and secret."
