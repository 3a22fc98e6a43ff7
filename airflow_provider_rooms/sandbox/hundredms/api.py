"""100ms v2: credentials, errors, bodies and paging, and what ``/control`` does."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from airflow_provider_rooms.sandbox import files, tokens
from airflow_provider_rooms.sandbox.cards import Card, Pick, RecordingLine, SessionLine
from airflow_provider_rooms.sandbox.clock import Clock, parse_time
from airflow_provider_rooms.sandbox.credentials import KEY, SECRET
from airflow_provider_rooms.sandbox.hundredms import codes, recordings, rooms, sessions
from airflow_provider_rooms.sandbox.hundredms.store import Job, Room, Store, Template
from airflow_provider_rooms.sandbox.vendor import Guest, Vendor
from airflow_provider_rooms.sandbox.wire import Answer, Call, NotPossibleError, RefusedError, Route, as_json, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from airflow_provider_rooms.sandbox.checks import Record

CLAIMS: Final = ("access_key", "type", "version", "jti", "iat", "nbf", "exp")
#: Three statements exist (14 days, 90 days, none); this is the longest that an official page gives.
LONGEST_TOKEN_SECONDS: Final = 90 * 86_400

_BORN: Final = datetime(2022, 9, 8, 15, 7, 37, 830_000, UTC)
#: Two ready-made templates, as if made on the dashboard. The first is the default one.
TEMPLATES: Final = (
    Template("63188115d11d6db790c73c60", "default_videoconf", "in", ("host", "guest"), _BORN, "sandbox"),
    Template("627cdddff2e4e30487862ad9", "webinar", "eu", ("teacher", "student", "viewer"), _BORN, "sandbox"),
)

T = TypeVar("T")


class HundredMs(Vendor):
    """The 100ms REST API v2."""

    name: ClassVar[str] = "hundredms"
    title: ClassVar[str] = "100ms"
    conn_type: ClassVar[str] = "hundredms"
    sign_in: ClassVar[Mapping[str, Any]] = {"login": KEY, "password": SECRET, "extra": {}}
    switches: ClassVar[Mapping[str, Any]] = {
        "unknown_fields": "reject",
        # how ?name= matches is not stated: exact (without regard to case) or any part of the name
        "name_filter": "exact",
        # an empty list comes as [] or as null; both are on official pages
        "empty_data": "list",
    }
    switch_choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "unknown_fields": ("reject", "accept"),
        "name_filter": ("exact", "substring"),
        "empty_data": ("list", "null"),
    }

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.store = Store(clock, list(TEMPLATES))

    def routes(self) -> Iterable[Route]:
        return (
            *rooms.routes(self),
            *sessions.routes(self),
            *recordings.routes(self),
            *codes.routes(self),
        )

    # -- credentials and errors -----------------------------------------------------------------------------

    def authenticate(self, call: Call) -> None:
        """``Bearer`` and a management token with its seven claims (page "Security and tokens")."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        try:
            if scheme != "Bearer":
                raise tokens.BadTokenError("no bearer token")
            self.claims(token, "management", CLAIMS)
        except tokens.BadTokenError as bad:
            raise RefusedError(self.error(401, "Token validation error", "not found")) from bad

    def claims(self, token: str, type_: str, needed: Sequence[str]) -> dict[str, Any]:
        _, claims = tokens.read(token, SECRET)
        missing = [name for name in needed if name not in claims]
        if missing:
            raise tokens.BadTokenError(f"claims missing: {', '.join(missing)}")
        if claims["access_key"] != KEY:
            raise tokens.BadTokenError("access_key is not this workspace's")
        if claims["type"] != type_:
            raise tokens.BadTokenError(f"type is not {type_}")
        if tokens.whole(claims, "version") != 2:
            raise tokens.BadTokenError("version is not 2")
        if not isinstance(claims["jti"], str) or not claims["jti"]:
            raise tokens.BadTokenError("jti must be a text")
        now = time.time()
        issued, not_before, expires = (tokens.whole(claims, name) for name in ("iat", "nbf", "exp"))
        # no leeway is documented, which is why official code backdates both
        if issued > now or not_before > now:
            raise tokens.BadTokenError("not valid yet")
        if expires <= now:
            raise tokens.BadTokenError("expired")
        if expires - issued > LONGEST_TOKEN_SECONDS:
            raise tokens.BadTokenError("valid for too long")
        return claims

    def error(self, status: int, message: str, *details: str) -> Answer:
        return as_json({"code": status, "message": message, "details": list(details)}, status)

    def refuse(self, status: int, message: str, *details: str) -> RefusedError:
        return RefusedError(self.error(status, message, *details))

    def no_route(self, call: Call, known: bool) -> Answer:
        return self.error(404, "404 page not found")

    def failure(self, status: int, call: Call) -> Answer:
        texts = {
            401: "Token validation error",
            403: "user does not have required permission",
            429: "rate limit exceeded, retry after 1 seconds",
            503: "service unavailable",
        }
        return self.error(status, texts.get(status, "internal server error" if status >= 500 else "invalid input"))

    # -- bodies and pages -----------------------------------------------------------------------------------

    def body(self, call: Call, spec: Record, needed: bool = True) -> dict[str, Any]:
        """The checked JSON body. The refusals are worded as observed on recordings."""
        if not call.body:
            if needed:
                raise self.refuse(400, "request body must not be empty")
            return {}
        if call.content_type != "application/json":
            # the header is said to be required; the idiom of this decoder answers 415 without it
            raise self.refuse(415, "Content-Type header is not application/json")
        try:
            value = read_json(call.body)
        except ValueError as error:
            position = getattr(error, "pos", len(call.body))
            text = f"request body contains badly-formed JSON (at position {position})"
            raise self.refuse(400, text) from error
        if problem := spec.problem(value, lenient=self.behaviour["unknown_fields"] == "accept"):
            if problem.kind == "unknown":
                raise self.refuse(400, f'request body contains unknown field "{problem.at}"')
            if problem.kind == "type":
                raise self.refuse(400, f'request body contains an invalid value for the "{problem.at}" field')
            raise self.refuse(400, "invalid input", f"{problem.at} {problem.text}")
        checked: dict[str, Any] = value
        return checked

    def envelope(
        self, call: Call, items: Sequence[T], id_of: Callable[[T], str], view: Callable[[T], dict[str, Any]]
    ) -> Answer:
        """``limit``, ``data`` and ``last`` (guide "Make API calls"). ``last`` stays filled on the final page."""
        # a limit outside 10 to 100 is cut, which the answer tells; whether it is refused instead is unknown
        limit = min(100, max(10, self.number(call, "limit", 10)))
        start = call.first("start")
        begin = 0
        if start:
            begin = next((i for i, item in enumerate(items, 1) if id_of(item) == start), 0)
            if not begin:
                raise self.refuse(400, "invalid query parameter: start")
        page = items[begin : begin + limit]
        data: list[dict[str, Any]] | None = [view(item) for item in page]
        if not data and self.behaviour["empty_data"] == "null":
            data = None
        return as_json({"limit": limit, "data": data, "last": id_of(page[-1]) if page else ""})

    def number(self, call: Call, name: str, default: int) -> int:
        text = call.first(name)
        if not text:  # official code sends empty parameters (?limit=&start=)
            return default
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise self.refuse(400, f"invalid query parameter: {name}")
        return int(text)

    def flag(self, call: Call, name: str, default: bool) -> bool:
        text = call.first(name)
        if not text:
            return default
        if text not in ("true", "false"):
            raise self.refuse(400, f"invalid query parameter: {name}")
        return text == "true"

    def moment(self, call: Call, name: str) -> datetime | None:
        text = call.first(name)
        if not text:
            return None
        try:
            return parse_time(text)
        except ValueError as error:
            raise self.refuse(400, f"invalid query parameter: {name}") from error

    def room(self, call: Call, lagging: bool = False) -> Room:
        """By id only: a name is looked up in the list."""
        room = self.store.rooms.get(call.params["id"])
        if room is None or (lagging and not self.shows(room.visible_at)):
            raise self.refuse(404, "Error: Room not found")
        return room

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
