"""VideoSDK's rooms. https://docs.videosdk.live/api-reference/realtime-communication/create-room"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import errors
from airflow_provider_rooms.names import numbered_name
from airflow_provider_rooms.vendors.base import Existing
from airflow_provider_rooms.vendors.exchange import a_list
from airflow_provider_rooms.vendors.flow import Flow, paged, segment
from airflow_provider_rooms.vendors.options import value_at
from airflow_provider_rooms.vendors.videosdk.api import VideoSDKApi
from airflow_provider_rooms.vendors.videosdk.options import WEBHOOK_EVENTS, VideoSDKOptions, recording_defaults

if TYPE_CHECKING:
    from airflow_provider_rooms.models import Room, RoomSpec
    from airflow_provider_rooms.vendors.flow import Response
    from airflow_provider_rooms.vendors.plans import Plan

#: A room that was closed is followed by "<name>-r2", "-r3" …; nobody un-cancels one class more often than this.
LAST_NUMBER = 20
_NUMBER = re.compile(r"(?<=.)-r\d+$")
#: The recording that VideoSDK's own page shows.
DEFAULT_RECORDING = {"config": {"layout": {"type": "GRID", "priority": "SPEAKER", "gridSize": 4}}}


class VideoSDKRooms(VideoSDKApi):
    """The room name is ``customRoomId``, on which create is get-or-create."""

    # -- the spec in VideoSDK's fields ----------------------------------------------------------------------------------

    def neutral(self, field_name: str, value: Any, spec: RoomSpec) -> Mapping[str, Any]:
        """The table of docs/parameters.md."""
        match field_name:
            case "max_duration":
                unit = 1 if self.config.settings.get("auto_close_unit") == "seconds" else 60
                return {"autoCloseConfig": {"duration": -(-value // unit)}}
            case "record":
                return {"autoStartConfig": {"recording": {}}} if value else {}
            case "transcribe":
                return self._transcription(spec) if value else {}
            case "region":
                return {"geoFence": value}
            case _:
                return self._webhook(value)

    def _transcription(self, spec: RoomSpec) -> Mapping[str, Any]:
        options = self.own_options(spec.options or {})
        start = options.get("autoStartConfig")
        kinds = [k for k in ("recording", "hls") if isinstance(start, Mapping) and start.get(k) is not None]
        if spec.record and "recording" not in kinds:
            kinds.append("recording")
        if not kinds:
            raise errors.UnsupportedError(
                "transcribe: VideoSDK transcribes a recording or an HLS stream only.",
                vendor=self.title,
                advice="Give record=True as well, or options.autoStartConfig.hls.",
            )
        return {"autoStartConfig": {kind: {"transcription": {"enabled": True}} for kind in kinds}}

    def _webhook(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        if value.get("method") not in (None, "POST"):
            raise errors.UnsupportedError(
                f"webhook.method: VideoSDK always sends POST, not {value['method']}.", vendor=self.title
            )
        events = {"events": value["events"]} if value.get("events") else {}
        return {"webhook": {"endPoint": value["url"], **events}}

    def defaults(self, spec: RoomSpec, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the neutral parameters leave open, and what a part of the request needs once it is there."""
        defaults: dict[str, Any] = {}
        if isinstance(body.get("autoCloseConfig"), Mapping):
            defaults["autoCloseConfig"] = {"type": "session-ends"}
        if spec.webhook:
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
                advice="Use the region parameter or options.geoFence.",
            )
        for event in (body.get("webhook") or {}).get("events") or []:
            if "*" not in event and event not in WEBHOOK_EVENTS:
                yield f"webhook event {event!r} is on none of VideoSDK's pages; it is sent as it is."
        for kind in ("recording", "hls"):
            part = (body.get("autoStartConfig") or {}).get(kind) or {}
            if ((part.get("config") or {}).get("layout") or {}).get("gridSize", 0) > 4:
                yield f"{kind}: VideoSDK's create page allows a gridSize of at most 4, other pages up to 25."

    # -- rooms ----------------------------------------------------------------------------------------------------------

    def look_up(self, name: str, spec: RoomSpec) -> Flow[Existing | None]:
        """The room of that name, whatever the spec."""
        return self._latest(name)

    def _latest(self, name: str) -> Flow[Existing | None]:
        """The first room of the name, or of the rooms that took over from it, that is open; else the last closed one."""
        last: Existing | None = None
        for numbered in self.names_of(name):
            answer = yield from self._find(numbered)
            if answer is None:
                break
            last = Existing(name=numbered, answer=answer, closed=bool(answer.get("disabled")))
            if not last.closed:
                break
        return last

    def names_of(self, name: str) -> Sequence[str]:
        """``name``, ``name-r2``, ``name-r3`` …: VideoSDK never opens a closed room again, and keeps its name."""
        return [numbered_name(name, number) for number in range(1, LAST_NUMBER + 1)]

    def first_name(self, shown: str) -> Flow[str]:
        """Without the number, where a room of that name was closed: people may call a class ``seminar-r2`` themselves."""
        first = _NUMBER.sub("", shown)
        answer = (yield from self._find(first)) if first != shown else None
        return first if answer and answer.get("disabled") else shown

    def _find(self, name: str) -> Flow[Mapping[str, Any] | None]:
        return self._ask(name, lambda room: room.name)

    def _ask(self, text: str, meant: Callable[[Room], str | None]) -> Flow[Mapping[str, Any] | None]:
        """GET /v2/rooms/{roomId or customRoomId}: one request asks for both, so which of the two it found is looked at.

        An unknown one is answered by 400, 402 or 404.
        """

        def read(response: Response) -> Mapping[str, Any] | None:
            answer = self.a_room()(response)
            room = self.room(answer)
            if text not in (room.id, room.name):
                raise errors.UnreadableAnswerError("The answer is about another room.", status=response.status)
            return answer if meant(room) == text else None

        try:
            return (yield from self.fetch(f"/v2/rooms/{segment(text)}", read, room=text))
        except errors.NotFoundError:
            return None

    def create(self, name: str, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        """POST /v2/rooms: a repeat with the same customRoomId gives the same room."""
        body = {**plan.body, self.key_field: name}
        try:
            answer = yield from self.submit(self.rooms_path, self.a_room(name), body, room=name, repeatable=True)
        except errors.RequestRefusedError as error:
            # 409 is "conflict, duplicate" to VideoSDK's own client: somebody else makes the room right now.
            if error.status == 409:
                return None
            raise
        # A room that was closed in between comes back closed: look again.
        return None if answer.get("disabled") else answer

    def read(self, answer: Mapping[str, Any]) -> Flow[Mapping[str, Any]]:
        """GET /v2/rooms/{roomId}."""
        room_id = str(answer["roomId"])
        path = f"/v2/rooms/{segment(room_id)}"
        fetched = yield from self.fetch(path, self.a_room(room_id=room_id), room=room_id)
        # What create showed and fetch does not is still known.
        return {**answer, **{key: value for key, value in fetched.items() if value is not None}}

    def reopen(self, existing: Existing, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        """Deactivation is final: a new room under the next number takes over."""
        for closed, following in pairwise(self.names_of(plan.name)):
            if closed == existing.name:
                return (yield from self.create(following, plan))
        raise errors.RoomClosedError(
            f"This room was closed and reopened {LAST_NUMBER - 1} times.", vendor=self.title, room=plan.name
        )

    def shown(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Newer answers repeat the settings; older ones show none of them."""
        return {key: answer[key] for key in VideoSDKOptions.model_fields if key in answer}

    def room(self, answer: Mapping[str, Any]) -> Room:
        """Fields of https://docs.videosdk.live/api-reference/realtime-communication/fetch-room"""
        return self.make_room(
            room_id=str(answer.get("roomId") or answer.get("meetingId")),
            name=answer.get("customRoomId") or answer.get("userMeetingId"),
            state="closed" if answer.get("disabled") else "open",
            created_at=answer.get("createdAt"),
            answer=answer,
        )

    def get_room(self, room_id: str) -> Flow[Room]:
        """The room with that id.

        :raises NotFoundError: there is none.
        """
        answer = yield from self._ask(room_id, lambda room: room.id)
        if answer is None:
            raise self.not_found(room_id)
        return self.room(answer)

    def list_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """GET /v2/rooms, page by page."""
        return paged(self._page, keep)

    def _page(self, cursor: int | None) -> Flow[tuple[list[Room], int | None]]:
        items, following = yield from self.page(self.rooms_path, {}, cursor)
        return [self.room(item) for item in items], following

    def close_room(self, room: Room) -> Flow[None]:
        """POST /v2/rooms/deactivate, which takes the real roomId only and cannot be undone."""
        yield from self.post("/v2/rooms/deactivate", {"roomId": room.id}, room=room.id, repeatable=True)

    def check(self) -> Flow[str]:
        """One room of the list."""
        yield from self.fetch(self.rooms_path, a_list("data"), {"page": 1, "perPage": 1})
        return "VideoSDK accepts the API key and secret."
