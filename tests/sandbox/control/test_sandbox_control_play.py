"""`/control`: behaviour, sessions and recordings by hand, and the fixture that wraps it all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sandbox_help import ANY, FACTS, create

from airflow_provider_rooms.sandbox.client import ControlError
from airflow_provider_rooms.sandbox.registry import BUILT_IN

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_read_lag_hides_a_fresh_room_from_reads_only(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str
) -> None:
    rooms_sandbox.behave(vendor, read_lag_seconds=0.6)
    first = create(client, vendor)
    assert first.is_success
    facts = FACTS[vendor]
    id_, path, list_key = first.json()[facts.ID], facts.ROOMS, facts.LISTED
    assert client.get(f"{path}/{id_}").status_code in facts.MISSING
    assert client.get(path).json()[list_key] == []
    # writes see it: the same room, or the conflict
    again = create(client, vendor)
    if facts.CONFLICT:
        assert again.json()["code"] == facts.CONFLICT
        assert client.get(f"{path}/algebra").status_code in facts.MISSING
    else:
        assert again.json()[facts.ID] == id_
    time.sleep(0.65)
    assert client.get(f"{path}/{id_}").status_code == 200
    assert len(client.get(path).json()[list_key]) == 1


def test_lag_is_real_time_and_not_the_sandbox_clock(rooms_sandbox: RoomsSandbox, anyone: httpx.Client) -> None:
    rooms_sandbox.behave(ANY, read_lag_seconds=30)
    create(anyone, ANY)
    rooms_sandbox.advance(3600)
    assert anyone.get(f"{FACTS[ANY].ROOMS}/algebra").status_code in FACTS[ANY].MISSING


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"vendor": "zoom"}, 404),
        ({"vendor": ANY, "echo": True}, 422),
        ({"vendor": ANY, "echo_config": "no"}, 422),
        ({"vendor": ANY, "read_lag_seconds": -1}, 422),
        ({"vendor": ANY, "read_lag_seconds": True}, 422),
        ({"vendor": ANY, "list_order": "soundex"}, 422),
        ({"read_lag_seconds": 1}, 422),
    ],
)
def test_bad_behaviour_is_refused_with_a_reason(web: httpx.Client, order: dict[str, Any], status: int) -> None:
    answer = web.post("/control/behaviour", json=order)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_unknown_rooms_and_vendors_are_404_with_a_reason(rooms_sandbox: RoomsSandbox, vendor: str) -> None:
    for act in (
        lambda: rooms_sandbox.start_session(vendor, "nowhere"),
        lambda: rooms_sandbox.end_session(vendor, "nowhere"),
        lambda: rooms_sandbox.recording(vendor, "nowhere", "start"),
    ):
        with pytest.raises(ControlError, match="nowhere") as refused:
            act()
        assert refused.value.status == 404
    with pytest.raises(ControlError, match="the vendors are") as refused:
        rooms_sandbox.start_session("zoom", "nowhere")
    assert refused.value.status == 404


def test_what_cannot_be_done_is_409_with_a_reason(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str
) -> None:
    create(client, vendor)
    for act in (
        lambda: rooms_sandbox.end_session(vendor, "algebra"),
        lambda: rooms_sandbox.recording(vendor, "algebra", "complete"),
    ):
        with pytest.raises(ControlError) as refused:
            act()
        assert refused.value.status == 409
        assert refused.value.reason


@pytest.mark.parametrize(("first", "then"), [("complete", "fail"), ("fail", "complete")])
def test_a_recording_stays_what_it_has_become(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str, first: str, then: str
) -> None:
    create(client, vendor)
    rooms_sandbox.start_session(vendor, "algebra")
    rooms_sandbox.recording(vendor, "algebra", "start")
    became = rooms_sandbox.recording(vendor, "algebra", first)
    with pytest.raises(ControlError, match="already") as refused:
        rooms_sandbox.recording(vendor, "algebra", then)
    assert refused.value.status == 409
    assert rooms_sandbox.recording(vendor, "algebra", first) == became
    rooms_sandbox.recording(vendor, "algebra", "start")
    rooms_sandbox.recording(vendor, "algebra", then)


def test_actions_answer_what_the_state_then_shows(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str
) -> None:
    create(client, vendor)
    rooms_sandbox.start_session(vendor, "algebra")
    rooms_sandbox.recording(vendor, "algebra", "start")
    recording = rooms_sandbox.recording(vendor, "algebra", "complete")
    session = rooms_sandbox.end_session(vendor, "algebra")
    state = rooms_sandbox.state()[vendor]
    # with links that can be followed
    assert session == state["sessions"][0]
    assert recording in state["recordings"]


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"action": "dance"},
        {"action": "start", "participants": []},
        {"action": "start", "participants": [""]},
        {"action": "start", "participants": [{}]},
        {"action": "start", "participants": [{"name": "Ada", "age": 3}]},
        {"action": "start", "people": []},
    ],
)
def test_bad_session_orders_are_refused(web: httpx.Client, anyone: httpx.Client, order: dict[str, Any]) -> None:
    create(anyone, ANY)
    assert web.post(f"/control/{ANY}/rooms/algebra/session", json=order).status_code == 422


def test_join_and_leave_one_by_one(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    create(client, vendor)
    rooms_sandbox.start_session(vendor, "algebra", ["Ada"])
    rooms_sandbox.start_session(vendor, "algebra", [{"name": "Bob", "identity": "bob-1", "role": "guest"}])
    with pytest.raises(ControlError, match="Zoe"):
        rooms_sandbox.end_session(vendor, "algebra", ["Zoe"])
    rooms_sandbox.end_session(vendor, "algebra", ["Ada"])
    assert len(rooms_sandbox.state()[vendor]["sessions"]) == 1
    rooms_sandbox.end_session(vendor, "algebra", ["bob-1"])
    with pytest.raises(ControlError):
        rooms_sandbox.end_session(vendor, "algebra")


def test_rooms_by_id_or_name(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    created = create(client, vendor).json()
    id_ = created[FACTS[vendor].ID]
    rooms_sandbox.start_session(vendor, id_)
    rooms_sandbox.end_session(vendor, "algebra")
    assert len(rooms_sandbox.state()[vendor]["sessions"]) == 1


def test_fixture_starts_empty_again(rooms_sandbox: RoomsSandbox, anyone: httpx.Client) -> None:
    assert rooms_sandbox.state()[ANY]["rooms"] == []
    create(anyone, ANY)


def test_fixture_starts_empty_again_after_another_test(rooms_sandbox: RoomsSandbox) -> None:
    assert rooms_sandbox.state()[ANY]["rooms"] == []


def test_fixture_gives_airflow_connections(
    rooms_sandbox: RoomsSandbox, client_of: Callable[[str], httpx.Client]
) -> None:
    env = rooms_sandbox.env()
    assert set(env) == {f"AIRFLOW_CONN_{vendor.conn_type.upper()}_DEFAULT" for vendor in BUILT_IN}
    for vendor in BUILT_IN:
        connection = json.loads(env[f"AIRFLOW_CONN_{vendor.conn_type.upper()}_DEFAULT"])
        assert set(connection) == {"conn_type", "host", "login", "password", "extra"}
        assert connection["conn_type"] == vendor.conn_type
        assert connection == rooms_sandbox.connection(vendor.conn_type) == rooms_sandbox.connection(vendor.name)
        assert connection["host"] == f"{rooms_sandbox.url}/{vendor.name}"
    with pytest.raises(ValueError, match=BUILT_IN[-1].conn_type):
        rooms_sandbox.connection("zoom")
