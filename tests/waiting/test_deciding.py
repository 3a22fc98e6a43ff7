"""The decisions themselves, without a vendor: every rule, and what must hold whatever happens."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.models import Recording, Room, Session
from airflow_provider_rooms.vendors.presence import iso
from airflow_provider_rooms.waiting.waits import (
    CLOCK_SLACK,
    SHORTEST,
    Seen,
    Wait,
    decide,
    pause,
    wants_recordings,
    wants_sessions,
)

NINE = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
TEN = NINE + dt.timedelta(hours=1)
ROOM = Room(vendor="acme", conn_id="c", id="room-1", name="algebra", state="open")
CLOSED = replace(ROOM, state="closed")


def at(minute: float) -> dt.datetime:
    return NINE + dt.timedelta(minutes=minute)


def session(start: float, end: float | None = None, name: str = "s") -> Session:
    return Session(
        id=f"{name}{start:g}",
        room_id="room-1",
        started_at=iso(at(start)),
        ended_at=None if end is None else iso(at(end)),
    )


def seen(*sessions: Session, room: Room = ROOM, recordings: Any = ()) -> Seen:
    return Seen(room=room, url="u", sessions=sessions, recordings=recordings)


def wait(purpose: Any, **change: Any) -> Wait:
    return Wait(**{"purpose": purpose, "starts_at": NINE, "ends_at": TEN, **change})


def how(asked: Wait, shown: Seen, minute: float) -> Any:
    verdict = decide(asked, shown, at(minute))
    return None if verdict is None else (verdict.status, verdict.value)


# -- the window -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "now", "counts"),
    [
        (-61, -60, 0, False),
        (-61, -59, 0, True),
        (59, 61, 70, True),
        (60, 61, 70, False),
        (-120, None, -61, False),  # the class before is still on
        (-120, None, -59, True),
        (-10080, -10020, 0, False),
    ],
)
def test_sessions_that_overlap_the_window_count(start: float, end: float | None, now: float, counts: bool) -> None:
    assert wait("ended").counts(session(start, end), at(now)) is counts


def test_windows_without_all_their_times() -> None:
    assert wait("ended", starts_at=None).begin == TEN - dt.timedelta(hours=12)
    assert wait("ended", ends_at=None).end == NINE + dt.timedelta(hours=12)
    free = wait("ended", starts_at=None, ends_at=None, since=NINE)
    assert (free.begin, free.end) == (NINE - CLOCK_SLACK, None)
    assert free.counts(session(-1, -1), at(5))
    assert not free.counts(session(-5, -3), at(5))
    assert wait("ended", since=at(-5)).begin == at(-5) - CLOCK_SLACK
    anything = wait("ended", starts_at=None, ends_at=None)
    assert (anything.begin, anything.end, anything.counts(session(-99999, -99998), NINE)) == (None, None, True)


@pytest.mark.parametrize(
    ("change", "minute"),
    [
        ({}, 30),
        ({"no_show_after": 0}, 0),
        ({"no_show_after": 7200}, 60),
        ({"starts_at": None}, 60),
        ({"ends_at": None}, 30),
        ({"starts_at": None, "ends_at": None}, None),
    ],
)
def test_nobody_came_if_nobody_came_by_then(change: Any, minute: float | None) -> None:
    asked = wait("started", **change)
    assert asked.no_show_at == (None if minute is None else at(minute))
    if minute is not None:
        assert how(asked, seen(), minute - 0.1) is None
        assert how(asked, seen(), minute) == ("skip", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "begun"},
        {"on_no_show": "ignore"},
        {"kind": "film"},
        {"on_missing": "value"},
        {"on_failed": "some"},
        {"ends_at": NINE},
    ],
)
def test_waits_for_nothing_are_refused(wrong: Any) -> None:
    with pytest.raises(InvalidSpecError):
        wait(**{"purpose": "ended", **wrong})


# -- started --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sessions", "now", "chosen"),
    [
        ([session(0)], 1, "s0"),
        ([session(-30, -20)], -10, "s-30"),
        ([session(-30, -20), session(-5)], -4, "s-5"),
        ([session(-30, -20), session(0, 20), session(30)], 40, "s0"),
        ([session(-40, -35), session(-30, -20)], -10, "s-30"),
    ],
)
def test_the_session_that_began_the_class(sessions: list[Session], now: float, chosen: str) -> None:
    for order in (sessions, sessions[::-1]):
        assert how(wait("started"), seen(*order), now) == ("success", chosen)


# -- ended ----------------------------------------------------------------------------------------------------------------


def ended(*sessions: Session) -> dict[str, Any]:
    ends = [s.ended_at for s in sessions]
    return {
        "first_start": sessions[0].started_at if sessions else None,
        "last_end": max(ends, default=None),
        "seconds": sum(s.seconds or 0 for s in sessions),
        "sessions": [s.as_dict() for s in sessions],
    }


@pytest.mark.parametrize(
    ("change", "sessions", "room", "now", "over"),
    [
        ({}, [session(0, 50)], ROOM, 59, False),
        ({}, [session(0, 50)], ROOM, 60, True),
        ({}, [session(0)], ROOM, 90, False),
        ({}, [session(0, 50)], CLOSED, 51, True),
        ({}, [session(0)], CLOSED, 51, False),  # a room that is only disabled keeps its people
        ({}, [], CLOSED, 5, True),
        ({"ends_at": None}, [session(0, 50)], ROOM, 51, True),
        ({"ends_at": None}, [session(-20, -10)], ROOM, 5, False),  # a test before the class does not make one
        ({"ends_at": None}, [], ROOM, 300, False),
        ({"ends_at": None}, [], ROOM, 720, True),
        ({"starts_at": None, "ends_at": None, "since": NINE}, [session(5, 6)], ROOM, 7, True),
        ({"starts_at": None, "ends_at": None, "since": NINE}, [], ROOM, 9999, False),
    ],
)
def test_over_when_nobody_is_there_and_nobody_expected(
    change: Any, sessions: Any, room: Any, now: Any, over: Any
) -> None:
    assert how(wait("ended", on_no_show="value", **change), seen(*sessions, room=room), now) == (
        ("success", ended(*sessions)) if over else None
    )


# -- recorded -------------------------------------------------------------------------------------------------------------


def film(state: Any = "ready", of: str | None = "s0", made: float | None = 1, name: str = "r") -> Recording:
    return Recording(
        id=f"{name}-{state}", session_id=of, room_id="room-1", kind="recording", state=state,
        created_at=None if made is None else iso(at(made)),
    )  # fmt: skip


CLASS = session(0, 60)


@pytest.mark.parametrize(
    ("change", "recordings", "now", "status", "error"),
    [
        ({}, [film()], 59, None, None),
        ({}, [film()], 61, "success", None),
        ({}, [film(), film("processing")], 61, None, None),
        ({}, [film(), film("processing")], 120, "skip", None),
        ({"on_missing": "fail"}, [film("processing")], 120, "error", "RecordingMissingError"),
        ({"on_failed": "all"}, [film(), film("processing")], 120, "success", None),
        ({"on_failed": "all"}, [film("processing")], 120, "skip", None),
        ({}, [film("failed"), film("processing")], 61, None, None),
        ({}, [film("failed"), film("processing")], 120, "error", "RecordingFailedError"),
        ({"on_failed": "all"}, [film("failed"), film("processing")], 120, "skip", None),
        ({}, [film(), film("failed")], 61, "error", "RecordingFailedError"),
        ({"on_failed": "all"}, [film(), film("failed")], 61, "success", None),
        ({"on_failed": "all"}, [film("failed")], 61, "error", "RecordingFailedError"),
        ({}, [], 61, None, None),
        ({}, [], 119, None, None),
        ({}, [], 120, "skip", None),
        ({"deadline": 0}, [], 60, "skip", None),
        ({"on_missing": "fail"}, [], 120, "error", "RecordingMissingError"),
        # of another session, or of another day
        ({}, [film(of="s70")], 61, None, None),
        ({}, [film(of=None, made=-90)], 61, None, None),
        ({}, [film(of=None, made=61)], 70, None, None),
        # it names no session: the time tells
        ({}, [film(of=None, made=30)], 61, "success", None),
        ({}, [film(of=None, made=None)], 61, "success", None),
    ],
)
def test_recordings_of_the_class(change: Any, recordings: Any, now: float, status: Any, error: Any) -> None:
    shown = seen(CLASS, session(70, 80), recordings=recordings)
    verdict = decide(wait("recording", **change), shown, at(now))
    assert (verdict and verdict.status, verdict and verdict.error) == (status, error)
    if verdict is not None:
        said = {"success": "ready", "skip": "late", "error": "late" if error == "RecordingMissingError" else "failed"}
        assert verdict.recording == said[verdict.status]
    assert wants_recordings(wait("recording"), shown, at(now)) is (now >= 60)


@pytest.mark.parametrize(
    ("shown", "now", "helps"),
    [
        (seen(), 60, {"on_missing"}),  # nobody came: no deadline changes that
        (seen(CLASS), 120, {"deadline", "on_missing"}),
        (seen(CLASS, recordings=[film(), film("failed")]), 61, {"on_failed"}),
        (seen(CLASS, recordings=[film("failed")]), 61, set()),
    ],
)
def test_advice_is_what_would_help(shown: Seen, now: float, helps: set[str]) -> None:
    verdict = decide(wait("recording", on_missing="fail"), shown, at(now))
    assert verdict is not None
    assert verdict.advice is not None
    assert {name for name in ("deadline", "on_missing", "on_failed") if name in verdict.advice} == helps


def test_recordings_of_a_class_that_runs_over() -> None:
    late = film(of=None, made=85)
    shown = seen(session(0, 90), recordings=[late])
    assert how(wait("recording"), shown, 91)[0] == "success"
    asked = wait("recording", starts_at=None, ends_at=None)
    assert how(asked, shown, 91)[0] == "success"


def test_without_people_there_is_nothing_to_wait_for() -> None:
    nobody = decide(wait("recording"), seen(), at(60))
    assert nobody is not None
    assert (nobody.status, nobody.value, nobody.recording) == ("skip", None, None)
    # but what a recorder made by itself is there
    assert how(wait("recording"), seen(recordings=[film(of="x", made=10)]), 60)[0] == "success"
    free = wait("recording", starts_at=None, ends_at=None, since=NINE)
    assert how(free, seen(room=CLOSED, recordings=[film("processing", of=None)]), 60) is None


# -- supposing ------------------------------------------------------------------------------------------------------------


def test_what_another_look_would_show() -> None:
    shown = seen(session(0))
    same = shown.supposing(live=None, open_=None, now=at(9))
    assert (list(same.sessions), same.room) == (list(shown.sessions), shown.room)
    assert Seen.from_dict(shown.as_dict()).as_dict() == shown.as_dict()
    assert not any(s.live for s in shown.supposing(live=False, open_=None, now=at(9)).sessions)
    assert shown.supposing(live=True, open_=False, now=at(9)).room.state == "closed"
    assert len(shown.supposing(live=session(5), open_=True, now=at(9)).sessions) == 1
    empty = seen(session(0, 5))
    assert [s.id for s in empty.supposing(live=session(7), open_=None, now=at(9)).sessions] == ["s0", "s7"]
    assert [s.live for s in empty.supposing(live=session(0), open_=None, now=at(9)).sessions] == [True]
    assert [s.live for s in empty.supposing(live=True, open_=None, now=at(9)).sessions] == [False, True]
    ahead = seen(session(20)).supposing(live=False, open_=None, now=at(9))
    assert ahead.sessions[0].seconds == 0


# -- pauses ---------------------------------------------------------------------------------------------------------------


@given(
    st.sampled_from(["started", "ended", "recording"]),
    st.floats(-600, 600),
    st.floats(1, 3600),
    st.floats(0, 1, exclude_max=True),
    st.booleans(),
)
def test_pauses_are_never_long(purpose: Any, minute: float, interval: float, chance: float, window: bool) -> None:
    asked = wait(purpose) if window else wait(purpose, starts_at=None, ends_at=None, since=NINE)
    rest = pause(asked, None, at(minute), interval, chance)
    assert 0 < rest <= interval * 5.501
    if not window and purpose != "started":
        assert interval * 0.899 <= rest <= interval * 1.101


def test_polls_are_tighter_when_people_are_about_to_come() -> None:
    rests = [pause(wait("started"), None, at(minute), 60.0, 0.5) for minute in (-90, -30, -5, 0, 5, 20)]
    assert rests == [300.0, 60.0, 15.0, 15.0, 15.0, 60.0]


def test_an_interval_of_nothing_is_no_flood() -> None:
    assert min(pause(wait("started"), None, at(minute), 0.0, 0.9) for minute in (-90, -60, 0, 30)) == SHORTEST


@pytest.mark.parametrize(
    ("asked", "shown", "minute"),
    [
        (wait("started"), seen(), 30),
        (wait("started"), seen(session(-90)), -60),
        (wait("started", no_show_after=7200), seen(), 60),
        (wait("started", starts_at=None), seen(), 60),
        (wait("started", ends_at=None, no_show_after=86400), seen(), 720),
        (wait("ended"), seen(), 60),
        (wait("ended"), seen(session(-20, -10), session(0, 40)), 60),
        (wait("ended", ends_at=None), seen(), 720),
        (wait("recording"), seen(), 60),
        (wait("recording"), seen(CLASS, recordings=[film()]), 60),
        (wait("recording"), seen(CLASS), 120),
        (wait("recording"), seen(session(0, 90), recordings=[film("processing")]), 150),
        (wait("recording", starts_at=None, ends_at=None, since=NINE), seen(CLASS), 120),
        (wait("recording", starts_at=None, ends_at=None, since=NINE), seen(room=CLOSED, recordings=[film("processing", of=None)]), 61),
    ],
)  # fmt: skip
@given(before=st.floats(1, 200), interval=st.floats(10, 7200), chances=st.randoms(use_true_random=False))
def test_no_poll_sails_past_the_moment_that_decides(
    asked: Wait, shown: Seen, minute: float, before: float, interval: float, chances: Any
) -> None:
    begun = now = at(minute) - dt.timedelta(minutes=before)
    polls = 0
    while decide(asked, shown, now) is None:
        now += dt.timedelta(seconds=pause(asked, shown, now, interval, chances.random()))
        polls += 1
    late, took = (now - at(minute)).total_seconds(), (now - begun).total_seconds()
    assert 0 <= late <= min(15, interval / 4) + 0.001
    # ten minutes around the start are polled four times as often, and each of three moments has a poll of its own
    assert polls <= (took + 3 * 600) / (0.8 * interval) + 4


# -- whatever happens -----------------------------------------------------------------------------------------------------

stories = st.lists(
    st.tuples(st.floats(-180, 180), st.one_of(st.none(), st.floats(0, 120))).map(
        lambda pair: session(pair[0], None if pair[1] is None else pair[0] + pair[1])
    ),
    max_size=5,
)


@given(stories, st.floats(-200, 400), st.sampled_from([ROOM, CLOSED]), st.randoms())
def test_the_order_of_lists_does_not_matter(sessions: Any, now: float, room: Room, random: Any) -> None:
    shuffled = list(sessions)
    random.shuffle(shuffled)
    starts = [s.started_at for s in sessions]
    if len(set(starts)) == len(starts):
        for purpose in ("started", "ended"):
            assert how(wait(purpose), seen(*sessions, room=room), now) == how(
                wait(purpose), seen(*shuffled, room=room), now
            )


@given(stories, st.floats(-200, 400))
def test_no_class_is_over_while_somebody_is_in_it(sessions: Any, now: float) -> None:
    asked = wait("ended")
    live = any(s.live and asked.counts(s, at(now)) for s in sessions)
    assert not (live and decide(asked, seen(*sessions), at(now)))


@pytest.mark.parametrize("change", [{}, {"starts_at": None}, {"ends_at": None}, {"starts_at": None, "ends_at": None}])
@given(
    sessions=stories,
    now=st.floats(-200, 400),
    purpose=st.sampled_from(["started", "ended", "recording"]),
    room=st.sampled_from([ROOM, CLOSED]),
)
def test_sessions_that_need_not_be_read_decide_nothing(
    change: dict[str, None], sessions: Any, now: float, purpose: str, room: Room
) -> None:
    asked = wait(purpose, **change)
    past = [one for one in sessions if max(one.started_at, one.ended_at or "") <= iso(at(now))]
    if not wants_sessions(asked, room, at(now)):
        assert how(asked, seen(*past, room=room), now) == how(asked, seen(room=room), now)
        assert not wants_recordings(asked, seen(*past, room=room), at(now))


@given(stories, st.floats(-200, 400))
def test_value_adds_up(sessions: Any, now: float) -> None:
    verdict = decide(wait("ended"), seen(*sessions), at(now))
    if verdict and verdict.status == "success":
        rows = verdict.value["sessions"]
        assert verdict.value["seconds"] == sum(row["seconds"] for row in rows)
        assert all(verdict.value["first_start"] <= row["started_at"] for row in rows)
        assert all(row["ended_at"] <= verdict.value["last_end"] for row in rows)


@given(st.builds(lambda **parts: parts, early=st.integers(0, 9999), deadline=st.integers(0, 9999)), st.booleans())
def test_waits_survive_the_database(parts: Any, window: bool) -> None:
    asked = wait("recording", **parts) if window else wait("started", starts_at=None, ends_at=None, since=NINE)
    assert Wait.from_dict(asked.as_dict()) == asked
