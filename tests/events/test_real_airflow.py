"""End to end: the sandbox sends, Airflow's API server receives, DAGs read. Each event is read by exactly one run."""

from __future__ import annotations

import datetime as dt
import json
import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from events_help import CHECKED_BY, until

from airflow_api import AirflowApi
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.vendors import VENDORS, vendor_class
from stack import airflow_environment, free_port, sandbox
from ui import standalone, web_settings

pytestmark = pytest.mark.slow

PATIENCE = 400.0
CANARY = "X-Amz-Signature"


@dataclass
class Stack:
    """What runs."""

    url: str
    box: RoomsSandbox
    home: Path

    def read(self) -> list[dict[str, Any]]:
        """What the consumers read so far."""
        kept = self.home / "read.jsonl"
        return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Airflow with two API server workers, and connections that take part."""
    home = tmp_path_factory.mktemp("airflow")
    (home / "passwords.json").write_text(json.dumps({"admin": "admin"}))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with sandbox(home / "sandbox.log") as box:
        environment = airflow_environment(home, box, free_port()) | web_settings(port, home) | {
            "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent / "dags"),
            "AIRFLOW__ROOMS__WEBHOOKS": "True",
            "AIRFLOW__API__WORKERS": "2",
            "ROOMS_READ": str(home / "read.jsonl"),
        }  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            for vendor in VENDORS:
                name = f"AIRFLOW_CONN_{vendor.upper()}_SCHOOL"
                connection = box.connection(vendor)
                own = {"webhook_url": f"{url}/rooms/webhooks/{vendor}_school", **CHECKED_BY.get(vendor, {})}
                connection["extra"] = {**connection.get("extra", {}), **own}
                environment[name] = json.dumps(connection)
                patch.setenv(name, environment[name])
            with standalone(environment, home / "airflow.log"):
                api = AirflowApi(url)
                until(api.healthy, PATIENCE)
                api.log_in("admin", "admin")
                until(lambda: len(api.call("GET", "/api/v2/assets?uri_pattern=room-events")["assets"]) == 12, PATIENCE)
                yield Stack(url, box, home)


def test_a_session_and_a_recording_of_each_vendor_are_read_by_one_run(stack: Stack) -> None:
    rooms = {}
    for vendor in VENDORS:
        hook: Any = get_rooms_hook(f"{vendor}_school")
        rooms[vendor] = hook.ensure_room({"name": "algebra-1", "webhook": True})
        stack.box.webhooks(vendor, "twice")
        stack.box.start_session(vendor, "algebra-1", ["ada"])
        stack.box.recording(vendor, "algebra-1", "start")
        stack.box.end_session(vendor, "algebra-1")
        stack.box.recording(vendor, "algebra-1", "complete")
        if vendor_class(vendor).name == "twilio_video":
            hook.close_room(rooms[vendor])

    def read(vendor: str, kind: str) -> list[dict[str, Any]]:
        return [e for e in stack.read() if e["vendor"] == vendor and e["type"] == kind]

    for vendor in VENDORS:
        for kind in ("session_started", "session_ended", "recording_ready"):
            found = until(lambda vendor=vendor, kind=kind: read(vendor, kind), PATIENCE)  # type: ignore[misc]
            assert {event["room_id"] for event in found} == {rooms[vendor].id}
    _each_once(stack.read())
    sent = {
        (row["vendor"], row["event"]): min(a["at"] for a in row["attempts"])
        for row in stack.box.deliveries()
        if row["attempts"]
    }
    for event in stack.read():
        at = sent.get(({"twilio_video": "twilio"}.get(event["vendor"], event["vendor"]), event["reported_as"]))
        if at and event["type"] != "other":
            seconds = dt.datetime.fromisoformat(event["start"]).timestamp() - at
            print(f"{event['vendor']:13} {event['type']:16} delivery to run: {seconds:.1f} s")  # noqa: T201 - a figure of interest


def test_a_burst_is_read_once_down_to_its_last_event(stack: Stack) -> None:
    """300 things happening, told one to three times in any order over both workers, with nothing after them."""
    chance = random.Random(15)
    told = [number for number in range(300) for _ in range(chance.randint(1, 3))]
    chance.shuffle(told)
    told += [300]
    statuses: list[int] = []

    def send(part: list[int]) -> None:
        with httpx.Client(timeout=60) as client:
            for number in part:
                body = {"type": "ingest.failure", "data": {"room_id": "r", "ingest_id": f"burst-{number}"}}
                answer = client.post(
                    f"{stack.url}/rooms/webhooks/hundredms_school",
                    json=body,
                    headers=CHECKED_BY["hundredms"]["webhook_headers"],
                )
                statuses.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(told[:-1][n::6],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    send(told[-1:])
    assert set(statuses) == {200}

    def read() -> list[dict[str, Any]]:
        return [event for event in stack.read() if event["reported_as"] == "ingest.failure"]

    until(lambda: len(read()) >= 301, PATIENCE)
    _each_once(stack.read())
    assert len(read()) == 301


def test_no_secret_of_a_delivery_is_anywhere(stack: Stack) -> None:
    """Runs last: signed links were in the deliveries before."""
    assert any(event["type"] == "recording_ready" for event in stack.read())
    for file in stack.home.rglob("*"):
        if file.is_file() and file.name != "sandbox.log":
            assert CANARY.encode() not in file.read_bytes(), file


def _each_once(read: list[dict[str, Any]]) -> None:
    runs = defaultdict(list)
    for event in read:
        runs[event["conn_id"], event["id"]].append(event["run"])
    assert {key: runs for key, runs in runs.items() if len(runs) != 1} == {}
