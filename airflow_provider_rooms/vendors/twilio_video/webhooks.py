"""Twilio Video's status callbacks. https://www.twilio.com/docs/video/api/status-callbacks"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from airflow_provider_rooms.vendors.contract.watching import Thing
from airflow_provider_rooms.vendors.contract.webhooks import Delivery, Webhooks, digest, same
from airflow_provider_rooms.vendors.flow import gathered
from airflow_provider_rooms.vendors.presence import iso
from airflow_provider_rooms.vendors.twilio_video.sessions import SAME_SESSION, TwilioVideoSessions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_rooms.models import EventType, Room, RoomEvent
    from airflow_provider_rooms.vendors.flow import Flow

#: Every documented event that has a type of ours, and the field that tells it apart.
TYPES: Mapping[str, tuple[EventType, str]] = {
    "participant-connected": ("participant_joined", "ParticipantSid"),
    "participant-disconnected": ("participant_left", "ParticipantSid"),
    "room-ended": ("room_closed", "RoomSid"),
    "recording-started": ("recording_started", "RecordingSid"),
    "recording-completed": ("recording_ready", "RecordingSid"),
    "recording-failed": ("recording_failed", "RecordingSid"),
    "composition-started": ("recording_started", "CompositionSid"),
    "composition-available": ("recording_ready", "CompositionSid"),
    "composition-failed": ("recording_failed", "CompositionSid"),
}
#: Documented events without a type of their own.
OTHERS = (
    "room-created",
    *(f"track-{end}" for end in ("added", "removed", "enabled", "disabled")),
    "composition-enqueued",
    "composition-progress",
    "composition-hook-failed",
)
#: More fields than any callback has.
MOST_FIELDS = 200
#: Twilio's lists show what it has just reported a moment later; a leave is the end of a session if nobody comes back.
_SHOWN_AFTER = 2.0
_LOOKS: Mapping[str, float] = {
    "participant-connected": _SHOWN_AFTER,
    "participant-disconnected": SAME_SESSION.total_seconds() + _SHOWN_AFTER,
    "room-ended": _SHOWN_AFTER,
}
_SETTINGS = re.compile(r"algorithm\s*=\s*HMAC_SHA256", re.IGNORECASE)


class TwilioVideoWebhooks(TwilioVideoSessions, Webhooks):
    """Signed with the account's auth token, or with shared keys. Sessions are not reported: the participants make them."""

    def may_report(self) -> bool:
        """A token or a key; an account SID signs in with its token."""
        return bool(self._tokens() or self._shared_keys())

    def _tokens(self) -> list[str]:
        own = [self.config.secret] if self.config.key.startswith("AC") else []
        return own + _several(self.config.settings.get("auth_token"))

    def _shared_keys(self) -> list[str]:
        return _several(self.config.webhook_secret)

    def is_genuine(self, delivery: Delivery, key: str | None) -> bool:
        """``X-Twilio-Signature`` over ``webhook_url`` and the form: SHA-1 with the token, SHA-256 with a shared key."""
        url = self.config.webhook_url
        if not url or delivery.method not in ("POST", "GET"):
            return False
        shared = self._shared_keys()
        if shared:  # where a shared key is set, the weaker signature does not count
            settings = delivery.header("x-twilio-webhooks-signature-settings") or ""
            if not _SETTINGS.search(settings):
                return False
        try:
            form = _form(delivery.body.decode()) if delivery.method == "POST" else []
        except ValueError:
            return False
        keys, algorithm = (shared, hashlib.sha256) if shared else (self._tokens(), hashlib.sha1)
        texts = [_signed_text(place, form) for place in _places(url, delivery)]
        expected = [
            base64.b64encode(hmac.new(key.encode(), text.encode(), algorithm).digest()).decode()
            for key in keys
            for text in texts
        ]
        return same(delivery.header("x-twilio-signature"), *expected)

    def read_delivery(self, delivery: Delivery) -> list[RoomEvent]:
        """A form; with GET it is the query."""
        told = dict(_form(delivery.body.decode() if delivery.method == "POST" else delivery.query))
        word = told.get("StatusCallbackEvent")
        if not word:
            raise ValueError("no StatusCallbackEvent")
        row = TYPES.get(word)
        kind: EventType = row[0] if row else "other"
        parts = (
            (told.get(row[1]),) if row else (word, digest(word, told, without=("MediaUri", "MediaExternalLocation")))
        )
        return [
            self.event(
                kind,
                *parts,
                happened_at=told.get("Timestamp"),
                room_id=told.get("RoomSid"),
                name=told.get("RoomName"),
                recording_id=told.get("RecordingSid") or told.get("CompositionSid"),
                participant=told.get("ParticipantIdentity"),
                reported_as=word,
            )
        ]

    def look_after(self, event: RoomEvent) -> float | None:
        """Who came or went makes sessions."""
        return _LOOKS.get(event.reported_as or "") if event.room_id else None

    def happened_in(self, room: Room) -> Flow[list[RoomEvent]]:
        """The starts and ends of the room's sessions."""
        return [event for thing in (yield from self.sessions_in(room)) for event in thing.events]

    def sessions_in(self, room: Room) -> Flow[list[Thing]]:
        """The room's sessions, oldest first; one has ended once nobody came back."""
        sessions = yield from gathered(self.list_sessions(room, None, lambda session: True))
        over = self.now() - SAME_SESSION
        found: list[Thing] = []
        for session in reversed(sessions):
            known = {"room_id": room.id, "name": room.name, "session_id": session.id}
            events = [self.event("session_started", session.id, happened_at=session.started_at, **known)]
            ended = bool(session.ended_at and (room.state == "closed" or session.ended_at <= iso(over)))
            if ended:
                events.append(self.event("session_ended", session.id, happened_at=session.ended_at, **known))
            began = dt.datetime.fromisoformat(session.started_at)
            found.append(Thing(id=f"session {session.id}", began=began, over=ended, events=events))
        return found


def _several(setting: Any) -> list[str]:
    """Secrets separated by spaces or commas: old and new side by side, while one replaces the other."""
    return [secret for secret in re.split(r"[\s,]+", str(setting or "")) if secret]


def _form(text: str) -> list[tuple[str, str]]:
    """Fields in the order in which they came.

    :raises ValueError: no form, or one with more fields than any of Twilio's.
    """
    return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")


def _places(url: str, delivery: Delivery) -> list[str]:
    """The URL as Twilio may have signed it: with GET its own fields are in it, and a port may be there or not."""
    parts = urlsplit(url)
    query = delivery.query if delivery.method == "GET" else parts.query
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = parts.port or (443 if parts.scheme == "https" else 80)
    hosts = dict.fromkeys((f"{host}:{parts.port}" if parts.port else host, host, f"{host}:{port}"))
    return [urlunsplit((parts.scheme, place, parts.path, query, "")) for place in hosts]


def _signed_text(url: str, form: Iterable[tuple[str, str]]) -> str:
    """The URL, then each name with its value, sorted; values of a repeated name once each."""
    return url + "".join(name + value for name, value in sorted(set(form)))
