"""BigBlueButton in the sandbox, written from https://docs.bigbluebutton.org/development/api and not from our client.

Where the documentation is silent, a comment says "unknown" and the stricter reading is taken.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final
from xml.sax.saxutils import escape

from airflow_provider_rooms.sandbox import files
from airflow_provider_rooms.sandbox.cards import Card, RecordingLine, SessionLine
from airflow_provider_rooms.sandbox.credentials import SECRET
from airflow_provider_rooms.sandbox.vendor import Guest, Vendor, letters
from airflow_provider_rooms.sandbox.wire import Answer, Call, NotPossibleError, RefusedError, Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_rooms.sandbox.cards import Pick
    from airflow_provider_rooms.sandbox.clock import Clock

ALGORITHMS: Final = {40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}
#: Minutes without anybody, and without anybody any more, where the create call says nothing.
UNUSED, LEFT = 5, 1
#: How long an ended meeting is still shown, in seconds. Unknown: "a few seconds" for end, "a minute or two" elsewhere.
LINGERS = 2.0


@dataclass(slots=True)
class Meeting:
    """One meeting, from create to its end."""

    id: str
    internal: str
    params: dict[str, str]
    created: datetime
    attendee_pw: str
    moderator_pw: str
    people: dict[str, Guest] = field(default_factory=dict)
    joined: bool = False
    emptied: datetime | None = None
    forced: bool = False
    ended: datetime | None = None

    def minutes(self, name: str, usual: int) -> int:
        text = self.params.get(name, "")
        return int(text) if text.isdecimal() else usual


@dataclass(slots=True)
class Recorded:
    """What is left of a recorded meeting."""

    meeting: Meeting
    state: str
    ended: datetime


class BigBlueButton(Vendor):
    """Every call is a GET or POST below ``/api/``, signed, answered in XML and nearly always by 200."""

    name: ClassVar[str] = "bigbluebutton"
    title: ClassVar[str] = "BigBlueButton"
    conn_type: ClassVar[str] = "bigbluebutton"
    sign_in: ClassVar[Mapping[str, Any]] = {"password": SECRET, "extra": {}}

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.meetings: dict[str, Meeting] = {}
        self.recordings: dict[str, Recorded] = {}

    def routes(self) -> Iterable[Route]:
        calls = {
            "create": self.create,
            "end": self.end,
            "isMeetingRunning": self.is_running,
            "getMeetingInfo": self.get_info,
            "getMeetings": self.get_meetings,
            "getRecordings": self.get_recordings,
            "deleteRecordings": self.delete_recordings,
            "join": self.join,
        }
        return [Route("GET", f"/api/{call}", handler) for call, handler in calls.items()]

    def authenticate(self, call: Call) -> None:
        """The checksum is over the call, the query as it was sent without the checksum, and the secret."""
        query, _, given = call.query_string.rpartition("checksum=")
        text = f"{call.parts[-1]}{query.rstrip('&')}{SECRET}"
        algorithm = ALGORITHMS.get(len(given))
        if algorithm is None or not hmac.compare_digest(hashlib.new(algorithm, text.encode()).hexdigest(), given):
            raise refused("checksumError", "Checksums do not match")

    def no_route(self, call: Call, known: bool) -> Answer:
        # Unknown: which words a path that does not exist is answered by.
        return xml(
            {"returncode": "FAILED", "messageKey": "unsupportedRequest", "message": "This request is not supported."}
        )

    def failure(self, status: int, call: Call) -> Answer:
        answer = xml({"returncode": "FAILED", "messageKey": "internalError", "message": "An error was ordered"})
        answer.status = status
        return answer

    # -- the life of a meeting --------------------------------------------------------------------------------

    def _meeting(self, name: str | None) -> Meeting:
        """The meeting of that id, as long as the server remembers it."""
        if not name:
            raise refused("missingParamMeetingID", "You must specify a meeting ID for the meeting.")
        meeting = self.meetings.get(name)
        if meeting is None:
            raise refused("notFound", "A meeting with that ID does not exist")
        return meeting

    def create(self, call: Call) -> Answer:
        params = dict(call.query)
        params.pop("checksum", None)
        name = params.get("meetingID", "").strip()
        if not re.fullmatch(r"[A-Za-z0-9_-]{2,256}", name):
            raise refused("validationError", "meetingID: 2 to 256 letters, digits, dashes and underscores")
        if not params.get("name"):
            raise refused("missingParamName", "You must specify a name for the meeting.")
        existing = self.meetings.get(name)
        if existing is not None:
            given = (params.get("attendeePW"), params.get("moderatorPW"))
            # Unknown: an ended meeting that is still remembered; the stricter reading is that its id is taken.
            if given not in ((None, None), (existing.attendee_pw, existing.moderator_pw)):
                raise refused("idNotUnique", "A meeting already exists with that meeting ID.")
            message = "This conference was already in existence and may currently be in progress."
            return xml(created(existing) | {"messageKey": "duplicateWarning", "message": message})
        now = self.clock.now()
        meeting = Meeting(
            id=name,
            internal=f"{hashlib.sha1(name.encode()).hexdigest()}-{millis(now)}",  # noqa: S324 - as the server names them
            params=params,
            created=now,
            attendee_pw=params.get("attendeePW") or letters(8),
            moderator_pw=params.get("moderatorPW") or letters(8),
        )
        self.meetings[name] = meeting
        self.clock.after(
            60 * meeting.minutes("meetingExpireIfNoUserJoinedInMinutes", UNUSED), lambda: self._unused(meeting)
        )
        if duration := meeting.minutes("duration", 0):
            self.clock.after(60 * duration, lambda: self._finish(meeting))
        return xml(created(meeting))

    def end(self, call: Call) -> Answer:
        meeting = self._meeting(call.first("meetingID"))
        meeting.forced = True
        self._finish(meeting)
        return xml({"returncode": "SUCCESS", "messageKey": "sentEndMeetingRequest", "message": "A request was sent."})

    def _unused(self, meeting: Meeting) -> None:
        if not meeting.joined:
            self._finish(meeting)

    def _empty(self, meeting: Meeting, since: datetime) -> None:
        if meeting.emptied == since:
            self._finish(meeting)

    def _finish(self, meeting: Meeting) -> None:
        if meeting.ended is None:
            meeting.ended = self.clock.now()
            meeting.people.clear()
            recorded = meeting.params.get("record") == "true" and meeting.params.get("autoStartRecording") == "true"
            if recorded and meeting.joined:
                self.recordings.setdefault(meeting.internal, Recorded(meeting, "processing", meeting.ended))
            self.clock.after(LINGERS, lambda: self._forget(meeting))

    def _forget(self, meeting: Meeting) -> None:
        if self.meetings.get(meeting.id) is meeting:
            del self.meetings[meeting.id]

    # -- what is asked ----------------------------------------------------------------------------------------

    def is_running(self, call: Call) -> Answer:
        meeting = self.meetings.get(call.first("meetingID") or "")
        return xml({"returncode": "SUCCESS", "running": text(meeting is not None and bool(meeting.people))})

    def get_info(self, call: Call) -> Answer:
        return xml({"returncode": "SUCCESS", **info(self._meeting(call.first("meetingID")))})

    def get_meetings(self, call: Call) -> Answer:
        meetings = [info(meeting) for meeting in self.meetings.values()]
        return xml({"returncode": "SUCCESS", "meetings": {"meeting": meetings} if meetings else ""})

    def get_recordings(self, call: Call) -> Answer:
        states = (call.first("state") or "published,unpublished").split(",")
        names, ids = call.first("meetingID"), call.first("recordID")
        found = [
            self._recording(item, call.origin)
            for item in self.recordings.values()
            if (states == ["any"] or item.state in states)
            and (not ids or any(item.meeting.internal.startswith(one) for one in ids.split(",")))
            and (ids or not names or item.meeting.id in names.split(","))
        ]
        if not found:
            message = "There are no recordings for the meeting(s)."
            return xml({"returncode": "SUCCESS", "recordings": "", "messageKey": "noRecordings", "message": message})
        return xml({"returncode": "SUCCESS", "recordings": {"recording": found}})

    def _recording(self, item: Recorded, origin: str) -> dict[str, Any]:
        meeting = item.meeting
        minutes = str(int((item.ended - meeting.created).total_seconds() // 60))
        formats = [
            {
                "type": "podcast",
                "url": files.open_url(origin, self.name, f"{meeting.internal}/audio.ogg"),
                "length": minutes,
            },
            {"type": "presentation", "url": f"{origin}/playback/{meeting.internal}", "length": minutes},
        ]
        return {
            "recordID": meeting.internal,
            "meetingID": meeting.id,
            "internalMeetingID": meeting.internal,
            "name": meeting.params["name"],
            "published": text(item.state == "published"),
            "state": item.state,
            "startTime": str(millis(meeting.created)),
            "endTime": str(millis(item.ended)),
            "metadata": metadata(meeting),
            "playback": {"format": formats} if item.state == "published" else "",
        }

    def delete_recordings(self, call: Call) -> Answer:
        ids = [one for one in (call.first("recordID") or "").split(",") if self._alive(one)]
        if not ids:
            raise refused("notFound", "We could not find recordings")
        for one in ids:
            self.recordings[one].state = "deleted"
        return xml({"returncode": "SUCCESS", "deleted": "true"})

    def _alive(self, record: str) -> bool:
        return record in self.recordings and self.recordings[record].state != "deleted"

    def join(self, call: Call) -> Answer:
        """A signed link lets in whoever follows it; the sandbox answers as with ``redirect=false``."""
        meeting = self._meeting(call.first("meetingID"))
        made, role, name = call.first("createTime"), (call.first("role") or "").upper(), call.first("fullName")
        if not name:
            raise refused("missingParamFullName", "You must specify a name for the attendee who will be joining.")
        if role not in ("MODERATOR", "VIEWER"):
            raise refused("invalidPassword", "You either did not supply a password or a role.")
        if made not in (None, str(millis(meeting.created))):
            raise refused("mismatchCreateTimeParam", "The createTime parameter mismatches with the current meeting.")
        if meeting.ended:
            raise refused("meetingForciblyEnded", "You can not join a meeting that has already been forcibly ended.")
        self._enter(meeting, [Guest(name=name, role=role, identity=call.first("userID") or f"w_{letters(12)}")])
        return xml(
            {"returncode": "SUCCESS", "messageKey": "successfullyJoined", "message": "You have joined successfully."}
        )

    # -- /control ---------------------------------------------------------------------------------------------

    def _room(self, name: str) -> Meeting:
        meeting = self.meetings.get(name)
        if meeting is None:
            raise NotPossibleError(404, f"no meeting {name!r}; one that is over is gone")
        return meeting

    def _enter(self, meeting: Meeting, people: Iterable[Guest]) -> None:
        meeting.people |= {person.identity: person for person in people}
        meeting.joined, meeting.emptied = True, None

    def state(self, base: str) -> dict[str, list[dict[str, Any]]]:
        rooms = [info(meeting) for meeting in reversed(self.meetings.values())]
        recordings = [self._recording(item, base.rpartition("/")[0]) for item in reversed(self.recordings.values())]
        return {
            "rooms": rooms,
            "sessions": [room for room in rooms if room["hasUserJoined"] == "true"],
            "recordings": recordings,
        }

    def cards(self, base: str, pick: Pick) -> list[Card]:
        rooms = pick.of(list(reversed(self.meetings.values())), lambda meeting: (meeting.id, meeting.params["name"]))
        return [self._card(meeting) for meeting in rooms]

    def _card(self, meeting: Meeting) -> Card:
        sessions = [SessionLine(meeting.created, meeting.ended, [(one.name, True) for one in meeting.people.values()])]
        recorded = self.recordings.get(meeting.internal)
        lines = [RecordingLine(recorded.state, busy=recorded.state == "processing")] if recorded else []
        limit = meeting.params.get("maxParticipants")
        return Card(
            id=meeting.id,
            name=meeting.params["name"],
            open=meeting.ended is None,
            closed_word="ended",
            created=meeting.created,
            facts=[f"at most {limit}" if limit else None],
            raw=info(meeting),
            sessions=sessions if meeting.joined else [],
            recordings=lines,
        )

    def count(self) -> int:
        return len(self.meetings)

    def make_room(self, name: str, base: str) -> dict[str, Any]:
        call = Call("GET", "/api/create", f"meetingID={name}&name={name}", {}, b"", base, base)
        self.create(call)
        return info(self.meetings[name])

    def people_join(self, room: str, people: Sequence[Guest], base: str) -> dict[str, Any]:
        meeting = self._room(room)
        if meeting.ended:
            raise NotPossibleError(409, "this meeting is over")
        self._enter(meeting, people)
        return info(meeting)

    def people_leave(self, room: str, identities: Sequence[str] | None, base: str) -> dict[str, Any]:
        meeting = self._room(room)
        for identity in list(meeting.people) if identities is None else identities:
            if meeting.people.pop(identity, None) is None:
                raise NotPossibleError(404, f"nobody of the identity {identity!r} is in this meeting")
        if not meeting.people:
            since = meeting.emptied = self.clock.now()
            if minutes := meeting.minutes("meetingExpireWhenLastUserLeftInMinutes", LEFT):
                self.clock.after(60 * minutes, lambda: self._empty(meeting, since))
        return info(meeting)

    def recording_action(self, room: str, action: str, base: str) -> dict[str, Any]:
        """``start`` is the moderator's button; what is started is processed once the meeting is over."""
        meeting = self.meetings.get(room)
        if action == "start":
            meeting = self._room(room)
            self.recordings[meeting.internal] = Recorded(meeting, "processing", self.clock.now())
        newest = next((item for item in reversed(self.recordings.values()) if item.meeting.id == room), None)
        if newest is None:
            raise NotPossibleError(404, f"no recording of {room!r}")
        if action == "fail":
            raise NotPossibleError(409, "a recording of BigBlueButton never fails visibly: it stays processing")
        if action == "complete":
            newest.state, newest.ended = "published", newest.meeting.ended or max(self.clock.now(), newest.ended)
        return self._recording(newest, base.rpartition("/")[0])

    def needs_signature(self, path: str) -> bool:
        return False

    def has_file(self, path: str) -> bool:
        record = path.partition("/")[0]
        return self._alive(record) and self.recordings[record].state == "published"


def millis(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def text(value: bool) -> str:
    """As XML has it."""
    return str(value).lower()


def metadata(meeting: Meeting) -> dict[str, str] | str:
    """What was given as ``meta_…``, its names in lower case."""
    given = {key[5:].lower(): value for key, value in meeting.params.items() if key.startswith("meta_")}
    return given or ""


def created(meeting: Meeting) -> dict[str, Any]:
    """The answer to create."""
    return {
        "returncode": "SUCCESS",
        "meetingID": meeting.id,
        "internalMeetingID": meeting.internal,
        "parentMeetingID": "bbb-none",
        "attendeePW": meeting.attendee_pw,
        "moderatorPW": meeting.moderator_pw,
        "createTime": str(millis(meeting.created)),
        "createDate": meeting.created.strftime("%a %b %d %H:%M:%S UTC %Y"),
        "hasUserJoined": text(meeting.joined),
        "duration": str(meeting.minutes("duration", 0)),
        "hasBeenForciblyEnded": text(meeting.forced),
    }


def info(meeting: Meeting) -> dict[str, Any]:
    """The answer to getMeetingInfo, and an item of getMeetings."""
    people = [
        {"userID": one.identity, "fullName": one.name, "role": one.role.upper(), "isPresenter": "false"}
        for one in meeting.people.values()
    ]
    return {
        "meetingName": meeting.params["name"],
        **{key: value for key, value in created(meeting).items() if key not in ("returncode", "parentMeetingID")},
        "running": text(bool(meeting.people)),
        "recording": text(meeting.params.get("record") == "true"),
        "startTime": str(millis(meeting.created)),
        "endTime": str(millis(meeting.ended) if meeting.ended else 0),
        "participantCount": str(len(people)),
        "maxUsers": str(meeting.minutes("maxParticipants", 0)),
        "moderatorCount": str(sum(one["role"] == "MODERATOR" for one in people)),
        "attendees": {"attendee": people} if people else "",
        "metadata": metadata(meeting),
        "isBreakout": "false",
    }


def refused(key: str, message: str) -> RefusedError:
    """An error as this API words it: with status 200."""
    return RefusedError(xml({"returncode": "FAILED", "messageKey": key, "message": message}))


def xml(body: Mapping[str, Any]) -> Answer:
    """An answer of XML."""
    return Answer(200, f"<response>{_inside(body)}</response>".encode(), "text/xml; charset=utf-8")


def _inside(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(
            "".join(f"<{key}>{_inside(one)}</{key}>" for one in (item if isinstance(item, list) else [item]))
            for key, item in value.items()
        )
    return escape(str(value))
