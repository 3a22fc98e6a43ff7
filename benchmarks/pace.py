"""Many processes make rooms on one Twilio account, whose limit is 20 writes and 80 reads a second: how long, how many 429s.

Each process is one task: `CreateRoomsOperator` with its part of the rooms, the default connection, no retries. The rows
"mapped" are `CreateRoomOperator` tasks, each with a process's pace of its own, 32 at once. Each case runs with refused requests
counting in the sandbox's second, and not; without a store, and with one Redis for all where `redis-server` is installed. In one
of the cases that Redis is killed halfway.

By default it makes a fifth of the rooms, once, which takes some minutes and shows whether everything finishes. What is allowed holds for
`--rooms 1 --runs 5` on a machine that does nothing else: a process takes seconds to find its share, whatever it has to do.

Beside it, in the same run: Airflow's `HttpOperator` mapped, without retries as an author would have it at first, and the
`twilio` SDK whose session repeats a 429 ten times with back-off. They send one POST per room and look nothing up.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import multiprocessing
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="rooms-bench-"))
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "CRITICAL"

from airflow.providers.http.operators.http import HttpOperator
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from airflow_provider_rooms.hooks import base as hooks
from airflow_provider_rooms.operators.rooms import CreateRoomOperator, CreateRoomsOperator
from airflow_provider_rooms.sandbox import credentials
from stack import free_port, sandbox

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

WRITES = 20
LATENCY_MS = 50.0
#: What a process does: rooms made, tasks that failed at their first try.
Work = Callable[[int, int], tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """Processes and rooms, and what is allowed.

    :param spread: seconds over which the processes start.
    :param longest: times the limit's time.
    :param refused: share of answers 429.
    """

    name: str
    processes: int
    rooms: int
    spread: float = 0.0
    longest: float | None = None
    refused: float | None = None
    mapped: bool = False
    redis_dies: bool = False


CASES = (
    Case(name="1 process", processes=1, rooms=300, longest=1.25, refused=0.0),
    Case(name="2 processes", processes=2, rooms=600, longest=1.8, refused=0.2),
    Case(name="6 processes", processes=6, rooms=600, longest=1.5, refused=0.08),
    Case(name="6 processes, spread over 5 s", processes=6, rooms=600, spread=5.0, longest=1.5, refused=0.08),
    Case(name="12 processes", processes=12, rooms=600, longest=1.8, refused=0.2),
    Case(name="mapped, 32 at once", processes=32, rooms=600, mapped=True),
    Case(name="6 processes, Redis dies", processes=6, rooms=600, redis_dies=True),
)
#: With a store, all of them.
LONGEST_SHARED, REFUSED_SHARED = 1.15, 0.01


class Notes:
    """The part of a task instance that the operators write to."""

    def xcom_push(self, key: str, value: Any) -> None:
        """Nothing is kept."""


CONTEXT: Any = {"ti": Notes()}


def batch(process: int, rooms: int) -> tuple[int, int]:
    """One task for all rooms of a process."""
    specs = [{"name": f"p{process}-{number}"} for number in range(rooms)]
    try:
        made = CreateRoomsOperator(task_id="rooms", conn_id="bench", specs=specs).execute(CONTEXT)
    except Exception as error:  # noqa: BLE001 - counted
        print(f"  {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
        return 0, 1
    return len(made), 0


def tasks(make: Callable[[str], Any], process: int, rooms: int) -> tuple[int, int]:
    """One task for each room."""
    made = failed = 0
    for number in range(rooms):
        hooks._paces.clear()  # each task is a process of its own
        try:
            make(f"p{process}-{number}")
            made += 1
        except Exception:  # noqa: BLE001 - counted
            failed += 1
    return made, failed


def ours(name: str) -> Any:
    """``CreateRoomOperator``."""
    return CreateRoomOperator(task_id="room", conn_id="bench", name=name).execute(CONTEXT)


def by_hand(name: str) -> Any:
    """``HttpOperator``, as for a mapped task."""
    return HttpOperator(
        task_id="room", http_conn_id="bench_http", endpoint="/twilio/v1/Rooms", data={"UniqueName": name}
    ).execute({})


def sdk(url: str) -> Callable[[str], Any]:
    """``twilio``'s own client, its session repeating a 429."""
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    transport = TwilioHttpClient()
    repeating = Retry(total=10, backoff_factor=0.5, status_forcelist=[429], allowed_methods=None)
    transport.session.mount("http://", HTTPAdapter(max_retries=repeating))
    client = Client(
        credentials.TWILIO_API_KEY, credentials.TWILIO_SECRET, credentials.TWILIO_ACCOUNT, http_client=transport
    )
    client.video.base_url = f"{url}/twilio"
    return lambda name: client.video.v1.rooms.create(unique_name=name)


@dataclass
class Result:
    """What one run showed."""

    seconds: float
    refused: float
    failed: int
    made: int
    peak: int


def run(box: RoomsSandbox, case: Case, work: Work, redis: Redis | None, *, refused_count: bool) -> Result:
    """One run of a case."""
    if redis:
        redis.start()
    box.reset()
    box.limit("twilio", writes=WRITES, reads=80, refused_count=refused_count)
    forked = multiprocessing.get_context("fork")
    go, results = forked.Event(), forked.Queue()

    def body(process: int) -> None:
        go.wait()
        time.sleep(random.Random(process).random() * case.spread)
        share = case.rooms // case.processes + (process < case.rooms % case.processes)
        results.put(work(process, share))

    processes = [forked.Process(target=body, args=(number,)) for number in range(case.processes)]
    for process in processes:
        process.start()
    time.sleep(0.5)
    began = time.monotonic()
    go.set()
    if redis and case.redis_dies:
        time.sleep(case.rooms / WRITES / 2)
        redis.stop()
    counts = [results.get() for _ in processes]
    seconds = time.monotonic() - began
    for process in processes:
        process.join()
    limits = box.limits("twilio")
    return Result(
        seconds=seconds,
        refused=sum(limits["refused"].values()) / max(1, len(box.requests("twilio"))),
        failed=sum(failed for _, failed in counts),
        made=len(box.rooms("twilio")),
        peak=limits["highest_offered"]["writes"],
    )


class Redis:
    """A Redis of our own, that can be killed."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, unless it runs, and wait until it listens."""
        if self._process:
            return
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while True:
            with socket.socket() as sock:
                if not sock.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill it."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def own_redis() -> Iterator[Redis]:
    """A Redis that is gone at the end."""
    redis = Redis()
    try:
        yield redis
    finally:
        redis.stop()


def connect(box: RoomsSandbox, redis: Redis | None) -> None:
    """The connections, in the environment."""
    connection = box.connection("twilio")
    if redis is not None:
        connection["extra"] = {**connection["extra"], "pace_conn_id": "bench_redis"}
        os.environ["AIRFLOW_CONN_BENCH_REDIS"] = f"redis://127.0.0.1:{redis.port}"
    os.environ["AIRFLOW_CONN_BENCH"] = json.dumps(connection)
    by_hand_too = {**connection, "conn_type": "http", "extra": {}, "host": box.url}
    os.environ["AIRFLOW_CONN_BENCH_HTTP"] = json.dumps(by_hand_too)


def measure(
    box: RoomsSandbox,
    what: str,
    case: Case,
    work: Work,
    runs: int,
    bars: tuple[float | None, float | None],
    redis: Redis | None = None,
) -> bool:
    """Print a row for each way to count; tell whether the bars are held."""
    good = True
    for refused_count in (False, True):
        found = [run(box, case, work, redis, refused_count=refused_count) for _ in range(runs)]
        over = statistics.mean(result.seconds for result in found) / (case.rooms / WRITES)
        refused = statistics.mean(result.refused for result in found)
        failed, missing = (
            sum(result.failed for result in found),
            sum(max(0, case.rooms - result.made) for result in found),
        )
        longest, most = bars
        held = (longest is None or over <= longest) and (most is None or refused <= most + 1e-9)
        held = (held and not failed and not missing) or bars == (None, None)
        print(
            f"{what:<46}{'yes' if refused_count else 'no':>8}{over:>10.2f}x{refused:>9.1%}{failed:>8}{missing:>9}"
            f"{max(result.peak for result in found):>7}{'' if held else '   not within the bars'}",
            flush=True,
        )
        good = good and held
    return good


def main() -> int:
    """Print the table; the exit code says whether the bars are held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=1, help="the figures are means of so many; the bars are for five")
    parser.add_argument("--cases", nargs="*", help="beginnings of the names of cases")
    parser.add_argument("--stores", nargs="*", choices=("alone", "redis"), default=("alone", "redis"))
    parser.add_argument("--rooms", type=float, default=0.2, help="a part of the rooms; 1 is what the bars are for")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    cases = [case for case in CASES if not args.cases or case.name.startswith(tuple(args.cases))]
    print(f"means of {args.runs} runs; the limit's time is rooms / {WRITES} s; answers after {LATENCY_MS:g} ms\n")
    print(f"{'':<46}{'counted':>8}{'x limit':>11}{'429':>9}{'failed':>8}{'missing':>9}{'peak':>7}", flush=True)
    good = True
    with sandbox(Path(os.environ["AIRFLOW_HOME"]) / "sandbox.log", latency_ms=LATENCY_MS) as box:
        for shared in (store == "redis" for store in args.stores):
            if shared and not shutil.which("redis-server"):
                print("redis-server is not installed: pace_conn_id was not measured")
                continue
            with own_redis() if shared else _nothing() as redis:
                connect(box, redis)
                for case in cases:
                    if case.redis_dies and not shared:
                        continue
                    part = Case(**{**case.__dict__, "rooms": max(case.processes, int(case.rooms * args.rooms))})
                    work = partial(tasks, ours) if case.mapped else batch
                    bars = (LONGEST_SHARED, REFUSED_SHARED) if shared else (case.longest, case.refused)
                    if (case.mapped and not shared) or case.redis_dies or args.rooms < 1:
                        bars = (math.inf, 1.0)  # all at their first try
                    where = "Redis" if shared else "alone"
                    good = measure(box, f"{where}, {case.name}", part, work, args.runs, bars, redis) and good
        connect(box, None)
        part = Case(name="", processes=6, rooms=max(6, int(600 * args.rooms)))
        measure(box, "HttpOperator mapped, 6 at once", part, partial(tasks, by_hand), 1, (None, None))
        measure(box, "twilio SDK with retries, 6 at once", part, partial(tasks, sdk(box.url)), 1, (None, None))
    return 0 if good else 1


@contextmanager
def _nothing() -> Iterator[None]:
    yield None


if __name__ == "__main__":
    sys.exit(main())
