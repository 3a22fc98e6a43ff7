"""`make demo`: create the rooms for a day of classes on VideoSDK, 100ms and Twilio Video, twice.

Real Airflow runs `example_dags/class_rooms.py` twice against the sandbox, which simulates the three vendors on this machine.
The table at the end is read from Airflow's XComs, the sandbox's own state and the mails that arrived. Nothing leaves this
machine, and every process that was started is stopped at the end.
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

from airflow_provider_rooms.timetable import Class, read_timetable
from dag_run import DagResult, run_dag
from soon import SHIPPED, write_soon
from stack import REPO, MailSink, airflow_environment, end, mail_sink, room_ids, sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

PATIENCE = 300  # seconds for one run of the DAG
PLAIN_EVERY = 3  # seconds between two lines of progress where a line cannot be changed in place
WORDS = {"videosdk": "VideoSDK", "hundredms": "100ms", "twilio_video": "Twilio Video"}

# Fits 80 columns: the longest id, of Twilio, has 34 characters.
ROW = "  {:12}  {:34}  {:7}  {:7}  {}"

console = Console(highlight=False)


def main() -> int:
    """Run the demo; returns 0 if every room was created exactly once."""
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
        console.print("Interrupted. Everything that was started has been stopped.")
        return 130
    except (RuntimeError, OSError) as error:
        faults = [str(error)]
    if faults:
        console.print("\n[bold red]The demo failed:[/]")
        for fault in faults:
            console.print(f"  {fault}", markup=False)
        for line in reasons(log):
            console.print(f"  {line}", markup=False, style="dim")
        console.print(f"All files are kept in {os.path.relpath(home)}/ (Airflow's log is {log.name}).")
        return 1
    shutil.rmtree(home, ignore_errors=True)
    console.print(f"\nDone in {time.monotonic() - began:.0f} s. Next:")
    console.print("  [bold]make ui[/]     the same DAG in Airflow's web UI, with the sandbox's page")
    console.print("  README.md   how to add your connections and write your own DAG")
    return 0


def demo(home: Path, log: Path) -> list[str]:
    """Create the rooms twice; returns what went wrong."""
    timetable = home / "timetable.csv"
    date = write_soon(timetable, dt.datetime.now(dt.UTC))
    classes = read_timetable(timetable).on(date).classes
    console.print(
        f"{SHIPPED.relative_to(REPO)} is copied, with its {len(classes)} classes moved to the next half hour "
        f"({date:%A, %d %B %Y}). Each class gets a room on three vendors.",
    )
    with sandbox(home / "sandbox.log") as vendors, mail_sink() as (sink, smtp_port):
        console.print(f"Sandbox: {vendors.url}   Mail server: 127.0.0.1:{smtp_port}")
        conf = {"timetable": str(timetable), "date": date.isoformat()}
        with airflow(airflow_environment(home, vendors, smtp_port), conf, log) as run:
            return two_runs(run, classes, vendors, sink)


def two_runs(
    run: Callable[[], DagResult | None], classes: tuple[Class, ...], vendors: RoomsSandbox, sink: MailSink
) -> list[str]:
    """Run the same day twice; returns what went wrong."""
    wanted = len(classes) * len(WORDS)
    runs: list[DagResult] = []
    held: list[set[tuple[str, str]]] = []
    mailed: list[list[str]] = []
    for label in ("First run", "Second run"):
        sink.mails.clear()
        began = time.monotonic()
        result = watch(label, run, wanted, vendors, sink)
        if result is None:
            return ["The Airflow process ended before the run did."]
        runs.append(result)
        held.append(room_ids(vendors))
        mailed.append(sink.bodies())
        outcomes = Counter(room["outcome"] for room in result.rooms)
        console.print(
            f"{label}: {result.state} in {time.monotonic() - began:.0f} s; {outcomes['created']} rooms created, "
            f"{outcomes['found']} found, {len(sink.mails)} mails sent."
        )
    show(runs, classes, mailed[0])
    faults = check(runs, held, mailed, classes)
    if not faults:
        console.print(
            f"\n[bold green]{len(held[0])} rooms for {len(classes)} classes on three vendors, with one mail each. "
            "The second run found all of them and created none.[/]"
        )
    return faults


def check(
    runs: list[DagResult], held: list[set[tuple[str, str]]], mailed: list[list[str]], classes: tuple[Class, ...]
) -> list[str]:
    """Everything that breaks a promise."""
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
    """One line per class, then one per vendor."""
    console.print("\n[bold]" + ROW.format("Vendor", "Room id", "1st run", "2nd run", "Mail") + "[/]")
    first, second = ({(room["name"], conn_type(room)): room for room in result.rooms} for result in runs)
    for one in classes:
        about = f"{one.course} {one.section} · {one.title} · {one.starts_at:%H:%M} {one.starts_at.tzinfo}"
        console.print(f"\n{about}", markup=False, style="bold")
        for kind, vendor in WORDS.items():
            room = first.get((one.name, kind), {})
            again = second.get((one.name, kind), {})
            sent = room and any(room["id"] in body for body in mailed)
            cells = (room.get("id", "-"), room.get("outcome", "-"), again.get("outcome", "-"), "sent" if sent else "-")
            console.print(ROW.format(vendor, *cells), markup=False)


def watch(
    label: str, run: Callable[[], DagResult | None], wanted: int, vendors: RoomsSandbox, sink: MailSink
) -> DagResult | None:
    """Let one run happen while its rooms and mails are counted."""
    done: queue.Queue[DagResult | None] = queue.Queue()
    threading.Thread(target=lambda: done.put(run()), daemon=True).start()
    began = time.monotonic()
    with progress(f"{label}: starting …") as tell:
        while time.monotonic() - began < PATIENCE:
            try:
                return done.get(timeout=0.5)
            except queue.Empty:
                rooms, mails = len(room_ids(vendors)), len(sink.mails)
                if rooms:
                    tell(f"{label}: {rooms} of {wanted} rooms, {mails} of {wanted} mails")
    raise RuntimeError(f"The run took more than {PATIENCE} seconds.")


@contextmanager
def progress(first: str) -> Iterator[Callable[[str], None]]:
    """Yields what shows a line of progress: in place on a terminal, else a new line when it changed, every few seconds."""
    if console.is_interactive:
        with console.status(first) as status:
            yield status.update
        return
    console.print(first)
    last = (first, time.monotonic())

    def tell(line: str) -> None:
        nonlocal last
        if line != last[0] and time.monotonic() - last[1] >= PLAIN_EVERY:
            console.print(line)
            last = (line, time.monotonic())

    yield tell


@contextmanager
def airflow(environment: dict[str, str], conf: dict[str, Any], log: Path) -> Iterator[Callable[[], DagResult | None]]:
    """Airflow in its own process, with its output in the log; each call of the yielded function runs the DAG once."""
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
    """The process that :func:`airflow` starts: one run per line on standard input, its result on standard output."""
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever Airflow prints goes to the log
    from airflow.utils.db import initdb

    initdb()
    for _ in sys.stdin:
        result = run_dag("class_rooms", conf)
        print(json.dumps(dataclasses.asdict(result)), file=results, flush=True)
    return 0


def reasons(log: Path) -> list[str]:
    """The last few lines of Airflow's log that name an error."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    telling = [line.strip()[:300] for line in lines if "Error" in line and "Traceback" not in line]
    return list(dict.fromkeys(telling))[-5:]


def conn_type(room: dict[str, Any]) -> str:
    """``videosdk`` from ``videosdk_default``."""
    return str(room["conn_id"]).removesuffix("_default")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--airflow"]:
        sys.exit(airflow_process(json.loads(sys.argv[2])))
    sys.exit(main())
