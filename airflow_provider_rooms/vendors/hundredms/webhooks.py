"""100ms' webhooks. https://www.100ms.live/docs/server-side/v2/how-to-guides/configure-webhooks/webhook"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.vendors.contract.webhooks import Delivery, Webhooks, digest, read_object, same
from airflow_provider_rooms.vendors.hundredms.api import HundredMsApi

if TYPE_CHECKING:
    from airflow_provider_rooms.models import EventType, RoomEvent

#: Every documented event that has a type of ours, and the fields of ``data`` that hold what tells it apart and when it was.
TYPES: Mapping[str, tuple[EventType, tuple[str, ...], str]] = {
    "session.open.success": ("session_started", ("session_id",), "session_started_at"),
    "session.close.success": ("session_ended", ("session_id",), "session_stopped_at"),
    "peer.join.success": ("participant_joined", ("peer_id",), "joined_at"),
    "peer.leave.success": ("participant_left", ("peer_id",), "left_at"),
    "room.end.success": ("room_closed", ("room_id", "session_id"), ""),
    "beam.started.success": ("recording_started", ("beam_id",), "metadata_timestamp"),
    "beam.recording.success": ("recording_ready", ("recording_path",), "created_at"),
    "beam.failure": ("recording_failed", ("beam_id",), ""),
    "recording.success": ("recording_ready", ("recording_path",), ""),
    "recording.failed": ("recording_failed", ("session_id",), ""),
    "transcription.success": ("transcript_ready", ("transcription_id",), ""),
}
#: Events that are of our type only where this field is true: people are sent out of a room that stays open, too.
_ONLY_IF: Mapping[str, str] = {"room.end.success": "lock_room", "beam.failure": "recording_enabled"}
#: Documented events without a type of their own.
OTHERS = (
    "peer.join.failure",
    "peer.leave.failure",
    "room.end.failure",
    "role.change.success",
    "role.change.failure",
    *(f"{kind}.recording{end}" for kind in ("track", "stream") for end in (".success", ".failure")),
    "track.recording.started.success",
    "beam.stopped.success",
    "hls.started.success",
    "hls.stopped.success",
    "hls.failure",
    "hls.recording.success",
    "transcription.started.success",
    "transcription.failure",
    "transcription.failed",
    "ingest.start.success",
    "ingest.end.success",
    "ingest.start.failure",
    "ingest.failure",
)


class HundredMsWebhooks(HundredMsApi, Webhooks):
    """An ordinary workspace signs nothing: the connection's secret headers, which the room was given, come back."""

    def may_report(self) -> bool:
        """Headers or the workspace's signing secret."""
        return bool(self.config.webhook_headers or self.config.webhook_secret)

    def is_genuine(self, delivery: Delivery, key: str | None) -> bool:
        """Every one of ``webhook_headers``, and ``x-100ms-signature`` where ``webhook_secret`` is set."""
        if not self.may_report() or delivery.method != "POST":
            return False
        right = [same(delivery.header(name.lower()), value) for name, value in self.config.webhook_headers.items()]
        secrets = re.split(r"[\s,]+", self.config.webhook_secret or "")
        expected = [
            hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest() for secret in secrets if secret
        ]
        if expected:
            right.append(same(delivery.header("x-100ms-signature"), *expected))
        return all(right)

    def read_delivery(self, delivery: Delivery) -> list[RoomEvent]:
        """The envelope; its own ``id`` may be another when the same thing is told again."""
        told = read_object(delivery.body)
        word, data = told.get("type"), told.get("data")
        if not isinstance(word, str) or not isinstance(data, Mapping):
            raise ValueError("no type and data")  # noqa: TRY004 - as everything that cannot be read
        return [self.reported(word, data, told.get("timestamp"))]

    def reported(self, word: str, data: Mapping[str, Any], when: Any) -> RoomEvent:
        """An event under 100ms' own word.

        :param when: when it was reported, if the data say nothing better.
        """
        row = TYPES.get(word)
        told_only_if = _ONLY_IF.get(word)
        if row is None or (told_only_if and data.get(told_only_if) is not True):
            kind: EventType = "other"
            parts: tuple[str | None, ...] = (word, digest(word, data, without=("presigned_url", "URL")))
            moment = ""
        else:
            kind, names, moment = row
            parts = tuple(_text(data, name) for name in names)
            if kind == "recording_ready":
                parts = recording_parts(_text(data, "session_id"), parts[0])
        return self.event(
            kind,
            *parts,
            happened_at=data.get(moment) or when,
            room_id=_text(data, "room_id"),
            name=_text(data, "room_name"),
            session_id=_text(data, "session_id"),
            recording_id=_text(data, "recording_id"),
            participant=_text(data, "user_id") or _text(data, "peer_id"),
            reported_as=word,
        )


def recording_parts(session_id: str | None, path: str | None) -> tuple[str | None, str]:
    """What tells a file apart, in a delivery and in a list alike: how their ids relate is not documented."""
    return session_id, (path or "").partition("?")[0].rpartition("/")[2]


def _text(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) and value else None
