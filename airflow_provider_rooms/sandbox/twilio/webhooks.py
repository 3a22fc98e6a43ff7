"""Twilio Video: status callbacks of rooms and compositions, as forms, signed with the auth token."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from airflow_provider_rooms.sandbox.clock import iso_millis
from airflow_provider_rooms.sandbox.credentials import TWILIO_ACCOUNT, TWILIO_SECRET
from airflow_provider_rooms.sandbox.vendor import new_uuid
from airflow_provider_rooms.sandbox.webhooks import Parcel

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.twilio.rest import TwilioRest
    from airflow_provider_rooms.sandbox.twilio.store import Composition, Participant, Recording, Room, Track


class Reports:
    """Turns what happens in the store into deliveries."""

    def __init__(self, vendor: TwilioRest) -> None:
        self.vendor = vendor
        self._numbers: Counter[str] = Counter()

    def room(self, word: str, room: Room) -> None:
        """A room was created or has ended."""
        more = {}
        if room.end is not None:
            more["RoomDuration"] = str(int((room.end - room.created).total_seconds()))
        self._of_room(word, room, more)

    def person(self, word: str, room: Room, person: Participant, track: Track | None = None) -> None:
        """Somebody came or went, or one of their tracks did."""
        more = {
            "ParticipantSid": person.sid,
            "ParticipantIdentity": person.identity,
            "ParticipantStatus": "connected" if person.connected else "disconnected",
        }
        if track is not None:
            more |= {"TrackSid": track.sid, "TrackKind": track.kind}
        elif person.end is not None:
            more["ParticipantDuration"] = str(int((person.end - person.created).total_seconds()))
        self._of_room(word, room, more)

    def recording(self, word: str, recording: Recording) -> None:
        """A track is recorded, or its file is there, or never will be."""
        room, kind = recording.room, recording.track.kind
        form = {
            "RoomSid": room.sid,
            "RoomName": room.name,
            "RoomType": "group",
            "RecordingSid": recording.sid,
            "ParticipantSid": recording.participant.sid,
            "ParticipantIdentity": recording.participant.identity,
            "SourceSid": recording.track.sid,
            "RecordingUri": f"/v1/Recordings/{recording.sid}",
            "Container": "mka" if kind == "audio" else "mkv",
            "Codec": "OPUS" if kind == "audio" else "VP8",
            "TrackName": kind,
            "OffsetFromTwilioVideoEpoch": "26398346",
            "Type": kind,
        }
        if word == "recording-completed":
            form |= {
                "MediaUri": f"/v1/Recordings/{recording.sid}/Media",
                "Duration": str(recording.seconds),
                "Size": "1038921",
                "MediaExternalLocation": "",
            }
        elif word == "recording-failed":
            form["FailedOperation"] = "RecordingUpload"
        self._send(room.settings, word, form)

    def composition(self, word: str, composition: Composition) -> None:
        """To the composition's own callback."""
        form = {
            "RoomSid": composition.room.sid,
            "CompositionSid": composition.sid,
            "CompositionUri": f"/v1/Compositions/{composition.sid}",
        }
        if word == "composition-available":
            media = f"/v1/Compositions/{composition.sid}/Media"
            form |= {"MediaUri": media, "Duration": "3000", "Size": "9000000", "MediaExternalLocation": ""}
        elif word == "composition-failed":
            form |= {"FailedOperation": "processing", "ErrorMessage": "no media"}
        self._send(composition.order, word, form)

    def _of_room(self, word: str, room: Room, more: dict[str, str]) -> None:
        form = {
            "RoomName": room.name,
            "RoomSid": room.sid,
            "RoomStatus": room.status,
            "RoomType": "group",
            **more,
        }
        # no order can be told from it, says the page; nor from what stands here
        number = self._numbers[room.sid]
        self._numbers[room.sid] += 1
        self._send(room.settings, word, form, {"SequenceNumber": str(number)})

    def _send(
        self, settings: dict[str, Any], word: str, form: dict[str, str], last: dict[str, str] | None = None
    ) -> None:
        given = settings.get("StatusCallback")
        if not given:
            return
        form = {
            "AccountSid": TWILIO_ACCOUNT,
            **form,
            "StatusCallbackEvent": word,
            "Timestamp": str(iso_millis(self.vendor.clock.now())),
            **(last or {}),
        }
        method = settings.get("StatusCallbackMethod", "POST")
        parts = urlsplit(given)
        overrides = dict(parse_qsl(parts.fragment))
        place = parts.netloc.rpartition("@")[2]
        query = "&".join(filter(None, (parts.query, urlencode(form) if method == "GET" else "")))
        url = urlunsplit((parts.scheme, place, parts.path, query, ""))
        text = url if method == "GET" else url + "".join(name + form[name] for name in sorted(form))

        def headers(key: str) -> dict[str, str]:
            return {
                "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
                "X-Twilio-Signature": base64.b64encode(
                    hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()
                ).decode(),
                "I-Twilio-Idempotency-Token": token,
            }

        token = new_uuid()
        policy = set(overrides.get("rp", "ct").split(","))
        tries = int(overrides["rc"]) if overrides.get("rc", "").isdigit() else 1

        def again(status: int | None) -> bool:
            if status is None:
                return bool(policy & {"ct", "rt", "all"})
            return "all" in policy or (400 <= status < 500 and "4xx" in policy) or (status >= 500 and "5xx" in policy)

        self.vendor.report(
            Parcel(
                self.vendor.name,
                word,
                url,
                urlencode(form).encode(),
                headers(TWILIO_SECRET),
                lambda: headers("forged"),
                method=method,
                pauses=(0.5,) * min(tries, 5),
                again=again,
            )
        )
