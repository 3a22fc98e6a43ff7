"""A day of classes gets its rooms on VideoSDK, 100ms and Twilio Video: `make demo`.

Real Airflow runs `example_dags/class_rooms.py` twice against the sandbox, the local stand-in of the three vendors. The
table at the end comes from Airflow's XComs, the sandbox's own state and the mails that arrived. Nothing leaves this
machine, and everything that was started is ended again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from airflow_provider_rooms.timetable import Class, read_timetable
from dag_run import DagResult, run_dag
from soon import SHIPPED, write_soon
from stack import REPO, MailSink, airflow_environment, end, mail_sink, room_ids, sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

PATIENCE = 300  # seconds for one run of the DAG
WORDS = {"videosdk": "VideoSDK", "hundredms": "100ms", "twilio_video": "Twilio Video"}

console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=110)


def main() -> int:
    """Run the demo; 0 if every room was made exactly once."""
    began = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    (REPO / ".demo").mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="run-", dir=REPO / ".demo"))
    log = home / "airflow.log"
    try:
        faults = demo(home, log)
    except KeyboardInterrupt:
        shutil.rmtree(home, ignore_errors=True)
        console.print("Interrupted; everything that was started is ended.")
        return 130
    except (RuntimeError, OSError) as error:
        faults = [str(error)]
    if faults:
        console.print("\n[bold red]The demo failed:[/]")
        for fault in faults:
            console.print(f"  {fault}", markup=False)
        for line in reasons(log):
            console.print(f"  {line}", markup=False, style="dim")
        console.print(f"All that was written: {os.path.relpath(home)}/ (Airflow's log is {log.name})")
        return 1
    shutil.rmtree(home, ignore_errors=True)
    console.print(f"\nDone in {time.monotonic() - began:.0f} s. Next:")
    console.print("  [bold]make ui[/]      the same in Airflow's own web page, the vendors' rooms beside it")
    console.print("  [bold]make test[/]    the test suite")
    console.print("  README.md    connections, and a DAG of your own")
    return 0


def demo(home: Path, log: Path) -> list[str]:
    """Make the rooms twice; what went wrong, if anything."""
    timetable = home / "timetable.csv"
    date = write_soon(timetable, dt.datetime.now(dt.UTC))
    classes = read_timetable(timetable).on(date).classes
    console.print(
        f"The timetable {SHIPPED.relative_to(REPO)} has {len(classes)} classes on {date:%A, %d %B %Y}; in a copy they were "
        "moved so that all begin within the next half hour. Each gets a room at three vendors."
    )
    with sandbox(home / "sandbox.log") as vendors, mail_sink() as (sink, smtp_port):
        console.print(f"Sandbox (the three vendors): {vendors.url}   Mail sink: 127.0.0.1:{smtp_port}")
        conf = {"timetable": str(timetable), "date": date.isoformat()}
        with airflow(airflow_environment(home, vendors, smtp_port), conf, log) as run:
            return two_runs(run, classes, vendors, sink)


def two_runs(
    run: Callable[[], DagResult | None], classes: tuple[Class, ...], vendors: RoomsSandbox, sink: MailSink
) -> list[str]:
    """The same day twice; what went wrong, if anything."""
    wanted = len(classes) * len(WORDS)
    runs: list[DagResult] = []
    held: list[set[tuple[str, str]]] = []
    mailed: list[list[str]] = []
    for label in ("First run", "Second run, the same day again"):
        sink.mails.clear()
        began = time.monotonic()
        result = watch(label, run, wanted, vendors, sink)
        if result is None:
            return ["Airflow ended early."]
        runs.append(result)
        held.append(room_ids(vendors))
        mailed.append(sink.bodies())
        outcomes = Counter(room["outcome"] for room in result.rooms)
        console.print(
            f"{label}: {result.state} in {time.monotonic() - began:.0f} s; {outcomes['created']} created, "
            f"{outcomes['found']} found, {len(sink.mails)} mails; the sandbox holds {len(held[-1])} rooms."
        )
    show(runs, classes, mailed[0])
    faults = check(runs, held, mailed, classes)
    if not faults:
        console.print(
            f"\n[bold green]{len(held[0])} rooms for {len(classes)} classes on three vendors, a mail about each; "
            "the second run made none.[/]"
        )
    return faults


def check(
    runs: list[DagResult], held: list[set[tuple[str, str]]], mailed: list[list[str]], classes: tuple[Class, ...]
) -> list[str]:
    """Everything that is not as promised."""
    faults = []
    wanted = {(conn_type, one.name) for one in classes for conn_type in WORDS}
    for number, (result, outcome, bodies) in enumerate(zip(runs, ("created", "found"), mailed, strict=True), start=1):
        broken = sorted(task for task, state in result.tasks.items() if state != "success")
        if result.state != "success" or broken:
            faults.append(f"run {number} is {result.state}; not successful: {', '.join(broken[:5]) or 'none'}")
        made = Counter((conn_type(room), room["name"]) for room in result.rooms)
        if set(made) != wanted or len(result.rooms) != len(wanted):
            faults.append(f"run {number} has {len(result.rooms)} rooms for {len(wanted)} classes and vendors")
        others = [room["name"] for room in result.rooms if room["outcome"] != outcome]
        if others:
            faults.append(f"run {number}: {len(others)} rooms were not {outcome}, such as {others[0]}")
        silent = [room["name"] for room in result.rooms if not any(room["id"] in body for body in bodies)]
        if silent:
            faults.append(f"run {number}: no mail about {len(silent)} rooms, such as {silent[0]}")
    first, second = ({(conn_type(room), room["name"]): room["id"] for room in result.rooms} for result in runs)
    if first != second:
        faults.append("the second run has other room ids than the first")
    if held[0] != held[1] or len(held[0]) != len(wanted):
        faults.append(f"the sandbox held {len(held[0])} rooms after the first run and {len(held[1])} after the second")
    return faults


def show(runs: list[DagResult], classes: tuple[Class, ...], mailed: list[str]) -> None:
    """One line per class and vendor."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Class", "Vendor", "Room id", "1st run", "2nd run", "Mail"):
        table.add_column(heading, no_wrap=True, overflow="ellipsis" if heading == "Class" else "fold")
    first, second = ({(room["name"], conn_type(room)): room for room in result.rooms} for result in runs)
    for one in classes:
        zone = one.starts_at.tzinfo
        about = [f"{one.course} {one.section}", one.title, f"{one.starts_at:%H:%M} {zone}"]
        for line, (kind, vendor) in zip(about, WORDS.items(), strict=True):
            room = first.get((one.name, kind), {})
            again = second.get((one.name, kind), {})
            sent = room and any(room["id"] in body for body in mailed)
            table.add_row(
                line,
                vendor,
                room.get("id", "-"),
                room.get("outcome", "-"),
                again.get("outcome", "-"),
                "sent" if sent else "-",
            )
        table.add_row()
    console.print()
    console.print(table)


def watch(
    label: str, run: Callable[[], DagResult | None], wanted: int, vendors: RoomsSandbox, sink: MailSink
) -> DagResult | None:
    """Let one run happen while showing how far it is."""
    done: queue.Queue[DagResult | None] = queue.Queue()
    threading.Thread(target=lambda: done.put(run()), daemon=True).start()
    began = time.monotonic()
    with console.status(f"{label}: Airflow starts …"):
        if not sys.stdout.isatty():
            console.print(f"{label} …")
        status = console.status("")
        while time.monotonic() - began < PATIENCE:
            try:
                return done.get(timeout=0.5)
            except queue.Empty:
                status.update(f"{label}: {len(room_ids(vendors))} rooms, {len(sink.mails)} mails of {wanted}")
    raise RuntimeError(f"the run took more than {PATIENCE} seconds")


@contextmanager
def airflow(environment: dict[str, str], conf: dict[str, Any], log: Path) -> Iterator[Callable[[], DagResult | None]]:
    """Airflow in a process of its own, its output in the log: call what comes back to run the DAG once more."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, __file__, "--airflow", json.dumps(conf)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )

    def run() -> DagResult | None:
        if process.stdin is None or process.stdout is None:
            return None
        process.stdin.write("run\n")
        process.stdin.flush()
        line = process.stdout.readline()
        return DagResult(**json.loads(line)) if line else None

    try:
        yield run
    finally:
        end(process)


def airflow_process(conf: dict[str, Any]) -> int:
    """The other side of :func:`airflow`: a run per line on standard input, its result on standard output."""
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever Airflow prints goes to the log
    from airflow.utils.db import initdb

    initdb()
    for _ in sys.stdin:
        result = run_dag("class_rooms", conf)
        print(json.dumps(dataclasses.asdict(result)), file=results, flush=True)
    return 0


def reasons(log: Path) -> list[str]:
    """The lines of Airflow's log that name an error, the last few of them."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    telling = [line.strip()[:300] for line in lines if "Error" in line and "Traceback" not in line]
    return list(dict.fromkeys(telling))[-5:]


def conn_type(room: dict[str, Any]) -> str:
    """``videosdk`` of ``videosdk_default``."""
    return str(room["conn_id"]).removesuffix("_default")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--airflow"]:
        sys.exit(airflow_process(json.loads(sys.argv[2])))
    sys.exit(main())
