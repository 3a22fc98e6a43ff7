"""A receiver on a port of its own that keeps what it is given, and connections whose webhooks lead to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from airflow_server import api_server, forget_assets, make_asset
from events_help import CHECKED_BY, Kept, Listening, until

from airflow_provider_rooms.events.receiver import Receiver
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sandbox.server import bind, url_of


@pytest.fixture
def listening() -> Iterator[Listening]:
    """The receiver, mounted as Airflow mounts it."""
    from fastapi import FastAPI

    kept = Kept()
    receiver = Receiver(kept)
    app = FastAPI()
    app.mount("/rooms/webhooks", receiver)
    sock = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=lambda: server.run(sockets=[sock]), daemon=True)
    thread.start()
    until(lambda: server.started)
    yield Listening(url_of(sock), kept, receiver)
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def connected(rooms_sandbox: RoomsSandbox, listening: Listening, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Makes a vendor's connection that takes part; answers its id."""

    def connect(vendor: str, **extra: Any) -> str:
        conn_id = f"{vendor}_school"
        connection = rooms_sandbox.connection(vendor)
        own = {"webhook_url": f"{listening.url}/rooms/webhooks/{conn_id}", **CHECKED_BY.get(vendor, {}), **extra}
        connection["extra"] = {**connection.get("extra", {}), **{k: v for k, v in own.items() if v is not None}}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
        return conn_id

    return connect


@pytest.fixture(scope="module")
def airflow(airflow_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of Airflow's API server, which runs in this process."""
    with api_server(tmp_path_factory.mktemp("home")) as url:
        yield url


@pytest.fixture
def asset(airflow: str) -> Iterator[str]:
    """The URI of an active asset of events."""
    yield make_asset("school", "other")
    forget_assets()
