"""Who was in a room and when: intervals, joined up, the same for every vendor. Pure arithmetic on times."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_rooms.models import Participant, PastSession, Session, Stay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Somebody's stay: when they came and when they left; None while they are there.
Interval = tuple[dt.datetime, dt.datetime | None]


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What one look at a whole account shows, for many waits at once.

    :param live: live sessions by room id; None where the vendor's lists do not tell.
    :param open: ids of the rooms that are open; None where the vendor's lists do not tell.
    :param whole: whether all others are closed; else nothing is known of them.
    :param pages: how many requests it took.
    """

    live: Mapping[str, Session] | None = None
    open: frozenset[str] | None = None
    whole: bool = True
    pages: int = 1

    def is_open(self, room_id: str) -> bool | None:
        """Whether a room is open; None where it does not tell."""
        if self.open is None or (not self.whole and room_id not in self.open):
            return None
        return room_id in self.open


def iso(moment: dt.datetime) -> str:
    """A time as text in UTC, ``…Z``, always to the millisecond, so that the order of texts is the order of times."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def joined_up(intervals: Iterable[Interval], *, gap: dt.timedelta = dt.timedelta()) -> list[Interval]:
    """Intervals in order, those that meet made into one.

    :param gap: intervals this far apart still meet.
    """
    joined: list[Interval] = []
    for start, end in sorted(intervals, key=lambda interval: interval[0]):
        if not joined:
            joined.append((start, end))
            continue
        first, last = joined[-1]
        if last is not None and start > last + gap:
            joined.append((start, end))
        elif last is not None and (end is None or end > last):
            joined[-1] = (first, end)
    return joined


def seconds_of(intervals: Iterable[Interval], now: dt.datetime) -> int:
    """Whole seconds in all; an open interval lasts until now, and never less than nothing if clocks differ."""
    lengths = (((end or now) - start).total_seconds() for start, end in intervals)
    return round(sum(max(0.0, length) for length in lengths))


def make_participant(
    identity: str,
    intervals: Sequence[Interval],
    now: dt.datetime,
    *,
    name: str | None = None,
    role: str | None = None,
    over: dt.datetime | None = None,
) -> Participant:
    """A :class:`Participant` out of intervals in any order.

    :param over: when the session ended: who dropped out and was not seen to leave, was there until then.
    """
    if over is not None:
        intervals = [(start, end or max(start, over)) for start, end in intervals]
    stays = joined_up(intervals)
    return Participant(
        identity=identity,
        name=name or None,
        role=role or None,
        intervals=[Stay(joined_at=iso(start), left_at=iso(end) if end else None) for start, end in stays],
        seconds=seconds_of(stays, now),
    )


def attendance(people: Iterable[Participant], now: dt.datetime) -> list[Participant]:
    """People by identity, whatever number of joins and devices each had; who came first stands first.

    Time in the room on two devices at once counts once. Of several names or roles, the last one that was used is kept.
    """
    by_identity: dict[str, list[Participant]] = {}
    for person in people:
        by_identity.setdefault(person.identity, []).append(person)
    merged = []
    for identity, joins in by_identity.items():
        joins.sort(key=_first_join)
        name = next((join.name for join in reversed(joins) if join.name), None)
        role = next((join.role for join in reversed(joins) if join.role), None)
        stays = [stay for join in joins for stay in _stays(join)]
        merged.append(make_participant(identity, stays, now, name=name, role=role))
    return sorted(merged, key=_first_join)


def past_session(
    session: Session,
    room_name: str | None,
    people: Iterable[Participant],
    now: dt.datetime,
    *,
    over_at: str | None = None,
) -> PastSession:
    """A session that is over, its people merged.

    :param over_at: where that is not the last leave.
    """
    over = over_at or str(session.ended_at)
    return PastSession(session=session, room_name=room_name, people=attendance(people, now), over_at=over)


def _stays(person: Participant) -> list[Interval]:
    read = dt.datetime.fromisoformat
    return [(read(stay["joined_at"]), read(stay["left_at"]) if stay["left_at"] else None) for stay in person.intervals]


def _first_join(person: Participant) -> str:
    return min((stay["joined_at"] for stay in person.intervals), default="")


def ended_before(session: Session, since: dt.datetime | None) -> bool:
    """Whether the session was over at a time; a live one never is."""
    return since is not None and session.ended_at is not None and dt.datetime.fromisoformat(session.ended_at) < since
