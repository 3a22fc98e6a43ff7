"""VideoSDK: rooms, sessions and recordings, and how they live."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox.vendor import Guest, hex_id, letters, new_uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from airflow_provider_rooms.sandbox.clock import Clock

#: Documented on five versions of the Create Room page: minutes, 480 when not given.
AUTO_CLOSE_DEFAULT: Final = 480
#: An end request is answered before the session is over ("ongoing" in the documented reply). How long it
#: really takes is unknown.
END_DELAY_SECONDS: Final = 1.0
#: From the end of a recording to its file: about 7 s in the page's sample for a clip of 55 s; unknown for longer
#: ones, so a minute is taken.
FILE_DELAY_SECONDS: Final = 60.0
#: From the file to its transcription; unknown.
TRANSCRIPT_DELAY_SECONDS: Final = 60.0


@dataclass(slots=True, eq=False)
class Room:
    """A room: for ever, unless it is deactivated."""

    id: str
    room_id: str
    custom_id: str | None
    #: What was sent at creation, in the vendor's own names. There is no way to change it later.
    config: dict[str, Any]
    created: datetime
    updated: datetime
    visible_at: float
    disabled: bool = False
    sessions: list[Session] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Person:
    """A participant of a session, with every stretch of presence."""

    id: str
    participant_id: str
    name: str
    timelog: list[tuple[datetime, datetime | None]]

    @property
    def present(self) -> bool:
        return self.timelog[-1][1] is None


@dataclass(slots=True, eq=False)
class Session:
    """From the first join to the last leave."""

    id: str
    room: Room
    start: datetime
    end: datetime | None = None
    people: dict[str, Person] = field(default_factory=dict)
    recordings: list[Recording] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Recording:
    """Of a whole meeting (``meeting``), a participant, a track, or an HLS stream: same life, other shapes."""

    id: str
    kind: str
    session: Session
    start: datetime
    order: dict[str, Any]
    end: datetime | None = None
    #: When the file appeared; VideoSDK has no status field, the file is all that can be seen.
    ready: datetime | None = None
    failed: bool = False
    deleted: bool = False
    participant_id: str | None = None
    track: str | None = None
    file_id: str = ""
    transcript: Transcript | None = None

    @property
    def seconds(self) -> float:
        return ((self.end or self.start) - self.start).total_seconds()

    @property
    def path(self) -> str:
        """Where its file lies, below the bucket or the CDN."""
        form = self.order.get("fileFormat", "mp4")
        folder = self.order.get("awsDirPath") or self.order.get("bucketDirPath")
        return f"{str(folder).strip('/') if folder else 'uploads/videos'}/{self.file_id}.{form}"


@dataclass(slots=True, eq=False)
class Transcript:
    """A post transcription: made from a recording once its file is there."""

    id: str
    recording: Recording
    start: datetime
    end: datetime | None = None
    summary: bool = False


@dataclass(slots=True, eq=False)
class Merge:
    """A job that puts the sound of two participants into the two channels of one file."""

    id: str
    session: Session
    channel1: list[dict[str, str]]
    channel2: list[dict[str, str]]
    start: datetime
    file_id: str
    end: datetime | None = None

    @property
    def status(self) -> str:
        return "running" if self.end is None else "completed"

    @property
    def path(self) -> str:
        return f"merge-recordings/{self.session.id}/{self.file_id}.mp3"


@dataclass(slots=True, eq=False)
class Captions:
    """A realtime transcription: text while people talk."""

    id: str
    session: Session
    order: dict[str, Any]
    start: datetime
    end: datetime | None = None


class Store:
    """Everything a VideoSDK account holds."""

    def __init__(self, clock: Clock, seconds_per_close_unit: Callable[[], float]) -> None:
        self.clock = clock
        self.seconds_per_close_unit = seconds_per_close_unit
        #: Told of what happens, so that it can be reported.
        self.tell: Callable[[str, Any], None] = lambda word, thing: None
        self.tell_person: Callable[[str, Session, Person], None] = lambda word, session, person: None
        self.rooms: dict[str, Room] = {}
        self.by_custom_id: dict[str, Room] = {}
        self.by_document: dict[str, Room] = {}
        self.sessions: dict[str, Session] = {}
        self.live: dict[str, Session] = {}
        self.recordings: dict[str, Recording] = {}
        self.transcripts: dict[str, Transcript] = {}
        self.merges: dict[str, Merge] = {}
        self.captions: dict[str, Captions] = {}

    # -- rooms ----------------------------------------------------------------------------------------------

    def add_room(self, custom_id: str | None, config: dict[str, Any], visible_at: float) -> Room:
        now = self.clock.now()
        room_id = "-".join(letters(4) for _ in range(3))
        room = Room(hex_id(), room_id, custom_id, config, now, now, visible_at)
        self.rooms[room_id] = self.by_document[room.id] = room
        if custom_id is not None:
            self.by_custom_id[custom_id] = room
        return room

    def room(self, reference: str) -> Room | None:
        """By roomId, customRoomId or document id."""
        return self.rooms.get(reference) or self.by_custom_id.get(reference) or self.by_document.get(reference)

    def deactivate(self, room: Room) -> None:
        if not room.disabled:
            room.disabled = True
            room.updated = self.clock.now()

    # -- sessions -------------------------------------------------------------------------------------------

    def join(self, room: Room, guests: list[Guest]) -> Session:
        """The first to join opens the session. One person who comes back gets another timelog entry."""
        session = self.live.get(room.room_id)
        if session is None:
            session = Session(hex_id(), room, self.clock.now())
            self.sessions[session.id] = self.live[room.room_id] = session
            room.sessions.append(session)
            self._auto_close(session)
            self.tell("session-started", session)
            self._enter(session, guests)
            self._auto_start(session)
        else:
            self._enter(session, guests)
        return session

    def _enter(self, session: Session, guests: list[Guest]) -> None:
        now = self.clock.now()
        for guest in guests:
            person = session.people.get(guest.identity)
            if person is None:
                # ids of the SDKs are eight characters; an identity of the caller's own is used as it is
                own = guest.identity if guest.identity != guest.name else letters(8)
                person = session.people[guest.identity] = Person(hex_id(), own, guest.name, [(now, None)])
            elif person.present:
                # the same participantId joining twice throws the first one out (client error 4005)
                person.timelog[-1] = (person.timelog[-1][0], now)
                person.timelog.append((now, None))
            else:
                person.timelog.append((now, None))
            self.tell_person("participant-joined", session, person)

    def leave(self, session: Session, people: list[Person]) -> None:
        now = self.clock.now()
        for person in people:
            self._left(session, person, now)
        if not any(person.present for person in session.people.values()):
            self.end(session)

    def _left(self, session: Session, person: Person, now: datetime) -> None:
        if person.present:
            person.timelog[-1] = (person.timelog[-1][0], now)
            self.tell_person("participant-left", session, person)

    def end(self, session: Session) -> None:
        """Over for everybody. A single-use room (``session-end-and-deactivate``) is deactivated with it."""
        if session.end is not None:
            return
        now = self.clock.now()
        session.end = now
        self.live.pop(session.room.room_id, None)
        for person in session.people.values():
            self._left(session, person, now)
        self.tell("session-ended", session)
        for recording in self.running(session):
            self.stop(recording)
        for captions in self.captions.values():
            if captions.session is session and captions.end is None:
                captions.end = now
        if session.room.config.get("autoCloseConfig", {}).get("type") == "session-end-and-deactivate":
            self.deactivate(session.room)

    def end_soon(self, session: Session) -> None:
        self.clock.after(END_DELAY_SECONDS, lambda: self.end(session))

    def _auto_close(self, session: Session) -> None:
        duration = session.room.config.get("autoCloseConfig", {}).get("duration", AUTO_CLOSE_DEFAULT)
        self.clock.after(duration * self.seconds_per_close_unit(), lambda: self.end(session))

    def _auto_start(self, session: Session) -> None:
        orders = session.room.config.get("autoStartConfig", {})
        for kind, key in (("meeting", "recording"), ("hls", "hls"), ("composite", "composite")):
            order = orders.get(key)
            # ``enabled`` is seen in use beside the documented keys; only false can mean anything
            if order is not None and order.get("enabled") is not False:
                self.record(session, kind, order)

    # -- recordings -----------------------------------------------------------------------------------------

    def record(
        self,
        session: Session,
        kind: str,
        order: dict[str, Any],
        participant_id: str | None = None,
        track: str | None = None,
    ) -> Recording:
        recording = Recording(
            hex_id(),
            kind,
            session,
            self.clock.now(),
            order,
            participant_id=participant_id,
            track=track,
            file_id=new_uuid() if kind == "hls" else hex_id(),
        )
        self.recordings[recording.id] = recording
        session.recordings.append(recording)
        self.tell("starting", recording)
        self.tell("started", recording)
        return recording

    def running(self, session: Session, kind: str | None = None) -> Iterator[Recording]:
        for recording in list(session.recordings):
            if recording.end is None and kind in (None, recording.kind):
                yield recording

    def stop(self, recording: Recording) -> None:
        recording.end = self.clock.now()
        self.tell("stopping", recording)
        self.clock.after(FILE_DELAY_SECONDS, lambda: self.finish(recording))

    def finish(self, recording: Recording) -> None:
        """The file appears, and a transcription of it begins when one was asked for."""
        if recording.ready is not None or recording.failed:
            return
        if recording.end is None:
            recording.end = self.clock.now()
        recording.ready = self.clock.now()
        self.tell("stopped", recording)
        wanted = recording.order.get("transcription") or {}
        if wanted.get("enabled"):
            summary = bool((wanted.get("summary") or {}).get("enabled"))
            transcript = Transcript(new_uuid(), recording, self.clock.now(), summary=summary)
            recording.transcript = self.transcripts[transcript.id] = transcript
            self.clock.after(TRANSCRIPT_DELAY_SECONDS, lambda: self.transcribed(transcript))

    def transcribed(self, transcript: Transcript) -> None:
        if transcript.end is None:
            transcript.end = self.clock.now()
            self.tell("transcription-completed", transcript)

    def fail(self, recording: Recording) -> None:
        """What a failed recording looks like is unknown: here it has an end, and a file never comes."""
        if not recording.failed:
            self.tell("failed", recording)
        recording.failed = True
        recording.ready = None
        recording.end = recording.end or self.clock.now()
