"""100ms v2, put together: its paths, and what ``/control`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.sandbox import files, tokens
from airflow_provider_rooms.sandbox.cards import Card, Pick, RecordingLine, SessionLine
from airflow_provider_rooms.sandbox.hundredms import analytics, codes, recordings, rooms, sessions
from airflow_provider_rooms.sandbox.hundredms.rest import CLAIMS, HundredMsRest
from airflow_provider_rooms.sandbox.hundredms.webhooks import Reports
from airflow_provider_rooms.sandbox.vendor import Guest
from airflow_provider_rooms.sandbox.wire import NotPossibleError, Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_rooms.sandbox.clock import Clock
    from airflow_provider_rooms.sandbox.hundredms.store import Job, Room


class HundredMs(HundredMsRest):
    """The 100ms REST API v2."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.reports = self.store.told = Reports(self)

    def routes(self) -> Iterable[Route]:
        return (
            *rooms.routes(self),
            *sessions.routes(self),
            *recordings.routes(self),
            *codes.routes(self),
            *analytics.routes(self, self.reports),
        )

    # -- /control -------------------------------------------------------------------------------------------

    def state(self, base: str) -> dict[str, list[dict[str, Any]]]:
        store = self.store
        jobs = [job for job in reversed(store.jobs.values()) if job.kind == "recording"]
        return {
            "rooms": [rooms.room_view(room) for room in reversed(store.rooms.values())],
            "sessions": [sessions.session_view(session) for session in reversed(store.sessions.values())],
            "recordings": [recordings.job_view(job, assets=True) for job in jobs],
        }

    def cards(self, base: str, pick: Pick) -> list[Card]:
        return [_card(room) for room in pick.of(reversed(self.store.rooms.values()), lambda r: (r.id, r.name))]

    def count(self) -> int:
        return len(self.store.rooms)

    def make_room(self, name: str, base: str) -> dict[str, Any]:
        store = self.store
        return rooms.room_view(store.by_name.get(name.lower()) or store.add_room(name, store.default_template, {}, 0.0))

    def known_room(self, reference: str) -> Room:
        room = self.store.rooms.get(reference) or self.store.by_name.get(reference.lower())
        if room is None:
            raise NotPossibleError(404, f"100ms has no room with id or name {reference!r}")
        return room

    def people_join(self, room: str, people: Sequence[Guest], base: str) -> dict[str, Any]:
        known = self.known_room(room)
        if not known.enabled:
            raise NotPossibleError(409, f"room {known.id} is disabled: nobody can join it")
        session = self.store.live.get(known.id)
        inside = [peer for peer in session.present() if not peer.beam] if session else []
        most = known.settings.get("size")  # 0 stands for no cap of its own
        if most and len(inside) + len(people) > most:
            raise NotPossibleError(409, f"room {known.id} holds at most {most} peers")
        return sessions.session_view(self.store.join(known, list(people)))

    def people_leave(self, room: str, identities: Sequence[str] | None, base: str) -> dict[str, Any]:
        known = self.known_room(room)
        session = self.store.live.get(known.id)
        if session is None:
            raise NotPossibleError(409, f"no session is live in room {known.id}")
        if identities is None:
            self.store.close(session)
        else:
            leaving = [peer for peer in session.present() if peer.user_id in identities and not peer.beam]
            missing = [i for i in identities if i not in {peer.user_id for peer in leaving}]
            if missing:
                raise NotPossibleError(404, f"not in the session: {', '.join(missing)}")
            self.store.leave(session, leaving)
        return sessions.session_view(session)

    def recording_action(self, room: str, action: str, base: str) -> dict[str, Any]:
        known = self.known_room(room)
        if action == "start":
            if any(self.store.running(known, "recording")):
                raise NotPossibleError(409, "a recording is already running")
            job = self.store.start(known, "recording", {})
        else:
            job = self._newest(known)
            if job.status == {"complete": "failed", "fail": "completed"}[action]:
                raise NotPossibleError(409, f"the recording is {job.status} already")
            if action == "complete":
                self.store.finish(job)
                self.store.written(job)
            else:
                self.store.fail(job)
        return recordings.job_view(job, assets=True)

    def _newest(self, room: Room) -> Job:
        for job in reversed(self.store.jobs.values()):
            if job.session.room is room and job.kind == "recording":
                return job
        raise NotPossibleError(409, f"room {room.id} has no recording; start one first")

    def has_file(self, path: str) -> bool:
        return any(asset.path == path and asset.status == "completed" for asset in self.store.assets.values())

    def join_with_token(self, token: str, name: str | None, base: str) -> dict[str, Any]:
        """An app token, or a room code in its place as Prebuilt links carry it."""
        if (code := self.store.codes.get(token)) is not None:
            if not code.enabled:
                raise NotPossibleError(401, "room code is disabled")
            return self.people_join(code.room.id, [Guest(name or code.role, code.role, name or code.role)], base)
        try:
            claims = self.claims(token, "app", (*CLAIMS, "room_id", "role"))
        except tokens.BadTokenError as bad:
            raise NotPossibleError(401, f"token refused: {bad}") from bad
        room = self.store.rooms.get(str(claims["room_id"]))
        if room is None:
            raise NotPossibleError(404, "token is for a room that does not exist")
        if claims["role"] not in room.template.roles:
            raise NotPossibleError(
                401, f"role {claims['role']!r} is not in the room's template {list(room.template.roles)}"
            )
        user = str(claims.get("user_id") or name or claims["role"])
        return self.people_join(room.id, [Guest(name or user, str(claims["role"]), user)], base)


def _card(room: Room) -> Card:
    settings = room.settings
    jobs = [job for session in reversed(room.sessions) for job in reversed(session.jobs) if job.kind == "recording"]
    longest = settings.get("max_duration_seconds")
    raw = rooms.room_view(room)
    return Card(
        id=room.id,
        name=room.name,
        open=room.enabled,
        closed_word="disabled",
        created=room.created,
        facts=[
            raw["description"],
            f"region {raw['region']}",
            f"template {room.template.name}",
            f"up to {settings['size']} people" if settings.get("size") else None,
            f"at most {longest // 60} min" if longest else None,
            "webhook" if "webhook" in settings else None,
        ],
        raw=raw,
        sessions=[
            SessionLine(
                session.created,
                None if session.active else session.updated,
                [("the recorder" if peer.beam else peer.name, peer.left is None) for peer in session.peers.values()],
            )
            for session in reversed(room.sessions)
        ],
        recordings=[_line(job) for job in jobs],
    )


def _line(job: Job) -> RecordingLine:
    film = next((asset for asset in job.assets or () if asset.type == "room-composite"), None)
    return RecordingLine(
        job.status,
        busy=job.status not in ("completed", "failed"),
        failed=job.status == "failed",
        seconds=film.duration if film else None,
        size=files.size(film.path) if film else None,
        more=f"{len(job.assets)} files" if job.assets else "",
    )
