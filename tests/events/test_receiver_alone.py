"""The receiver on its own beside a real Airflow, through a proxy that loses answers, killed in the middle: each event is read once.

``ROOMS_AIRFLOW=2.11`` runs it beside another version, with everything from that version's environment (``make test-matrix`` makes
those).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from airflow_server import LosingProxy
from events_help import CHECKED_BY, HEADED, until

import matrix
from airflow_parts import standalone, web_settings
from airflow_provider_rooms.errors import RoomsError
from airflow_provider_rooms.events.assets import EVENT_TYPES
from airflow_provider_rooms.events.rest import AirflowApi, Credentials
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.vendors import VENDORS, vendor_class
from stack import airflow_environment, free_port, sandbox

pytestmark = pytest.mark.slow

VERSION = os.environ.get("ROOMS_AIRFLOW", "")
PYTHON = matrix.environment(VERSION) if VERSION else Path(sys.executable)
PATIENCE = 600.0
CANARY = b"X-Amz-Signature"
BURST = 100


@dataclass
class Stack:
    """What runs, and how to run the receiver."""

    box: RoomsSandbox
    home: Path
    own_home: Path
    url: str
    receive: Callable[[], subprocess.Popen[bytes]]

    def read(self) -> list[dict[str, Any]]:
        """What the consumers read so far."""
        kept = self.home / "read.jsonl"
        return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []


def _settings(port: int, home: Path) -> dict[str, str]:
    settings = web_settings(port, home) | {
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent / "dags"),
        "ROOMS_READ": str(home / "read.jsonl"),
    }
    if VERSION.startswith("2."):
        settings |= {
            "AIRFLOW__WEBSERVER__WEB_SERVER_PORT": str(port),
            "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
            "AIRFLOW__WEBSERVER__WORKERS": "2",
            "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.basic_auth",
            "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "10",
        }
    return settings


def _password(home: Path) -> str:
    kept = home / "standalone_admin_password.txt"  # where Airflow 2 leaves it
    return kept.read_text().strip() if VERSION.startswith("2.") and kept.exists() else "admin"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Airflow, a losing proxy in front of it, and the sandbox; the receiver is up to the test."""
    home, own_home = tmp_path_factory.mktemp("airflow"), tmp_path_factory.mktemp("receiver")
    (home / "passwords.json").write_text(json.dumps({"admin": "admin"}))
    port, receiving = free_port(), free_port()
    chance = random.Random(15)
    with ExitStack() as opened:
        box = opened.enter_context(sandbox(home / "sandbox.log"))
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        connections = {}
        for vendor in VENDORS:
            connection = box.connection(vendor)
            own = {"webhook_url": f"http://127.0.0.1:{receiving}/rooms/webhooks/{vendor}_school"}
            connection["extra"] = {**connection.get("extra", {}), **own, **CHECKED_BY.get(vendor, {})}
            connections[f"AIRFLOW_CONN_{vendor.upper()}_SCHOOL"] = json.dumps(connection)
        for name, value in connections.items():
            patch.setenv(name, value)
        environment = airflow_environment(home, box, free_port()) | _settings(port, home) | connections
        opened.enter_context(standalone(environment, home / "airflow.log", PYTHON.parent))
        address = f"http://127.0.0.1:{port}"

        def ready() -> bool:
            try:
                return len(AirflowApi(address, Credentials(user="admin", password=_password(home))).assets()) >= len(
                    VENDORS
                ) * len(EVENT_TYPES)
            except RoomsError:
                return False

        until(ready, PATIENCE)
        proxy = LosingProxy(address, lambda method, number: chance.choice(["after", "before", *[None] * 8]))
        opened.callback(proxy.close)
        own = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")} | connections | {
            "AIRFLOW_HOME": str(own_home),  # without a database
            "AIRFLOW_USERNAME": "admin",
            "AIRFLOW_PASSWORD": _password(home),
            "NO_PROXY": "127.0.0.1",
        }  # fmt: skip

        def receive() -> subprocess.Popen[bytes]:
            log = opened.enter_context((own_home / "receiver.log").open("ab"))
            command = [PYTHON, "-m", "airflow_provider_rooms", "receive", "--airflow", proxy.url]
            command += ["--state", str(own_home / "state"), "--port", str(receiving)]
            process = subprocess.Popen(command, env=own, stdout=log, stderr=log)
            opened.callback(process.wait, 30)
            opened.callback(process.terminate)
            until(lambda: process.poll() is not None or _answers(receiving), 120)
            return process

        yield Stack(box, home, own_home, f"http://127.0.0.1:{receiving}", receive)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).is_success
    except httpx.TransportError:
        return False


def test_each_event_is_read_by_one_run_whatever_is_lost_or_killed(stack: Stack) -> None:
    receiver = stack.receive()
    began = time.monotonic()
    for vendor in VENDORS:
        hook: Any = get_rooms_hook(f"{vendor}_school")
        room = hook.ensure_room({"name": "algebra-1", "webhook": True})
        stack.box.webhooks(vendor, "twice")
        stack.box.start_session(vendor, "algebra-1", ["ada"])
        stack.box.recording(vendor, "algebra-1", "start")
        stack.box.end_session(vendor, "algebra-1")
        stack.box.recording(vendor, "algebra-1", "complete")
        if vendor_class(vendor).rooms_apart:
            hook.close_room(room)

    def read(vendor: str, kind: str) -> list[dict[str, Any]]:
        return [event for event in stack.read() if (event["vendor"], event["type"]) == (vendor, kind)]

    for vendor in VENDORS:
        for kind in ("session_started", "session_ended", "recording_ready"):
            until(lambda vendor=vendor, kind=kind: read(vendor, kind), PATIENCE)  # type: ignore[misc]
    print(f"\nthree classes, delivery to the last run: {time.monotonic() - began:.0f} s")  # noqa: T201 - a figure of interest

    chance = random.Random(15)
    told = [number for number in range(BURST) for _ in range(chance.randint(1, 3))]
    chance.shuffle(told)
    third = len(told) // 3
    began = time.monotonic()
    _send(stack, told[:third])
    receiver.send_signal(signal.SIGKILL)  # between taking and telling
    receiver.wait(10)
    receiver = stack.receive()
    _send(stack, told[third : 2 * third])
    time.sleep(3)
    receiver.send_signal(signal.SIGKILL)  # while it tells
    receiver.wait(10)
    receiver = stack.receive()
    _send(stack, [*told[2 * third :], BURST])  # with nothing after it

    def burst() -> list[dict[str, Any]]:
        return [e for e in stack.read() if (e["dag"], e["reported_as"]) == (f"consumer_{HEADED}", "ingest.failure")]

    until(lambda: len(burst()) > BURST, PATIENCE)
    print(f"{BURST + 1} things, told {len(told) + 1} times: read after {time.monotonic() - began:.0f} s")  # noqa: T201
    time.sleep(10)  # for what would be read twice
    times = Counter((event["dag"], event["type"], event["id"]) for event in stack.read())
    assert {key: number for key, number in times.items() if number != 1} == {}
    assert len(burst()) == BURST + 1


def _send(stack: Stack, numbers: list[int]) -> None:
    """As vendors do: again until it is answered 200."""

    def send(part: list[int]) -> None:
        with httpx.Client(timeout=60) as client:
            for number in part:
                body = {"type": "ingest.failure", "data": {"room_id": "r", "ingest_id": f"burst-{number}"}}
                answer = client.post(
                    f"{stack.url}/rooms/webhooks/{HEADED}_school",
                    json=body,
                    headers=CHECKED_BY[HEADED]["webhook_headers"],
                )
                assert answer.status_code == 200

    threads = [threading.Thread(target=send, args=(numbers[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_no_secret_of_a_delivery_is_anywhere(stack: Stack) -> None:
    """Runs last: signed links were in the deliveries before."""
    assert any(event["type"] == "recording_ready" for event in stack.read())
    for home in (stack.home, stack.own_home):
        for file in home.rglob("*"):
            if file.is_file() and file.name != "sandbox.log":
                assert CANARY not in file.read_bytes(), file
    assert list(stack.own_home.glob("*.db")) == []
