"""VideoSDK v2: rooms.

Pages: docs.videosdk.live/api-reference/realtime-communication/create-room, validate-room, fetch-room, fetch-all-room,
deactivate-room. A page for an update exists that no menu lists and no SDK has: it is left out on purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.sandbox.clock import iso_millis
from airflow_provider_rooms.sandbox.videosdk.shapes import CREATE_ROOM, DEACTIVATE, ECHOED, USER, USER_ID, links
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from airflow_provider_rooms.sandbox.videosdk.rest import VideoSDKRest
    from airflow_provider_rooms.sandbox.videosdk.store import Room


class Rooms:
    """Rooms by roomId, customRoomId or document id."""

    def __init__(self, vendor: VideoSDKRest) -> None:
        self.vendor = vendor

    def routes(self) -> Iterable[Route]:
        """The paths of this module."""
        return (
            Route("POST", "/v2/rooms", self.create),
            Route("GET", "/v2/rooms", self.list_),
            Route("GET", "/v2/rooms/{id}", self.get),
            Route("GET", "/v2/rooms/validate/{id}", self.validate),
            Route("POST", "/v2/rooms/deactivate", self.deactivate),
        )

    def create(self, call: Call) -> Answer:
        """Get-or-create on customRoomId: a second call gives the room as it is and changes nothing of it.

        That it gives the existing room is documented; that settings stay, and that a deactivated room comes
        back deactivated, is the stricter reading of what is not.
        """
        body = self.vendor.body(call, CREATE_ROOM)
        config = {name: value for name, value in body.items() if name not in ("customRoomId", "region")}
        custom_id = body.get("customRoomId")
        room = self.vendor.store.by_custom_id.get(custom_id) if custom_id is not None else None
        if room is None:
            room = self.vendor.store.add_room(custom_id, config, self.vendor.lag_until())
        return as_json(self.view(room, call.base, fetched=False))

    def get(self, call: Call) -> Answer:
        room = self.vendor.store.room(call.params["id"])
        if room is None or not self.vendor.shows(room.visible_at):
            # 402 or 404, says the SDK, which treats both as "not found"; 402 is the surprising one
            raise self.vendor.refuse(402, "Room not found")
        return as_json(self.view(room, call.base))

    def validate(self, call: Call) -> Answer:
        room = self.vendor.store.room(call.params["id"])
        if room is None or not self.vendor.shows(room.visible_at):
            raise self.vendor.refuse(400, "Room not found.")
        return as_json(self.view(room, call.base, fetched=False))

    def list_(self, call: Call) -> Answer:
        """Order unknown: newest first here. ``query`` is an exact roomId or customRoomId."""
        query, lists = call.first("query"), self.vendor.lists
        if query is not None:
            room = self.vendor.store.rooms.get(query) or self.vendor.store.by_custom_id.get(query)
            return self._listed(call, [room] if room is not None else [])
        all_of_them = self.vendor.behaviour["list_disabled"]
        found = (room for room in reversed(self.vendor.store.rooms.values()) if all_of_them or not room.disabled)
        return lists.answer(call, lambda: self._listed(call, lists.rooms(found), lists.page))

    def _listed(
        self, call: Call, rooms: Sequence[Room], shown: Callable[[Sequence[Room]], Sequence[Room]] = list
    ) -> Answer:
        info, page = self.vendor.page(call, [room for room in rooms if self.vendor.shows(room.visible_at)])
        return as_json({"pageInfo": info, "data": [self.view(room, call.base) for room in shown(page)]})

    def deactivate(self, call: Call) -> Answer:
        """For ever, by the real roomId only. A running session goes on (unknown); so does a second call succeed."""
        room = self.vendor.store.rooms.get(self.vendor.body(call, DEACTIVATE)["roomId"])
        if room is None:
            raise self.vendor.refuse(402, "Room not found")
        self.vendor.store.deactivate(room)
        webhook = room.config.get("webhook") or {}
        return as_json(
            {
                "webhook": {"events": webhook.get("events", []), "endPoint": webhook.get("endPoint", "")},
                "disabled": True,
                "meetingId": room.room_id,
                "userMeetingId": room.custom_id,
                "userId": USER_ID,
                "createdAt": iso_millis(room.created),
                "updatedAt": iso_millis(room.updated),
                "user": USER,
                "id": room.id,
            }
        )

    def view(self, room: Room, base: str, fetched: bool = True) -> dict[str, Any]:
        """Create and validate show ``userId``; get and list show ``user`` in its place."""
        owner = {"user": USER} if fetched else {"userId": USER_ID}
        echo: dict[str, Any] = {}
        if self.vendor.behaviour["echo_config"]:
            echo = {name: room.config[name] for name in ECHOED if name in room.config}
        return {
            "roomId": room.room_id,
            "customRoomId": room.custom_id,
            **owner,
            "disabled": room.disabled,
            "createdAt": iso_millis(room.created),
            "updatedAt": iso_millis(room.updated),
            **echo,
            "id": room.id,
            "links": links(room, base),
        }
