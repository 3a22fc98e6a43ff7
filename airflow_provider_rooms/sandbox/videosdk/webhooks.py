"""VideoSDK: what is reported to the ``webhook`` of a room, or to the ``webhookUrl`` of an operation."""

from __future__ import annotations

import base64
import functools
import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.sandbox.videosdk.store import Person, Recording, Session, Transcript
from airflow_provider_rooms.sandbox.webhooks import Parcel
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from airflow_provider_rooms.sandbox.videosdk.rest import VideoSDKRest
    from airflow_provider_rooms.sandbox.videosdk.store import Room

#: What the events of a recording are called, by its kind.
_WORDS = {
    "meeting": "recording",
    "hls": "hls",
    "participant": "participant-recording",
    "track": "participant-track-recording",
}


def routes() -> Iterable[Route]:
    """The key that signatures are checked with; whether it needs signing in is unknown, the pages show a plain GET."""
    return (Route("GET", "/v2/public/rsa-public-key", public_key, open=True),)


def public_key(call: Call) -> Answer:
    """PKCS#1, with a line break before it as the pages have it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = _key().public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    return as_json({"publicKey": f"\n{pem}"})


@functools.cache
def _key() -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return generate_private_key(public_exponent=65537, key_size=2048)


def _signed(body: bytes) -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    signature = _key().sign(body, PKCS1v15(), SHA256())
    return {"content-type": "application/json", "videosdk-signature": base64.b64encode(signature).decode()}


class Reports:
    """Turns what happens in the store into deliveries."""

    def __init__(self, vendor: VideoSDKRest) -> None:
        self.vendor = vendor

    def tell(self, word: str, thing: Any) -> None:
        """Something happened; called by the store."""
        if isinstance(thing, Recording):
            kind = _WORDS.get(thing.kind)
            if kind is not None:
                self._send(thing.session.room, f"{kind}-{word}", self._recording(word, thing), thing.order)
        elif isinstance(thing, Session):
            data = {"sessionId": thing.id, "meetingId": thing.room.room_id, "start": _time(thing.start)}
            if word == "session-ended":
                data["end"] = _time(thing.end or thing.start)
            self._send(thing.room, word, data)
        elif isinstance(thing, Transcript):
            session, order = thing.recording.session, thing.recording.order
            # to the operation's URL only
            self._send(None, word, {"id": thing.id, "roomId": session.room.room_id, "sessionId": session.id}, order)

    def tell_person(self, word: str, session: Session, person: Person) -> None:
        """Somebody came or went."""
        data = {
            "meetingId": session.room.room_id,
            "sessionId": session.id,
            "participantId": person.participant_id,
            "participantName": person.name,
        }
        self._send(session.room, word, data)

    def _recording(self, word: str, recording: Recording) -> dict[str, Any]:
        data: dict[str, Any] = {"meetingId": recording.session.room.room_id, "sessionId": recording.session.id}
        if recording.participant_id:
            data["participantId"] = recording.participant_id
        if word == "stopped" and recording.kind == "meeting":
            data |= {"filePath": recording.path, "fileUrl": f"https://cdn.example/{recording.path}"}
        return data

    def _send(self, room: Room | None, word: str, data: dict[str, Any], order: dict[str, Any] | None = None) -> None:
        webhook = (room.config.get("webhook") or {}) if room else {}
        urls = []
        # no events means none: whether it means all is unknown
        if webhook and any(fnmatchcase(word, pattern) for pattern in webhook.get("events", ())):
            urls.append(webhook["endPoint"])
        if order and order.get("webhookUrl"):
            urls.append(order["webhookUrl"])
        for url in dict.fromkeys(urls):
            body = json.dumps({"webhookType": word, "data": data}, separators=(",", ":"), ensure_ascii=False).encode()
            # whether VideoSDK repeats a delivery is unknown: it does not here
            self.vendor.report(
                Parcel(self.vendor.name, word, url, body, _signed(body), lambda body=body: _signed(body + b" "))  # type: ignore[misc]
            )


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
