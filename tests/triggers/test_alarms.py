"""Many sleeps with one timer."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_rooms.triggers.alarms import Alarms


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_each_is_woken_in_its_turn_and_not_early(delays: list[int], chance: random.Random):
    woken: list[int] = []
    early: list[int] = []

    async def one(alarms: Alarms, milliseconds: int) -> None:
        began = time.monotonic()
        await alarms.sleep(milliseconds / 1000)
        woken.append(milliseconds)
        if time.monotonic() - began < milliseconds / 1000 - 0.001:
            early.append(milliseconds)

    async def main() -> None:
        alarms = Alarms()
        tasks = [asyncio.create_task(one(alarms, delay)) for delay in delays]
        await asyncio.sleep(0)  # each has set its alarm
        gone = chance.sample(range(len(tasks)), len(tasks) // 3)
        for number in gone:
            tasks[number].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert woken == sorted(delay for number, delay in enumerate(delays) if number not in gone)

    asyncio.run(asyncio.wait_for(main(), 10))
    assert not early


def test_an_earlier_alarm_does_not_wait_for_a_later_one():
    async def main() -> None:
        alarms = Alarms()
        later = alarms.sleep(30)
        await asyncio.wait_for(alarms.sleep(0.01), 5)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(later, 0.01)

    asyncio.run(main())


def test_nobody_is_woken_after_the_end():
    async def main() -> None:
        alarms = Alarms()
        sleeping = [alarms.sleep(0.01), alarms.sleep(0.02)]
        alarms.close()
        done, _ = await asyncio.wait(sleeping, timeout=0.05)
        assert not done

    asyncio.run(main())
