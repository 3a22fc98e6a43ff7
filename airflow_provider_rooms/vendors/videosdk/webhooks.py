"""VideoSDK's webhooks. https://docs.videosdk.live/api-reference/realtime-communication/user-webhooks"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_provider_rooms.vendors.contract.webhooks import Delivery, Webhooks, digest, read_object, same
from airflow_provider_rooms.vendors.videosdk.api import VideoSDKApi
from airflow_provider_rooms.vendors.videosdk.options import WEBHOOK_EVENTS

if TYPE_CHECKING:
    from airflow_provider_rooms.models import EventType, RoomEvent
    from airflow_provider_rooms.vendors.flow import Flow

KEY_PATH = "/v2/public/rsa-public-key"

#: Every documented event that has a type of ours; all others are ``other``.
TYPES: Mapping[str, EventType] = {
    "session-started": "session_started",
    "session-ended": "session_ended",
    "participant-joined": "participant_joined",
    "participant-left": "participant_left",
    "recording-started": "recording_started",
    "recording-stopped": "recording_ready",
    "recording-failed": "recording_failed",
    "transcription-completed": "transcript_ready",
}
#: Documented events without a type of their own.
OTHERS = WEBHOOK_EVENTS.difference(TYPES)


class VideoSDKWebhooks(VideoSDKApi, Webhooks):
    """Signed with VideoSDK's own key. A delivery has neither an id nor, but for sessions, a time."""

    def webhook_key(self) -> Flow[str | None]:
        """GET /v2/public/rsa-public-key"""
        answer: Mapping[str, Any] = yield from self.fetch(KEY_PATH, self.an_object("publicKey"))
        return str(answer["publicKey"])

    def is_genuine(self, delivery: Delivery, key: str | None) -> bool:
        """``videosdk-signature``: base64 of RSA (PKCS#1 v1.5) with SHA-256 over the body.

        VideoSDK signs for all its customers with one key: a query in ``webhook_url`` is what others do not know.
        """
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        given = delivery.header("videosdk-signature")
        if not given or not key or delivery.method != "POST":
            return False
        query = urlsplit(self.config.webhook_url or "").query
        if query and not same(delivery.query, query):
            return False
        try:
            public = load_pem_public_key(key.strip().encode())
            signature = base64.b64decode(given, validate=True)
        except (ValueError, binascii.Error):
            return False
        if not isinstance(public, RSAPublicKey):
            return False
        try:
            public.verify(signature, delivery.body, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True

    def read_delivery(self, delivery: Delivery) -> list[RoomEvent]:
        """``{"webhookType" (the SDK also takes "type"), "data"}``."""
        told = read_object(delivery.body)
        word, data = told.get("webhookType") or told.get("type"), told.get("data")
        if not isinstance(word, str) or not isinstance(data, Mapping):
            raise ValueError("no webhookType and data")  # noqa: TRY004 - as everything that cannot be read
        kind = TYPES.get(word, "other")
        session, person, ident = (_text(data, name) for name in ("sessionId", "participantId", "id"))
        parts: tuple[str | None, ...]
        match kind:
            case "session_started" | "session_ended":
                parts = (session,)
            case "participant_joined" | "participant_left":
                parts = (session, person)
            case "recording_ready":
                parts = recording_parts(session, _text(data, "filePath"))
            case "recording_started" | "recording_failed":
                parts = (session, ident)
            case "transcript_ready":
                parts = (ident,)
            case _:
                parts = (word, digest(word, data, without=("Url", "fileDetails")))
        return [
            self.event(
                kind,
                *parts,
                happened_at=data.get("end") if kind == "session_ended" else data.get("start"),
                room_id=_text(data, "meetingId") or _text(data, "roomId"),
                session_id=session,
                recording_id=ident if kind.startswith("recording_") else None,
                participant=person,
                reported_as=word,
            )
        ]


def recording_parts(session_id: str | None, file_path: str | None) -> tuple[str | None, str]:
    """What tells a finished recording apart, in a delivery and in a list alike: a delivery may have no id of it."""
    return session_id, (file_path or "").partition("?")[0].strip("/")


def _text(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) and value else None
