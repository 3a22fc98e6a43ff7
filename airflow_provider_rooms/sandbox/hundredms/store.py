"""100ms: rooms, sessions, recordings and room codes, and how they live."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from airflow_provider_rooms.sandbox.vendor import Guest, hex_id, letters, new_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from airflow_provider_rooms.sandbox.clock import Clock

#: "session is ending": the answer comes first, the end a moment later. How long it takes is unknown.
END_DELAY_SECONDS: Final = 1.0
#: The platform closes every session after twelve hours.
LONGEST_SESSION_SECONDS: Final = 12 * 3600
#: A recorder left alone leaves about five minutes after the last human.
BEAM_ALONE_SECONDS: Final = 300.0
#: How long each step of a recording takes. Only the last has a documented length (15 to 20 minutes after the
#: call for the file, 5 more for texts); a minute each keeps ``/control/clock`` steps small.
STARTING_SECONDS: Final = 3.0
STOPPING_SECONDS: Final = 2.0
FILE_SECONDS: Final = 60.0
TRANSCRIPT_SECONDS: Final = 60.0

#: Resolutions of a live stream, best first.
LAYERS: Final = ((1280, 720), (848, 480), (640, 360), (424, 240))

ACTIVE: Final = ("starting", "running")


@dataclass(frozen=True, slots=True)
class Template:
    """What a room takes its roles and region from."""

    id: str
    name: str
    region: str
    roles: tuple[str, ...]
    created: datetime
    #: Only templates made on the dashboard have one; without it a recording needs a meeting_url.
    subdomain: str | None = None


@dataclass(slots=True, eq=False)
class Room:
    """A room: for ever, enabled or not."""

    id: str
    name: str
    template: Template
    #: What was sent, in the vendor's own names (``name`` and ``template_id`` aside).
    settings: dict[str, Any]
    created: datetime
    updated: datetime
    visible_at: float
    enabled: bool = True
    changed: bool = False
    codes: list[Code] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Code:
    """A room code."""

    code: str
    room: Room
    role: str
    created: datetime
    updated: datetime
    enabled: bool = True


@dataclass(slots=True, eq=False)
class Peer:
    """One connection of somebody to a session."""

    id: str
    name: str
    role: str
    user_id: str
    joined: datetime
    left: datetime | None = None
    metadata: str = ""

    @property
    def beam(self) -> bool:
        return self.name == "Beam"


@dataclass(slots=True, eq=False)
class Session:
    """From the first join (or the recorder's) to the last leave."""

    id: str
    room: Room
    created: datetime
    updated: datetime
    active: bool = True
    peers: dict[str, Peer] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)

    def present(self) -> list[Peer]:
        return [peer for peer in self.peers.values() if peer.left is None]


@dataclass(slots=True, eq=False)
class Asset:
    """A file that a job left behind."""

    id: str
    type: str
    path: str
    created: datetime
    metadata: dict[str, Any]
    job: Job
    duration: int = 0
    status: str = "completed"


@dataclass(slots=True, eq=False)
class Job:
    """A run of the recorder: a room composite (``recording``) or a live stream (``stream``)."""

    id: str
    kind: str
    session: Session
    order: dict[str, Any]
    created: datetime
    updated: datetime
    status: str = "starting"
    started: datetime | None = None
    stopped: datetime | None = None
    beam: Peer | None = None
    assets: list[Asset] | None = None

    @property
    def wants_texts(self) -> bool:
        return bool((self.order.get("transcription") or {}).get("enabled"))

    @property
    def wants_summary(self) -> bool:
        return self.wants_texts and bool(((self.order["transcription"]).get("summary") or {}).get("enabled"))


class Told(Protocol):
    """Who is told of what happens."""

    def session(self, word: str, session: Session) -> None: ...

    def peer(self, word: str, session: Session, peer: Peer) -> None: ...

    def end_room(self, session: Session, lock: bool, reason: str) -> None: ...

    def job(self, word: str, job: Job) -> None: ...


class Store:
    """Everything a 100ms workspace holds."""

    def __init__(self, clock: Clock, templates: list[Template]) -> None:
        self.clock = clock
        #: Told of what happens, so that it can be reported.
        self.told: Told | None = None
        self.templates = {template.id: template for template in templates}
        self.default_template = templates[0]
        self.rooms: dict[str, Room] = {}
        self.by_name: dict[str, Room] = {}
        self.codes: dict[str, Code] = {}
        self.sessions: dict[str, Session] = {}
        self.live: dict[str, Session] = {}
        self.jobs: dict[str, Job] = {}
        self.assets: dict[str, Asset] = {}

    # -- rooms ----------------------------------------------------------------------------------------------

    def add_room(self, name: str | None, template: Template, settings: dict[str, Any], visible_at: float) -> Room:
        now = self.clock.now()
        room = Room(hex_id(), name or new_uuid(), template, settings, now, now, visible_at)
        self.rooms[room.id] = self.by_name[room.name.lower()] = room
        return room

    def touch(self, room: Room) -> None:
        room.updated = self.clock.now()
        room.changed = True

    def rename(self, room: Room, name: str) -> None:
        del self.by_name[room.name.lower()]
        room.name = name
        self.by_name[name.lower()] = room

    def add_code(self, room: Room, role: str) -> Code:
        now = self.clock.now()
        alphabet = "abcdefghijklmnopqrstuvwxyz"
        code = Code("-".join(letters(n, alphabet) for n in (3, 4, 3)), room, role, now, now)
        room.codes.append(code)
        self.codes[code.code] = code
        return code

    # -- sessions -------------------------------------------------------------------------------------------

    def open(self, room: Room) -> Session:
        session = self.live.get(room.id)
        if session is None:
            now = self.clock.now()
            session = Session(hex_id(), room, now, now)
            self.sessions[session.id] = self.live[room.id] = session
            room.sessions.append(session)
            if self.told:
                self.told.session("session.open.success", session)
            opened = session
            longest = min(room.settings.get("max_duration_seconds") or LONGEST_SESSION_SECONDS, LONGEST_SESSION_SECONDS)
            self.clock.after(longest, lambda: self.close(opened))
        return session

    def join(self, room: Room, guests: list[Guest]) -> Session:
        """Each join is a new peer, a rejoin too: only ``user_id`` tells that it is the same person."""
        session = self.open(room)
        for guest in guests:
            peer = Peer(new_uuid(), guest.name, guest.role, guest.identity, self.clock.now())
            session.peers[peer.id] = peer
            if self.told:
                self.told.peer("peer.join.success", session, peer)
        session.updated = self.clock.now()
        return session

    def leave(self, session: Session, peers: list[Peer]) -> None:
        now = session.updated = self.clock.now()
        for peer in peers:
            self._left(session, peer, now)
        left = session.present()
        if not left:
            self.close(session)
        elif all(peer.beam for peer in left):
            self.clock.after(BEAM_ALONE_SECONDS, lambda: self._beam_alone(session))

    def _left(self, session: Session, peer: Peer, now: datetime) -> None:
        if peer.left is None:
            peer.left = now
            if self.told:
                self.told.peer("peer.leave.success", session, peer)

    def _beam_alone(self, session: Session) -> None:
        if session.active and all(peer.beam for peer in session.present()):
            self.close(session)

    def close(self, session: Session) -> None:
        """Over for everybody, recorders included (they follow within a minute, says the guide)."""
        if not session.active:
            return
        session.active = False
        session.updated = self.clock.now()
        self.live.pop(session.room.id, None)
        for peer in session.present():
            self._left(session, peer, session.updated)
        if self.told:
            self.told.session("session.close.success", session)
        for job in session.jobs:
            if job.status in ACTIVE:
                self.stop(job)

    def close_soon(self, session: Session) -> None:
        self.clock.after(END_DELAY_SECONDS, lambda: self.close(session))

    # -- recorder -------------------------------------------------------------------------------------------

    def running(self, room: Room, kind: str) -> Iterator[Job]:
        session = self.live.get(room.id)
        for job in list(session.jobs) if session is not None else ():
            if job.kind == kind and job.status in ACTIVE:
                yield job

    def start(self, room: Room, kind: str, order: dict[str, Any]) -> Job:
        """The recorder is a peer named Beam: it comes even when nobody is there, and opens a session by that."""
        session = self.open(room)
        now = self.clock.now()
        job = Job(hex_id(), kind, session, order, now, now)
        job.beam = Peer(new_uuid(), "Beam", "__internal_recorder", "", now)
        session.peers[job.beam.id] = job.beam
        session.updated = now
        self.jobs[job.id] = job
        session.jobs.append(job)
        self.clock.after(STARTING_SECONDS, lambda: self.run(job))
        return job

    def run(self, job: Job) -> None:
        if job.status == "starting":
            job.status = "running"
            job.started = job.updated = self.clock.now()
            if self.told:
                self.told.job("beam.started.success", job)

    def stop(self, job: Job) -> None:
        if job.status not in ACTIVE:
            return
        self.run(job)
        job.status = "stopping"
        job.updated = self.clock.now()
        self.clock.after(STOPPING_SECONDS, lambda: self._stopped(job))
        session = job.session
        if job.beam is not None and job.beam.left is None:
            self.leave(session, [job.beam])

    def _stopped(self, job: Job) -> None:
        if job.status == "stopping":
            job.status = "post_processing"
            job.stopped = job.updated = self.clock.now()
            if self.told:
                self.told.job("beam.stopped.success", job)
            self.clock.after(FILE_SECONDS, lambda: self.finish(job))

    def finish(self, job: Job) -> None:
        """Completed: the film is there, and texts are only being written (their status says ``processing``)."""
        if job.status in ("completed", "failed"):
            return
        if job.status in ACTIVE:
            self.stop(job)
        now = self.clock.now()
        job.status = "completed"
        job.started = job.started or now
        job.stopped = job.stopped or now
        job.updated = now
        seconds = int((job.stopped - job.started).total_seconds())
        job.assets = []
        if job.kind == "recording":
            self._asset(job, "room-composite", "mp4", {"resolution": _resolution(job)}, seconds)
            self._asset(job, "chat", "csv", {}, 0)
        else:
            self._stream_files(job, job.order.get("recording") or {}, seconds)
        texts = [
            self._asset(job, kind, mode, {"output_mode": mode}, seconds, status="processing")
            for kind, modes in self._texts(job)
            for mode in modes
        ]
        if self.told:
            self.told.job("beam.recording.success", job)
        if texts:
            self.clock.after(TRANSCRIPT_SECONDS, lambda: self.written(job))

    def _stream_files(self, job: Job, order: dict[str, Any], seconds: int) -> None:
        """A file for each layer, and one with all of them; each only if the start asked for it."""
        if order.get("single_file_per_layer"):
            for layer, (width, height) in enumerate(LAYERS):
                metadata: dict[str, Any] = {"resolution": {"width": width, "height": height}, "layer": str(layer)}
                self._asset(job, "room-composite", "mp4", metadata, seconds)
        if order.get("hls_vod"):
            width, height = LAYERS[0]
            metadata = {"num_layers": str(len(LAYERS)), "max_width": width, "max_height": height}
            self._asset(job, "room-vod", "mp4", metadata, seconds)

    def _texts(self, job: Job) -> Iterator[tuple[str, list[str]]]:
        if job.wants_texts:
            yield "transcript", list(job.order["transcription"].get("output_modes") or ("txt", "srt", "json"))
        if job.wants_summary:
            yield "summary", ["json"]

    def written(self, job: Job) -> None:
        for asset in job.assets or ():
            if asset.status == "processing":
                asset.status = "completed"

    def _asset(
        self,
        job: Job,
        type_: str,
        suffix: str,
        metadata: dict[str, Any],
        seconds: int,
        status: str = "completed",
    ) -> Asset:
        now = self.clock.now()
        id_ = hex_id()
        path = f"beam/{job.session.room.id}/{now:%Y%m%d}/{type_}-{id_}.{suffix}"
        asset = Asset(id_, type_, path, now, metadata, job, seconds, status)
        self.assets[asset.id] = asset
        if job.assets is not None:
            job.assets.append(asset)
        return asset

    def fail(self, job: Job) -> None:
        if job.status == "failed":
            return
        if job.status in ACTIVE:
            self.stop(job)
        job.status = "failed"
        job.stopped = job.stopped or self.clock.now()
        job.updated = self.clock.now()
        if self.told:
            self.told.job("beam.failure", job)


def _resolution(job: Job) -> dict[str, int]:
    given: dict[str, int] = job.order.get("resolution") or {}
    return {"width": given.get("width", 1280), "height": given.get("height", 720)}
