"""100ms' rooms. https://www.100ms.live/docs/server-side/v2/api-reference/Rooms/overview"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.names import fold
from airflow_provider_rooms.vendors.contract.listing import Listing, RoomList
from airflow_provider_rooms.vendors.contract.rooms import Closing, Existing
from airflow_provider_rooms.vendors.hundredms.api import HundredMsApi
from airflow_provider_rooms.vendors.rest import Resource
from airflow_provider_rooms.vendors.rest_rooms import RestRooms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from airflow_provider_rooms.models import Room, RoomSpec
    from airflow_provider_rooms.vendors.contract.plan import Plan
    from airflow_provider_rooms.vendors.flow import Flow

#: More people than this need ``large_room``; https://www.100ms.live/docs/server-side/v2/how-to-guides/create-large-rooms
LARGE_ROOM_ABOVE = 2500
# What workspaces under HIPAA show in place of a name.
_HASH = re.compile(r"[0-9a-f]{64}")


class HundredMsRooms(HundredMsApi, RestRooms):
    """The room name is ``name``, without regard to case; create is an upsert on it, so we read first."""

    rooms: ClassVar[Resource] = Resource(path="/v2/rooms")
    # Without the flag only enabled ones show.
    room_lists: ClassVar[tuple[Mapping[str, Any], ...]] = ({"enabled": True}, {"enabled": False})
    key_field: ClassVar[str] = "name"
    id_field: ClassVar[str] = "id"
    name_field: ClassVar[str] = "name"
    created_field: ClassVar[str] = "created_at"
    id_form: ClassVar[re.Pattern[str] | None] = re.compile(r"[0-9a-f]{24}")
    closing: ClassVar[Closing] = "in_place"
    vendor_chooses: ClassVar[Mapping[str, str]] = {"region": "auto"}
    console: ClassVar[str] = "https://dashboard.100ms.live/rooms"
    unsupported: ClassVar[Mapping[str, str]] = {
        "record": "Enable recording in the template, use StartRecordingOperator, or set options.recording_info "
        "(legacy).",
        "transcribe": "Enable transcription in the template.",
    }
    limits: ClassVar[Mapping[str, tuple[int, int]]] = {
        "max_participants": (1, 20000),
        "max_duration": (120, 43200),
    }

    # -- the spec in 100ms' fields --------------------------------------------------------------------------------------

    def _size(self, value: int, spec: RoomSpec) -> Mapping[str, Any]:
        return {"size": value, "large_room": True} if value > LARGE_ROOM_ABOVE else {"size": value}

    def _webhook(self, value: Mapping[str, Any], spec: RoomSpec) -> Mapping[str, Any]:
        for key, usual in (("events", []), ("method", "POST")):
            if value.get(key) not in (None, usual):
                raise errors.UnsupportedError(
                    f"webhook.{key}: 100ms always reports every event of a room, by POST.", vendor=self.title
                )
        return {"webhook": {"url": value["url"]}}

    fields: ClassVar[Mapping[str, Any]] = {
        "description": "description",
        "max_participants": _size,
        "max_duration": "max_duration_seconds",
        "region": "region",
        "webhook": _webhook,
    }

    def defaults(self, spec: RoomSpec, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The connection's template, unless the options name one."""
        template = self.config.settings.get("template_id")
        return {"template_id": template} if template else {}

    def check_plan(self, body: Mapping[str, Any]) -> Iterator[str]:
        """Rules across fields, and what a field does besides."""
        if (body.get("size") or 0) > LARGE_ROOM_ABOVE and not body.get("large_room"):
            raise errors.InvalidSpecError(
                f"options.size: a room for more than {LARGE_ROOM_ABOVE} people needs large_room.",
                vendor=self.title,
                advice="Set options.large_room, or use max_participants, which sets it.",
            )
        if body.get("webhook"):
            yield "With a webhook on the room, the workspace's own webhook is not called for this room."
        if body.get("recording_info"):
            yield (
                "recording_info uses the legacy SFU recording; the recording settings of the template no longer "
                "apply to this room."
            )

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
        """GET /v2/rooms?name=, among the enabled and then among the disabled. How ``name`` matches is not documented."""
        for filters in self.room_lists:
            item = yield from self.first(
                self.rooms,
                {"name": name, **filters},
                lambda item: bool(self.same_name(str(item.get("name")), name) and item.get("id")),
            )
            if item is not None:
                try:
                    answer = yield from self.read(str(item["id"]))
                except errors.NotFoundError as error:
                    raise errors.NotVisibleYetError(
                        "100ms lists the room but does not return it.", vendor=self.title, room=name
                    ) from error
                return Existing(name=name, answer=answer, closed=self.is_closed(answer))
        return None

    def listing(self, specs: Collection[RoomSpec]) -> Listing | None:
        """The disabled rooms, the enabled, the disabled again: one that is switched on or off meanwhile is in one of the three.

        Its create overwrites, so what was not listed is asked for by its name ten seconds later. Lists leave out ``webhook``
        and ``polls``.
        """
        enabled, disabled = (RoomList(filters=filters, open=filters["enabled"]) for filters in self.room_lists)
        return Listing(lists=(disabled, enabled, disabled), looks=2, counts_for=10.0)

    def spellings(self, name: str) -> Sequence[str]:
        """As it is, or as its hash."""
        return (fold(name), _sha256(name))

    def same_name(self, shown: str, name: str) -> bool:
        """Case does not count; workspaces under HIPAA show the SHA-256 of a name in its place."""
        return fold(shown) == fold(name) or shown == _sha256(name)

    def is_closed(self, answer: Mapping[str, Any]) -> bool:
        """Not ``enabled``."""
        return answer.get("enabled") is False

    def update(self, answer: Mapping[str, Any], plan: Plan) -> Flow[Mapping[str, Any]]:
        """Create under the same name: the only documented way that changes the template as well."""
        return self.send(plan.name, plan)

    def reopen(self, existing: Existing, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        """POST /v2/rooms/{room_id} with ``enabled``."""
        return self.change(str(existing.answer["id"]), {"enabled": True}, room=plan.name)

    def close_room(self, room: Room) -> Flow[None]:
        """POST /v2/rooms/{room_id} with ``enabled: false``; a room cannot be deleted."""
        yield from self.post(self.rooms.at(room.id), {"enabled": False}, room=room.id, repeatable=True)

    def shown(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """The room's settings; older answers call ``recording_info`` ``recording``."""
        shown = dict(super().shown(answer))
        recording = shown.pop("recording_info", None) or answer.get("recording")
        if recording is not None:
            shown["recording_info"] = recording
        elif answer.get("recording_source_template") is True:
            shown["recording_info"] = "as the template says"
        if _HASH.fullmatch(str(answer.get("name"))):
            shown.pop("description", None)  # workspaces under HIPAA show it empty, whatever it is
        # Some answers leave these two empty, though every room has them.
        return {key: value for key, value in shown.items() if value != "" or key not in ("region", "template_id")}

    def check(self) -> Flow[str]:
        """The smallest page of the room list."""
        yield from self.page(self.rooms, {"limit": 10})
        return "100ms accepted the app access key and app secret."


def _sha256(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
