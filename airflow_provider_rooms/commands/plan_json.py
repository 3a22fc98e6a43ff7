"""``plan --json``: the plan as one JSON document, for scripts and dashboards."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from airflow_provider_rooms.planning.lookups import Planned
    from airflow_provider_rooms.timetable import Class, Problem, Selection

#: Of what :meth:`Planned.as_dict` tells, the part that is not in the class.
_OF_ROOM = ("conn_id", "name", "id", "verdict", "due", "drift", "told")


def document(
    first: dt.date,
    last: dt.date,
    chosen: Selection,
    planned: Sequence[Planned],
    *,
    about: Sequence[Problem] = (),
    meeting: Mapping[str, int],
    exit_code: int,
) -> dict[str, Any]:
    """The plan as plain JSON; docs/plan.md describes the fields.

    :param planned: for each class, in order, one for each connection that was asked.
    :param about: notes on the timetable as a whole.
    :param meeting: room names that several classes have, and how many.
    """
    classes = chosen.classes
    asked = len(planned) // len(classes) if classes else 0
    rooms: dict[str, Counter[str]] = {}
    for one in planned:
        rooms.setdefault(one.conn_id, Counter())[one.finding.verdict] += 1
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "exit_code": exit_code,
        "counts": {
            "classes": len(classes),
            "days": len({one.starts_at.date() for one in classes}),
            "keys": len({one.key for one in classes}),
            "room_names": len({one.name for one in classes}),
            "collisions": len(chosen.collisions),
            "bad_rows": len(chosen.bad_lines),
            "cancelled": len(chosen.cancelled),
            "rooms": {conn_id: dict(counts) for conn_id, counts in rooms.items()},
        },
        "classes": [
            {**_class(one), "rooms": [_room(found) for found in planned[index * asked : (index + 1) * asked]]}
            for index, one in enumerate(classes)
        ],
        "cancelled": [_class(one) for one in chosen.cancelled],
        "collisions": [
            {"title": one.label, "lines": list(one.lines), "dates": [date.isoformat() for date in one.dates]}
            for one in chosen.collisions
        ],
        "name_collisions": [{"name": name, "classes": count} for name, count in meeting.items()],
        "problems": [
            {"line": one.line, "unit": one.unit, "text": one.text, "note": one.note}
            for one in (*about, *chosen.problems)
        ],
    }


def _class(one: Class) -> dict[str, Any]:
    return {
        "title": one.label,
        "key": list(one.key),
        "name": one.name,
        "date": one.date.isoformat(),
        "starts_at": one.starts_at.isoformat(),
        "ends_at": one.ends_at.isoformat(),
        "timezone": one.timezone,
    }


def _room(planned: Planned) -> dict[str, Any]:
    found = planned.as_dict()
    return {name: found[name] for name in _OF_ROOM}
