"""The data that goes in and comes out, the same for every vendor: frozen, JSON-safe, without secrets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable

from airflow_provider_rooms import values
from airflow_provider_rooms.errors import InvalidSpecError

Outcome = Literal["created", "found", "updated", "reopened", "not_due"]
RoomState = Literal["open", "closed"]
RecordingKind = Literal["recording", "track", "composition", "hls", "transcript"]
RecordingState = Literal["processing", "ready", "failed"]
EventType = Literal[
    "session_started",
    "session_ended",
    "participant_joined",
    "participant_left",
    "recording_started",
    "recording_ready",
    "recording_failed",
    "transcript_ready",
    "room_closed",
    "other",
]

#: A class without an end is taken to be over this long after its start: the longest session that a vendor allows.
LONGEST_CLASS = dt.timedelta(hours=12)


@dataclass(frozen=True, kw_only=True)
class RoomSpec:
    """The requested room. ``None`` means the default of the vendor account.

    :param name: the room name, or a list of parts for :func:`~airflow_provider_rooms.names.room_name`.
    :param starts_at: when the class starts (aware).
    :param ends_at: when the class ends (aware).
    :param description: free text shown by the vendor.
    :param max_participants: how many people may be in the room at once.
    :param max_duration: longest session in seconds, counted from the first join.
    :param record: whether a recording starts automatically.
    :param transcribe: whether speech is transcribed.
    :param region: where the media servers are, as one of the vendor's own region codes.
    :param webhook: ``{"url", "events"?, "method"?}``; True for the ``webhook_url`` of the connection.
    :param options: the vendor's own fields, with the vendor's names.
    :param ref: your own reference, such as a course id; passed on unchanged.
    """

    name: str | list[Any] | None = None
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    description: str | None = None
    max_participants: int | None = None
    max_duration: int | None = None
    record: bool | None = None
    transcribe: bool | None = None
    region: str | None = None
    webhook: dict[str, Any] | bool | None = field(default=None, repr=False)
    options: dict[str, Any] | None = field(default=None, repr=False)
    ref: Any = None

    def __post_init__(self) -> None:
        for name, read in _READERS.items():
            object.__setattr__(self, name, read(name, getattr(self, name)))
        values.check_order(self.starts_at, self.ends_at)

    @classmethod
    def read(cls, given: Mapping[str, Any] | RoomSpec) -> RoomSpec:
        """Read a spec from values that may come from a template, strictly.

        :raises InvalidSpecError: an unknown key, a value of the wrong type, a naive time, an end before the start.
        """
        if isinstance(given, RoomSpec):
            return given
        if not isinstance(given, Mapping):
            raise InvalidSpecError(f"spec: expected a dict, got {type(given).__name__}.")
        for key in given:
            if key not in _READERS:
                raise InvalidSpecError(
                    f"spec: unknown key {key!r}.{values.suggestion(key, _READERS)}",
                    advice=f"Known keys: {', '.join(_READERS)}. A vendor's own fields belong in options.",
                )
        return cls(**given)

    def over(self, now: dt.datetime) -> bool:
        """Whether the class is over at the given time."""
        end = self.ends_at or (self.starts_at + LONGEST_CLASS if self.starts_at else None)
        return end is not None and end <= now


def _read_name(field_name: str, value: object) -> str | list[Any] | None:
    """A list of parts (or its text) stays a list; None is left to the operator to fill, '' and 'None' to be refused."""
    if values.structured(value):
        value = values.read_json(field_name, value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        parts = enumerate(value)
        return [values.read_key(f"name[{i}]", part) if isinstance(part, float) else part for i, part in parts]
    if isinstance(value, (int, float)):
        return values.read_key(field_name, value)
    raise InvalidSpecError(f"name: expected text or a list of parts, got {type(value).__name__}.")


def _read_webhook(field_name: str, value: object) -> dict[str, Any] | bool | None:
    """An object, or whether the connection's receiver is told."""
    if isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in ("true", "false")):
        return values.read_bool(field_name, value) or None
    return values.read_object(field_name, value)


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "name": _read_name,
    "starts_at": values.read_time,
    "ends_at": values.read_time,
    "description": values.read_text,
    "max_participants": values.read_int,
    "max_duration": values.read_seconds,
    "record": values.read_bool,
    "transcribe": values.read_bool,
    "region": values.read_text,
    "webhook": _read_webhook,
    "options": values.read_object,
    "ref": values.read_plain,
}


@dataclass(frozen=True, kw_only=True)
class Room:
    """A room at its vendor.

    :param vendor: the connection type.
    :param conn_id: the Airflow connection it was read through.
    :param id: the vendor's id of the room.
    :param name: the room name, as stored by the vendor.
    :param state: ``open``, or ``closed`` (disabled, deactivated, completed).
    :param outcome: what this task did: ``created``, ``found``, ``updated``, ``reopened`` or ``not_due``.
    :param created_at: when the vendor created it, ISO 8601 in UTC.
    :param starts_at: start of the class as requested, ISO 8601.
    :param ends_at: end of the class as requested, ISO 8601.
    :param ref: the reference from the spec.
    :param drift: ``{"field", "asked", "actual"}`` per setting that differs from the request.
    :param unverified: settings that were requested, but that the vendor does not return.
    :param details: the vendor's response, with secrets replaced by ``***``. Not part of the XCom.
    """

    vendor: str
    conn_id: str
    id: str
    name: str | None
    state: RoomState
    outcome: Outcome = "found"
    created_at: str | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    ref: Any = None
    drift: list[dict[str, Any]] = field(default_factory=list)
    unverified: list[str] = field(default_factory=list)
    details: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """The room as plain JSON for XCom: no token, no vendor detail."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "details"}


#: What stands for a room wherever one is asked for: its id, its name, its dict, or itself.
RoomRef: TypeAlias = "str | Mapping[str, Any] | Room"


@dataclass(frozen=True, kw_only=True)
class Session:
    """People in a room, from the first join to the last leave. Recorders are not people.

    :param id: the vendor's id. If it has none: the room's id, ``-`` and a time in seconds since 1970, which never
        changes.
    :param room_id: the vendor's id of the room.
    :param started_at: the first join by the vendor's clock, ISO 8601 in UTC.
    :param ended_at: the last leave; None while somebody is in the room.
    """

    id: str
    room_id: str
    started_at: str
    ended_at: str | None = None

    @property
    def live(self) -> bool:
        """Whether people are in the room."""
        return self.ended_at is None

    @property
    def seconds(self) -> int | None:
        """Its total length; None while it is live."""
        return _length(self.started_at, self.ended_at) if self.ended_at else None

    def as_dict(self) -> dict[str, Any]:
        """The session as plain JSON, with its length."""
        return {**_plain(self), "seconds": self.seconds}


class Stay(TypedDict):
    """From one join to the leave that followed, ISO 8601 in UTC; ``left_at`` is None while present."""

    joined_at: str
    left_at: str | None


@dataclass(frozen=True, kw_only=True)
class Participant:
    """Somebody in a session.

    :param identity: what identifies the person: the user id for which a join token was created, or the vendor's own id.
    :param name: the display name, if the vendor stores one.
    :param role: the vendor's role, if it has roles.
    :param intervals: ``{"joined_at", "left_at"}`` in order.
    :param seconds: time in the room in whole seconds; up to now for people who are still in it.
    """

    identity: str
    name: str | None = None
    role: str | None = None
    intervals: list[Stay] = field(default_factory=list)
    seconds: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The participant as plain JSON."""
        return _plain(self)


@dataclass(frozen=True, kw_only=True)
class PastSession:
    """A session that is over, with its people.

    :param room_name: the room's name at its vendor; None if it has no name or no longer exists.
    :param people: each of them once, with every stay; recorders are omitted.
    :param over_at: when the vendor counts it as over, ISO 8601 in UTC. Later than the last leave if a recorder stayed
        in the room. It decides to which interval the session belongs.
    """

    session: Session
    room_name: str | None
    people: list[Participant]
    over_at: str


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A file that a vendor produces from a session.

    :param id: the vendor's id. While the file is not available yet, it may be the id of the job that produces it.
    :param session_id: the vendor's id of the session; None if the vendor's recordings belong to the room.
    :param room_id: the vendor's id of the room.
    :param kind: ``recording`` (one video of the whole session), ``track`` (one person or one microphone),
        ``composition`` (a video composed afterwards), ``hls`` (a stream) or ``transcript``.
    :param state: ``processing`` until the file is available, then ``ready``; or ``failed``.
    :param seconds: length of the recording; None while unknown.
    :param bytes: size of the file; None while unknown, or if the vendor never reports it.
    :param format: the file extension, such as ``mp4`` or ``srt``; None while unknown.
    :param created_at: when the vendor started it, ISO 8601 in UTC.
    """

    id: str
    session_id: str | None
    room_id: str
    kind: RecordingKind
    state: RecordingState
    seconds: float | None = None
    bytes: int | None = None
    format: str | None = None
    created_at: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The recording as plain JSON: no link to the file, which would be a secret."""
        return _plain(self)


@dataclass(frozen=True, kw_only=True)
class RoomEvent:
    """Something that happened in a room, as reported by the vendor's webhook or found in its lists.

    :param id: identifies what happened, not the delivery: two deliveries, or webhook and watcher, give the same id.
    :param type: one of :data:`EventType`; ``other`` for everything that has no other type.
    :param vendor: the connection type.
    :param conn_id: the Airflow connection.
    :param room_id: the vendor's id of the room; None if the vendor does not report it.
    :param name: the room name, if the vendor reports it.
    :param session_id: as in :class:`Session`.
    :param recording_id: as in :class:`Recording`; None if the vendor does not report it.
    :param participant: what identifies the person, as in :class:`Participant`.
    :param happened_at: by the vendor's clock, ISO 8601 in UTC; None if the vendor does not report it.
    :param reported_as: the vendor's own name for it; empty for events from the watcher.
    """

    id: str
    type: EventType
    vendor: str
    conn_id: str
    room_id: str | None = None
    name: str | None = None
    session_id: str | None = None
    recording_id: str | None = None
    participant: str | None = None
    happened_at: str | None = None
    reported_as: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The event as plain JSON: no link, no token."""
        return _plain(self)


def _plain(item: Any) -> dict[str, Any]:
    return {part.name: getattr(item, part.name) for part in fields(item)}


def _length(start: str, end: str) -> int:
    return max(0, round((dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)).total_seconds()))
