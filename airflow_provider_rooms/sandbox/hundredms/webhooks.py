"""100ms: what is reported to the ``webhook`` of a room: its headers go along, and nothing is signed.

A switch of ``/control/behaviour``, ``webhook_secret``, makes it a HIPAA workspace, whose deliveries are signed as well.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.sandbox.clock import iso_go, iso_seconds
from airflow_provider_rooms.sandbox.hundredms.shapes import APP, CUSTOMER
from airflow_provider_rooms.sandbox.vendor import hex_id, new_uuid
from airflow_provider_rooms.sandbox.webhooks import KEPT, Parcel

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_rooms.sandbox.hundredms.rest import HundredMsRest
    from airflow_provider_rooms.sandbox.hundredms.store import Job, Peer, Room, Session

#: Anything but exactly 200 is repeated after so many seconds.
PAUSES = (1.0, 3.0, 10.0)


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported."""

    id: str
    word: str
    room_id: str
    at: datetime
    data: dict[str, Any]
    parcel: Parcel


class Reports:
    """Turns what happens in the store into deliveries."""

    def __init__(self, vendor: HundredMsRest) -> None:
        self.vendor = vendor
        #: What /v2/analytics/webhooks shows.
        self.sent: deque[Report] = deque(maxlen=KEPT)

    def session(self, word: str, session: Session) -> None:
        """``session.open`` or ``session.close``."""
        data = self._named(session)
        if word == "session.close.success":
            seconds = int((session.updated - session.created).total_seconds())
            data |= {"session_duration": seconds, "session_stopped_at": iso_go(session.updated, 9)}
        self._send(session.room, word, data)

    def peer(self, word: str, session: Session, peer: Peer) -> None:
        """Somebody came or went. The recorder is a peer too; whether it is reported is unknown: it is not here."""
        if peer.beam:
            return
        data = self._named(session) | {
            "peer_id": peer.id,
            "role": peer.role,
            "type": "regular",
            "user_id": peer.user_id,
            "user_name": peer.name,
            "user_data": peer.metadata,
            "joined_at": iso_go(peer.joined, 9),
        }
        if peer.left is not None:
            seconds = int((peer.left - peer.joined).total_seconds())
            data |= {"left_at": iso_go(peer.left), "duration": seconds, "reason": "client request", "message": ""}
        self._send(session.room, word, data)

    def end_room(self, session: Session, lock: bool, reason: str) -> None:
        """The API ended the session; ids of who did it are empty (a guess)."""
        data = self._named(session) | {
            "peer_id": "",
            "user_id": "",
            "user_name": "",
            "role": "",
            "lock_room": lock,
            "reason": reason,
            "source": "api",
        }
        self._send(session.room, "room.end.success", data)

    def job(self, word: str, job: Job) -> None:
        """The recorder. Streams have events of their own, of which the sandbox sends the file's."""
        if job.kind != "recording":
            return
        session = job.session
        data: dict[str, Any] = {
            "beam_id": job.id,
            "job_id": job.id,
            "metadata_id": "",
            "metadata_timestamp": iso_go(job.started or job.created),
            "peer_id": job.beam.id if job.beam else "",
            "recording_enabled": True,
            "room_id": session.room.id,
            "session_id": session.id,
            "template_id": session.room.template.id,
            "session_started_at": iso_go(session.created, 9),
        }
        seconds = int(((job.stopped or job.updated) - (job.started or job.created)).total_seconds())
        if word == "beam.stopped.success":
            data |= {"duration": seconds, "reason": "client request"}
        elif word == "beam.failure":
            data |= {"error_type": "UPLOAD_ERROR", "error_message": "Failed to upload recordings.", "duration": seconds}
        elif word == "beam.recording.success":
            film = next(asset for asset in job.assets or () if asset.type == "room-composite")
            data |= {
                "created_at": iso_go(film.created, 9),
                "started_at": iso_go(job.started),
                "stopped_at": iso_go(job.stopped),
                "duration": seconds,
                # how it relates to the ids of the REST API is not documented: it does not here
                "recording_id": hex_id(),
                "recording_path": f"s3://bucket/{film.path}",
                "recording_presigned_url": f"https://files.example/{film.path}?X-Amz-Signature={hex_id()}",
                "chat_recording_path": "",
                "chat_recording_presigned_url": "",
                "size": 10024,
            }
        self._send(session.room, word, data)

    def _named(self, session: Session) -> dict[str, Any]:
        return {
            "room_id": session.room.id,
            "room_name": session.room.name,
            "session_id": session.id,
            "template_id": session.room.template.id,
            "session_started_at": iso_go(session.created, 9),
        }

    def _send(self, room: Room, word: str, data: dict[str, Any]) -> None:
        webhook = room.settings.get("webhook")
        if not webhook or not webhook.get("url"):
            return
        identity = new_uuid()
        envelope = {
            "version": "2.0",
            "id": identity,
            "account_id": CUSTOMER,
            "app_id": APP,
            "timestamp": iso_seconds(self.vendor.clock.now()),
            "type": word,
            "data": data,
        }
        body = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()
        own = {name: str(value) for name, value in (webhook.get("headers") or {}).items()}
        headers = {"content-type": "application/json", **own}
        if secret := self.vendor.behaviour["webhook_secret"]:
            headers["x-100ms-signature"] = hmac.new(str(secret).encode(), body, hashlib.sha256).hexdigest()
        forged = {name: value if name == "content-type" else "forged" for name, value in headers.items()}
        parcel = Parcel(
            self.vendor.name,
            word,
            webhook["url"],
            body,
            headers,
            lambda: forged,
            pauses=PAUSES,
            again=lambda status: status != 200,
        )
        self.sent.append(Report(identity, word, room.id, self.vendor.clock.now(), data, parcel))
        self.vendor.report(parcel)
