"""The attendance of 100 000 people in one file: memory above idle, time, requests. One pass, a page at a time.

Each measurement has a process of its own. Idle is what that process has after it wrote a table of the same format without rows:
everything is imported by then.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="rooms-bench-"))
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

from stack import sandbox

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

MOST_MB = 80.0
#: People in a class, as far as the vendor's rooms go.
CLASS = 50
FORMATS = ("csv", "jsonl", "parquet")


def memory_mb(what: str) -> float:
    """``VmRSS``, what this process has; or ``VmHWM``, the most that it had."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def measure(conn_type: str, ending: str) -> dict[str, Any]:
    """Write the table in this process."""
    from airflow_provider_rooms.operators.rooms import SessionsToStorageOperator

    def write(folder: str, since: str, until: str) -> dict[str, Any]:
        operator = SessionsToStorageOperator(
            task_id="write",
            conn_id=f"{conn_type}_default",
            table="attendance",
            to=f"file://{folder}/x.{ending}",
            since=since,
            until=until,
        )
        return operator.execute({})

    with tempfile.TemporaryDirectory() as folder:
        write(folder, "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")
        idle = memory_mb("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
        started = time.monotonic()
        told = write(folder, "2025-01-01T00:00:00Z", "2100-01-01T00:00:00Z")
        seconds = time.monotonic() - started
    return {"rows": told["rows"], "mb": told["bytes"] / 2**20, "seconds": seconds, "above": memory_mb("VmHWM") - idle}


def play(box: RoomsSandbox, conn_type: str, people: int) -> None:
    """Classes of 50 people each, one after the other."""
    prefix = conn_type.removesuffix("_video")
    names = [{"identity": f"student-{number}", "name": f"Student Number {number}"} for number in range(CLASS)]
    for number in range(people // CLASS):
        box._call("POST", f"/control/{prefix}/rooms", {"name": f"class-{number}"})
        box.start_session(conn_type, f"class-{number}", names)
        box.end_session(conn_type, f"class-{number}")
    box.advance(7200)


def main() -> int:
    """Play, measure, print; 1 if it takes more memory than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--vendors", nargs="*", default=["videosdk", "hundredms", "twilio_video"])
    parser.add_argument("--measure", nargs=2, metavar=("VENDOR", "FORMAT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(*given.measure)))
        return 0
    worst = 0.0
    with tempfile.TemporaryDirectory() as logs, sandbox(Path(logs, "sandbox.log")) as box:
        environment = {**os.environ, **box.env(), "NO_PROXY": "127.0.0.1"}
        for conn_type in given.vendors:
            play(box, conn_type, given.people)
            for ending in FORMATS:
                before = len(box.requests())
                command = [sys.executable, __file__, "--measure", conn_type, ending]
                out = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
                found = json.loads(out.splitlines()[-1])
                worst = max(worst, found["above"])
                print(
                    f"{conn_type:13} {ending:8} {found['rows']:7} rows {found['mb']:6.1f} MB {found['seconds']:6.1f} s "
                    f"{len(box.requests()) - before:5} requests {found['above']:6.1f} MB above idle",
                    flush=True,
                )
    print(f"at most {worst:.1f} MB above idle, {MOST_MB:.0f} allowed")
    return int(worst > MOST_MB)


if __name__ == "__main__":
    sys.exit(main())
