"""Twilio Video v1: credentials, errors, forms and paging, and what ``/control`` does."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar
from urllib.parse import urlencode

from airflow_provider_rooms.sandbox import files, tokens
from airflow_provider_rooms.sandbox.cards import Card, Pick, RecordingLine, SessionLine, tally
from airflow_provider_rooms.sandbox.clock import Clock, iso_seconds, parse_time
from airflow_provider_rooms.sandbox.credentials import TWILIO_ACCOUNT, TWILIO_API_KEY, TWILIO_SECRET
from airflow_provider_rooms.sandbox.limits import Limit
from airflow_provider_rooms.sandbox.twilio import compositions, participants, recordings, rooms, shapes, transcriptions
from airflow_provider_rooms.sandbox.twilio.shapes import InvalidError, Param
from airflow_provider_rooms.sandbox.twilio.store import INCLUDE_ALL, Recording, Room, Session, Store
from airflow_provider_rooms.sandbox.vendor import Guest, Vendor, hex_id
from airflow_provider_rooms.sandbox.wire import Answer, Call, NotPossibleError, RefusedError, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

DEFAULT_PAGE: Final = 50
LONGEST_TOKEN_SECONDS: Final = 24 * 3600

T = TypeVar("T")


class Twilio(Vendor):
    """The Video part of the Twilio REST API, v1."""

    name: ClassVar[str] = "twilio"
    title: ClassVar[str] = "Twilio Video"
    conn_type: ClassVar[str] = "twilio_video"
    sign_in: ClassVar[Mapping[str, Any]] = {
        "login": TWILIO_API_KEY,
        "password": TWILIO_SECRET,
        "extra": {"account_sid": TWILIO_ACCOUNT},
    }
    #: https://www.twilio.com/docs/video/programmable-video-limits; an answer 429 names no time to wait
    limit: ClassVar[Limit] = Limit(writes=20, reads=80)
    switches: ClassVar[Mapping[str, Any]] = {
        # the account's Console default, used where RecordParticipantsOnConnect is not given
        "record_by_default": False,
    }

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.store = Store(clock)

    def routes(self) -> Iterable[Route]:
        return (
            *rooms.routes(self),
            *participants.routes(self),
            *recordings.routes(self),
            *compositions.routes(self),
            *transcriptions.routes(self),
        )

    def handle(self, call: Call) -> Answer:
        answer = super().handle(call)
        answer.headers.setdefault("Twilio-Request-Id", "RQ" + hex_id(32))
        return answer

    # -- credentials and errors -----------------------------------------------------------------------------

    def authenticate(self, call: Call) -> None:
        """Basic, with the API key (SK) or the account (AC) as user; the account never stands in the path."""
        scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            user = password = ""
        known = scheme == "Basic" and user in (TWILIO_ACCOUNT, TWILIO_API_KEY)
        if not known or not hmac.compare_digest(password.encode(), TWILIO_SECRET.encode()):
            answer = self.error(20003)
            answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
            raise RefusedError(answer)

    def error(self, code: int, message: str | None = None, status: int | None = None) -> Answer:
        known_status, text = shapes.ERRORS[code]
        status = status or known_status
        body = {
            "code": code,
            "message": message or text,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }
        return as_json(body, status)

    def refuse(self, code: int, message: str | None = None) -> RefusedError:
        return RefusedError(self.error(code, message))

    def missing(self, path: str) -> RefusedError:
        return self.refuse(20404, f"The requested resource {path} was not found")

    def no_route(self, call: Call, known: bool) -> Answer:
        if known and call.method != "HEAD":
            return self.error(20004)
        return self.error(20404, f"The requested resource {call.path.removeprefix('/v1')} was not found")

    def failure(self, status: int, call: Call) -> Answer:
        if status in shapes.STATUS_CODES:
            return self.error(shapes.STATUS_CODES[status])
        # the docs say that code and more_info may be missing
        return as_json({"message": "Something went wrong", "status": status}, status)

    # -- forms and pages ------------------------------------------------------------------------------------

    def form(self, call: Call, table: Mapping[str, Param]) -> dict[str, Any]:
        if call.body and call.content_type != "application/x-www-form-urlencoded":
            # Twilio would read no parameter at all of a JSON body and make an unnamed room; refused instead
            body = {"message": "Content-Type must be application/x-www-form-urlencoded", "status": 415}
            raise RefusedError(as_json(body, 415))
        try:
            return shapes.read_form(call.body, table)
        except InvalidError as invalid:
            raise self.refuse(invalid.code, invalid.message) from invalid

    def page(
        self, call: Call, key: str, items: Sequence[T], sid_of: Callable[[T], str], view: Callable[[T], dict[str, Any]],
        most: int = 1000,
    ) -> Answer:  # fmt: skip
        """``{key: […], meta: {…}}`` with absolute URLs of this very server."""
        size = self._page_number(call, "PageSize", DEFAULT_PAGE, 1, most, 20007)
        number = self._page_number(call, "Page", 0, 0, 10**9, 20001)
        token = call.first("PageToken")
        begin = 0
        if token is not None:
            begin = next((i for i, item in enumerate(items, 1) if f"PA{sid_of(item)}" == token), 0)
            if not begin:
                raise self.refuse(21481)
        elif number:
            # "client state only": a page number alone leads nowhere; what it is answered with is unknown
            raise self.refuse(21481, "Page needs the PageToken of the answer before")
        page = items[begin : begin + size]
        filters = [(name, value) for name, value in call.query if name not in ("PageSize", "Page", "PageToken")]

        def url(which: int, after: int | None) -> str:
            extra: list[tuple[str, Any]] = [("PageSize", size), ("Page", which)]
            if after is not None:
                extra.append(("PageToken", f"PA{sid_of(items[after])}"))
            return f"{call.base}{call.path}?{urlencode(filters + extra)}"

        more = begin + size < len(items)
        meta = {
            "page": number,
            "page_size": size,
            "first_page_url": url(0, None),
            "previous_page_url": url(max(0, number - 1), begin - size - 1 if begin > size else None) if begin else None,
            "url": url(number, begin - 1 if begin else None),
            "next_page_url": url(number + 1, begin + size - 1) if more else None,
            "key": key,
        }
        return as_json({key: [view(item) for item in page], "meta": meta})

    def _page_number(self, call: Call, name: str, default: int, least: int, most: int, code: int) -> int:
        text = call.first(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 10 or not least <= int(text) <= most:
            raise self.refuse(code, f"{name} must be a whole number from {least} to {most}")
        return int(text)

    def choice(self, call: Call, name: str, choices: tuple[str, ...]) -> str | None:
        value = call.first(name)
        if value is not None and value not in choices:
            raise self.refuse(20001, f"{name} must be one of {', '.join(choices)}")
        return value

    def created_between(self, call: Call) -> Callable[[datetime], bool]:
        """On or after the one, strictly before the other; the full form and the date alone are both documented."""
        bounds = []
        for name in ("DateCreatedAfter", "DateCreatedBefore"):
            text = call.first(name)
            try:
                bounds.append(parse_time(text) if text is not None else None)
            except ValueError as error:
                raise self.refuse(20001, f"{name} must be a time in UTC (YYYY-MM-DDTHH:MM:SSZ)") from error
        after, before = bounds

        def inside(moment: datetime) -> bool:
            # times have whole seconds at Twilio
            created = moment.replace(microsecond=0)
            return (after is None or created >= after) and (before is None or created < before)

        return inside

    def room(self, call: Call, lagging: bool = False) -> Room:
        """By SID in any status, by name only while in progress."""
        reference = call.params["room"]
        room = self.store.rooms.get(reference)
        # a name with reserved characters cannot be used in the path, not even encoded (docs)
        if room is None and not shapes.RESERVED.intersection(reference):
            room = self.store.in_progress.get(reference)
        if room is None or (lagging and not self.shows(room.visible_at)):
            raise self.missing(f"/Rooms/{reference}")
        return room

    def room_by_sid(self, call: Call) -> Room:
        """Recordings of a room want the SID."""
        if call.params["room"] not in self.store.rooms:
            raise self.missing(call.path.removeprefix("/v1"))
        return self.store.rooms[call.params["room"]]

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
                recording.end = recording.end or self.clock.now()
                recording.status = "failed"
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
