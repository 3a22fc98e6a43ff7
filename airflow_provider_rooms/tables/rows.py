"""The rows of each table, made one by one of what a hook lists."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.names import resolve_name
from airflow_provider_rooms.values import read_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.models import Recording, RoomSpec
    from airflow_provider_rooms.tables.people import Shown
    from airflow_provider_rooms.vendors.history import Span

#: A row: values by the name of the column.
Row = dict[str, Any]

#: No vendor takes longer from the start of a recording to its file: sessions last a day at most.
GIVEN_UP = dt.timedelta(days=1)


def rows_of(table: str, hook: RoomsHook, span: Span, shown: Shown) -> Iterator[Row]:
    """What happened within a time; a page is read from the vendor when it is needed.

    :param table: ``sessions``, ``attendance``, ``recordings`` or ``rooms``.
    :param shown: how people are shown.
    """
    if table == "rooms":
        return _rooms(hook, span)
    if table == "recordings":
        return _recordings(hook, span)
    if table == "attendance":
        return _attendance(hook, span, shown)
    return _sessions(hook, span)


def _sessions(hook: RoomsHook, span: Span) -> Iterator[Row]:
    for past in hook.sessions_between(span.since, span.until, span.prefix):
        session = past.session
        yield {
            **_where(hook, past.room_name, session.room_id),
            "session_id": session.id,
            "started_at": _time(session.started_at),
            "ended_at": _time(session.ended_at),
            "seconds": session.seconds,
            "people": len(past.people),
            "people_seconds": sum(person.seconds for person in past.people),
        }


def _attendance(hook: RoomsHook, span: Span, shown: Shown) -> Iterator[Row]:
    for past in hook.sessions_between(span.since, span.until, span.prefix):
        where = _where(hook, past.room_name, past.session.room_id)
        for person in past.people:
            identity, name = shown(person)
            yield {
                **where,
                "session_id": past.session.id,
                "identity": identity,
                "name": name,
                "role": person.role,
                "first_joined_at": _time(person.intervals[0]["joined_at"]) if person.intervals else None,
                "last_left_at": _time(person.intervals[-1]["left_at"]) if person.intervals else None,
                "seconds": person.seconds,
                "stays": len(person.intervals),
            }


def _recordings(hook: RoomsHook, span: Span) -> Iterator[Row]:
    given_up = hook.vendor.now() - GIVEN_UP
    for recording, room_name in hook.recordings_between(span.since, span.until, span.prefix):
        created_at = _time(recording.created_at)
        yield {
            **_where(hook, room_name, recording.room_id),
            "session_id": recording.session_id,
            "recording_id": recording.id,
            "kind": recording.kind,
            "state": _state(recording, created_at, given_up),
            "seconds": None if recording.seconds is None else float(recording.seconds),
            "bytes": recording.bytes,
            "format": recording.format,
            "created_at": created_at,
        }


def _state(recording: Recording, created_at: dt.datetime | None, given_up: dt.datetime) -> str:
    late = recording.state == "processing" and created_at is not None and created_at < given_up
    return "failed" if late else recording.state


def _rooms(hook: RoomsHook, span: Span) -> Iterator[Row]:
    for room in hook.rooms_between(span.since, span.until, span.prefix):
        yield {**_where(hook, room.name, room.id), "state": room.state, "created_at": _time(room.created_at)}


def class_rows(orders: Iterable[tuple[RoomsHook, RoomSpec]]) -> Iterator[Row]:
    """The rows of the table ``classes``.

    :param orders: each spec with the hook of its connection.
    """
    for hook, spec in orders:
        start, end = spec.starts_at, spec.ends_at
        yield {
            "vendor": hook.conn_type,
            "conn_id": hook.conn_id,
            "room_name": resolve_name(spec.name, prefix=hook.vendor.config.name_prefix),
            "starts_at": start.astimezone(dt.UTC) if start else None,
            "ends_at": end.astimezone(dt.UTC) if end else None,
            "seconds": round((end - start).total_seconds()) if start and end else None,
            "description": spec.description,
            "ref": spec.ref
            if spec.ref is None or isinstance(spec.ref, str)
            else json.dumps(spec.ref, ensure_ascii=False),
        }


def _where(hook: RoomsHook, room_name: str | None, room_id: str) -> Row:
    return {"vendor": hook.conn_type, "conn_id": hook.conn_id, "room_name": room_name, "room_id": room_id}


def _time(text: str | None) -> dt.datetime | None:
    moment = read_time("time", text)
    return moment.astimezone(dt.UTC) if moment else None
