"""What changed between two readings of a timetable, so that people are notified of changes only."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ChangeKind = Literal["new", "moved", "cancelled"]


@dataclass(frozen=True)
class Change:
    """A class that is new, was moved to another time, or was cancelled.

    :param kind: ``new``, ``moved`` or ``cancelled``. A cancelled class that takes place after all is ``new`` again.
    :param spec: the class as it is now; for a cancelled class, as it was.
    """

    kind: ChangeKind
    spec: dict[str, Any]


def changes(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]], *, now: dt.datetime | None = None
) -> list[Change]:
    """Compare two lists of specs (``Class.spec()``), such as the last run's from XCom and this run's.

    Use the same interval of the timetable for both, such as the whole term: a class that is only in one of them looks
    new, or cancelled.

    :param before: what people were notified of.
    :param after: what is planned now.
    :param now: classes of ``before`` that were over by then do not count as cancelled.
    """
    old, new = (
        {(str(spec.get("conn_id")), *map(str, spec["name"])): dict(spec) for spec in specs} for specs in (before, after)
    )
    found = [
        Change("new" if key not in old else "moved", spec)
        for key, spec in new.items()
        if key not in old or any(old[key].get(time) != spec.get(time) for time in ("starts_at", "ends_at"))
    ]
    gone = [spec for key, spec in old.items() if key not in new]
    if now is not None:
        gone = [spec for spec in gone if dt.datetime.fromisoformat(spec["ends_at"]) > now]
    return found + [Change("cancelled", spec) for spec in gone]
