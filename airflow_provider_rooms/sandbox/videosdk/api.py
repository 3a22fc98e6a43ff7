"""VideoSDK v2, put together: its paths, and what ``/control`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.sandbox import tokens
from airflow_provider_rooms.sandbox.cards import Card, RecordingLine, SessionLine
from airflow_provider_rooms.sandbox.vendor import Guest, letters
from airflow_provider_rooms.sandbox.videosdk import individual, recordings, sessions, transcripts, webhooks
from airflow_provider_rooms.sandbox.videosdk.rest import VideoSDKRest
from airflow_provider_rooms.sandbox.videosdk.rooms import Rooms
from airflow_provider_rooms.sandbox.videosdk.store import AUTO_CLOSE_DEFAULT, Recording, Room, Session
from airflow_provider_rooms.sandbox.wire import NotPossibleError, Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_rooms.sandbox.cards import Pick
    from airflow_provider_rooms.sandbox.clock import Clock


class VideoSDK(VideoSDKRest):
    """The VideoSDK REST API v2."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.rooms = Rooms(self)
        reports = webhooks.Reports(self)
        self.store.tell, self.store.tell_person = reports.tell, reports.tell_person

    def routes(self) -> Iterable[Route]:
        meetings = recordings.Recordings(self)
        return (
            *self.rooms.routes(),
            *sessions.routes(self),
            *recordings.routes(meetings),
            *individual.routes(self, meetings),
            *transcripts.routes(self),
            *webhooks.routes(),
        )

    # -- /control -------------------------------------------------------------------------------------------

    def state(self, base: str) -> dict[str, list[dict[str, Any]]]:
        store = self.store
        meetings = [r for r in reversed(store.recordings.values()) if r.kind == "meeting" and not r.deleted]
        return {
            "rooms": [self.rooms.view(room, base) for room in reversed(store.rooms.values())],
            "sessions": [sessions.session_view(item, base) for item in reversed(store.sessions.values())],
            "recordings": [recordings.recording_view(meeting, base) for meeting in meetings],
        }

    def cards(self, base: str, pick: Pick) -> list[Card]:
        rooms = pick.of(reversed(self.store.rooms.values()), lambda room: (room.room_id, room.custom_id, room.id))
        return [self._card(room, base) for room in rooms]

    def count(self) -> int:
        return len(self.store.rooms)

    def _card(self, room: Room, base: str) -> Card:
        config = room.config
        close = config.get("autoCloseConfig")
        unit = self.behaviour["auto_close_unit"]
        start = config.get("autoStartConfig")
        meetings = [r for s in reversed(room.sessions) for r in reversed(s.recordings) if r.kind == "meeting"]
        return Card(
            id=room.room_id,
            name=room.custom_id or room.room_id,
            open=not room.disabled,
            closed_word="deactivated",
            created=room.created,
            facts=[
                config.get("geoFence"),
                f"{close.get('type', 'closes')} after {close.get('duration', AUTO_CLOSE_DEFAULT)} {unit}"
                if close
                else None,
                f"starts by itself: {', '.join(start)}" if start else None,
                "webhook" if "webhook" in config else None,
            ],
            raw=self.rooms.view(room, base),
            sessions=[
                SessionLine(s.start, s.end, [(person.name, person.present) for person in s.people.values()])
                for s in reversed(room.sessions)
            ],
            recordings=[self._line(meeting, base) for meeting in meetings if not meeting.deleted],
        )

    def _line(self, meeting: Recording, base: str) -> RecordingLine:
        if meeting.ready is None:
            word = "failed" if meeting.failed else "recording" if meeting.end is None else "processing"
            return RecordingLine(word, busy=not meeting.failed, failed=meeting.failed)
        file = recordings.file_view(meeting, base)
        return RecordingLine("file ready", False, seconds=meeting.seconds, size=file["size"], url=file["fileUrl"])

    def make_room(self, name: str, base: str) -> dict[str, Any]:
        room = self.store.by_custom_id.get(name) or self.store.add_room(name, {}, 0.0)
        return self.rooms.view(room, base)

    def _known_room(self, reference: str) -> Room:
        room = self.store.room(reference)
        if room is None:
            raise NotPossibleError(404, f"VideoSDK has no room with id or customRoomId {reference!r}")
        return room

    def people_join(self, room: str, people: Sequence[Guest], base: str) -> dict[str, Any]:
        known = self._known_room(room)
        if known.disabled and known.room_id not in self.store.live:
            raise NotPossibleError(409, f"room {known.room_id} is deactivated: nobody can join it")
        return sessions.session_view(self.store.join(known, list(people)), base)

    def people_leave(self, room: str, identities: Sequence[str] | None, base: str) -> dict[str, Any]:
        session = self._live(room)
        leaving = [session.people[i] for i in identities or () if i in session.people]
        if identities is not None and len(leaving) < len(identities):
            missing = [i for i in identities if i not in session.people]
            raise NotPossibleError(404, f"not in the session: {', '.join(missing)}")
        if identities is None:
            self.store.end(session)
        else:
            self.store.leave(session, leaving)
        return sessions.session_view(session, base)

    def _live(self, reference: str) -> Session:
        room = self._known_room(reference)
        session = self.store.live.get(room.room_id)
        if session is None:
            raise NotPossibleError(409, f"no session is live in room {room.room_id}")
        return session

    def recording_action(self, room: str, action: str, base: str) -> dict[str, Any]:
        if action == "start":
            session = self._live(room)
            if any(self.store.running(session, "meeting")):
                raise NotPossibleError(409, "a recording is already running")
            recording = self.store.record(session, "meeting", {})
        else:
            recording = self._newest(room)
            if action == "complete" and recording.failed:
                raise NotPossibleError(409, "the recording has failed already")
            if action == "fail" and recording.ready is not None:
                raise NotPossibleError(409, "the recording is complete already")
            if action == "complete":
                self.store.finish(recording)
                if recording.transcript is not None:
                    self.store.transcribed(recording.transcript)
            else:
                self.store.fail(recording)
        return recordings.recording_view(recording, base)

    def _newest(self, reference: str) -> Recording:
        room = self._known_room(reference)
        for recording in reversed(self.store.recordings.values()):
            if recording.session.room is room and recording.kind == "meeting" and not recording.deleted:
                return recording
        raise NotPossibleError(409, f"room {room.room_id} has no recording; start one first")

    def needs_signature(self, path: str) -> bool:
        return False

    def has_file(self, path: str) -> bool:
        return recordings.has_file(self.store, path)

    def join_with_token(self, token: str, name: str | None, base: str) -> dict[str, Any]:
        """As the media servers check it at join time: version 2, roles with rtc, a room to go to."""
        try:
            claims = self.claims(token)
        except tokens.BadTokenError as bad:
            raise NotPossibleError(401, f"token refused (client error 4002): {bad}") from bad
        if claims.get("version") != 2:
            raise NotPossibleError(401, "token refused: version must be 2 beside roomId or roles")
        roles = claims.get("roles")
        if roles is not None and (not isinstance(roles, list) or "rtc" not in roles):
            raise NotPossibleError(401, "token refused: roles must hold rtc to join")
        if "ask_join" in claims["permissions"]:
            raise NotPossibleError(401, "token may only ask to join: somebody inside has to let it in")
        if "roomId" not in claims:
            raise NotPossibleError(401, "token has no roomId: say in the token which room it is for")
        room = self.store.rooms.get(str(claims["roomId"]))
        if room is None:
            raise NotPossibleError(404, "token is for a room that does not exist (client error 4003)")
        identity = str(claims.get("participantId") or letters(8))
        allowed = room.config.get("allowedParticipantIds")
        if any(character.isspace() for character in identity):
            raise NotPossibleError(401, "participantId must not hold spaces (client error 4004)")
        if allowed and identity not in allowed:
            raise NotPossibleError(401, "participantId is not among the room's allowedParticipantIds")
        role = "host" if "allow_mod" in claims["permissions"] else "guest"
        return self.people_join(room.room_id, [Guest(name or identity, role, identity)], base)
