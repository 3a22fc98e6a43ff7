"""End to end: the sandbox sends, Airflow's API server receives, DAGs read. Each event is read by exactly one run of each DAG."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import airflow
import httpx
import pytest
from events_help import CHECKED_BY, until
from vendor_traits import facts

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.client import conn_types
from airflow_provider_rooms.vendors import VENDORS
from receiving import PATIENCE, Receiving

pytestmark = pytest.mark.slow

CANARY = "X-Amz-Signature"
KINDS = ("session_started", "session_ended", "recording_ready")
#: A vendor whose deliveries are checked by headers, which is easily done by hand.
HEADED = next(kind.conn_type for kind in BY_TYPE.values() if "webhook_headers" in kind.uses)
#: The DAGs that wait for its events, each in a file of its own.
CONSUMERS = (f"consumer_{HEADED}", "another_consumer")


@pytest.fixture(scope="module")
def running() -> Iterator[Receiving]:
    """Airflow with two API server workers, and connections that take part."""
    # The uvicorn beside Airflow 3.0 kills workers that take five seconds to start, and starts others, for ever.
    workers = 1 if airflow.__version__.startswith("3.0.") else 2
    with (
        Receiving(dags=Path(__file__).parent / "dags", workers=workers) as started,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in started.environment.items():
            if name.startswith("AIRFLOW_CONN_"):
                patch.setenv(name, value)
        started.wait_for_dags(*CONSUMERS, *(f"consumer_{vendor}" for vendor in VENDORS))
        yield started


def test_a_session_and_a_recording_of_each_vendor_are_read_by_one_run(running: Receiving) -> None:
    rooms = {}
    for vendor in VENDORS:
        hook: Any = get_rooms_hook(f"{vendor}_school")
        rooms[vendor] = hook.ensure_room({"name": "algebra-1", "webhook": True})
        running.vendors.webhooks(vendor, "twice")
        running.vendors.start_session(vendor, "algebra-1", ["ada"])
        running.vendors.recording(vendor, "algebra-1", "start")
        running.vendors.end_session(vendor, "algebra-1")
        running.vendors.recording(vendor, "algebra-1", "complete")
        if facts("sessions")[vendor].REJOINS:
            hook.close_room(rooms[vendor])  # nobody can come back, so the session has ended

    def missing() -> set[tuple[str, str]]:
        found = {(event["dag"], event["type"]) for event in running.read()}
        return {(f"consumer_{vendor}", kind) for vendor in VENDORS for kind in KINDS} - found

    until(lambda: not missing(), PATIENCE)
    read = running.read()
    assert {event["room_id"] for event in read} == {room.id for room in rooms.values()}
    _each_once(read)
    _print_times(running)


def test_a_burst_is_read_once_down_to_its_last_event(running: Receiving) -> None:
    """300 things happening, told one to three times in any order over both workers, with nothing after them."""
    chance = random.Random(15)
    told = [number for number in range(299) for _ in range(chance.randint(1, 3))]
    chance.shuffle(told)
    statuses: list[int] = []

    def send(part: list[int]) -> None:
        headers = CHECKED_BY[HEADED]["webhook_headers"]
        with httpx.Client(timeout=60, trust_env=False) as client:
            for number in part:
                body = {"type": "ingest.failure", "data": {"room_id": "r", "ingest_id": f"burst-{number}"}}
                url = f"{running.url}/rooms/webhooks/{HEADED}_school"
                statuses.append(client.post(url, json=body, headers=headers).status_code)

    threads = [threading.Thread(target=send, args=(told[n::6],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    send([299])
    assert set(statuses) == {200}

    def read() -> Counter[str]:
        return Counter(event["dag"] for event in running.read() if event["reported_as"] == "ingest.failure")

    until(lambda: all(read()[dag] >= 300 for dag in CONSUMERS), PATIENCE)
    _each_once(running.read())
    assert read() == dict.fromkeys(CONSUMERS, 300)


def test_no_secret_of_a_delivery_is_anywhere(running: Receiving) -> None:
    """Runs last: signed links were in the deliveries before."""
    assert any(event["type"] == "recording_ready" for event in running.read())
    for file in running.home.rglob("*"):
        if file.is_file() and file.name != "sandbox.log":
            assert CANARY.encode() not in file.read_bytes(), file


def _each_once(read: list[dict[str, Any]]) -> None:
    readers = Counter((event["dag"], event["conn_id"], event["id"]) for event in read)
    assert {key: number for key, number in readers.items() if number != 1} == {}


def _print_times(running: Receiving) -> None:
    """From the first attempt of a delivery to the start of the run that read it."""
    sent = {
        (row["vendor"], row["event"]): min(attempt["at"] for attempt in row["attempts"])
        for row in running.vendors.deliveries()
        if row["attempts"]
    }
    for event in running.read():
        at = sent.get((conn_types()[event["vendor"]], event["reported_as"]))
        if at and event["type"] in KINDS:
            seconds = dt.datetime.fromisoformat(event["start"]).timestamp() - at
            print(f"{event['dag']:22} {event['type']:16} delivery to run: {seconds:5.1f} s")  # noqa: T201 - a figure of interest
