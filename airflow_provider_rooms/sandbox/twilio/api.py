"""Twilio Video v1, put together: its paths, and what ``/control`` does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox import files, tokens
from airflow_provider_rooms.sandbox.cards import Card, Pick, RecordingLine, SessionLine, tally
from airflow_provider_rooms.sandbox.clock import iso_seconds
from airflow_provider_rooms.sandbox.credentials import TWILIO_ACCOUNT, TWILIO_API_KEY, TWILIO_SECRET
from airflow_provider_rooms.sandbox.twilio import compositions, participants, recordings, rooms, transcriptions
from airflow_provider_rooms.sandbox.twilio.rest import TwilioRest
from airflow_provider_rooms.sandbox.twilio.store import INCLUDE_ALL, Recording, Room, Session
from airflow_provider_rooms.sandbox.twilio.webhooks import Reports
from airflow_provider_rooms.sandbox.vendor import Guest
from airflow_provider_rooms.sandbox.wire import NotPossibleError, Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_rooms.sandbox.clock import Clock

LONGEST_TOKEN_SECONDS: Final = 24 * 3600


class Twilio(TwilioRest):
    """The Video part of the Twilio REST API, v1."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.store.told = Reports(self)

    def routes(self) -> Iterable[Route]:
        return (
            *rooms.routes(self),
            *participants.routes(self),
            *recordings.routes(self),
            *compositions.routes(self),
            *transcriptions.routes(self),
        )

    # -- /control -------------------------------------------------------------------------------------------

    def state(self, base: str) -> dict[str, list[dict[str, Any]]]:
        store = self.store
        return {
            "rooms": [rooms.room_view(room, base) for room in reversed(store.rooms.values())],
            "sessions": [self._session_view(session, base) for session in reversed(store.sessions)],
            "recordings": [recordings.recording_view(r, base) for r in reversed(store.recordings.values())],
        }

    def cards(self, base: str, pick: Pick) -> list[Card]:
        rooms = pick.of(reversed(self.store.rooms.values()), lambda room: (room.sid, room.name))
        return [_card(room, base) for room in rooms]

    def count(self) -> int:
        return len(self.store.rooms)

    def make_room(self, name: str, base: str) -> dict[str, Any]:
        room = self.store.in_progress.get(name)
        if room is None:
            # a room that lives as long as one can, so that there is time to look at it
            room = self.store.add_room(name, {"UnusedRoomTimeout": 60, "EmptyRoomTimeout": 60}, 0.0)
        return rooms.room_view(room, base)

    def _session_view(self, session: Session, base: str) -> dict[str, Any]:
        return {
            "room_sid": session.room.sid,
            "participants": [participants.participant_view(p, session.room, base) for p in session.participants],
            "start": iso_seconds(session.start),
            "end": iso_seconds(session.end),
        }

    def _known_room(self, reference: str) -> Room:
        """By SID, or by name: the one in progress, else the newest of that name."""
        room = self.store.rooms.get(reference) or self.store.in_progress.get(reference)
        if room is None:
            room = next(reversed(self.store.by_name.get(reference, [])), None)
        if room is None:
            raise NotPossibleError(404, f"Twilio has no room with SID or unique name {reference!r}")
        return room

    def people_join(self, room: str, people: Sequence[Guest], base: str) -> dict[str, Any]:
        known = self._known_room(room)
        if known.status != "in-progress":
            raise NotPossibleError(409, f"room {known.sid} is {known.status}: nobody can join it")
        inside = {p.identity for p in known.connected()}
        most = known.settings.get("MaxParticipants", 50)
        if len(inside | {guest.identity for guest in people}) > most:
            raise NotPossibleError(409, f"room {known.sid} holds at most {most} participants (53105)")
        return self._session_view(self.store.join(known, list(people)), base)

    def people_leave(self, room: str, identities: Sequence[str] | None, base: str) -> dict[str, Any]:
        """Everybody leaving ends the session; the room itself lives on for its EmptyRoomTimeout."""
        known = self._known_room(room)
        session = known.session
        if session is None:
            raise NotPossibleError(409, f"nobody is in room {known.sid}")
        leaving = [p for p in known.connected() if identities is None or p.identity in identities]
        missing = [i for i in identities or () if i not in {p.identity for p in leaving}]
        if missing:
            raise NotPossibleError(404, f"not in the room: {', '.join(missing)}")
        self.store.disconnect(known, leaving)
        return self._session_view(session, base)

    def recording_action(self, room: str, action: str, base: str) -> dict[str, Any]:
        """Twilio records tracks: ``start`` includes all of them, the others act on every recording of the room."""
        known = self._known_room(room)
        if action == "start":
            if known.session is None:
                raise NotPossibleError(409, f"nobody is in room {known.sid}: there is no track to record")
            known.rules = [dict(INCLUDE_ALL)]
            known.rules_set = self.clock.now()
            self.store.apply_rules(known)
        tracks = [r for r in known.recordings if r.status != "deleted"]
        if not tracks:
            raise NotPossibleError(409, f"room {known.sid} has no recording; start one first")
        busy = [recording for recording in tracks if recording.status == "processing"]
        other = {"complete": "failed", "fail": "completed"}.get(action)
        if not busy and tracks[-1].status == other:
            raise NotPossibleError(409, f"the recordings of the room are {other} already")
        for recording in busy if action != "start" else ():
            if action == "complete":
                self.store.finish(recording)
            else:
                self.store.fail(recording)
        if action == "complete":
            for composition in self.store.compositions.values():
                if composition.room is known:
                    self.store.composed(composition)
        return recordings.recording_view(tracks[-1], base)

    def has_file(self, path: str) -> bool:
        sid = path.rsplit("/", 1)[-1].split(".")[0]
        recording, composition = self.store.recordings.get(sid), self.store.compositions.get(sid)
        return any(item is not None and item.status == "completed" for item in (recording, composition))

    def join_with_token(self, token: str, name: str | None, base: str) -> dict[str, Any]:
        """An access token with a video grant. The room must be named and in progress."""
        try:
            header, claims = tokens.read(token, TWILIO_SECRET)
            if header.get("cty") != "twilio-fpa;v=1":
                raise tokens.BadTokenError("cty must be twilio-fpa;v=1")
            if claims.get("iss") != TWILIO_API_KEY or claims.get("sub") != TWILIO_ACCOUNT:
                raise tokens.BadTokenError("iss must be the API key and sub the account")
            now, expires = time.time(), tokens.whole(claims, "exp")
            if expires <= now:
                raise tokens.BadTokenError("expired (20104)")
            if expires - now > LONGEST_TOKEN_SECONDS + 60:
                raise tokens.BadTokenError("valid for more than 24 hours (20157)")
            if "nbf" in claims and tokens.whole(claims, "nbf") > now:
                raise tokens.BadTokenError("not valid yet (20105)")
        except tokens.BadTokenError as bad:
            raise NotPossibleError(401, f"token refused: {bad}") from bad
        grants = claims.get("grants")
        identity = grants.get("identity") if isinstance(grants, dict) else None
        video = grants.get("video") if isinstance(grants, dict) else None
        if not isinstance(identity, str) or not identity or not isinstance(video, dict):
            raise NotPossibleError(401, "token refused: grants must hold identity and video")
        if not video.get("room"):
            raise NotPossibleError(401, "token has no room: it would open every room of the account")
        room = self.store.rooms.get(str(video["room"])) or self.store.in_progress.get(str(video["room"]))
        if room is None:
            raise NotPossibleError(404, f"token is for room {video['room']!r}, which is not in progress (53106)")
        return self.people_join(room.sid, [Guest(name or identity, "guest", identity)], base)


def _card(room: Room, base: str) -> Card:
    raw = rooms.room_view(room, base)
    return Card(
        id=room.sid,
        name=room.name,
        open=room.status == "in-progress",
        closed_word=room.status,
        created=room.created,
        facts=[
            f"region {raw['media_region']}",
            f"up to {raw['max_participants']} people",
            f"closes unused after {raw['unused_room_timeout']} min, empty after {raw['empty_room_timeout']} min",
            "records everybody" if raw["record_participants_on_connect"] else None,
            "status callback" if raw["status_callback"] else None,
        ],
        raw=raw,
        sessions=[
            SessionLine(session.start, session.end, [(p.identity, p.connected) for p in session.participants])
            for session in reversed(room.sessions)
        ],
        recordings=_lines(room),
    )


def _lines(room: Room) -> list[RecordingLine]:
    """One line for all tracks of one state and length."""
    alike: dict[tuple[str, int], list[Recording]] = {}
    for recording in reversed(room.recordings):
        key = (recording.status, recording.seconds if recording.status == "completed" else 0)
        alike.setdefault(key, []).append(recording)
    return [
        RecordingLine(
            state,
            busy=state == "processing",
            failed=state == "failed",
            seconds=seconds or None,
            size=files.MEDIA_BYTES * len(tracks) if state == "completed" else None,
            more=tally(recording.track.kind for recording in tracks),
        )
        for (state, seconds), tracks in alike.items()
    ]
