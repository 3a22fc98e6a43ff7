"""What tasks pushed, as the classes that the page shows. Pure: no Airflow, no clock of its own.

Rows come out of a database in which another version of this package, or somebody else's task, may have used the same XCom
keys: what cannot be read is counted and left out, and never stops the page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from airflow_provider_rooms.models import LONGEST_CLASS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: XComs that say something of classes: a room, many of them, what became of a recording.
KEYS = ("room", "rooms", "recording")
#: What a task says with its state alone: it failed, and pushed nothing that says otherwise.
FAILED = frozenset({"failed", "upstream_failed"})

#: The state of a class by what a look-up found; ``exists`` and ``created`` need no word of their own.
_VERDICTS = {
    "missing": "missing",
    "differs": "differs",
    "closed": "closed",
    "refused": "failed",
    "failed": "failed",
    "unknown": "unknown",
    "over": "over",
}
#: States that the end of a class does not change.
_LASTING = frozenset({"missing", "failed"})
#: The state of a class whose end a task waited for, by what became of the recording.
_RECORDED = {"ready": "recorded", "late": "recording_late", "failed": "recording_failed"}
#: Longest text of a message that the page is sent.
_LONGEST = 600


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """What one task instance pushed, or that it pushed nothing.

    :param task_state: Airflow's state of the task instance.
    :param label: the name of a mapped task instance, if it has one.
    :param key: ``room``, ``rooms`` or ``recording``; None for a task that failed without any.
    :param value: what was pushed.
    :param at: when.
    :param run_after: when the run was due.
    :param room_url: the page of the room, which the task pushed beside it.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    task_state: str | None
    label: str | None
    key: str | None
    value: Any
    at: dt.datetime
    run_after: dt.datetime
    room_url: Any = None


@dataclass(frozen=True, kw_only=True)
class Day:
    """The classes of a day.

    :param classes: one plain dict each, by start.
    :param unreadable: how many rows had another form than this version knows.
    """

    classes: list[dict[str, Any]]
    unreadable: int


def classes_of(pushed: Iterable[Pushed], *, start: dt.datetime, end: dt.datetime, now: dt.datetime) -> Day:
    """The classes that start in a period of time, each once, as the last task that knew of it left it.

    A class without a start counts for the time of its run.

    :param start: beginning of the period (aware).
    :param end: its end, which does not belong to it.
    """
    newest: dict[tuple[str, ...], tuple[dt.datetime, dict[str, Any]]] = {}
    recordings: list[_Recording] = []
    unreadable = 0
    for one in pushed:
        for row in _rows(one):
            read = None if row is None else _recording(one, row) if one.key == "recording" else _read(one, row, now)
            if read is None:
                unreadable += 1
            elif isinstance(read, _Recording):
                recordings.append(read)
            else:
                key, shown = read
                if key not in newest or newest[key][0] <= one.at:
                    newest[key] = (one.at, shown)
    known = [shown for _, shown in newest.values()]
    _add_recordings(known, recordings)
    inside = [shown for shown in known if start <= dt.datetime.fromisoformat(shown["at"]) < end]
    inside.sort(key=lambda shown: (dt.datetime.fromisoformat(shown["at"]), shown["title"], shown["conn_id"]))
    return Day(classes=inside, unreadable=unreadable)


def _rows(one: Pushed) -> Iterator[Mapping[str, Any] | None]:
    """The rows of a task instance; None stands for one that is none."""
    if one.key is None:
        yield {}
        return
    for row in one.value if one.key != "room" and isinstance(one.value, list) else [one.value]:
        yield row if isinstance(row, Mapping) and isinstance(row.get("conn_id"), str) else None


def _read(one: Pushed, row: Mapping[str, Any], now: dt.datetime) -> tuple[tuple[str, ...], dict[str, Any]] | None:
    """What identifies a class, and what is shown of it; None if a value has another form than this version knows."""
    try:
        starts_at, ends_at = _time(row.get("starts_at")), _time(row.get("ends_at"))
    except (TypeError, ValueError):
        return None
    conn_id, name, room_id = (_text(row.get(field)) for field in ("conn_id", "name", "id"))
    ref = row.get("ref")
    details = ref if isinstance(ref, Mapping) else {}
    title = _text(details.get("title")) or _text(ref) or name or one.label or one.task_id
    shown: dict[str, Any] = {
        "title": title,
        "state": _state(one, row, starts_at, ends_at, now),
        "at": (starts_at or one.run_after).isoformat(),
        "starts_at": starts_at.isoformat() if starts_at else None,
        "ends_at": ends_at.isoformat() if ends_at else None,
        "timezone": _text(details.get("timezone")),
        "vendor": _text(row.get("vendor")),
        "conn_id": conn_id,
        "name": name,
        "id": room_id or None,
        "differs": _fields(row.get("drift")),
        "error": _text(row.get("error"))[:_LONGEST] or None,
        "room_url": _web(one.room_url if one.key == "room" else row.get("url")),
        **_task(one),
    }
    if not name:  # nothing but the task tells which class it was
        return (one.dag_id, one.run_id, one.task_id, str(one.map_index)), shown
    return (conn_id, name, shown["starts_at"] or ""), shown


@dataclass(frozen=True, kw_only=True)
class _Recording:
    """What became of the recording of a room's class.

    :param starts_at: when the class starts, if the task knew.
    :param at: when the task said so.
    :param shown: what is shown of the class instead.
    """

    conn_id: str
    id: str
    starts_at: dt.datetime | None
    at: dt.datetime
    shown: Mapping[str, Any]


def _recording(one: Pushed, row: Mapping[str, Any]) -> _Recording | None:
    """What a task that waited for a recording pushed; None if it has another form than this version knows."""
    state, room_id = _RECORDED.get(_text(row.get("recording"))), _text(row.get("id"))
    try:
        starts_at = _time(row.get("starts_at"))
    except (TypeError, ValueError):
        return None
    if not state or not room_id:
        return None
    error = None if state == "recorded" else _text(row.get("message"))[:_LONGEST] or None
    shown = {"state": state, "error": error, **_task(one)}
    return _Recording(conn_id=_text(row.get("conn_id")), id=room_id, starts_at=starts_at, at=one.at, shown=shown)


def _add_recordings(known: Iterable[dict[str, Any]], recordings: Iterable[_Recording]) -> None:
    """Show what became of each recording with its class: that of its start, else the last that had begun by then."""
    of_room: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for shown in known:
        if shown["id"]:
            of_room.setdefault((shown["conn_id"], shown["id"]), []).append(shown)
    for one in sorted(recordings, key=lambda one: one.at):
        begun = [
            (at, shown)
            for shown in of_room.get((one.conn_id, one.id), ())
            if (at := dt.datetime.fromisoformat(shown["at"])) <= one.at
            and (one.starts_at is None or shown["starts_at"] is None or at == one.starts_at)
        ]
        if begun:
            max(begun, key=lambda pair: pair[0])[1].update(one.shown)


def _state(
    one: Pushed, row: Mapping[str, Any], starts_at: dt.datetime | None, ends_at: dt.datetime | None, now: dt.datetime
) -> str:
    """The state of a class by its row, its task and the time."""
    state = _state_of_room(one, row)
    if state == "not_due" and starts_at and starts_at <= now:
        state = "missing"  # its room should be there by now
    end = ends_at or (starts_at + LONGEST_CLASS if starts_at else None)
    return "over" if end and end <= now and state not in _LASTING else state


def _state_of_room(one: Pushed, row: Mapping[str, Any]) -> str:
    if said := _VERDICTS.get(_text(row.get("verdict"))):
        return said
    if row.get("error"):
        return "failed"
    if row.get("id"):
        if row.get("state") == "closed":
            return "closed"
        return "differs" if _fields(row.get("drift")) else "ready"
    # The wait for the time of a room may have been ended by somebody.
    if one.task_state in FAILED:
        return "failed"
    return "not_due" if row.get("outcome") == "not_due" else "over"


def _fields(drift: Any) -> list[str]:
    """Which settings differ. Their values stay where they are: one may be an address that is nobody's business."""
    rows = drift if isinstance(drift, list) else []
    return [_text(row.get("field")) for row in rows if isinstance(row, Mapping) and row.get("field")]


def _text(value: Any) -> str:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _time(value: Any) -> dt.datetime | None:
    """:raises TypeError, ValueError: it is no aware time."""
    if value is None or value == "":
        return None
    read = dt.datetime.fromisoformat(value)
    if read.tzinfo is None:
        raise ValueError(f"{value!r} has no offset.")
    return read


def _task(one: Pushed) -> dict[str, Any]:
    """The task whose log says more."""
    mapped = f"[{one.map_index}]" if one.map_index >= 0 else ""
    return {
        "task": f"{one.dag_id} · {one.task_id}{mapped}",
        "task_state": one.task_state,
        "task_url": _task_url(one),
    }


def _task_url(one: Pushed) -> str:
    """Where the task instance is, relative to Airflow's own address."""
    parts = ["dags", one.dag_id, "runs", one.run_id, "tasks", one.task_id]
    if one.map_index >= 0:
        parts += ["mapped", str(one.map_index)]
    return "/".join(quote(part, safe="") for part in parts)


def _web(url: Any) -> str | None:
    """An address that a browser may be led to."""
    return url if isinstance(url, str) and urlsplit(url).scheme in ("http", "https") else None
