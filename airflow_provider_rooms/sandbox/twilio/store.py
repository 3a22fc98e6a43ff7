"""Twilio Video: rooms, participants, track recordings, and how they live.

The life times are the sharp edge of this vendor: a room that nobody joins is over after at most an hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from airflow_provider_rooms.sandbox.vendor import Guest, hex_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from airflow_provider_rooms.sandbox.clock import Clock

LONGEST_ROOM_SECONDS: Final = 24 * 3600
#: From the end of a track recording to its file, and for the work on a composition; neither is documented.
RECORDING_SECONDS: Final = 5.0
COMPOSITION_SECONDS: Final = 60.0

#: A mark like this stands in every fresh group room (docs, 2025).
PUBLISHED_TRACKS: Final = 170

INCLUDE_ALL: Final = {"type": "include", "all": True}
EXCLUDE_ALL: Final = {"type": "exclude", "all": True}


def sid(prefix: str) -> str:
    """A new SID."""
    return prefix + hex_id(32)


@dataclass(slots=True, eq=False)
class Track:
    """What a participant publishes: one camera, one microphone."""

    sid: str
    kind: str
    created: datetime


@dataclass(slots=True, eq=False)
class Participant:
    """One connection of an identity to a room."""

    sid: str
    identity: str
    created: datetime
    updated: datetime
    end: datetime | None = None
    tracks: list[Track] = field(default_factory=list)
    subscribe_rules: list[dict[str, Any]] = field(default_factory=lambda: [dict(INCLUDE_ALL)])
    rules_set: datetime | None = None

    @property
    def connected(self) -> bool:
        return self.end is None


@dataclass(slots=True, eq=False)
class Session:
    """Twilio has no such object; this is one stretch of a room with people in it, for ``/control``."""

    room: Room
    start: datetime
    end: datetime | None = None
    participants: list[Participant] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Transcription:
    """The live transcription of a room."""

    ttid: str
    #: What it listens to: a call of the platform's own.
    source: str
    created: datetime
    updated: datetime
    configuration: dict[str, Any]
    status: str = "started"
    end: datetime | None = None


@dataclass(slots=True, eq=False)
class Room:
    """A room: in progress from its creation, completed for good."""

    sid: str
    name: str
    settings: dict[str, Any]
    created: datetime
    updated: datetime
    visible_at: float
    rules: list[dict[str, Any]]
    rules_set: datetime
    status: str = "in-progress"
    end: datetime | None = None
    participants: list[Participant] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    session: Session | None = None
    transcription: Transcription | None = None

    def connected(self) -> list[Participant]:
        return [p for p in self.participants if p.connected]


@dataclass(slots=True, eq=False)
class Recording:
    """Of one track. It is ``processing`` while it runs and until its file is there."""

    sid: str
    room: Room
    participant: Participant
    track: Track
    created: datetime
    status: str = "processing"
    end: datetime | None = None

    @property
    def seconds(self) -> int:
        """Rounded, and never less than one."""
        return max(1, round(((self.end or self.created) - self.created).total_seconds()))


@dataclass(slots=True, eq=False)
class Composition:
    """A film made of the recordings of one room."""

    sid: str
    room: Room
    order: dict[str, Any]
    created: datetime
    status: str = "enqueued"
    completed: datetime | None = None
    deleted: datetime | None = None


class Told(Protocol):
    """Who is told of what happens."""

    def room(self, word: str, room: Room) -> None: ...

    def person(self, word: str, room: Room, person: Participant, track: Track | None = None) -> None: ...

    def recording(self, word: str, recording: Recording) -> None: ...

    def composition(self, word: str, composition: Composition) -> None: ...


class Store:
    """Everything the Video part of a Twilio account holds."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        #: Told of what happens, so that it can be reported.
        self.told: Told | None = None
        self.rooms: dict[str, Room] = {}
        #: A name is unique among rooms in progress only.
        self.in_progress: dict[str, Room] = {}
        self.by_name: dict[str, list[Room]] = {}
        self.sessions: list[Session] = []
        self.recordings: dict[str, Recording] = {}
        self.compositions: dict[str, Composition] = {}

    # -- rooms ----------------------------------------------------------------------------------------------

    def add_room(self, name: str | None, settings: dict[str, Any], visible_at: float) -> Room:
        now = self.clock.now()
        id_ = sid("RM")
        rules = settings.get("RecordingRules")
        if rules is None:
            rules = [dict(INCLUDE_ALL if settings.get("RecordParticipantsOnConnect") else EXCLUDE_ALL)]
        room = Room(id_, name or id_, settings, now, now, visible_at, rules, now)
        self.rooms[id_] = self.in_progress[room.name] = room
        self.by_name.setdefault(room.name, []).append(room)
        if self.told:
            self.told.room("room-created", room)
        self.clock.after(settings.get("UnusedRoomTimeout", 5) * 60, lambda: self._close_unused(room))
        self.clock.after(LONGEST_ROOM_SECONDS, lambda: self.complete(room))
        return room

    def _close_unused(self, room: Room) -> None:
        if not room.participants:
            self.complete(room)

    def _close_empty(self, room: Room, empty_since: datetime) -> None:
        last_left = max((p.end for p in room.participants if p.end is not None), default=None)
        if not room.connected() and last_left == empty_since:
            self.complete(room)

    def complete(self, room: Room) -> None:
        """Ended for everybody at once; the name is free again."""
        if room.status != "in-progress":
            return
        self._disconnect(room, room.connected())
        now = self.clock.now()
        room.status = "completed"
        room.end = room.updated = now
        if self.told:
            self.told.room("room-ended", room)
        if self.in_progress.get(room.name) is room:
            del self.in_progress[room.name]
        if room.transcription is not None and room.transcription.status == "started":
            self.stop_transcription(room.transcription)
        for composition in self.compositions.values():
            if composition.room is room and composition.status == "enqueued":
                self.compose(composition)

    # -- people ---------------------------------------------------------------------------------------------

    def join(self, room: Room, guests: list[Guest]) -> Session:
        now = self.clock.now()
        session = room.session
        if session is None:
            session = room.session = Session(room, now)
            self.sessions.append(session)
            room.sessions.append(session)
        for guest in guests:
            # a second join of the same identity throws the first one out (53205)
            self._disconnect(room, [p for p in room.connected() if p.identity == guest.identity], last=False)
            person = Participant(sid("PA"), guest.identity, now, now)
            kinds = ("audio",) if room.settings.get("AudioOnly") else ("audio", "video")
            person.tracks = [Track(sid("MT"), kind, now) for kind in kinds]
            room.participants.append(person)
            session.participants.append(person)
            if self.told:
                self.told.person("participant-connected", room, person)
                for track in person.tracks:
                    self.told.person("track-added", room, person, track)
            self.clock.after(
                room.settings.get("MaxParticipantDuration", 14_400),
                partial(self.disconnect, room, [person]),
            )
        room.updated = now
        self.apply_rules(room)
        if room.settings.get("TranscribeParticipantsOnConnect") and room.transcription is None:
            self.transcribe(room, room.settings.get("TranscriptionsConfiguration") or {})
        return session

    def disconnect(self, room: Room, people: list[Participant]) -> None:
        self._disconnect(room, [p for p in people if p.connected])

    def _disconnect(self, room: Room, people: list[Participant], last: bool = True) -> None:
        if not people:
            return
        now = self.clock.now()
        for person in people:
            person.end = person.updated = now
            if self.told:
                for track in person.tracks:
                    self.told.person("track-removed", room, person, track)
                self.told.person("participant-disconnected", room, person)
        for recording in self.running(room):
            if not recording.participant.connected:
                self.stop(recording)
        room.updated = now
        if last and not room.connected():
            if room.session is not None:
                room.session.end = now
                room.session = None
            self.clock.after(room.settings.get("EmptyRoomTimeout", 5) * 60, lambda: self._close_empty(room, now))

    # -- recordings -----------------------------------------------------------------------------------------

    def running(self, room: Room) -> Iterator[Recording]:
        for recording in list(room.recordings):
            if recording.end is None:
                yield recording

    def apply_rules(self, room: Room) -> None:
        """Rules are set algebra in order, for tracks there now and for later ones (page "Recording Rules")."""
        recorded = {recording.track.sid: recording for recording in self.running(room)}
        for person in room.connected():
            for track in person.tracks:
                wanted = False
                for rule in room.rules:
                    if _matches(rule, person, track):
                        wanted = rule["type"] == "include"
                if wanted and track.sid not in recorded:
                    recording = Recording(sid("RT"), room, person, track, self.clock.now())
                    self.recordings[recording.sid] = recording
                    room.recordings.append(recording)
                    if self.told:
                        self.told.recording("recording-started", recording)
                elif not wanted and track.sid in recorded:
                    self.stop(recorded[track.sid])

    def stop(self, recording: Recording) -> None:
        if recording.end is None:
            recording.end = self.clock.now()
            self.clock.after(RECORDING_SECONDS, lambda: self.finish(recording))

    def finish(self, recording: Recording) -> None:
        if recording.status == "processing":
            recording.end = recording.end or self.clock.now()
            recording.status = "completed"
            if self.told:
                self.told.recording("recording-completed", recording)

    def fail(self, recording: Recording) -> None:
        recording.end = recording.end or self.clock.now()
        recording.status = "failed"
        if self.told:
            self.told.recording("recording-failed", recording)

    # -- compositions and transcriptions --------------------------------------------------------------------

    def add_composition(self, room: Room, order: dict[str, Any]) -> Composition:
        """Ordered during the room, it waits for the end of it (docs; somebody else claims that it fails)."""
        composition = Composition(sid("CJ"), room, order, self.clock.now())
        self.compositions[composition.sid] = composition
        if room.status != "in-progress":
            self.compose(composition)
        return composition

    def compose(self, composition: Composition) -> None:
        composition.status = "processing"
        if self.told:
            self.told.composition("composition-started", composition)
        self.clock.after(COMPOSITION_SECONDS, lambda: self.composed(composition))

    def composed(self, composition: Composition) -> None:
        if composition.status in ("enqueued", "processing"):
            sources = [recording for recording in composition.room.recordings if recording.status != "deleted"]
            # nothing to compose of is an "empty track list" (53630)
            composition.status = "completed" if sources else "failed"
            composition.completed = self.clock.now()
            if self.told:
                word = "composition-available" if sources else "composition-failed"
                self.told.composition(word, composition)

    def transcribe(self, room: Room, configuration: dict[str, Any]) -> Transcription:
        now = self.clock.now()
        ttid = "video_extension_" + "-".join(hex_id(n) for n in (8, 4, 4, 4, 12))
        room.transcription = Transcription(ttid, sid("CA"), now, now, configuration)
        return room.transcription

    def stop_transcription(self, transcription: Transcription) -> None:
        transcription.status = "stopped"
        transcription.end = transcription.updated = self.clock.now()


def _matches(rule: dict[str, Any], person: Participant, track: Track) -> bool:
    if rule.get("all"):
        return True
    return (
        rule.get("kind") in (None, track.kind)
        and rule.get("publisher") in (None, person.identity, person.sid)
        and rule.get("track") in (None, track.sid, track.kind)
    )
