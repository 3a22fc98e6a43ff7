"""What a watcher tells of lists that are late, cut and in any order: everything, and once as long as it is not killed."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms.events.cursor import LATE, LONGEST, LONGEST_AWAY, MOST_STORED, Cursor, Poll
from airflow_provider_rooms.models import EventType, RoomEvent
from airflow_provider_rooms.vendors.contract.watching import Thing

NOON = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
INTERVAL = dt.timedelta(seconds=60)
KIND: EventType = "session_ended"


def at(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def event(name: str, kind: EventType = KIND, when: dt.datetime | None = None) -> RoomEvent:
    happened_at = when.isoformat() if when else None
    return RoomEvent(id=f"{kind}:{name}", type=kind, vendor="v", conn_id="c", happened_at=happened_at)


def thing(name: str, began: dt.datetime, ended: dt.datetime | None = None) -> Thing:
    events = [event(name, "session_started", began), *([event(name, KIND, ended)] if ended else [])]
    return Thing(id=name, began=began, over=ended is not None, events=events)


class Watch:
    """A watcher that polls, and is killed now and then."""

    def __init__(self, kind: EventType = KIND) -> None:
        self.cursor = Cursor(type=kind)
        self.stored = json.dumps(self.cursor.as_dict())
        self.told: list[str] = []
        self.again: set[str] = set()

    def poll(self, number: int, now: dt.datetime, things: list[Thing], *, killed: bool = False) -> list[str]:
        since = self.cursor.wants(now)
        over = self.cursor.wants_over(now)
        shown = [
            t for t in things if t.began >= since and not (t.over and str(t.events[-1].happened_at) < over.isoformat())
        ]
        poll = Poll(number=number, at=now, since={self.cursor.type: since}, things=shown)
        news = [each.id for each in self.cursor.take(poll)]
        self.told += news
        if killed:  # after the events were stored, before the cursor was
            self.again |= set(news)
            self.cursor = Cursor.read(self.cursor.type, json.loads(self.stored))
        self.stored = json.dumps(self.cursor.as_dict())
        return news


@dataclass(frozen=True)
class Life:
    """A session: when it begins, how long it takes, and how long after its beginning a list shows it first."""

    begins: int
    seconds: int
    late: int


LIVES = st.lists(
    st.builds(
        Life,
        begins=st.integers(-7200, 3 * 3600),
        seconds=st.one_of(st.integers(0, 120), st.integers(0, 5 * 3600)),
        late=st.integers(0, int((LATE - 2 * INTERVAL).total_seconds())),
    ),
    max_size=12,
)


@given(LIVES, st.integers(), st.floats(0, 0.9), st.floats(0, 0.2))
def test_every_end_is_told_and_again_only_by_who_was_killed(
    lives: list[Life], seed: int, cut: float, killed: float
) -> None:
    chance = random.Random(seed)
    watch = Watch()
    first_shown: set[int] = set()
    last = 9 * 3600
    for number, second in enumerate(range(0, last + 1, int(INTERVAL.total_seconds()))):
        shown = []
        for name, life in enumerate(lives):
            if second < life.begins + life.late:
                continue
            ended = life.begins + life.seconds
            right = 60 <= second - max(ended, life.begins + life.late) < 120  # within LATE, a list shows what is over
            if name in first_shown and not right and chance.random() < cut:
                continue  # the list lacks it this time
            first_shown.add(name)
            # a list may be behind: it shows the past of a minute ago
            seen = second - (0 if right else chance.randrange(60))
            shown.append(thing(str(name), at(life.begins), at(ended) if ended <= seen else None))
        chance.shuffle(shown)
        shown += chance.sample(shown, chance.randint(0, len(shown)))
        watch.poll(number, at(second), shown, killed=number > 0 and chance.random() < killed)
    # what had ended before the watcher began is not told
    news = {f"{KIND}:{name}" for name, life in enumerate(lives) if life.begins + life.seconds > 60}
    counts = Counter(watch.told)
    assert news <= set(counts)
    assert {name for name, times in counts.items() if times > 1} <= watch.again


def test_what_had_happened_before_it_began_is_not_told_and_what_is_under_way_is() -> None:
    watch = Watch()
    old, live = thing("old", at(-5000), at(-4000)), thing("live", at(-80_000))
    assert watch.poll(1, at(0), [old, live]) == []
    assert watch.poll(2, at(60), [old, thing("live", at(-80_000), at(30))]) == [f"{KIND}:live"]
    assert watch.poll(3, at(120), [old, thing("live", at(-80_000), at(30))]) == []


def test_events_of_one_poll_come_in_the_order_in_which_they_happened() -> None:
    watch = Watch()
    watch.poll(1, at(0), [])
    things = [thing(str(n), at(0), at(50 - n)) for n in range(3)]
    assert watch.poll(2, at(60), things) == [f"{KIND}:2", f"{KIND}:1", f"{KIND}:0"]


def test_a_poll_that_did_not_ask_for_enough_moves_nothing() -> None:
    cursor = Cursor(type=KIND)
    done = [thing("a", at(-60), at(0))]
    for poll in (
        Poll(number=1, at=at(0), since={KIND: at(-60)}, things=done),
        Poll(number=2, at=at(0), since={"session_started": at(-(10**7))}, things=done),
    ):
        assert cursor.take(poll) == []
        assert cursor.since is None


def test_the_next_poll_asks_from_the_oldest_thing_that_is_not_over_on_but_not_for_ever() -> None:
    watch = Watch()
    watch.poll(1, at(0), [])
    assert watch.cursor.wants(at(0)) == at(0) - LATE
    watch.poll(2, at(60), [thing("long", at(0))])
    for number in range(3, 100):
        watch.poll(number, at(number * 600), [])  # no list shows it any more
    assert watch.cursor.wants(at(60_000)) == at(0)
    watch.poll(100, at(0) + LONGEST + INTERVAL, [])
    assert watch.cursor.wants(at(0) + LONGEST) == at(0) + LONGEST + INTERVAL - LATE


def test_starts_are_not_waited_for_until_the_end() -> None:
    watch = Watch("session_started")
    watch.poll(1, at(0), [])
    assert watch.poll(2, at(60), [thing("a", at(30))]) == ["session_started:a"]
    assert watch.cursor.unfinished == {}


def test_a_clock_that_goes_back_tells_nothing_again() -> None:
    watch = Watch()
    watch.poll(1, at(0), [])
    done = [thing("a", at(10), at(20))]
    assert watch.poll(2, at(60), done) == [f"{KIND}:a"]
    assert watch.poll(3, at(-3600), done) == []


def test_after_a_week_away_it_goes_back_no_further() -> None:
    watch = Watch()
    watch.poll(1, at(0), [])
    assert watch.cursor.wants(at(0) + 5 * LONGEST_AWAY) == at(0) + 4 * LONGEST_AWAY


def test_what_is_stored_stays_below_what_airflow_stores() -> None:
    watch = Watch()
    watch.poll(1, at(0), [])
    watch.poll(2, at(60), [thing(str(n), at(n / 1000), at(30)) for n in range(2 * MOST_STORED)])
    assert len(watch.stored) < 65_535
    watch.cursor = Cursor.read(KIND, json.loads(watch.stored))
    assert (
        len(watch.poll(3, at(120), [thing(str(n), at(n / 1000), at(30)) for n in range(2 * MOST_STORED)]))
        == MOST_STORED
    )


_GOOD = {"since": NOON.isoformat(), "polled": NOON.isoformat(), "told": {"a": 1}, "unfinished": {}}


@pytest.mark.parametrize(
    "stored",
    [
        None,
        {},
        "text",
        *({**_GOOD, **bad} for bad in ({"since": None}, {"polled": 5}, {"told": {"a": "b"}}, {"unfinished": 7})),
    ],
)
def test_without_a_cursor_it_begins_now(stored: object) -> None:
    assert Cursor.read(KIND, stored) == Cursor(type=KIND)


def test_what_was_told_in_the_second_of_the_oldest_unfinished_thing_is_not_told_again_after_a_restart() -> None:
    watch = Watch()
    watch.poll(1, at(0), [])
    things = [thing("live", at(30.9)), thing("done", at(30.9), at(50))]
    assert watch.poll(2, at(60), things) == [f"{KIND}:done"]
    watch.poll(3, at(1200), things)
    watch.cursor = Cursor.read(KIND, json.loads(watch.stored))
    assert [watch.poll(number, at(1200 + 60 * number), things) for number in (4, 5)] == [[], []]
    assert watch.poll(6, at(1600), [thing("live", at(30.9), at(1590))]) == [f"{KIND}:live"]
