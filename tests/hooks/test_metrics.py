"""What is counted where Airflow's metrics are on: as it leaves over UDP, for a StatsD server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from vendor_traits import ANY

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.hooks.metrics import METRICS
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.vendors.flow import nothing_noted

SCRIPT = """
    import asyncio, datetime as dt
    from airflow_provider_rooms.hooks import get_rooms_hook
    from airflow_provider_rooms.triggers.rooms import RoomTrigger

    hook = get_rooms_hook("rooms")
    for _ in range(2):
        room = hook.ensure_room({"name": "algebra-of-anna"})
    now = dt.datetime.now(dt.UTC)
    wait = {"purpose": "started", "starts_at": now.isoformat()}
    until = (now + dt.timedelta(seconds=1)).isoformat()
    trigger = RoomTrigger(conn_id="rooms", room=room.id, wait=wait, poll_interval=0.2, give_up_at=until)

    async def run():
        async for event in trigger.run():
            print(event.payload["status"])

    asyncio.run(run())
"""


def test_metrics_are_sent_as_airflow_is_configured(rooms_sandbox: RoomsSandbox, connections: None) -> None:
    pytest.importorskip("statsd", reason="needs apache-airflow[statsd]")
    rooms_sandbox.fault(ANY.conn_type, status=429, method="POST", times=1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(2)
        switches = {
            "STATSD_ON": "True",
            "STATSD_HOST": "127.0.0.1",
            "STATSD_PORT": str(server.getsockname()[1]),
            "STATSD_INFLUXDB_ENABLED": "True",
        }
        env = {**os.environ, **{f"AIRFLOW__METRICS__{k}": v for k, v in switches.items()}}
        subprocess.run([sys.executable, "-c", textwrap.dedent(SCRIPT)], env=env, check=True, timeout=120)
        lines = []
        try:
            while True:
                lines.append(server.recv(4096).decode())
        except TimeoutError:
            pass
    told = "\n".join(line for line in lines if "rooms." in line)
    sent = (
        ("ensured", "outcome=created"),
        ("ensured", "outcome=found"),
        ("requests", "status=2xx"),
        ("requests", "status=4xx"),
        ("throttled", "lane=writes"),
        ("pace_wait", "lane=writes"),
        ("polls", "purpose=started"),
        ("waits", "status=timeout"),
    )
    assert {f"rooms.{name}" for name, _ in sent} == METRICS.keys()
    for name, tags in sent:
        assert any(f"rooms.{name}" in line and tags in line and f"vendor={ANY.conn_type}" in line for line in lines), (
            name
        )
    assert "anna" not in told


def test_without_metrics_nothing_is_counted(connections: None) -> None:
    assert get_rooms_hook("rooms").vendor.runtime.note is nothing_noted


def test_every_metric_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "workers.md").read_text()
    for name, (kind, tags, what) in METRICS.items():
        assert f"| `{name}` | {kind} | {', '.join(f'`{tag}`' for tag in tags)} | {what} |" in page


def test_no_tag_can_name_anybody() -> None:
    assert {tag for _, tags, _ in METRICS.values() for tag in tags} <= {"outcome", "status", "lane", "purpose"}
