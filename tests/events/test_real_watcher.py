"""The watcher in a real Airflow, whose triggerer is killed under it: nothing is lost, and nothing is read twice."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from events_help import CHECKED_BY, until
from vendor_traits import ANY

from airflow_api import AirflowApi
from airflow_parts import standalone, wait_until_healthy, web_settings
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.testing import airflow_versions
from airflow_provider_rooms.vendors import VENDORS, vendor_class
from stack import airflow_environment, free_port, sandbox
from triggerers import kill_triggerer, triggerer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(airflow_versions.version() < (3, 3), reason="before Airflow 3.3 a watcher begins anew"),
]

PATIENCE = 400.0
KINDS = ("session_started", "session_ended", "recording_ready")
INTERVAL = 2


@dataclass
class Stack:
    """What runs, and when things happened."""

    box: RoomsSandbox
    home: Path
    environment: dict[str, str]
    pid: int
    happened: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def read(self, dag: str, **known: str) -> list[dict[str, Any]]:
        """What a consumer read so far."""
        kept = self.home / "read.jsonl"
        rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
        return [row for row in rows if row["dag"] == dag and known.items() <= row.items()]

    def cursors(self) -> int:
        """How many watchers have stored how far they are."""
        with sqlite3.connect(f"file:{self.home}/airflow.db?mode=ro", uri=True, timeout=60) as database:
            return int(database.execute("select count(*) from asset_state_store").fetchone()[0])

    def a_class(self, vendor: str, name: str, *, killing: Any = None) -> Any:
        """A session and a recording of it, from the beginning to the end."""
        hook: Any = get_rooms_hook(f"{vendor}_school")
        room = hook.ensure_room({"name": name, "webhook": True})
        self.box.start_session(vendor, name, ["ada"])
        self.happened[vendor, name, "session_started"] = time.time()
        self.box.recording(vendor, name, "start")
        if killing:
            killing()
        self.box.end_session(vendor, name)
        if vendor_class(vendor).rooms_apart:
            hook.close_room(room)  # where a session ends only once nobody can come back
        self.happened[vendor, name, "session_ended"] = time.time()
        self.box.recording(vendor, name, "complete")
        self.happened[vendor, name, "recording_ready"] = time.time()
        return room


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Airflow with connections that are watched, and may be received too."""
    home = tmp_path_factory.mktemp("airflow")
    (home / "passwords.json").write_text(json.dumps({"admin": "admin"}))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with sandbox(home / "sandbox.log") as box:
        environment = airflow_environment(home, box, free_port()) | web_settings(port, home) | {
            "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent / "watch_dags"),
            "AIRFLOW__ROOMS__WEBHOOKS": "True",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
            "ROOMS_READ": str(home / "read.jsonl"),
        }  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            for vendor in VENDORS:
                name = f"AIRFLOW_CONN_{vendor.upper()}_SCHOOL"
                connection = box.connection(vendor)
                own = {"webhook_url": f"{url}/rooms/webhooks/{vendor}_school", "watch_interval": INTERVAL}
                connection["extra"] = {**connection.get("extra", {}), **own, **CHECKED_BY.get(vendor, {})}
                environment[name] = json.dumps(connection)
                patch.setenv(name, environment[name])
            with standalone(environment, home / "airflow.log") as airflow:
                wait_until_healthy(airflow, AirflowApi(url), home / "airflow.log")
                running = Stack(box, home, environment, airflow.pid)
                until(lambda: running.cursors() == len(VENDORS) * len(KINDS), PATIENCE)
                yield running


def test_what_happens_is_read_once_on_each_channel_and_on_both(stack: Stack) -> None:
    rooms = {vendor: stack.a_class(vendor, "algebra-1") for vendor in VENDORS}
    consumers = [*((f"watched_{vendor}", vendor) for vendor in VENDORS), ("received", ANY.conn_type)]
    for dag, vendor in [*consumers, ("both", ANY.conn_type)]:
        for kind in KINDS:
            found = until(lambda dag=dag, kind=kind: stack.read(dag, type=kind), PATIENCE)  # type: ignore[misc]
            assert {event["room_id"] for event in found} == {rooms[vendor].id}
            start = min(dt.datetime.fromisoformat(event["start"]).timestamp() for event in found)
            seconds = start - stack.happened[vendor, "algebra-1", kind]
            print(f"{dag:22} {kind:16} from happening to run: {seconds:.1f} s")  # noqa: T201 - a figure of interest
    time.sleep(3 * INTERVAL)  # the slower channel tells it too
    _each_once(stack)


def test_a_triggerer_that_is_killed_loses_nothing_and_nothing_is_read_twice(stack: Stack) -> None:
    """Killed between the start and the end of a session, and twice as soon as it has told of anything."""
    stack.a_class(next(iter(VENDORS)), "biology-1", killing=lambda: kill_triggerer(stack.pid))

    def read(kind: str) -> int:
        return sum(len({e["room_id"] for e in stack.read(f"watched_{vendor}", type=kind)}) for vendor in VENDORS)

    before = sum(read(kind) for kind in KINDS)
    for number in range(2):
        for vendor in VENDORS:
            stack.a_class(vendor, f"chemistry-{number}")
        with triggerer(stack.environment, stack.home / f"triggerer-{number}.log") as process:
            until(lambda before=before: sum(read(kind) for kind in KINDS) > before, PATIENCE)  # type: ignore[misc]
            os.killpg(process.pid, signal.SIGKILL)
        before = sum(read(kind) for kind in KINDS)
    rooms = len({(vendor, name) for vendor, name, _ in stack.happened})
    with triggerer(stack.environment, stack.home / "triggerer-last.log"):
        for kind in KINDS:
            until(lambda kind=kind: read(kind) >= rooms, PATIENCE)  # type: ignore[misc]
        time.sleep(3 * INTERVAL)
    _each_once(stack)


def _each_once(stack: Stack) -> None:
    runs = defaultdict(list)
    for vendor in VENDORS:
        for event in stack.read(f"watched_{vendor}"):
            runs[event["dag"], event["id"]].append(event["run"])
    for dag in ("received", "both"):
        for event in stack.read(dag):
            runs[event["dag"], event["id"]].append(event["run"])
    assert {key: found for key, found in runs.items() if len(found) != 1} == {}
