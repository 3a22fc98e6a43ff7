"""A thousand waits in one process: requests to the vendor per minute, pauses of the event loop, memory per wait.

Beside it, one GET per wait and poll, which is what a trigger does that knows of no other. Time runs fast here: what polls
every minute in life polls three times a second, so two hours of waiting take 40 seconds. "A minute" below is a minute of life.
Where every wait asks for itself, time runs slower: else no vendor would take the requests. All of it takes five minutes.

Half of the classes have not begun (the wait polls for the start of each), half of them run over (the wait polls for their
end). Before the planned end of a class nothing has to be asked about it; a row shows that for Twilio Video.

The second table is the start of a class on Twilio Video, for fewer waits: they begin 45 minutes before, poll four times as often from five
minutes before until five minutes after it, and nobody comes. What they spend then they have saved before.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import gc
import json
import os
import random
import statistics
import sys
import tempfile
import time
import tracemalloc
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="rooms-bench-"))
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.transport.drivers import AsyncTransport
from airflow_provider_rooms.triggers import follow, pool
from airflow_provider_rooms.triggers.rooms import RoomTrigger
from airflow_provider_rooms.waiting import waits
from airflow_provider_rooms.waiting.waits import Wait
from stack import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

SHARED_POLLS = 2 * 60 + 2  # of a wait that looks once a minute, and two to settle: as long as anything is put off
OWN_POLLS = 7  # nothing is put off
OWN_TEMPO = 15  # times as slow as the others
#: Waits for the start of a class, and when they begin and end, in minutes from that start.
STARTING, FROM, UNTIL = 51, -45, 10
#: The minutes around the start in which polls are tight, and from when on anybody may come.
TIGHT, EARLY = 5, 30
#: Seconds between two words about progress.
TELL_EVERY = 10.0
VENDORS = ("videosdk", "hundredms", "twilio_video")
#: Lists of live sessions carry many waits; at Twilio Video only its rooms' own lists say who is there.
SHARED = {"videosdk", "hundredms"}
LEAST_SAVING = 25
#: With the collections of what the waits hold. What Airflow itself holds takes the collector many times as long, with waits
#: or without them; it is shown beside it.
LONGEST_STEP_MS = 10.0
MOST_KB = 50.0


@dataclass
class Result:
    """What one run showed."""

    what: str
    waits: int
    naive: float
    requests: float
    step_ms: float
    collecting_ms: float  # part of a step
    idle_ms: float
    step: str
    kb: float
    done: int

    def line(self) -> str:
        """A row of the table."""
        return (
            f"{self.what:<34}{self.waits:>6}{self.naive:>14.0f}{self.requests:>9.1f}{self.naive / self.requests:>8.1f}x"
            f"{self.step_ms:>10.1f}{self.collecting_ms:>9.1f}{self.idle_ms:>14.1f}{self.kb:>9.1f}"
        )

    @property
    def good(self) -> bool:
        """Whether the bars are held; where no list tells who is in which room, there is nothing to save."""
        shared = self.what.partition(",")[0] in SHARED
        return (
            (self.naive / self.requests >= LEAST_SAVING or not shared)
            and self.step_ms <= LONGEST_STEP_MS
            and self.kb <= MOST_KB
            and not self.done
        )


class Steps:
    """How long the loop is held by its longest step, in CPU time of its thread: other processes do not count.

    A garbage collection falls into some step or other; the longest is noted apart as well.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.collecting = 0.0
        self.name = ""
        self._began = 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time every callback of the loop."""
        run = asyncio.events.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            started = time.thread_time()
            run(handle)
            took = time.thread_time() - started
            if took > self.longest:
                self.longest, self.name = took, _name(handle)

        asyncio.events.Handle._run = timed  # type: ignore[method-assign, assignment]
        gc.callbacks.append(self._collects)
        try:
            yield
        finally:
            gc.callbacks.remove(self._collects)
            asyncio.events.Handle._run = run  # type: ignore[method-assign]

    def _collects(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.thread_time()
            return
        self.collecting = max(self.collecting, time.thread_time() - self._began)


def _name(handle: asyncio.Handle) -> str:
    """The coroutine whose step it is, or what is called."""
    task = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]
    return str(task.get_coro() if isinstance(task, asyncio.Task) else handle)[:200]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every request that is sent."""
    sent: list[str] = []
    send = AsyncTransport.send

    async def noting(transport: AsyncTransport, request: Any) -> Any:
        sent.append(request.path)
        return await send(transport, request)

    AsyncTransport.send = noting  # type: ignore[method-assign, assignment]
    try:
        yield sent
    finally:
        AsyncTransport.send = send  # type: ignore[method-assign]


def memory_kb() -> float:
    """What Python holds in this process."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / 1024


async def make_rooms(conn_id: str, count: int, name: str = "class") -> list[str]:
    """Ids of fresh rooms."""
    hook = get_rooms_hook(conn_id)
    gate = asyncio.Semaphore(10)

    async def make(number: int) -> str:
        async with gate:
            room = await hook.aio.ensure_room({"name": f"{name}-{number}"})
            return str(room.id)

    async with hook.aio:
        return list(await asyncio.gather(*(make(number) for number in range(count))))


def triggers(conn_id: str, begun: list[str], waiting: list[str], interval: float, ends_in: float) -> list[RoomTrigger]:
    """A trigger per room."""
    now = dt.datetime.now(dt.UTC)
    starts_at = now + dt.timedelta(minutes=30)
    start = Wait(purpose="started", starts_at=starts_at, ends_at=starts_at + dt.timedelta(hours=1)).as_dict()
    ends_at = now + dt.timedelta(minutes=ends_in)
    end = Wait(purpose="ended", starts_at=ends_at - dt.timedelta(hours=1), ends_at=ends_at).as_dict()
    give_up_at = (now + dt.timedelta(hours=6)).isoformat()
    return [
        RoomTrigger(
            conn_id=conn_id,
            room=room,
            wait=wait,
            poll_interval=interval,
            give_up_at=give_up_at,
            seen=seen(conn_id, room, live=rooms is begun),
        )
        for wait, rooms in ((start, waiting), (end, begun))
        for room in rooms
    ]


def seen(conn_id: str, room: str, *, live: bool) -> dict[str, Any]:
    """What a worker tells the trigger, having looked itself."""
    started_at = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10)
    session = {"id": "s", "room_id": room, "started_at": started_at.isoformat(), "ended_at": None}
    found = {"vendor": conn_id.removesuffix("_default"), "conn_id": conn_id, "id": room, "name": room, "state": "open"}
    return {"url": "http://127.0.0.1/", "room": found, "sessions": [session] if live else []}


async def run(what: str, made: list[RoomTrigger], interval: float, polls: int, naive: float) -> Result:
    """Let the triggers wait for so many polls of each."""

    async def first(trigger: RoomTrigger) -> None:
        async for _ in trigger.run():
            return

    # What is loaded once is not a cost of each wait.
    warm = asyncio.create_task(first(made[0]))
    await asyncio.sleep(3)
    # To start a thousand tasks takes seconds, which would be minutes of life.
    follow.FRESH = 60
    # Nor is Airflow itself. Collections of the waits alone are more often full ones, and so seen at their longest.
    gc.collect()
    began = time.thread_time()
    gc.collect()
    idle = time.thread_time() - began
    gc.freeze()
    steps = Steps()
    with counted() as sent, steps.timed():
        tasks = [warm]
        for trigger in made[1:]:
            trigger.seen_at = dt.datetime.now(dt.UTC).isoformat()
            tasks.append(asyncio.create_task(first(trigger)))
            await asyncio.sleep(0)
        started = time.perf_counter()
        await passing(what, polls * interval, sent)
        intervals = (time.perf_counter() - started) / interval
        requests = len(sent) / intervals
    done = sum(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    kb = await weight(made, interval)
    if pool._watches:
        raise RuntimeError("the client of a connection must be closed when the last wait has left")
    gc.unfreeze()
    return Result(
        what=what,
        waits=len(made),
        naive=naive,
        requests=requests,
        step_ms=steps.longest * 1e3,
        collecting_ms=steps.collecting * 1e3,
        idle_ms=idle * 1e3,
        step=steps.name,
        kb=kb,
        done=done,
    )


async def passing(what: str, seconds: float, sent: list[str]) -> None:
    """Let the time pass, and tell how far it is."""
    began = time.monotonic()
    while (left := began + seconds - time.monotonic()) > 0:
        await asyncio.sleep(min(left, TELL_EVERY))
        done = min(1.0, (time.monotonic() - began) / seconds)
        print(f"  {what}: {done:4.0%}, {len(sent)} requests", flush=True)


async def start_of_class(conn_id: str, rooms: list[str], interval: float) -> tuple[list[tuple[str, float]], bool]:
    """Requests per minute of parts of the time around the start of a class; whether they are within what was saved up."""
    waits.SOON = dt.timedelta(seconds=TIGHT * interval)
    waits.LANDING = interval / 4
    begun = dt.datetime.now(dt.UTC)
    starts_at = begun + dt.timedelta(seconds=-FROM * interval)
    wait = Wait(
        purpose="started",
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(hours=1),
        early=round(EARLY * interval),
        no_show_after=3000,
    )

    async def first(trigger: RoomTrigger) -> None:
        async for _ in trigger.run():
            return

    made = [
        RoomTrigger(
            conn_id=conn_id,
            room=room,
            wait=wait.as_dict(),
            poll_interval=interval,
            give_up_at=(begun + dt.timedelta(hours=1)).isoformat(),
            seen=seen(conn_id, room, live=False),
            seen_at=begun.isoformat(),
        )
        for room in rooms
    ]
    parts: list[tuple[str, float]] = []
    with counted() as sent:
        tasks = [asyncio.create_task(first(trigger)) for trigger in made]
        for name, minutes in (
            ("nobody may come yet", -EARLY - FROM),
            ("somebody may", EARLY - TIGHT),
            ("around the start", 2 * TIGHT),
            ("afterwards", UNTIL - TIGHT),
        ):
            before = len(sent)
            await passing(name, minutes * interval, sent)
            parts.append((name, (len(sent) - before) / minutes))
        whole = len(sent)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    parts.append(("all of it", whole / (UNTIL - FROM)))
    # One for each wait and minute, and one look of each that is not put off: four requests.
    return parts, whole <= len(rooms) * (UNTIL - FROM + 4)


async def weight(made: list[RoomTrigger], interval: float) -> float:
    """KB per wait, once all of them have polled."""

    async def first(trigger: RoomTrigger) -> None:
        async for _ in trigger.run():
            return

    tracemalloc.start()
    before = memory_kb()
    for trigger in made:
        trigger.seen_at = dt.datetime.now(dt.UTC).isoformat()
    tasks = [asyncio.create_task(first(trigger)) for trigger in made]
    await asyncio.sleep(max(10.0, 3 * interval))
    kb = (memory_kb() - before) / len(made)
    tracemalloc.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return kb


async def one_get_per_wait(conn_id: str, rooms: list[str], interval: float) -> float:
    """Requests in a minute when every wait asks for its own room, measured with a fifth of them."""
    hook = get_rooms_hook(conn_id)

    async def poll(room: Any) -> None:
        await asyncio.sleep(random.random() * interval)
        while True:
            asked = time.monotonic()
            await hook.aio.occupied(room)
            await asyncio.sleep(max(0.0, asked + interval - time.monotonic()))

    async with hook.aio:
        known = [await hook.aio.get_room(rooms[0])] * (len(rooms) // 5)
        with counted() as sent:
            tasks = [asyncio.create_task(poll(room)) for room in known]
            await asyncio.sleep(interval)
            before, started = len(sent), time.perf_counter()
            await asyncio.sleep(interval)
            rate = (len(sent) - before) / (time.perf_counter() - started) * interval * 5
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return rate


def measure(box: RoomsSandbox, vendor: str, count: int, interval: float) -> list[Result]:
    """One vendor's rows."""
    conn_id = f"{vendor}_default"
    box.limit("twilio")  # a minute is a second here
    print(f"{vendor} …", flush=True)
    rooms = asyncio.run(make_rooms(conn_id, count))
    begun, waiting = rooms[: count // 2], rooms[count // 2 :]
    for room in begun:
        box.start_session(vendor, room)
    naive = asyncio.run(one_get_per_wait(conn_id, rooms, 5.0))
    shared = vendor in SHARED
    polls, pace = (SHARED_POLLS, interval) if shared else (OWN_POLLS, interval * OWN_TEMPO)
    # People are there since before the end of the class, which is now.
    made = triggers(conn_id, begun, waiting, pace, 0)
    results = [asyncio.run(run(f"{vendor}, half begun", made, pace, polls, naive))]
    if not shared:
        made = triggers(conn_id, begun, [], interval, 90)
        results.append(asyncio.run(run(f"{vendor}, before the end", made, interval, SHARED_POLLS, naive / 2)))
    return results


def main() -> int:
    """Print the table; the exit code says whether the bars are held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waits", type=int, default=1000)
    parser.add_argument("--interval", type=float, default=1 / 3, help="seconds that stand for a minute")
    parser.add_argument("--vendors", nargs="*", default=VENDORS)
    given = parser.parse_args()
    began = time.monotonic()
    results: list[Result] = []
    parts: list[tuple[str, float]] = []
    saved = True
    with sandbox(Path(os.environ["AIRFLOW_HOME"]) / "sandbox.log") as box:
        for vendor in VENDORS:
            connection = box.connection(vendor)
            # A minute is a second here, so limits per second mean nothing.
            connection["extra"] = {**connection["extra"], "reads_per_second": 9999, "writes_per_second": 9999}
            os.environ[f"AIRFLOW_CONN_{vendor.upper()}_DEFAULT"] = json.dumps(connection)
        for vendor in given.vendors:
            results += measure(box, vendor, given.waits, given.interval)
            if vendor not in SHARED:
                # Even around the start, so many waits ask no more than a sandbox can answer.
                rooms = asyncio.run(make_rooms(f"{vendor}_default", STARTING, "start"))
                parts, saved = asyncio.run(start_of_class(f"{vendor}_default", rooms, 2 * given.interval))
    print(
        f"\n{'':<34}{'waits':>6}{'one GET each':>14}{'ours':>9}{'saving':>9}{'step ms':>10}{'of it GC':>9}"
        f"{'idle GC ms':>14}{'KB/wait':>9}"
    )
    for result in results:
        print(result.line())
        if result.step_ms > LONGEST_STEP_MS:
            print(f"    longest step: {result.step}")
        if result.done:
            print(f"    {result.done} waits ended, though nothing happened")
    print(
        "requests per minute; the longest step of the event loop, in CPU time of its thread; the longest collection of"
    )
    print("what the waits hold, which is in some step; and a full one of all that Airflow holds, while nothing waits")
    if parts:
        print(f"\nthe start of a class on Twilio Video, {STARTING} waits, requests per minute:")
        print(f"{'':<34}{'one GET each':>20}{'ours':>9}")
        for name, requests in parts:
            print(f"{name:<34}{STARTING:>20}{requests:>9.1f}")
    bad = [result.what for result in results if not result.good] + ([] if saved else ["the start of a class"])
    if bad:
        print(f"not within the bars: {', '.join(bad)}", file=sys.stderr)
    print(f"median KB per wait: {statistics.median(result.kb for result in results):.1f}")
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
