"""100ms' rooms. https://www.100ms.live/docs/server-side/v2/api-reference/Rooms/overview"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import errors
from airflow_provider_rooms.names import fold
from airflow_provider_rooms.vendors.base import Existing
from airflow_provider_rooms.vendors.exchange import a_list
from airflow_provider_rooms.vendors.flow import MOST_PAGES, Flow, paged, segment
from airflow_provider_rooms.vendors.hundredms.api import HundredMsApi
from airflow_provider_rooms.vendors.hundredms.options import HundredMsOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_rooms.models import Room, RoomSpec
    from airflow_provider_rooms.vendors.plans import Plan

#: More people than this need ``large_room``; https://www.100ms.live/docs/server-side/v2/how-to-guides/create-large-rooms
LARGE_ROOM_ABOVE = 2500
# What workspaces under HIPAA show in place of a name.
_HASH = re.compile(r"[0-9a-f]{64}")


class HundredMsRooms(HundredMsApi):
    """The room name is ``name``, without regard to case; create is an upsert on it, so we read first."""

    # -- the spec in 100ms' fields --------------------------------------------------------------------------------------

    def neutral(self, field_name: str, value: Any, spec: RoomSpec) -> Mapping[str, Any]:
        """The table of docs/parameters.md."""
        match field_name:
            case "max_participants":
                return {"size": value, "large_room": True} if value > LARGE_ROOM_ABOVE else {"size": value}
            case "max_duration":
                return {"max_duration_seconds": value}
            case "webhook":
                for key, usual in (("events", []), ("method", "POST")):
                    if value.get(key) not in (None, usual):
                        raise errors.UnsupportedError(
                            f"webhook.{key}: 100ms reports every event of a room, by POST.", vendor=self.title
                        )
                return {"webhook": {"url": value["url"]}}
            case _:
                return {field_name: value}

    def defaults(self, spec: RoomSpec, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The connection's template, unless the options name one."""
        template = self.config.settings.get("template_id")
        return {"template_id": template} if template else {}

    def check_plan(self, body: Mapping[str, Any]) -> Iterator[str]:
        """Rules across fields, and what a field does besides."""
        if (body.get("size") or 0) > LARGE_ROOM_ABOVE and not body.get("large_room"):
            raise errors.InvalidSpecError(
                f"options.size: more than {LARGE_ROOM_ABOVE} people need large_room.",
                vendor=self.title,
                advice="Set options.large_room, or use max_participants, which sets it.",
            )
        if body.get("webhook"):
            yield "a webhook on the room silences the workspace's own webhook for this room."
        if body.get("recording_info"):
            yield "recording_info is the legacy SFU recording and detaches the room from its template's recording settings."

    def with_secrets(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Webhook headers and storage credentials of the connection."""
        headers, credentials = self.config.webhook_headers, self.config.storage_credentials
        if body.get("webhook") and headers:
            own = body["webhook"].get("headers") or {}
            body = {**body, "webhook": {**body["webhook"], "headers": {**headers, **own}}}
        upload = (body.get("recording_info") or {}).get("upload_info")
        if upload and credentials and not upload.get("credentials"):
            upload = {**upload, "credentials": dict(credentials)}
            body = {**body, "recording_info": {**body["recording_info"], "upload_info": upload}}
        return body

    # -- rooms ----------------------------------------------------------------------------------------------------------

    def look_up(self, name: str, spec: RoomSpec) -> Flow[Existing | None]:
        """GET /v2/rooms?name=, among the enabled and then among the disabled: without the flag only enabled ones show."""
        for enabled in (True, False):
            item = yield from self._find(name, enabled=enabled)
            if item is not None:
                try:
                    answer = yield from self._get(str(item["id"]))
                except errors.NotFoundError as error:
                    raise errors.NotVisibleYetError(
                        "100ms lists the room but does not show it.", vendor=self.title, room=name
                    ) from error
                return Existing(name=name, answer=answer, closed=answer.get("enabled") is False)
        return None

    def _find(self, name: str, *, enabled: bool) -> Flow[Mapping[str, Any] | None]:
        # How ?name= matches is not documented: every hit is compared here.
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            items, cursor = yield from self._page({"name": name, "enabled": enabled}, cursor)
            for item in items:
                if self.same_name(str(item.get("name")), name) and item.get("id"):
                    return item
            if cursor is None:
                return None
        raise errors.UnreadableAnswerError("The list of rooms of this name does not end.", vendor=self.title, room=name)

    def same_name(self, shown: str, name: str) -> bool:
        """Case does not count; workspaces under HIPAA show the SHA-256 of a name in its place."""
        return fold(shown) == fold(name) or shown == hashlib.sha256(name.encode()).hexdigest()

    def _page(self, filters: Mapping[str, Any], cursor: str | None) -> Flow[tuple[list[Mapping[str, Any]], str | None]]:
        return self.page(self.rooms_path, filters, cursor)

    def _get(self, room_id: str) -> Flow[Mapping[str, Any]]:
        path = f"/v2/rooms/{segment(room_id)}"
        return (yield from self.fetch(path, self.a_room(room_id=room_id), room=room_id))

    def create(self, name: str, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        """POST /v2/rooms: a repeat with the same name gives the same room."""
        answer = yield from self._upsert(plan)
        # A room that was disabled in between stays disabled: look again.
        return None if answer.get("enabled") is False else answer

    def read(self, answer: Mapping[str, Any]) -> Flow[Mapping[str, Any]]:
        """GET /v2/rooms/{room_id}."""
        return (yield from self._get(str(answer["id"])))

    def update(self, answer: Mapping[str, Any], plan: Plan) -> Flow[Mapping[str, Any]]:
        """Create under the same name: the only documented way that changes the template as well."""
        return (yield from self._upsert(plan))

    def _upsert(self, plan: Plan) -> Flow[Mapping[str, Any]]:
        body, name = self.with_secrets(plan.body), plan.name
        return (yield from self.submit(self.rooms_path, self.a_room(name), body, room=name, repeatable=True))

    def reopen(self, existing: Existing, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        """POST /v2/rooms/{room_id} with ``enabled``."""
        room_id = str(existing.answer["id"])
        read, body = self.a_room(room_id=room_id), {"enabled": True}
        return (yield from self.submit(f"/v2/rooms/{segment(room_id)}", read, body, room=plan.name, repeatable=True))

    def shown(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """The room's settings; older answers call ``recording_info`` ``recording``."""
        shown = {key: answer[key] for key in HundredMsOptions.model_fields if key in answer}
        recording = shown.pop("recording_info", None) or answer.get("recording")
        if recording is not None:
            shown["recording_info"] = recording
        elif answer.get("recording_source_template") is True:
            shown["recording_info"] = "as the template says"
        if _HASH.fullmatch(str(answer.get("name"))):
            shown.pop("description", None)  # workspaces under HIPAA show it empty, whatever it is
        # Some answers leave these two empty, though every room has them.
        return {key: value for key, value in shown.items() if value != "" or key not in ("region", "template_id")}

    def room(self, answer: Mapping[str, Any]) -> Room:
        """Fields of https://www.100ms.live/docs/server-side/v2/api-reference/Rooms/object"""
        return self.make_room(
            room_id=str(answer.get("id")),
            name=answer.get("name"),
            state="closed" if answer.get("enabled") is False else "open",
            created_at=answer.get("created_at"),
            answer=answer,
        )

    def get_room(self, room_id: str) -> Flow[Room]:
        """GET /v2/rooms/{room_id}, which takes no names.

        :raises NotFoundError: there is none.
        """
        try:
            return self.room((yield from self._get(room_id)))
        except errors.NotFoundError:
            raise self.not_found(room_id) from None

    def list_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """GET /v2/rooms, the enabled rooms and then the disabled ones."""
        yield from self._list(keep, enabled=True)
        yield from self._list(keep, enabled=False)

    def list_open_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """GET /v2/rooms, the enabled rooms."""
        return self._list(keep, enabled=True)

    def _list(self, keep: Callable[[Room], bool], *, enabled: bool) -> Flow[None]:
        def page(cursor: str | None) -> Flow[tuple[list[Room], str | None]]:
            items, following = yield from self._page({"enabled": enabled}, cursor)
            return [self.room(item) for item in items], following

        return paged(page, keep)

    def close_room(self, room: Room) -> Flow[None]:
        """POST /v2/rooms/{room_id} with ``enabled: false``; a room cannot be deleted."""
        yield from self.post(f"/v2/rooms/{segment(room.id)}", {"enabled": False}, room=room.id, repeatable=True)

    def check(self) -> Flow[str]:
        """The smallest page of the room list."""
        yield from self.fetch(self.rooms_path, a_list("data"), {"limit": 10})
        return "100ms accepts the app access key and app secret."
