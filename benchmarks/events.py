"""Webhooks into Airflow under load: how soon they are answered, and that each event is read by exactly one run of each DAG.

An Airflow whose API server has two workers, on SQLite, Postgres or MariaDB, and the sandbox in this process. What is sent under
load is what the sandbox would send, signed, but over a connection each, at a rate of ours.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="rooms-bench-"))
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"

from airflow_provider_rooms.events.uris import event_uri
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.models import RoomEvent
from airflow_provider_rooms.sandbox.client import RoomsSandbox, conn_types
from airflow_provider_rooms.sandbox.server import SandboxServer
from airflow_provider_rooms.vendors import VENDORS
from fleet.parts import wait_until
from fleet.report import table
from receiving import DATABASES, Receiving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_rooms.sandbox.webhooks import Parcel

DAGS = Path(__file__).parents[1] / "tests" / "events" / "dags"
#: The DAGs that wait for the events of a vendor.
CONSUMERS = {vendor: [f"consumer_{vendor}"] for vendor in VENDORS} | {
    "hundredms": ["consumer_hundredms", "another_consumer"]
}
KINDS = ("session_started", "session_ended", "recording_ready")
MODES = ("twice", "shuffled", "late", "lost")
#: What is to be reached: seconds for the answers of a steady rate (99 of 100), and for all of a burst.
SOON, BURST = 1.0, 10.0
PATIENCE = 600.0
#: In a room.
PEOPLE = 25
#: What the vendors call it when somebody comes.
JOINED = ("participant-joined", "peer.join.success", "participant-connected")


@dataclass(frozen=True)
class Answer:
    """What came of one delivery."""

    status: int
    seconds: float


async def deliver(parcels: Sequence[Parcel], per_second: float | None) -> list[Answer]:
    """Send each over a connection of its own, without waiting for the answers of others.

    :param per_second: None for all at once.
    """
    began = time.monotonic()

    async def one(number: int, parcel: Parcel) -> Answer:
        if per_second:
            await asyncio.sleep(began + number / per_second - time.monotonic())
        started = time.monotonic()
        try:
            async with asyncio.timeout(60):
                status = await _post(parcel)
        except (OSError, TimeoutError, ValueError):
            status = 0
        return Answer(status, time.monotonic() - started)

    return list(await asyncio.gather(*(one(number, parcel) for number, parcel in enumerate(parcels))))


async def _post(parcel: Parcel) -> int:
    url = urlsplit(parcel.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    try:
        headers = {"host": url.netloc, "content-length": str(len(parcel.body)), "connection": "close", **parcel.headers}
        lines = [f"{parcel.method} {url.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + parcel.body)
        await writer.drain()
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()


#: How many things happened in a room: by vendor and room id.
Told = Counter[tuple[str, str]]


class Bench:
    """One Airflow, and what was measured."""

    def __init__(self, running: Receiving, server: SandboxServer) -> None:
        self.running = running
        self.box = running.vendors
        self._world = server.world
        self.rows: list[tuple[str, ...]] = []
        self.failed = False
        self._rooms = 0

    # -- what happens ------------------------------------------------------------------------------------------------------

    def room(self, vendor: str) -> tuple[str, str]:
        """A new room that reports; its name and id."""
        self._rooms += 1
        hook: Any = get_rooms_hook(f"{vendor}_school")
        room = hook.ensure_room({"name": f"room-{self._rooms}", "webhook": True})
        return room.name, room.id

    def join(self, vendor: str, people: int) -> Told:
        """People come into a new room."""
        name, room_id = self.room(vendor)
        self.box.start_session(vendor, name, [f"student-{n}" for n in range(people)])
        return Told({(vendor, room_id): people})

    def parcels(self, number: int) -> tuple[list[Parcel], Told]:
        """At least so many deliveries of people who came, of all vendors in turns, which were not sent."""
        told, kept = Told(), []
        for vendor in VENDORS:
            own = self._world.vendors[conn_types()[vendor]]
            found: list[Parcel] = []
            while len(found) < number / len(VENDORS):
                name, room_id = self.room(vendor)
                report, own.report = own.report, found.append
                self.box.start_session(vendor, name, [f"student-{n}" for n in range(PEOPLE)])
                own.report = report
                found = [parcel for parcel in found if is_join(parcel.event)]
                told[vendor, room_id] = PEOPLE
            kept.append(found)
        return [parcel for group in zip(*kept, strict=True) for parcel in group], told

    # -- what is measured --------------------------------------------------------------------------------------------------

    def load(self, what: str, number: int, per_second: float | None, bar: float, times: Sequence[int] = (1,)) -> None:
        """Send so many, measure the answers, and wait until all have been read.

        :param times: how often each is sent, one of these by chance, in any order.
        """
        parcels, told = self.parcels(number)
        chance = random.Random(number)
        if len(times) > 1:
            parcels = [parcel for parcel in parcels for _ in range(chance.choice(times))]
            chance.shuffle(parcels)
        memory, cpu = self.used()
        answers = asyncio.run(deliver(parcels, per_second))
        cpu = self.used()[1] - cpu
        seconds = sorted(answer.seconds for answer in answers)
        good = sum(answer.status == 200 for answer in answers)
        p99 = statistics.quantiles(seconds, n=100)[98]
        read = self.wait_until_read(told)
        within = good == len(parcels) and (p99 if per_second else seconds[-1]) <= bar
        self.failed |= not within
        self.rows.append(
            (
                what, f"{good}/{len(parcels)}", f"{statistics.median(seconds):.2f}", f"{p99:.2f}",
                f"{seconds[-1]:.2f}", f"{1000 * cpu / len(parcels):.1f}", f"{self.used()[0] - memory:+.0f}", read,
                "" if within else "TOO SLOW",
            )
        )  # fmt: skip
        print("  " + "  ".join(self.rows[-1]), flush=True)

    def modes(self, people: int) -> None:
        """The sandbox sends: twice, in any order, late and not at all; one more at the end with nothing after it."""
        told, lost = Told(), Told()
        for mode in MODES:
            for vendor in VENDORS:
                self.box.webhooks(vendor, mode, 3)
                (lost if mode == "lost" else told).update(self.join(vendor, people))
        self.wait_until_sent()
        for vendor in VENDORS:
            self.box.webhooks(vendor, "on")
            told.update(self.join(vendor, 1))
        self.wait_until_sent()
        attempts = [attempt for row in self.box.deliveries() if is_join(row["event"]) for attempt in row["attempts"]]
        good = sum(attempt.get("status") == 200 for attempt in attempts)
        read = self.wait_until_read(told)
        number = told.total() + lost.total()
        self.rows.append((f"{number} things, {', '.join(MODES)}", f"{good}/{len(attempts)}", *[""] * 5, read, ""))
        self.failed |= good < len(attempts)
        print("  " + "  ".join(self.rows[-1]), flush=True)

    def interrupted(self, what: str, leave: Callable[[], object]) -> None:
        """100ms repeats what is not answered: nothing is lost while something is away in the middle."""
        told, vendor = Told(), "hundredms"
        before = len(self.box.deliveries())
        self.box.webhooks(vendor, "shuffled", 6)
        for _ in range(4):
            told.update(self.join(vendor, PEOPLE))
        time.sleep(1)
        leave()
        self.box.webhooks(vendor, "on")
        told.update(self.join(vendor, 1))
        wait_until(lambda: all(_settled(row) for row in self.box.deliveries()[before:]), 120, "the sandbox")
        attempts = Counter(
            str(attempt.get("status", attempt.get("error")))
            for row in self.box.deliveries()[before:]
            for attempt in row["attempts"]
        )
        rows = [row for row in self.box.deliveries()[before:] if is_join(row["event"])]
        given_up = sum(all(attempt.get("status") != 200 for attempt in row["attempts"]) for row in rows)
        read = self.wait_until_read(told, given_up)
        if given_up:  # it repeats for 14 seconds
            read += f", {given_up} given up by the vendor"
        answers = ", ".join(f"{number} x {status}" for status, number in attempts.most_common())
        self.rows.append((f"{told.total()} things, {what}", answers, *[""] * 5, read, ""))
        print("  " + "  ".join(self.rows[-1]), flush=True)

    def database_away(self) -> None:
        """The database stops for ten seconds."""
        if store := self.running.store:
            store.stop()
            time.sleep(10)
            store.start()

    def wait_until_sent(self) -> None:
        """Until the sandbox has sent all that is not lost."""
        wait_until(
            lambda: all(row["attempts"] or row["note"] == "lost" for row in self.box.deliveries()), 120, "the sandbox"
        )

    def classes(self) -> None:
        """A session and a recording at each vendor, and how soon a run started for each."""
        ids = {}
        for vendor in VENDORS:
            name, ids[vendor] = self.room(vendor)
            self.box.webhooks(vendor, "on")
            self.box.start_session(vendor, name, ["ada"])
            self.box.recording(vendor, name, "start")
            self.box.end_session(vendor, name)
            self.box.recording(vendor, name, "complete")
            hook: Any = get_rooms_hook(f"{vendor}_school")
            if hook.vendor.can("close_room"):
                hook.close_room(ids[vendor])  # nobody can come back: there too a session has ended

        def read() -> list[dict[str, Any]]:
            return [event for event in self.running.read() if event["room_id"] == ids[event["vendor"]]]

        def all_read() -> bool:
            found = {(event["dag"], event["type"]) for event in read()}
            return all((dag, kind) in found for dags in CONSUMERS.values() for dag in dags for kind in KINDS)

        wait_until(all_read, PATIENCE, "sessions and recordings are read")
        sent = {
            (row["vendor"], row["event"]): row["attempts"][0]["at"]
            for row in self.box.deliveries()
            if row["attempts"] and row["attempts"][0]["at"]
        }
        rows = []
        for event in read():
            at = sent.get((conn_types()[event["vendor"]], event["reported_as"]))
            if event["type"] in KINDS and event["dag"].startswith("consumer"):
                after = f"{dt.datetime.fromisoformat(event['start']).timestamp() - at:.1f}" if at else "worked out"
                rows.append((event["vendor"], event["type"], event["reported_as"] or "", after))
        print(table(("vendor", "event", "reported as", "seconds from delivery to run"), sorted(set(rows))))

    def wait_until_read(self, told: Told, given_up: int = 0) -> str:
        """Wait until each DAG has read what was told; in words, what came of it.

        :param given_up: so many were never answered 200, and may be missing.
        """
        began = time.monotonic()
        wanted = {(dag, room): n for (vendor, room), n in told.items() for dag in CONSUMERS[vendor]}
        may_miss = given_up * max(map(len, CONSUMERS.values()))

        def missing() -> dict[tuple[str, str], int]:
            ids: dict[tuple[str, str], set[str]] = defaultdict(set)
            for event in self.running.read():
                if event["type"] == "participant_joined":
                    ids[event["dag"], event["room_id"]].add(event["id"])
            return {key: n - len(ids[key]) for key, n in wanted.items() if n != len(ids[key])}

        with suppress(TimeoutError):
            wait_until(lambda: sum(missing().values()) <= may_miss, PATIENCE, "all events are read")
        seconds = time.monotonic() - began
        time.sleep(3)  # for a run that may read them again
        if (left := sum(missing().values())) > may_miss or self.doubles():
            self.failed = True
            return f"{left} NOT READ, {self.doubles()} READ TWICE"
        return f"each once, {seconds:.0f} s later"

    def doubles(self) -> int:
        """Events that more than one run of a DAG has read."""
        readers = Counter((event["dag"], event["conn_id"], event["id"]) for event in self.running.read())
        return sum(number > 1 for number in readers.values())

    def used(self) -> tuple[float, float]:
        """MB of the API server's processes, what they share counted once; and the seconds of processor time that they had."""
        server = self.running.parts["api-server"].process
        kb, ticks = 0, 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError, ValueError):  # gone meanwhile
                fields = stat.read_text().rpartition(")")[2].split()
                if server and int(fields[2]) == server.pid:
                    lines = (stat.parent / "smaps_rollup").read_text().splitlines()
                    kb += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
                    ticks += int(fields[11]) + int(fields[12])
        return kb / 1024, ticks / os.sysconf("SC_CLK_TCK")

    # -- a week ------------------------------------------------------------------------------------------------------------

    def fill(self, number: int) -> None:
        """A week's events of one connection, straight into Airflow's table."""
        from sqlalchemy import MetaData, Table, create_engine, func, select

        engine = create_engine(self.running.environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
        assets, events = (Table(name, MetaData(), autoload_with=engine) for name in ("asset", "asset_event"))
        week, now = dt.timedelta(days=6, hours=23), dt.datetime.now(dt.UTC)
        with engine.begin() as connection:
            for vendor in VENDORS:
                uri = event_uri(f"{vendor}_school", "participant_joined")
                asset = connection.scalar(select(assets.c.id).where(assets.c.uri == uri))
                for start in range(0, number, 5000):
                    rows = [
                        {
                            "asset_id": asset,
                            "extra": _filler(vendor, n),
                            "timestamp": now - week * (1 - n / number),
                            "source_map_index": -1,
                        }
                        for n in range(start, min(start + 5000, number))
                    ]
                    connection.execute(events.insert(), rows)
            print(f"  {connection.scalar(select(func.count()).select_from(events))} events are stored.", flush=True)


def _filler(vendor: str, number: int) -> dict[str, Any]:
    event = RoomEvent(
        id=f"participant_joined:{vendor}:session-{number // 30}:person-{number}",
        type="participant_joined",
        vendor=vendor,
        conn_id=f"{vendor}_school",
        room_id=f"room-{number // 30}",
        name=f"class-{number // 30}",
        session_id=f"session-{number // 30}",
        participant=f"person-{number}",
    )
    return event.as_dict()


def _settled(row: dict[str, Any]) -> bool:
    """Whether the vendor does not send a delivery again: it was answered, or 100ms has tried four times."""
    return any(attempt.get("status") == 200 for attempt in row["attempts"]) or len(row["attempts"]) >= 4


def is_join(word: str) -> bool:
    """Whether a vendor's word says that somebody came."""
    return word in JOINED


def main() -> int:
    """0 if everything was answered in time and read once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument(
        "--seconds", type=int, default=3, help="how long 100 deliveries a second are sent (the bar: 10)"
    )
    parser.add_argument("--burst", type=int, default=300, help="how many are sent at once (the bar: 1000)")
    parser.add_argument("--week", type=int, default=0, help="events stored before the second round (the bar: 70000)")
    parser.add_argument("--keep", action="store_true", help="leave the logs there")
    given = parser.parse_args()
    with (
        SandboxServer() as server,
        Receiving(dags=DAGS, database=given.database, box=RoomsSandbox(server.url), keep=given.keep) as running,
    ):
        for name, value in running.environment.items():
            if name.startswith("AIRFLOW_CONN_"):
                os.environ[name] = value
        running.wait_for_dags(*(dag for dags in CONSUMERS.values() for dag in dags))
        bench = Bench(running, server)
        print(f"\nAirflow {running.command('version').strip()}, {given.database}", flush=True)
        bench.classes()
        bench.modes(PEOPLE)
        bench.load("300 things, each 1-3 times", 300, 30, SOON, times=(1, 2, 3))
        bench.interrupted("API server restarts", lambda: running.restart("api-server"))
        if running.store:
            bench.interrupted("database away for 10 s", bench.database_away)
        rounds = ["empty", *([f"{given.week} stored"] if given.week else [])]
        for state in rounds:
            if state != "empty":
                bench.fill(given.week)
                running.restart("api-server")
            bench.load(f"100 a second, {state}", 100 * given.seconds, 100, SOON)
            bench.load(f"{given.burst} at once, {state}", given.burst, None, BURST)
        heads = ("", "200", "median s", "p99 s", "longest s", "CPU ms", "memory MB", "read", "")
        print(f"\n{table(heads, bench.rows)}")
        print(
            f"Load of this machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} processors."
        )
    return int(bench.failed)


if __name__ == "__main__":
    sys.exit(main())
