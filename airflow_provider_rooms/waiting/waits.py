"""When a wait is over: decided from what was just seen, worked out afresh each time. Pure: no clock, no I/O.

A sensor asks this in a worker and a trigger in the triggerer, so that both come to the same answer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from airflow_provider_rooms.models import LONGEST_CLASS, Recording, RecordingKind, Room, Session
from airflow_provider_rooms.values import check_order, read_choice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Purpose = Literal["started", "ended", "recording"]
Status = Literal["success", "skip", "error"]
#: What became of the recording of a class: ``late`` was not ready by the deadline.
Recorded = Literal["ready", "late", "failed"]

#: A session that ended this long before ``since`` by the vendor's clock may have ended after it by ours.
CLOCK_SLACK = dt.timedelta(minutes=2)

#: Around the start of the class polls come this much more often, as a part of the usual interval,
TIGHT = 0.25
#: for this long before and after it;
SOON = dt.timedelta(minutes=5)
#: and this much less often while nothing can be decided yet.
QUIET = 5.0
#: Intervals differ at random by this part of the usual one, which they are on average.
JITTER = 0.2
#: A moment that decides, such as the end of the class, is met within so many seconds after it, or the tight part of an
#: interval where that is less: never before it, and not by all waits at once.
LANDING = 15.0
#: No pause is shorter, in seconds: a wait with an interval of 0 must not keep a triggerer from the others.
SHORTEST = 0.2

#: What a trigger is told of a room and its sessions.
_ROOM = ("vendor", "conn_id", "id", "name", "state")
_SESSION = ("id", "room_id", "started_at", "ended_at")

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "purpose": get_args(Purpose),
    "on_no_show": ("skip", "fail", "value"),
    "kind": get_args(RecordingKind),
    "on_missing": ("skip", "fail"),
    "on_failed": ("any", "all"),
}


@dataclass(frozen=True, kw_only=True)
class Wait:
    """What is waited for. The window of the class decides which sessions count.

    :param purpose: ``started``, ``ended`` or ``recording``.
    :param starts_at: start of the class (aware).
    :param ends_at: end of the class (aware).
    :param early: a session counts from this many seconds before ``starts_at``.
    :param since: sessions that were over before this do not count; for waits without ``starts_at``.
    :param no_show_after: nobody came if nobody came within this many seconds after ``starts_at``.
    :param on_no_show: ``skip``, ``fail``, or ``value``: succeed with the empty value.
    :param kind: the kind of recording: ``recording``, ``track``, ``composition``, ``hls`` or ``transcript``.
    :param deadline: seconds after the end of the class until which recordings may come.
    :param on_missing: ``skip`` or ``fail`` when none came.
    :param on_failed: fail when ``any`` recording failed, or only when ``all`` did.
    """

    purpose: Purpose
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    early: int = 3600
    since: dt.datetime | None = None
    no_show_after: int = 1800
    on_no_show: str = "skip"
    kind: str = "recording"
    deadline: int = 3600
    on_missing: str = "skip"
    on_failed: str = "any"

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            read_choice(name, getattr(self, name), choices)
        check_order(self.starts_at, self.ends_at)

    def as_dict(self) -> dict[str, Any]:
        """The wait as plain JSON, for a trigger's arguments."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: v.isoformat() if isinstance(v, dt.datetime) else v for name, v in values.items()}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Wait:
        """The wait that :meth:`as_dict` described. Keys of a newer version of this package are left out."""
        known = {item.name for item in fields(cls)}
        values = {name: value for name, value in given.items() if name in known}
        for name in ("starts_at", "ends_at", "since"):
            if values.get(name):
                values[name] = dt.datetime.fromisoformat(values[name])
        return cls(**values)

    # -- the window -----------------------------------------------------------------------------------------------------

    @property
    def begin(self) -> dt.datetime | None:
        """Sessions count from here on."""
        if self.since is not None:
            return self.since - CLOCK_SLACK
        if self.starts_at is not None:
            return self.starts_at - dt.timedelta(seconds=self.early)
        return self.ends_at - LONGEST_CLASS if self.ends_at else None

    @property
    def end(self) -> dt.datetime | None:
        """Sessions that begin here or later do not count."""
        return self.ends_at or (self.starts_at + LONGEST_CLASS if self.starts_at else None)

    @property
    def no_show_at(self) -> dt.datetime | None:
        """If nobody came by then, nobody will."""
        if self.starts_at is None:
            return self.end
        late = self.starts_at + dt.timedelta(seconds=self.no_show_after)
        return min(late, self.end) if self.end else late

    def counts(self, session: Session, now: dt.datetime) -> bool:
        """Whether a session overlaps the window; a live one lasts until now."""
        last = _time(session.ended_at) if session.ended_at else now
        return (self.begin is None or last > self.begin) and (self.end is None or _time(session.started_at) < self.end)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one look at a room showed.

    :param url: the room's page for people.
    """

    room: Room
    url: str
    sessions: Sequence[Session] = ()
    recordings: Sequence[Recording] = ()

    def as_dict(self) -> dict[str, Any]:
        """What was seen as plain JSON, for a trigger's arguments; recordings are left out."""
        room = {name: getattr(self.room, name) for name in _ROOM}
        sessions = [{name: getattr(session, name) for name in _SESSION} for session in self.sessions]
        return {"url": self.url, "room": room, "sessions": sessions}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Seen:
        """What :meth:`as_dict` described. Keys of a newer version of this package are left out."""
        room = Room(**{name: given["room"][name] for name in _ROOM})
        sessions = (Session(**{name: session[name] for name in _SESSION}) for session in given["sessions"])
        return cls(room=room, url=given["url"], sessions=tuple(sessions))

    def supposing(self, *, live: Session | bool | None, open_: bool | None, now: dt.datetime) -> Seen:
        """What another look would show if the room were occupied or not, open or not.

        :param live: the live session, or whether there is one; None leaves it as it was.
        :param open_: None leaves it as it was.
        """
        sessions, room = list(self.sessions), self.room
        if live is True:
            live = Session(id="", room_id=room.id, started_at=now.isoformat())
        if isinstance(live, Session) and not any(session.live for session in sessions):
            sessions = [*(session for session in sessions if session.id != live.id), live]
        if live is False:
            sessions = [replace(s, ended_at=max(now.isoformat(), s.started_at)) if s.live else s for s in sessions]
        if open_ is not None:
            room = replace(room, state="open" if open_ else "closed")
        return replace(self, sessions=sessions, room=room)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How a wait ended.

    :param value: what the task returns.
    :param message: what happened, for the log and for people.
    :param error: name of the class in :mod:`airflow_provider_rooms.errors`, where the status is ``error``.
    :param advice: what to do about the error.
    :param recording: what became of the recording, where one was waited for and people came.
    """

    status: Status
    value: Any = None
    message: str = ""
    error: str | None = None
    advice: str | None = None
    recording: Recorded | None = None


def decide(wait: Wait, seen: Seen, now: dt.datetime) -> Verdict | None:
    """How the wait ended; None while it has not."""
    return _DECISIONS[wait.purpose](wait, seen, now)


def _started(wait: Wait, seen: Seen, now: dt.datetime) -> Verdict | None:
    sessions = _counting(wait, seen, now)
    if sessions:
        session = _main(wait, sessions)
        return Verdict(status="success", value=session.id, message=f"The session started at {session.started_at}.")
    if seen.room.state == "closed":
        return _no_show(wait, None, "The room was closed before anybody joined.")
    if wait.no_show_at is not None and now >= wait.no_show_at:
        return _no_show(wait, None, f"Nobody joined before {wait.no_show_at.isoformat()}.")
    return None


def _ended(wait: Wait, seen: Seen, now: dt.datetime) -> Verdict | None:
    sessions = _counting(wait, seen, now)
    if not _over(wait, seen, sessions, now):
        return None
    value = {
        "first_start": sessions[0].started_at if sessions else None,
        "last_end": max((s.ended_at for s in sessions if s.ended_at), default=None),
        "seconds": sum(session.seconds or 0 for session in sessions),
        "sessions": [session.as_dict() for session in sessions],
    }
    if not sessions:
        return _no_show(wait, value, "The class is over, and nobody joined.")
    return Verdict(status="success", value=value, message=f"The class ended at {value['last_end']}.")


def _over(wait: Wait, seen: Seen, sessions: Sequence[Session], now: dt.datetime) -> bool:
    """Nobody is there, and nobody is expected any more."""
    if any(session.live for session in sessions):
        return False
    if seen.room.state == "closed" or (wait.end is not None and now >= wait.end):
        return True
    # Without an end, one session makes the class; a test before its start does not.
    return wait.ends_at is None and any(_reaches(wait, session) for session in sessions)


def wants_sessions(wait: Wait, room: Room, now: dt.datetime) -> bool:
    """Whether sessions can decide: before people can come, or the class be over, only the room can."""
    if wait.purpose == "started":
        return wait.begin is None or now > wait.begin
    return room.state == "closed" or wait.ends_at is None or now >= wait.ends_at


def wants_recordings(wait: Wait, seen: Seen, now: dt.datetime) -> bool:
    """Whether it is time to look at recordings: they are not complete before the class is over."""
    return wait.purpose == "recording" and _over(wait, seen, _counting(wait, seen, now), now)


def _recorded(wait: Wait, seen: Seen, now: dt.datetime) -> Verdict | None:
    sessions = _counting(wait, seen, now)
    if not _over(wait, seen, sessions, now):
        return None
    mine = _recordings(wait, seen, sessions)
    by_state = {state: [r.id for r in mine if r.state == state] for state in ("processing", "ready", "failed")}
    rows = [_row(recording) for recording in mine]
    failed = f"The vendor failed to produce {_listed(wait, by_state['failed'])}."
    if mine and not by_state["processing"]:
        if by_state["failed"] and (wait.on_failed == "any" or not by_state["ready"]):
            return _failed(failed, rows)
        return Verdict(
            status="success", value=rows, message=f"Ready: {_listed(wait, by_state['ready'])}.", recording="ready"
        )
    if not mine and not sessions:
        advice = 'If this is expected, set on_missing="skip".'
        return _missing(wait, f"Nobody joined, so there is no {wait.kind}.", advice, rows, None)
    due = _due(wait, seen, sessions, now)
    if now < due:
        return None
    if by_state["failed"] and wait.on_failed == "any":
        return _failed(failed, rows)  # no skip: another that is late does not make up for it
    if by_state["ready"] and wait.on_failed == "all":
        return Verdict(
            status="success",
            value=rows,
            message=f"Ready by the deadline: {_listed(wait, by_state['ready'])}.",
            recording="ready",
        )
    late = f"{_listed(wait, by_state['processing'])} was not ready" if mine else f"there was no {wait.kind}"
    advice = 'Increase deadline, or set on_missing="skip" if this is expected.'
    return _missing(wait, f"By the deadline, {due.isoformat()}, {late}.", advice, rows, "late")


_DECISIONS: Mapping[str, Callable[[Wait, Seen, dt.datetime], Verdict | None]] = {
    "started": _started,
    "ended": _ended,
    "recording": _recorded,
}


def pause(wait: Wait, seen: Seen | None, now: dt.datetime, interval: float, chance: float) -> float:
    """Seconds until the next poll: tighter when people are about to come, wider while nothing can be decided.

    No pause goes past a moment from which time alone can decide, however long the interval is.

    :param seen: what the last look showed.
    :param interval: the usual seconds between two polls.
    :param chance: a number in [0, 1), so that many waits do not poll in step.
    """
    quiet_until = wait.begin if wait.purpose == "started" else wait.ends_at
    if quiet_until is not None and now < quiet_until:
        part = QUIET
    else:
        near = wait.purpose == "started" and wait.starts_at is not None and abs(now - wait.starts_at) <= SOON
        part = TIGHT if near else 1.0
    left = min((moment - now for moment in _moments(wait, seen, now) if moment >= now), default=dt.timedelta.max)
    landing = min(interval * TIGHT, LANDING) * (JITTER + (1 - JITTER) * chance)
    return max(SHORTEST, min(interval * part * (1 + JITTER * (0.5 - chance)), left.total_seconds() + landing))


def decisive(wait: Wait, seen: Seen | None, before: dt.datetime, now: dt.datetime) -> bool:
    """Whether, since a time before now, a moment came from which time alone can decide."""
    return any(before < moment <= now for moment in _moments(wait, seen, now))


def _moments(wait: Wait, seen: Seen | None, now: dt.datetime) -> list[dt.datetime]:
    """When time alone can change the decision, people and recordings being what they were."""
    moments = [wait.begin, wait.no_show_at] if wait.purpose == "started" else [wait.end]
    if wait.purpose == "recording" and seen is not None:
        moments.append(_due(wait, seen, _counting(wait, seen, now), now))
    return [moment for moment in moments if moment is not None]


def _counting(wait: Wait, seen: Seen, now: dt.datetime) -> list[Session]:
    """Sessions of the class, oldest first."""
    return sorted((s for s in seen.sessions if wait.counts(s, now)), key=lambda session: session.started_at)


def _reaches(wait: Wait, session: Session) -> bool:
    """Whether a session reaches into the class itself, and is no test before it."""
    return wait.starts_at is None or session.ended_at is None or _time(session.ended_at) > wait.starts_at


def _main(wait: Wait, sessions: Sequence[Session]) -> Session:
    """The session that began the class; before the class, the newest one."""
    return next((session for session in sessions if _reaches(wait, session)), sessions[-1])


def _due(wait: Wait, seen: Seen, sessions: Sequence[Session], now: dt.datetime) -> dt.datetime:
    """Until when recordings may come: counted from the end of the class, which may have run over."""
    ends = [_time(session.ended_at) for session in sessions if session.ended_at]
    if wait.ends_at:
        ends.append(wait.ends_at)
    if not ends:  # a recorder that was there alone
        ends = [_time(recording.created_at) for recording in _recordings(wait, seen, sessions) if recording.created_at]
    return max(ends, default=now) + dt.timedelta(seconds=wait.deadline)


def recordings_of_class(wait: Wait, seen: Seen, now: dt.datetime) -> list[Recording]:
    """Those of the recordings that are of the class, oldest first."""
    return _recordings(wait, seen, _counting(wait, seen, now))


def _recordings(wait: Wait, seen: Seen, sessions: Sequence[Session]) -> list[Recording]:
    """Recordings of the class, oldest first."""
    return sorted((r for r in seen.recordings if _belongs(wait, r, seen, sessions)), key=lambda r: r.created_at or "")


def _belongs(wait: Wait, recording: Recording, seen: Seen, sessions: Sequence[Session]) -> bool:
    """Whether a recording is of the class: by its session, or by its time where the vendor names no session."""
    if recording.session_id in {session.id for session in sessions}:
        return True
    if recording.session_id in {session.id for session in seen.sessions}:
        return False
    if recording.created_at is None:
        return True
    made = _time(recording.created_at)
    last = max((_time(session.ended_at) for session in sessions if session.ended_at), default=None)
    until = max((moment for moment in (wait.end, last) if moment), default=None)
    return (wait.begin is None or made >= wait.begin) and (until is None or made <= until)


def _row(recording: Recording) -> dict[str, Any]:
    return {name: getattr(recording, name) for name in ("id", "session_id", "kind", "state", "seconds", "bytes")}


def _listed(wait: Wait, ids: Sequence[str]) -> str:
    return f"{wait.kind} {', '.join(ids)}" if ids else f"no {wait.kind}"


def _no_show(wait: Wait, value: Any, message: str) -> Verdict:
    match wait.on_no_show:
        case "fail":
            advice = 'If this is expected, set on_no_show="skip" or "value".'
            return Verdict(status="error", message=message, error="NoShowError", advice=advice)
        case "value":
            return Verdict(status="success", value=value, message=message)
        case _:
            return Verdict(status="skip", message=message)


def _missing(wait: Wait, message: str, advice: str, rows: list[dict[str, Any]], recording: Recorded | None) -> Verdict:
    if wait.on_missing == "skip":
        return Verdict(status="skip", message=message, recording=recording)
    return Verdict(
        status="error",
        value=rows,
        message=message,
        error="RecordingMissingError",
        advice=advice,
        recording=recording,
    )


def _failed(message: str, rows: list[dict[str, Any]]) -> Verdict:
    advice = "Check it in the vendor's dashboard"
    if any(row["state"] != "failed" for row in rows):
        advice += ', or set on_failed="all" to continue with the others'
    return Verdict(
        status="error",
        value=rows,
        message=message,
        error="RecordingFailedError",
        advice=f"{advice}.",
        recording="failed",
    )


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
