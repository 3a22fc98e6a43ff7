"""How fast an account is asked: what is never exceeded, what a refusal changes, and how many processes share a limit."""

from __future__ import annotations

import heapq
import itertools
import math
import random
import threading
from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_rooms.vendors.flow import Turn
from airflow_provider_rooms.vendors.pace import LANES, SHARE, Lane, Pace, Rate


class Clock:
    """Moves only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def sent_at(rate: Rate, clock: Clock) -> float:
    """When one request is sent; the clock is there afterwards."""
    wait, ticket = rate.wait()
    while wait > 0:
        clock.now += wait
        wait, ticket = rate.wait(ticket)
    return clock.now


@given(limit=st.sampled_from([0.2, 0.5, 1, 2.5, 3, 20]), steps=st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_a_given_rate_is_never_exceeded(limit: float, steps: list[float]) -> None:
    clock = Clock()
    rate = Rate(limit, limit, monotonic=clock)
    sent = []
    for step in steps:
        clock.now += step
        sent.append(sent_at(rate, clock))
    assert all(later - earlier >= 1 / limit - 1e-6 for earlier, later in itertools.pairwise(sent))


@given(st.lists(st.tuples(st.floats(0, 2), st.booleans()), max_size=80))
def test_whatever_is_refused_somebody_gets_through_and_nobody_too_fast(moments: list[tuple[float, bool]]) -> None:
    clock = Clock()
    rate = Rate(18, 4, monotonic=clock)
    for step, refused in moments:
        clock.now += step
        if refused:
            before = rate.per_second
            rate.refused()
            assert rate.per_second <= before
        began = clock.now
        assert sent_at(rate, clock) - began < 10
        assert 0 < rate.per_second <= 18


def test_a_clean_second_doubles_the_rate_until_the_first_refusal() -> None:
    clock = Clock()
    rate = Rate(18, 4, monotonic=clock)
    seen = []
    while clock.now < 1006:
        sent_at(rate, clock)
        seen.append(rate.per_second)
    assert sorted(set(seen)) == [4, 8, 16, 18]
    rate.refused()
    assert rate.per_second == 9
    began = clock.now
    assert sent_at(rate, clock) - began >= 0.5
    while clock.now < began + 10:
        sent_at(rate, clock)
    assert 11 < rate.per_second < 14


def test_refusals_within_a_second_are_one_piece_of_news() -> None:
    clock = Clock()
    rate = Rate(16, 16, monotonic=clock)
    for _ in range(10):
        rate.refused()
        clock.now += 0.05
    assert rate.per_second == 8
    clock.now += 1
    rate.refused()
    assert rate.per_second == 4


def test_those_who_wait_already_wait_for_the_new_rate() -> None:
    clock = Clock()
    rate = Rate(10, 10, monotonic=clock)
    waits = [rate.wait() for _ in range(11)]
    assert waits[-1][0] == pytest.approx(1.0)
    rate.refused()
    assert rate.wait(waits[-1][1])[0] >= 1.0  # it comes back after a second at most, to hear how fast it is by then
    clock.now += 1.0
    assert rate.wait(waits[-1][1])[0] > 0


def test_a_second_without_a_request_proves_nothing() -> None:
    clock = Clock()
    rate = Rate(18, 4, monotonic=clock)
    for _ in range(5):
        clock.now += 30
        sent_at(rate, clock)
    assert rate.per_second == 4


def test_without_a_documented_limit_nothing_is_paced_until_the_first_refusal() -> None:
    clock = Clock()
    rate = Rate(math.inf, math.inf, monotonic=clock)
    assert {rate.wait()[0] for _ in range(200)} == {0.0}
    rate.refused()
    assert rate.per_second == 100
    began = clock.now
    for _ in range(50):
        sent_at(rate, clock)
    assert 0.9 < clock.now - began < 1.1


def test_the_pace_of_an_account() -> None:
    clock = Clock()
    documented: dict[Lane, float] = {"writes": 20.0}
    pace = Pace(documented, {"reads": 3.0}, monotonic=clock)
    assert pace.rates["reads"].per_second == 3.0
    assert pace.rates["writes"].per_second == pytest.approx(20 * SHARE * 4 / 18)
    assert set(pace.rates) == set(LANES)
    flow = pace.turn("reads")
    assert _run(flow, clock) == 0
    assert _run(pace.turn("reads"), clock) == pytest.approx(1 / 3)


def _run(flow: Any, clock: Clock) -> Any:
    try:
        while True:
            step = next(flow)
            if isinstance(step, Turn):
                step.seconds = step.take()
            else:
                clock.now += step.seconds
    except StopIteration as end:
        return end.value


def test_threads_share_a_rate() -> None:
    clock = Clock()
    rate = Rate(10, 10, monotonic=clock)
    tickets: list[float] = []
    threads = [threading.Thread(target=lambda: tickets.extend(rate.wait()[1] for _ in range(25))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tickets) == [float(number) for number in range(200)]


# -- many processes on one limit --------------------------------------------------------------------------------------------


def simulated(processes: int, rooms: int, *, refused_count: bool, spread: float, seed: int) -> tuple[float, float]:
    """Two reads and a write per room, ten rooms at a time, answers after about 50 ms.

    :returns: the time it takes as a multiple of what the limits allow, and the share of answers 429.
    """
    chance = random.Random(seed)
    clock = Clock()
    limits: dict[Lane, float] = {"writes": 20, "reads": 80}
    windows: dict[Lane, deque[float]] = {"writes": deque(), "reads": deque()}
    agenda: list[tuple[float, int, Any]] = []
    asked = refused = order = 0
    end = 0.0

    def later(seconds: float, action: Any) -> None:
        nonlocal order
        order += 1
        heapq.heappush(agenda, (clock.now + seconds, order, action))

    def worker(rates: dict[Lane, Rate], left: list[int]) -> None:
        def room() -> None:
            if left[0]:
                left[0] -= 1
                step(["reads", "reads", "writes"])

        def step(lanes: list[Lane], ticket: float | None = None) -> None:
            nonlocal end
            if not lanes:
                end = clock.now
                room()
                return
            wait, ticket = rates[lanes[0]].wait(ticket)
            if wait > 0:
                later(wait + chance.random() * 0.002, lambda: step(lanes, ticket))
            else:
                later(0.025 + chance.expovariate(125), lambda: arrive(lanes))

        def arrive(lanes: list[Lane]) -> None:
            nonlocal asked, refused
            window = windows[lanes[0]]
            while window and window[0] <= clock.now - 1:
                window.popleft()
            fits = len(window) < limits[lanes[0]]
            if fits or refused_count:
                window.append(clock.now)
            asked += 1
            refused += not fits
            later(0.025 + chance.expovariate(250), lambda: answered(lanes, fits))

        def answered(lanes: list[Lane], fits: bool) -> None:
            if fits:
                step(lanes[1:])
            else:
                rates[lanes[0]].refused()
                step(lanes)

        room()

    def process() -> None:
        rates = Pace(limits, {}, monotonic=clock).rates
        left = [rooms // processes]
        for _ in range(10):
            worker(dict(rates), left)

    began = clock.now
    for _ in range(processes):
        later(chance.random() * spread, process)
    while agenda:
        clock.now, _, action = heapq.heappop(agenda)
        action()
        assert clock.now < began + 1000
    return (end - began) / (rooms / limits["writes"]), refused / asked


@pytest.mark.parametrize("refused_count", [False, True])
@pytest.mark.parametrize(
    ("processes", "rooms", "spread", "time", "share"),
    [
        (1, 300, 0, 1.25, 0.0),
        (2, 600, 0, 1.8, 0.2),
        (6, 600, 0, 1.5, 0.08),
        (6, 600, 5, 1.5, 0.08),
        (12, 600, 0, 1.8, 0.2),
    ],
)
def test_processes_find_their_share(
    processes: int, rooms: int, spread: float, time: float, share: float, refused_count: bool
) -> None:
    runs = [simulated(processes, rooms, refused_count=refused_count, spread=spread, seed=seed) for seed in range(2)]
    assert sum(took for took, _ in runs) / 2 <= time
    assert sum(part for _, part in runs) / 2 <= share


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), processes=st.integers(1, 12), refused_count=st.booleans())
def test_everybody_gets_through(seed: int, processes: int, refused_count: bool) -> None:
    took, share = simulated(processes, 60, refused_count=refused_count, spread=2, seed=seed)
    assert took < 6
    assert share < 0.5


# -- one window for all workers ---------------------------------------------------------------------------------------------


class Store:
    """Gives out turns on a clock of its own; may be away."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.away = False
        self.asked = 0
        self._next = 0.0

    def take(self, lane: Lane, per_second: float) -> float | None:
        self.asked += 1
        if self.away:
            return None
        turn = max(self.clock.now, self._next)
        self._next = turn + 1 / per_second
        return turn - self.clock.now


def shared(store: Store, given: dict[Lane, float | None] | None = None) -> Pace:
    return Pace({"reads": 80.0, "writes": 20.0}, given or {}, window=store, monotonic=store.clock)


def test_with_a_store_two_processes_use_the_whole_limit_from_the_start() -> None:
    clock = Clock()
    store = Store(clock)
    paces = [shared(store), shared(store)]
    sent = []
    for number in range(36):
        _run(paces[number % 2].turn("writes"), clock)
        sent.append(clock.now)
    assert sent[-1] - sent[0] == pytest.approx(35 / 18)
    assert store.asked == 36


def test_with_a_store_a_process_that_is_late_loses_no_turn() -> None:
    clock = Clock()
    pace = shared(Store(clock))
    flows = [pace.turn("writes") for _ in range(36)]
    turns = [_first_wait(flow) for flow in flows]
    assert turns == pytest.approx([number / 18 for number in range(36)])


def _first_wait(flow: Any) -> float:
    """Seconds until a turn that is taken now."""
    for step in flow:
        if not isinstance(step, Turn):
            return float(step.seconds)
        step.seconds = step.take()
    return 0.0


def test_with_a_store_what_the_connection_allows_is_for_all() -> None:
    clock = Clock()
    store = Store(clock)
    paces = [shared(store, {"writes": 2.0}), shared(store, {"writes": 2.0})]
    for number in range(5):
        _run(paces[number % 2].turn("writes"), clock)
    assert clock.now == pytest.approx(1002)


def test_a_store_that_is_away_is_not_asked_for_a_while_and_then_used_again() -> None:
    clock = Clock()
    store = Store(clock)
    pace = shared(store)
    store.away = True
    began = clock.now
    for _ in range(4):
        _run(pace.turn("writes"), clock)
    assert store.asked == 1
    assert clock.now - began == pytest.approx(3 / 4)  # as without a store: slowly at first
    store.away = False
    clock.now += 10
    _run(pace.turn("writes"), clock)
    assert store.asked == 2


def test_a_refusal_slows_a_process_that_shares_a_store() -> None:
    clock = Clock()
    pace = shared(Store(clock))
    _run(pace.turn("writes"), clock)
    pace.refused("writes")
    assert _run(pace.turn("writes"), clock) >= 0.5


def test_without_any_limit_the_store_is_not_asked() -> None:
    clock = Clock()
    store = Store(clock)
    pace = Pace({}, {}, window=store, monotonic=clock)
    assert _run(pace.turn("reads"), clock) == 0
    assert store.asked == 0
