"""BigBlueButton's API. https://docs.bigbluebutton.org/development/api"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Recording, RecordingKind, RecordingState, Room, RoomSpec, Session
from airflow_provider_rooms.secrets.masking import secret_texts
from airflow_provider_rooms.vendors.base import Existing, Vendor
from airflow_provider_rooms.vendors.contract.recordings import Wanted, extension, make_recording
from airflow_provider_rooms.vendors.exchange import Fault
from airflow_provider_rooms.vendors.flow import Flow, Page, Request
from airflow_provider_rooms.vendors.presence import Survey, ended_before, iso
from airflow_provider_rooms.vendors.rest import Resource, Rest, or_none

from rooms_bigbluebutton.answers import moment, number, read_xml, time_of
from rooms_bigbluebutton.options import CreateOptions

if TYPE_CHECKING:
    import datetime as dt

    from airflow_provider_rooms.vendors.contract.joining import Joiner
    from airflow_provider_rooms.vendors.contract.plan import Plan
    from airflow_provider_rooms.vendors.contract.rooms import Answer, Closing
    from airflow_provider_rooms.vendors.flow import Response
    from airflow_provider_rooms.vendors.options import Options

MEETINGS = Resource(path="/api/getMeetings", key="meetingID", items="meetings.meeting")
RECORDINGS = Resource(path="/api/getRecordings", key="recordID", items="recordings.recording")
#: https://docs.bigbluebutton.org/development/api#getrecordings; deleted ones are left out.
STATES: Mapping[str, RecordingState] = {
    "processing": "processing",
    "processed": "processing",
    "published": "ready",
    "unpublished": "ready",
}
#: Formats of a recording that are one file; the others are pages to watch it on.
FILES = ("podcast",)
#: How long an empty meeting waits for those who come back, in minutes; BigBlueButton's own minute ends a class in its break.
PAUSE = 15
#: How long it waits for the first one where nobody said when the class ends, in minutes.
USUAL_WAIT = 240


class BigBlueButton(Rest, Vendor):
    """The room name is ``meetingID``, on which create is idempotent. A meeting that is over is gone."""

    name: ClassVar[str] = "bigbluebutton"
    title: ClassVar[str] = "BigBlueButton"
    accept: ClassVar[str] = "application/xml"
    options: ClassVar[type[Options]] = CreateOptions
    key_field: ClassVar[str] = "meetingID"
    id_field: ClassVar[str] = "meetingID"
    name_field: ClassVar[str] = "meetingID"
    created_field: ClassVar[str] = "createTime"
    closing: ClassVar[Closing] = "deletes"
    # A meeting lives in the server's memory: the earlier it is made, the more restarts it has to survive.
    usual_ahead: ClassVar[int | None] = 30 * 60
    secret_fields: ClassVar[tuple[str, ...]] = ("attendeePW", "moderatorPW")
    shown_as: ClassVar[Mapping[str, str]] = {
        "name": "meetingName",
        "maxParticipants": "maxUsers",
        "record": "recording",
        "meta": "metadata",
    }
    unsupported: ClassVar[Mapping[str, str]] = {
        "description": "Use options.welcome, which greets people in the chat.",
        "max_duration": "Use options.duration, in minutes; it counts from the create call, not from the first join.",
        "transcribe": "Captions are switched on in the server's settings.",
        "region": "Use a connection to a server in that region.",
        "webhook": "Use options.meta with endcallbackurl or bbb-recording-ready-url.",
    }
    lacks: ClassVar[Mapping[str, str]] = {
        "list_participants": "It tells who is there, not when they came and left: use its learning dashboard.",
        "end_live": "Use CloseRoomOperator: the meeting is over then.",
        "start_recording": "Use record=True when the room is created, or the moderator's button.",
        "stop_recording": "It stops when the meeting ends, or by the moderator's button.",
        "mint": "Use join_url.",
    }
    no_recordings: ClassVar[Mapping[RecordingKind, str]] = {
        "track": "Ask for kind='recording'.",
        "composition": "BigBlueButton makes one recording of a meeting automatically: ask for kind='recording'.",
        "hls": "BigBlueButton has no streams that are kept.",
        "transcript": "Captions belong to a recording: ask for kind='recording'.",
    }
    usual_roles: ClassVar[Mapping[str, Any]] = {"guest": "VIEWER", "host": "MODERATOR"}
    # Keys seen in answers; the documentation lists none.
    faults: ClassVar[Mapping[str | int, Fault]] = {
        "checksumError": Fault(
            errors.AuthenticationError, "Check the shared secret of the connection, and checksum in its extra."
        ),
        "notFound": Fault(errors.NotFoundError),
        "invalidMeetingIdentifier": Fault(errors.NotFoundError),
        "noRecordings": Fault(errors.NotFoundError),
    }

    # -- requests and answers -------------------------------------------------------------------------------------------

    def signed(self, request: Request) -> Request:
        """The checksum of call, query and secret: https://docs.bigbluebutton.org/development/api#api-security-model"""
        return replace(request, query=self._signed(request.path.rpartition("/")[2], request.query))

    def _signed(self, call: str, query: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        text = f"{call}{urlencode(query)}{self.config.secret}"
        digest = hashlib.new(self.config.settings.get("checksum", "sha256"), text.encode()).hexdigest()
        return (*query, ("checksum", digest))

    def decode(self, response: Response) -> Any:
        """XML."""
        return read_xml(response)

    def refuses(self, response: Response) -> bool:
        """Errors come with HTTP 200."""
        return super().refuses(response) or self.decode(response).get("returncode") == "FAILED"

    def error_text(self, response: Response) -> tuple[str | int | None, str]:
        """``messageKey`` stays the same over versions, ``message`` does not."""
        try:
            body = self.decode(response)
        except errors.UnreadableAnswerError:
            return super().error_text(response)
        key = body.get("messageKey")
        return key if isinstance(key, str) else None, str(body.get("message") or "")

    # -- the spec in BigBlueButton's fields -----------------------------------------------------------------------------

    def _record(self, value: bool, spec: RoomSpec) -> Mapping[str, Any]:
        return {"record": True, "autoStartRecording": True} if value else {"record": False}

    fields: ClassVar[Mapping[str, Any]] = {"max_participants": "maxParticipants", "record": _record}

    def defaults(self, spec: RoomSpec, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """BigBlueButton ends a meeting after five minutes without anybody, and one minute after the last one left."""
        wait = (spec.ends_at - self.now()).total_seconds() / 60 if spec.ends_at else USUAL_WAIT
        return {
            "meetingExpireIfNoUserJoinedInMinutes": max(int(wait), PAUSE),
            "meetingExpireWhenLastUserLeftInMinutes": PAUSE,
        }

    def check_plan(self, body: Mapping[str, Any]) -> Iterator[str]:
        """A recording that nobody could start."""
        if body.get("record") and body.get("allowStartStopRecording") is False and not body.get("autoStartRecording"):
            yield "nobody can start the recording: autoStartRecording and allowStartStopRecording are both off."

    # -- rooms ----------------------------------------------------------------------------------------------------------

    def look_up(self, name: str, spec: RoomSpec) -> Flow[Existing | None]:
        """The meeting of that name, as long as it is in the server's memory."""
        answer = yield from or_none(self.read(name))
        return Existing(name=name, answer=answer, closed=self.is_closed(answer)) if answer else None

    def read(self, room_id: str) -> Flow[Answer]:
        """GET getMeetingInfo."""
        return self.fetch("/api/getMeetingInfo", self.a_room(room_id=room_id), {"meetingID": room_id}, room=room_id)

    def create(self, name: str, plan: Plan) -> Flow[Answer | None]:
        """GET create; a repeat says ``duplicateWarning`` and changes nothing, or ``idNotUnique`` if passwords differ."""
        body = {"name": name, **plan.body, "meetingID": name}
        query = {**body, **{f"meta_{key}": value for key, value in body.pop("meta", {}).items()}}
        query.pop("meta", None)
        lost: list[bool] = []
        try:
            answer = yield from self.fetch(
                "/api/create",
                self.a_room(name),
                query,
                room=name,
                writes=True,
                ambiguous=lambda: lost.append(True),
                secrets=secret_texts(body, self.secret_fields),
            )
        except errors.RequestRefusedError as error:
            if error.code != "idNotUnique":
                raise
            return None
        others = answer.get("messageKey") == "duplicateWarning" and not lost
        return None if others or self.is_closed(answer) else answer

    def is_closed(self, answer: Answer) -> bool:
        """It was ended, and is not forgotten yet."""
        return answer.get("hasBeenForciblyEnded") == "true" or moment(answer.get("endTime")) is not None

    def room(self, answer: Answer) -> Room:
        """As everywhere, but times are milliseconds since 1970."""
        return replace(super().room(answer), created_at=time_of(answer, "createTime"))

    def list_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """GET getMeetings, in one piece; breakout rooms belong to their meeting."""
        return self.listed(
            MEETINGS, {}, lambda item: None if item.get("isBreakout") == "true" else self.room(item), keep
        )

    def close_room(self, room: Room) -> Flow[None]:
        """GET end, which ends the meeting for everybody; a few seconds later it is gone."""
        yield from or_none(self.fetch("/api/end", self.decode, {"meetingID": room.id}, room=room.id, writes=True))

    def check(self) -> Flow[str]:
        """GET isMeetingRunning, of a meeting that need not be there."""
        yield from self.get("/api/isMeetingRunning", {"meetingID": "airflow-rooms-check"})
        return "BigBlueButton accepts the shared secret."

    # -- sessions -------------------------------------------------------------------------------------------------------

    def live_session(self, room: Room) -> Flow[Session | None]:
        """The meeting, while somebody is in it."""
        answer = yield from or_none(self.read(room.id))
        session = self._session(answer) if answer else None
        return session if session and session.live else None

    def list_sessions(self, room: Room, since: dt.datetime | None, keep: Callable[[Session], bool]) -> Flow[None]:
        """The meeting as it is; of meetings that are gone, only recordings tell."""
        answer = yield from or_none(self.read(room.id))
        now = self._session(answer) if answer else None
        past = [session for item in (yield from self._recorded(room.id)) if (session := _past(item))]
        found = [now, *(session for session in past if now is None or session.id != now.id)]
        yield Page([one for one in found if one and not ended_before(one, since) and keep(one)])

    def read_session(self, session: Session) -> Flow[Session]:
        """The same meeting; over if it is gone."""
        answer = yield from or_none(self.read(session.room_id))
        now = self._session(answer) if answer else None
        if now and now.id == session.id:
            return now
        return replace(session, ended_at=session.ended_at or iso(self.now()))

    def survey(self, rooms: Collection[str] | None = None) -> Flow[Survey]:
        """GET getMeetings: every meeting of the server with the number of people in it."""
        meetings = yield from self.items(MEETINGS, {})
        live = {session.room_id: session for item in meetings if (session := self._session(item)) and session.live}
        return Survey(
            live=live, open=frozenset(str(item.get("meetingID")) for item in meetings if not self.is_closed(item))
        )

    def _session(self, item: Answer) -> Session | None:
        """A meeting once somebody came. When the first one did is not told: its own start stands for it."""
        start, end = time_of(item, "startTime") or time_of(item, "createTime"), time_of(item, "endTime")
        if start is None or item.get("hasUserJoined") != "true":
            return None
        if not end and (self.is_closed(item) or not number(item.get("participantCount"))):
            end = iso(self.now())
        name = str(item.get("meetingID"))
        return Session(id=f"{name}-{item.get('createTime')}", room_id=name, started_at=start, ended_at=end)

    # -- recordings -----------------------------------------------------------------------------------------------------

    def _recorded(self, room_id: str) -> Flow[list[Answer]]:
        items = yield from self.items(RECORDINGS, {"meetingID": room_id, "state": "any"})
        return [item for item in items if item.get("meetingID") == room_id]

    def list_recordings(self, room: Room, kind: RecordingKind | None) -> Flow[None]:
        """GET getRecordings in every state; without ``state`` those that are still processed are not listed."""
        items = yield from self._recorded(room.id)
        yield Page([recording for item in items if (recording := _recording(item)) is not None])

    def file_url(self, wanted: Wanted) -> Flow[str]:
        """The link to a format that is a file."""
        items = yield from self.items(RECORDINGS, {"recordID": wanted.id, "state": "any"})
        item = next((item for item in items if item.get("recordID") == wanted.id), None)
        if item is None or item.get("state") == "deleted":
            raise self.no_recording(wanted.id)
        if STATES.get(str(item.get("state"))) != "ready":
            raise self.no_file_yet(wanted.id, str(item.get("state")))
        if link := _file(item):
            return link
        raise errors.UnsupportedError(
            f"Recording {wanted.id} is a page to watch it on, not a file.",
            vendor=self.title,
            advice="Enable the podcast format on the server, or hand out the page.",
        )

    def delete_recording(self, wanted: Wanted) -> Flow[None]:
        """GET deleteRecordings; already gone is fine."""
        yield from or_none(self.fetch("/api/deleteRecordings", self.decode, {"recordID": wanted.id}, writes=True))

    # -- joining --------------------------------------------------------------------------------------------------------

    def check_joiner(self, joiner: Joiner) -> None:
        """Roles that ``join`` knows."""
        self.check_rights(joiner, joiner.rights in ("MODERATOR", "VIEWER"), "BigBlueButton knows MODERATOR and VIEWER.")

    def check_page(self, joiner: Joiner) -> None:
        """A link works for one meeting, however long that lasts."""
        if joiner.asked:
            raise errors.UnsupportedError(
                "expires_at: links of BigBlueButton have no end of their own; they end with the meeting.",
                vendor=self.title,
                advice="Leave it out and close the room after the class.",
            )

    def page_url(self, room: Room, joiner: Joiner) -> Flow[str]:
        """GET join, signed, for this very meeting: with ``createTime`` it opens no later one of the same name."""
        yield from ()  # nothing to ask the vendor
        query = {
            "fullName": joiner.user_name or "Guest",
            "meetingID": room.id,
            "role": joiner.rights,
            "createTime": room.details.get("createTime"),
            "userID": joiner.user_id,
        }
        pairs = tuple((key, str(value)) for key, value in query.items() if value is not None)
        url = f"{self.config.base_url}/api/join?{urlencode(self._signed('join', pairs))}"
        self.runtime.conceal(url)
        return url


def _past(item: Answer) -> Session | None:
    """A meeting that was recorded: its recording is named after it."""
    start, end = time_of(item, "startTime"), time_of(item, "endTime")
    name, made = str(item.get("meetingID")), str(item.get("recordID")).rpartition("-")[2]
    return Session(id=f"{name}-{made}", room_id=name, started_at=start, ended_at=end) if start and end else None


def _recording(item: Answer) -> Recording | None:
    state = STATES.get(str(item.get("state")))
    start, end = moment(item.get("startTime")), moment(item.get("endTime"))
    if state is None or start is None:
        return None
    session = _past(item)
    return make_recording(
        item.get("recordID"),
        item.get("meetingID"),
        "recording",
        state,
        session_id=session.id if session else None,
        seconds=(end - start).total_seconds() if end else None,
        format=extension(_file(item)),
        began=iso(start),
    )


def _file(item: Answer) -> str | None:
    playback = item.get("playback")
    formats = playback.get("format", []) if isinstance(playback, Mapping) else []
    links = (one.get("url") for one in formats if isinstance(one, Mapping) and one.get("type") in FILES)
    return next((link for link in links if isinstance(link, str) and link.startswith("http")), None)
