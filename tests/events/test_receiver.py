"""The receiver at the end of real deliveries: the sandbox sends them as each vendor does."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from events_help import Listening, until
from vendor_traits import TRAITS

from airflow_provider_rooms.events.receiver import Receiver
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.vendors import VENDORS, vendor_class

Connect = Callable[..., str]

#: A vendor whose deliveries are checked by headers, which is easily done by hand.
HEADED = next(traits for traits in TRAITS if "webhook_headers" in traits.kind.uses)


def a_class(sandbox: RoomsSandbox, vendor: str, conn_id: str, name: str = "algebra-1") -> Any:
    """A room, a session with a recording in it, and the file of it."""
    hook: Any = get_rooms_hook(conn_id)
    room = hook.ensure_room({"name": name, "webhook": True})
    sandbox.start_session(vendor, name, ["ada", "bob"])
    sandbox.recording(vendor, name, "start")
    sandbox.end_session(vendor, name)
    sandbox.recording(vendor, name, "complete")
    return room


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("mode", ["on", "twice", "shuffled"])
def test_what_happens_in_a_room_is_stored_once(
    vendor: str, mode: str, connected: Connect, listening: Listening, rooms_sandbox: RoomsSandbox
) -> None:
    conn_id = connected(vendor)
    rooms_sandbox.webhooks(vendor, mode, 1)
    room = a_class(rooms_sandbox, vendor, conn_id)
    until(lambda: len(listening.kept.of("participant_left")) == 2)
    until(lambda: listening.kept.of("recording_ready"))
    until(lambda: len(listening.kept.of("participant_joined")) == 2)
    assert {event.room_id for event in listening.kept.events.values()} == {room.id}
    assert {event.conn_id for event in listening.kept.events.values()} == {conn_id}
    assert all(attempt["status"] == 200 for row in rooms_sandbox.deliveries(vendor) for attempt in row["attempts"])


@pytest.mark.parametrize("vendor", VENDORS)
def test_session_events_have_the_ids_that_the_hook_gives(
    vendor: str, connected: Connect, listening: Listening, rooms_sandbox: RoomsSandbox
) -> None:
    conn_id = connected(vendor)
    room = a_class(rooms_sandbox, vendor, conn_id)
    hook: Any = get_rooms_hook(conn_id)
    started = until(lambda: listening.kept.of("session_started"))
    if vendor_class(vendor).can("close_room") and not listening.kept.of("session_ended"):
        hook.close_room(room.id)  # where a session ends only once nobody can come back
    ended = until(lambda: listening.kept.of("session_ended"))
    (session,) = list(hook.sessions(room))
    assert [event.session_id for event in (*started, *ended)] == [session.id] * 2


@pytest.mark.parametrize("vendor", VENDORS)
def test_forged_deliveries_are_refused_and_stored_nowhere(
    vendor: str, connected: Connect, listening: Listening, rooms_sandbox: RoomsSandbox
) -> None:
    conn_id = connected(vendor)
    rooms_sandbox.webhooks(vendor, "forged")
    a_class(rooms_sandbox, vendor, conn_id)
    until(lambda: all(row["attempts"] for row in rooms_sandbox.deliveries(vendor)))
    statuses = {attempt["status"] for row in rooms_sandbox.deliveries(vendor) for attempt in row["attempts"]}
    assert statuses == {403}
    assert listening.kept.events == {}


def test_the_answer_is_503_while_nothing_can_be_stored_and_the_vendor_sends_again(
    connected: Connect, listening: Listening, rooms_sandbox: RoomsSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    conn_id = connected(HEADED.conn_type)
    get_rooms_hook(conn_id).ensure_room({"name": "c", "webhook": True})
    listening.kept.failing = True
    rooms_sandbox.start_session(HEADED.conn_type, "c", ["ada"])
    until(lambda: any(row["attempts"] for row in rooms_sandbox.deliveries(HEADED.conn_type)))
    listening.kept.failing = False
    until(lambda: listening.kept.of("session_started"))
    assert rooms_sandbox.deliveries(HEADED.conn_type)[0]["attempts"][0]["status"] == 503
    assert "canary" not in caplog.text


# -- from anywhere --------------------------------------------------------------------------------------------------------


def knock(listening: Listening, conn_id: str, body: bytes = b"{}", **kwargs: Any) -> tuple[int, str, float]:
    start = time.monotonic()
    answer = httpx.post(f"{listening.url}/rooms/webhooks/{conn_id}", content=body, timeout=30, **kwargs)
    return answer.status_code, answer.text, time.monotonic() - start


@pytest.mark.parametrize(
    "conn_id",
    ["", "nobody", f"{HEADED.conn_type}_school", "not_opted_in", "a%2Fb", "%00", "..%2F..", "x" * 5000, "a/b", "é"],
)
def test_forged_unknown_and_not_opted_in_are_answered_alike(
    conn_id: str, connected: Connect, listening: Listening, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(HEADED.conn_type)
    monkeypatch.setenv("AIRFLOW_CONN_NOT_OPTED_IN", rooms_sandbox.env()[f"AIRFLOW_CONN_{HEADED.conn_id.upper()}"])
    status, text, seconds = knock(listening, conn_id, headers={"X-Rooms": "guess"})
    assert (status, text) == (403, "refused")
    assert seconds >= 0.5


def test_a_connection_that_nothing_can_be_checked_by_takes_no_part(connected: Connect, listening: Listening) -> None:
    conn_id = connected(HEADED.conn_type, webhook_headers=None)
    assert knock(listening, conn_id)[0] == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_are_refused(method: str, connected: Connect, listening: Listening) -> None:
    conn_id = connected(HEADED.conn_type)
    headers = {"X-Rooms": "webhook-header-canary"}
    answer = httpx.request(method, f"{listening.url}/rooms/webhooks/{conn_id}", headers=headers)
    assert answer.status_code == 403


def test_a_body_that_is_too_large_is_not_read(listening: Listening) -> None:
    assert knock(listening, "nobody", b"x" * (256 * 1024 + 1))[0] == 413

    def endless() -> Any:
        for _ in range(100):
            yield b"x" * 10_000

    answer = httpx.post(f"{listening.url}/rooms/webhooks/nobody", content=endless(), timeout=30)
    assert answer.status_code == 413
    with socket.create_connection(("127.0.0.1", int(listening.url.rsplit(":", 1)[1])), 5) as link:
        link.sendall(b"POST /rooms/webhooks/x HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n")
        assert b" 413 " in link.recv(100)


def test_guesses_cost_few_look_ups() -> None:
    from airflow_provider_rooms.events import participants

    asked: list[str] = []

    async def guess() -> None:
        found = participants.Participants(asked.append)
        for number in range(3000):
            await found.find(f"guess{number}")
            await found.find("again")
        assert len(found._found) <= participants.MOST_REMEMBERED

    start = time.monotonic()
    asyncio.run(guess())
    assert asked.count("again") <= 1
    assert len(asked) <= (time.monotonic() - start + 1) * participants.LOOK_UPS_PER_SECOND


def test_a_connection_that_cannot_be_looked_up_now_is_not_refused(
    connected: Connect, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vendor that is refused may never ask again."""
    from airflow_provider_rooms.errors import AirflowDownError
    from airflow_provider_rooms.events import participants

    looks = listening.app._participants
    conn_id, real = connected(HEADED.conn_type), looks._look_up
    headers = {"X-Rooms": "webhook-header-canary"}

    def down(conn_id: str) -> None:
        raise AirflowDownError("Airflow's database does not answer.")

    monkeypatch.setattr(looks, "_look_up", down)
    assert knock(listening, conn_id, headers=headers)[0] == 503
    monkeypatch.setattr(looks, "_look_up", real)
    assert knock(listening, conn_id, headers=headers)[0] == 200
    monkeypatch.setattr(looks, "_look_up", down)
    monkeypatch.setattr(participants, "REMEMBERED", 0.0)
    known = looks._found
    known[conn_id] = (0.0, known[conn_id][1])  # a minute has passed
    assert knock(listening, conn_id, headers=headers)[0] == 200


def test_a_genuine_delivery_that_cannot_be_read_is_not_sent_again(connected: Connect, listening: Listening) -> None:
    conn_id = connected(HEADED.conn_type)
    headers = {"X-Rooms": "webhook-header-canary"}
    assert knock(listening, conn_id, b"[" * 100_000, headers=headers)[0] == 200
    assert listening.kept.events == {}


def test_what_was_not_looked_at_before_a_restart_is_looked_at_after_it(
    connected: Connect, listening: Listening, rooms_sandbox: RoomsSandbox
) -> None:
    """Where sessions are not reported, they are read a moment after somebody came or went."""
    vendor = next(name for name in VENDORS if vendor_class(name).rooms_apart)
    conn_id = connected(vendor)
    hook: Any = get_rooms_hook(conn_id)
    room = hook.ensure_room({"name": "algebra-1"})  # reports to nobody
    rooms_sandbox.start_session(vendor, "algebra-1", ["ada"])
    taken = hook.vendor.event("participant_joined", "PA1", room_id=room.id, reported_as="participant-connected")

    async def restart() -> None:
        receiver = Receiver(listening.kept)
        await receiver.look_again([taken, taken])
        (look,) = receiver._looks.values()
        await look

    asyncio.run(restart())
    (started,) = listening.kept.of("session_started")
    assert (started.room_id, started.conn_id) == (room.id, conn_id)


def test_a_connection_that_cannot_be_looked_up_now_is_what_it_was(connected: Connect) -> None:
    from airflow_provider_rooms.errors import AirflowDownError
    from airflow_provider_rooms.events import participants

    conn_id = connected(HEADED.conn_type)
    answers: list[Any] = [participants.from_airflow(conn_id), AirflowDownError("away"), None]

    def look_up(conn_id: str) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def ask() -> list[bool]:
        found = participants.Participants(look_up)
        known = []
        for _ in range(3):
            known.append(await found.find(conn_id) is not None)
            found._found[conn_id] = (0.0, found._found[conn_id][1])  # a minute later
        return known

    assert asyncio.run(ask()) == [True, True, False]
