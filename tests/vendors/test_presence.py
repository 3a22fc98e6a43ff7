"""Arithmetic on stays: joined up, counted once, whatever their order."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms.models import Session
from airflow_provider_rooms.vendors.presence import (
    attendance,
    ended_before,
    iso,
    joined_up,
    make_participant,
    seconds_of,
)

ZERO = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
NOW = ZERO + dt.timedelta(hours=4)


def at(second: int) -> dt.datetime:
    return ZERO + dt.timedelta(seconds=second)


stays = st.lists(
    st.tuples(st.integers(0, 7200), st.one_of(st.none(), st.integers(0, 7200))).map(
        lambda pair: (at(pair[0]), None if pair[1] is None else at(pair[0] + pair[1]))
    ),
    max_size=8,
)
people = st.lists(st.tuples(st.sampled_from("abc"), stays, st.sampled_from(["", "Ann", "Bob"])), max_size=6)


def covered(intervals: Any, second: int) -> bool:
    return any(start <= at(second) and (end is None or at(second) < end) for start, end in intervals)


@given(stays, st.integers(0, 14400))
def test_joining_up_changes_nobodys_presence(intervals: Any, second: int) -> None:
    joined = joined_up(intervals)
    assert covered(joined, second) == covered(intervals, second)
    assert joined == sorted(joined)
    assert all(end is not None and end < following[0] for (_, end), following in itertools.pairwise(joined))
    assert joined_up(joined) == joined
    assert joined_up(list(reversed(intervals))) == joined


@given(stays, st.integers(0, 600))
def test_gaps_are_bridged_up_to_a_length(intervals: Any, gap: int) -> None:
    bridged = joined_up(intervals, gap=dt.timedelta(seconds=gap))
    pairs = itertools.pairwise(bridged)
    assert all(end is not None and (following[0] - end).total_seconds() > gap for (_, end), following in pairs)
    if intervals:
        assert bridged[0][0] == min(start for start, _ in intervals)


@given(people)
def test_everybody_is_there_once_with_all_their_time(joins: Any) -> None:
    listed = [make_participant(identity, own, NOW, name=name) for identity, own, name in joins]
    merged = attendance(listed, NOW)
    assert sorted(person.identity for person in merged) == sorted({identity for identity, _, _ in joins})
    for person in merged:
        own = [stay for identity, all_stays, _ in joins if identity == person.identity for stay in all_stays]
        assert person.seconds == seconds_of(joined_up(own), NOW)
        assert len(person.intervals) == len(joined_up(own))
    firsts = [person.intervals[0]["joined_at"] for person in merged if person.intervals]
    assert firsts == sorted(firsts)
    assert attendance(merged, NOW) == merged


def test_two_devices_at_once_count_once_and_the_last_name_is_kept() -> None:
    phone = make_participant("u1", [(at(600), at(1200))], NOW, name="Ann (phone)", role="guest")
    desk = make_participant("u1", [(at(0), at(900))], NOW, name="Ann", role="host")
    (ann,) = attendance([phone, desk, make_participant("u1", [(at(1200), at(1300))], NOW)], NOW)
    assert (ann.seconds, ann.name, ann.role, len(ann.intervals)) == (1300, "Ann (phone)", "guest", 1)


def test_a_vendor_ahead_of_us_never_takes_time_away() -> None:
    assert make_participant("u1", [(NOW + dt.timedelta(minutes=2), None)], NOW).seconds == 0
    late = make_participant("u1", [(at(600), None)], NOW, over=at(300))
    assert late.intervals == [{"joined_at": iso(at(600)), "left_at": iso(at(600))}]


def test_texts_sort_like_times() -> None:
    moments = [at(0), at(0) + dt.timedelta(milliseconds=5), at(1), at(0).astimezone(dt.timezone(dt.timedelta(hours=5)))]
    assert sorted(map(iso, moments)) == [iso(moment) for moment in sorted(moments)]


def test_live_sessions_are_never_over() -> None:
    live = Session(id="s", room_id="r", started_at=iso(at(0)))
    over = Session(id="s", room_id="r", started_at=iso(at(0)), ended_at=iso(at(60)))
    assert [ended_before(s, at(61)) for s in (live, over)] == [False, True]
    assert not ended_before(over, at(60))
    assert not ended_before(over, None)
