"""Who is live, asked of the route in Airflow's own API server: what it costs vendors, and what it says when they are away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from airflow_provider_rooms.page import live
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.testing import airflow_versions

pytestmark = pytest.mark.skipif(
    airflow_versions.version() < (3, 1), reason="Airflow shows pages of plugins from 3.1 on"
)

PLANTED = "planted-secret-4711"


@pytest.fixture(scope="module")
def server(airflow_db: None) -> Iterator[Any]:
    from airflow.api_fastapi.app import create_app
    from fastapi.testclient import TestClient

    with TestClient(create_app(apps="core")) as client:
        yield client


@pytest.fixture
def ask(server: Any, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks for a connection that nobody has asked for yet: each test has one of its own."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="somebody", role="admin"))

    def ask(conn_id: str, vendor: str | None = None, **changes: Any) -> Any:
        if vendor:
            monkeypatch.setenv(
                f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(rooms_sandbox.connection(vendor) | changes)
            )
        answer = server.get(f"/rooms/live/{conn_id}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()

    return ask


@pytest.mark.parametrize("vendor", ["videosdk", "hundredms", "twilio_video"])
def test_ten_people_cost_a_vendor_no_more_than_one(ask: Any, rooms_sandbox: RoomsSandbox, vendor: str) -> None:
    ask(f"one_{vendor}", vendor)
    alone = len(rooms_sandbox.requests())
    assert alone
    first = ask(f"ten_{vendor}", vendor)
    with ThreadPoolExecutor(10) as people:
        seen = list(people.map(ask, [f"ten_{vendor}"] * 10))
    assert seen == [first] * 10
    assert len(rooms_sandbox.requests()) == 2 * alone


def test_ten_people_at_once(ask: Any, rooms_sandbox: RoomsSandbox) -> None:
    ask("before", "hundredms")
    alone = len(rooms_sandbox.requests())
    rooms_sandbox.fault("hundredms", "delay", seconds=0.5, path="/v2/*", times=1)
    ask_all = [("at_once", "hundredms")] + [("at_once",)] * 9
    with ThreadPoolExecutor(10) as people:
        seen = list(people.map(lambda one: ask(*one), ask_all))
    assert all(one == {"rooms": {}, "error": None} for one in seen)
    assert len(rooms_sandbox.requests()) == 2 * alone


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "status", "status": 503, "times": -1}, "503"),
        ({"kind": "status", "status": 429, "times": -1}, "429"),
        ({"kind": "drop_before", "times": -1}, ""),
        ({"kind": "body", "body": "<html>maintenance</html>", "times": -1}, ""),
        ({"kind": "delay", "seconds": 20, "times": -1}, "within 4 seconds"),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)
def test_a_vendor_that_is_down_or_slow_is_told_of(
    ask: Any, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], said: str
) -> None:
    monkeypatch.setattr(live, "PATIENCE", 4.0)
    rooms_sandbox.fault("videosdk", **fault)
    try:
        answer = ask(f"down_{fault['kind']}_{fault.get('status', '')}", "videosdk")
    finally:
        rooms_sandbox.clear_faults()
    assert answer["rooms"] == {}
    assert answer["error"]
    assert said in answer["error"]


@pytest.mark.parametrize(
    "changes",
    [
        {"password": PLANTED},
        {"login": PLANTED, "password": PLANTED},
        {"host": "http://127.0.0.1:1", "password": PLANTED, "extra": {"webhook_headers": {"X": PLANTED}}},
        {"extra": {"webhook_headers": PLANTED, "auth_token": PLANTED, "storage_credentials": {"key": PLANTED}}},
        {"conn_type": "another", "password": PLANTED},
    ],
)
def test_no_secret_of_a_connection_is_in_an_answer(ask: Any, changes: dict[str, Any]) -> None:
    answer = ask(f"planted_{abs(hash(str(changes)))}", "hundredms", **changes)
    assert PLANTED not in json.dumps(answer)


def test_a_connection_that_is_not_there_is_told_of(ask: Any) -> None:
    assert "There is no connection 'nowhere'" in ask("nowhere")["error"]
