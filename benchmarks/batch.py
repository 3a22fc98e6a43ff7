"""A thousand rooms in one task: ours, the physical limit, the vendor's own SDK one by one, and mapped HttpOperator tasks.

Every answer of the sandbox takes 50 ms. Ours finds, creates, reads back and compares all rooms, ten rooms at a time; the others
create, and nothing else. The limit is rooms x 1 request x latency / rooms at a time: what is left when all but the creates costs
nothing. The sandbox needs time of its own, on a machine that it shares with us: the row "creates alone" is a client that does nothing
but send the same creates, so many at a time, over connections that stay open. What is over its time is ours. Three rows more show the memory of 5000 classes in an account of 20 000 rooms, without latency. Each measurement has a process of its own, so that memory is its own too.

Twilio grants an account 20 writes per second, and our hook keeps to that: it is lifted here, or a thousand rooms would take
50 s whatever anybody does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="rooms-bench-"))
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sandbox.server import SandboxServer
from stack import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

VENDORS = ("twilio_video", "videosdk", "hundredms")
MOST_OVER_LIMIT = 1.25
MOST_MB = 30.0
#: So many that the connection's limit of writes is never reached.
NO_LIMIT = 10_000

DAG = """
    from __future__ import annotations
    import datetime as dt
    from airflow.providers.common.compat.sdk import DAG
    from airflow.providers.http.operators.http import HttpOperator

    with DAG("mapped_http", schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)):
        HttpOperator.partial(
            task_id="create",
            http_conn_id="twilio_http",
            endpoint="/twilio/v1/Rooms",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ).expand(data=[f"UniqueName=mapped-{n}" for n in range(NUMBER)])
"""


def resident_mb() -> float:
    """The memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """What a block takes: seconds, CPU seconds, and the most memory above what there was before, looked at every 10 ms."""
    taken = {"mb": 0.0}
    over = threading.Event()
    idle = resident_mb()

    def look() -> None:
        while not over.wait(0.01):
            taken["mb"] = max(taken["mb"], resident_mb() - idle)

    thread = threading.Thread(target=look)
    thread.start()
    begin, cpu = time.perf_counter(), time.process_time()
    try:
        yield taken
    finally:
        taken["seconds"], taken["cpu"] = time.perf_counter() - begin, time.process_time() - cpu
        over.set()
        thread.join()
        taken["mb"] = max(taken["mb"], resident_mb() - idle)


class Notes:
    """The part of a task instance that the operator writes to."""

    def xcom_push(self, key: str, value: Any) -> None:
        """Nothing is kept."""


def ours(url: str, vendor: str, rooms: int, concurrency: int) -> dict[str, Any]:
    """``CreateRoomsOperator`` from the first check to the last room."""
    from airflow_provider_rooms.hooks import get_rooms_hook
    from airflow_provider_rooms.operators.rooms import CreateRoomsOperator

    control = RoomsSandbox(url)
    connection = control.connection(vendor)
    connection["extra"] = {**connection["extra"], "writes_per_second": NO_LIMIT, "reads_per_second": NO_LIMIT}
    os.environ["AIRFLOW_CONN_BENCH"] = json.dumps(connection)

    def run(name: str, number: int) -> list[dict[str, Any]]:
        specs = [{"name": f"{name}-{n}", "ref": n} for n in range(number)]
        task = CreateRoomsOperator(task_id="rooms", conn_id="bench", specs=specs, concurrency=concurrency)
        return task.execute({"ti": Notes()})  # type: ignore[typeddict-item]

    run("warm", concurrency)  # loads the libraries and opens connections: what any such process has when idle
    # VideoSDK's list is believed where it shows closed rooms, as it does in any account that is not new.
    get_rooms_hook("bench").close_room("warm-0")
    before = len(control.requests(vendor))
    with watched() as taken:
        results = run("room", rooms)
    made = {room["id"] for room in results if room["outcome"] == "created"}
    return {**taken, "calls": (len(control.requests(vendor)) - before) / rooms, "made": len(made)}


def sdk(url: str, vendor: str, rooms: int, concurrency: int) -> dict[str, Any]:
    """A loop over ``twilio``'s own client: one POST per room, nothing looked up, nothing read back."""
    from twilio.rest import Client

    from airflow_provider_rooms.sandbox import credentials

    client = Client(credentials.TWILIO_API_KEY, credentials.TWILIO_SECRET, credentials.TWILIO_ACCOUNT)
    client.video.base_url = f"{url}/twilio"
    create = client.video.v1.rooms.create
    create(unique_name="warm")
    with watched() as taken:
        made = {create(unique_name=f"sdk-{n}").sid for n in range(rooms)}
    return {**taken, "calls": 1.0, "made": len(made)}


def mapped(url: str, vendor: str, rooms: int, concurrency: int) -> dict[str, Any]:
    """Mapped ``HttpOperator`` tasks, run by ``dag.test()``: in one process, without a scheduler, which is kind to them."""
    from urllib.parse import urlsplit

    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.utils.db import initdb

    from airflow_provider_rooms.sandbox import credentials

    parts = urlsplit(url)
    os.environ["AIRFLOW_CONN_TWILIO_HTTP"] = json.dumps(
        {
            "conn_type": "http",
            "host": parts.hostname,
            "port": parts.port,
            "schema": "http",
            "login": credentials.TWILIO_API_KEY,
            "password": credentials.TWILIO_SECRET,
        }
    )
    folder = Path(tempfile.mkdtemp(prefix="rooms-bench-dags-"))
    (folder / "mapped_http.py").write_text(textwrap.dedent(DAG).replace("NUMBER", str(rooms)))
    initdb()
    bag = DagBag(str(folder))
    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    sync_bag_to_db(bag, "dags-folder", None)
    with watched() as taken:
        run = bag.dags["mapped_http"].test()
    tasks = run.get_task_instances()
    # From the first task's start to the last one's end: setting up the run is not counted.
    taken["seconds"] = (max(ti.end_date for ti in tasks) - min(ti.start_date for ti in tasks)).total_seconds()
    return {**taken, "calls": 1.0, "made": sum(str(ti.state) == "success" for ti in tasks)}


def alone(url: str, vendor: str, rooms: int, concurrency: int) -> dict[str, Any]:
    """The creates and nothing else, over plain sockets: how long the sandbox takes."""
    import asyncio
    from urllib.parse import urlsplit

    from airflow_provider_rooms.hooks import get_rooms_hook
    from airflow_provider_rooms.models import RoomSpec
    from airflow_provider_rooms.vendors.flow import Request
    from airflow_provider_rooms.vendors.plans import make_plan

    os.environ["AIRFLOW_CONN_BENCH"] = json.dumps(RoomsSandbox(url).connection(vendor))
    kind, parts = get_rooms_hook("bench").vendor, urlsplit(url)
    prefix = urlsplit(kind.config.base_url).path

    def first_request(name: str) -> Request:
        plan = make_plan(kind, RoomSpec.read({"name": name}))
        return next(step for step in kind.create(plan.name, plan) if isinstance(step, Request))

    def as_bytes(request: Request) -> bytes:
        headers = {"Host": parts.netloc, **request.headers, "Content-Length": str(len(request.body or b""))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{request.method} {prefix}{request.target} HTTP/1.1\r\n{lines}\r\n".encode() + (request.body or b"")

    queue = iter([as_bytes(first_request(f"alone-{number}")) for number in range(rooms)])
    made = 0

    async def worker() -> None:
        nonlocal made
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for request in queue:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
            made += head.split(b" ", 2)[1] in (b"200", b"201")
        writer.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(worker() for _ in range(concurrency)))

    with watched() as taken:
        asyncio.run(all_of_them())
    return {**taken, "calls": 1.0, "made": made}


MEASUREMENTS = {"ours": ours, "alone": alone, "sdk": sdk, "mapped": mapped}


def fill(server: SandboxServer, conn_type: str, number: int) -> None:
    """Other rooms in the account, made in the sandbox's own store: by its API they would take minutes."""
    (vendor,) = (one for one in server.world.vendors.values() if one.conn_type == conn_type)
    for place in range(number):
        vendor.make_room(f"other-{place}", server.url)


def measure(what: str, latency_ms: float, vendor: str, rooms: int, concurrency: int, others: int = 0) -> dict[str, Any]:
    """One measurement, in a process of its own and with a sandbox of its own, whose limits are lifted.

    :param others: rooms that the account has before.
    """
    log = Path(os.environ["AIRFLOW_HOME"]) / "sandbox.log"
    with SandboxServer() if others else sandbox(log, latency_ms=latency_ms) as box:
        if isinstance(box, SandboxServer):
            fill(box, vendor, others)
        RoomsSandbox(box.url).limit(vendor)
        command = [sys.executable, __file__, "--child", what, box.url, vendor, str(rooms), str(concurrency)]
        answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(answer.strip().splitlines()[-1])
    if found["made"] != rooms:
        raise RuntimeError(f"{what}: {found['made']} of {rooms} rooms were made")
    return found


def main() -> int:
    """Print the table; the exit code says whether ours is within its limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rooms", type=int, default=1000)
    parser.add_argument("--latency-ms", type=float, default=50.0)
    parser.add_argument("--concurrency", type=int, default=10)
    parser.add_argument("--classes", type=int, default=5000, help="classes whose memory is measured; 0 for none")
    parser.add_argument("--others", type=int, default=20_000, help="rooms that their account has besides")
    parser.add_argument(
        "--mapped",
        type=int,
        default=100,
        help="mapped HttpOperator tasks, scaled to --rooms; 0 for neither them nor the SDK",
    )
    parser.add_argument("--vendors", nargs="*", default=VENDORS)
    args = parser.parse_args()
    rooms, concurrency, latency = args.rooms, args.concurrency, args.latency_ms

    print(
        f"{rooms} rooms, every answer after {latency:g} ms, {concurrency} rooms at a time; the limits per second are lifted\n"
    )
    print(f"{'':<34}{'calls/room':>11}{'seconds':>9}{'limit':>8}{'x limit':>9}{'CPU s':>7}{'MB above idle':>15}")
    good = True
    limit = rooms * latency / 1000 / concurrency
    for vendor in args.vendors:
        for label, what in (("creates alone", "alone"), ("ours", "ours")):
            found = measure(what, latency, vendor, rooms, concurrency)
            over = found["seconds"] / limit
            good = good and (what != "ours" or (over <= MOST_OVER_LIMIT and found["mb"] <= MOST_MB))
            print(
                f"{f'{label}, {vendor}':<34}{found['calls']:>11.2f}{found['seconds']:>9.1f}{limit:>8.1f}{over:>9.2f}"
                f"{found['cpu']:>7.1f}{found['mb']:>15.1f}",
                flush=True,
            )
    for vendor in args.vendors if args.classes else ():
        found = measure("ours", 0, vendor, args.classes, concurrency, args.others)
        good = good and found["mb"] <= MOST_MB
        label = f"{args.classes} of {args.classes + args.others}, {vendor}"
        print(
            f"{label:<34}{found['calls']:>11.2f}{found['seconds']:>9.1f}{'':>17}{found['cpu']:>7.1f}{found['mb']:>15.1f}",
            flush=True,
        )
    for label, what, number in (
        (
            ("twilio SDK, one by one", "sdk", rooms),
            (f"HttpOperator, {args.mapped} mapped, scaled", "mapped", args.mapped),
        )
        if args.mapped
        else ()
    ):
        found = measure(what, latency, "twilio_video", number, concurrency)
        scale = rooms / number
        print(
            f"{label:<34}{found['calls']:>11.1f}{found['seconds'] * scale:>9.1f}{'':>17}{found['cpu'] * scale:>7.1f}"
            f"{found['mb']:>15.1f}"
        )
    if not good:
        print(f"over {MOST_OVER_LIMIT} x the limit, or over {MOST_MB:g} MB", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    if "--child" in sys.argv:
        name, address, kind, *numbers = sys.argv[sys.argv.index("--child") + 1 :]
        print(json.dumps(MEASUREMENTS[name](address, kind, *map(int, numbers))))
    else:
        sys.exit(main())
