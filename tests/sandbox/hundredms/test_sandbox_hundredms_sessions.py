"""The 100ms side of the sandbox against what its pages say: sessions, and joining them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hundredms_help import refused, sessions

from airflow_provider_rooms.sandbox.client import ControlError

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_session_life(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]) -> None:
    assert refused(hundredms.get(f"/v2/active-rooms/{room['id']}"), 404)
    rooms_sandbox.start_session("hundredms", "ALGEBRA-1", [{"name": "Ada", "role": "host", "identity": "ada-1"}, "Bob"])
    (session,) = sessions(hundredms, room_id=room["id"])
    assert session["active"] is True
    assert all("left_at" not in peer for peer in session["peers"].values())
    rooms_sandbox.end_session("hundredms", room["id"], ["ada-1"])
    rooms_sandbox.start_session("hundredms", room["id"], [{"name": "Ada", "identity": "ada-1"}])
    (session,) = sessions(hundredms)
    # a rejoin is a new peer; the user id tells who it is
    assert sorted(peer["user_id"] for peer in session["peers"].values()) == ["Bob", "ada-1", "ada-1"]
    rooms_sandbox.end_session("hundredms", room["id"], ["ada-1", "Bob"])
    assert sessions(hundredms) == []  # active ones only
    (over,) = sessions(hundredms, active="false")
    assert all("left_at" in peer for peer in over["peers"].values())
    assert hundredms.get(f"/v2/sessions/{over['id']}").json() == over
    assert sessions(hundredms, active="false", after=over["created_at"], before=over["created_at"]) == [over]
    assert sessions(hundredms, active="false", before="2020-01-01T00:00:00.000Z") == []
    assert refused(hundredms.get("/v2/sessions/unknown"), 404)


def test_active_room(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]) -> None:
    rooms_sandbox.start_session(
        "hundredms", room["id"], [{"name": "Ada", "role": "host"}, {"name": "Bob", "role": "guest"}]
    )
    base = f"/v2/active-rooms/{room['id']}"
    active = hundredms.get(base).json()
    assert len(active["session"]["peers"]) == 2
    peers = hundredms.get(f"{base}/peers").json()["peers"]
    assert sorted(peer["name"] for peer in peers.values()) == ["Ada", "Bob"]
    (ada,) = hundredms.get(f"{base}/peers", params={"role": "host"}).json()["peers"].values()
    assert hundredms.get(f"{base}/peers", params={"user_id": "nobody"}).json() == {"peers": {}}
    assert len(hundredms.get(f"{base}/peers/{ada['id']}").json()["tracks"]) == 2
    assert hundredms.post(f"{base}/peers/{ada['id']}", json={"name": "Ada L."}).json()["name"] == "Ada L."
    assert refused(hundredms.post(f"{base}/peers/{ada['id']}", json={"role": "king"}), 400)
    assert hundredms.post(f"{base}/send-message", json={"message": "hi"}).json() == {"message": "message sent"}
    assert refused(hundredms.post(f"{base}/send-message", json={}), 400)
    assert refused(hundredms.post(f"{base}/remove-peers", json={"reason": "x"}), 400)
    removed = hundredms.post(f"{base}/remove-peers", json={"role": "host"})
    assert removed.json() == {"message": "peer remove request submitted"}
    assert [p["name"] for p in hundredms.get(f"{base}/peers").json()["peers"].values()] == ["Bob"]


@pytest.mark.parametrize("lock", [False, True])
def test_end_room_is_over_a_second_later(
    rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any], lock: bool
) -> None:
    rooms_sandbox.start_session("hundredms", room["id"])
    path = f"/v2/active-rooms/{room['id']}/end-room"
    assert hundredms.post(path, json={"reason": "bye", "lock": lock}).json() == {"message": "session is ending"}
    assert len(sessions(hundredms)) == 1
    rooms_sandbox.advance(1)
    assert sessions(hundredms) == []
    assert hundredms.get(f"/v2/rooms/{room['id']}").json()["enabled"] is not lock
    assert refused(hundredms.post(path, json={}), 404)


def test_a_disabled_room_keeps_its_session_and_lets_nobody_in(
    rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]
) -> None:
    rooms_sandbox.start_session("hundredms", room["id"])
    hundredms.post(f"/v2/rooms/{room['id']}", json={"enabled": False})
    assert len(sessions(hundredms)) == 1
    with pytest.raises(ControlError, match="disabled"):
        rooms_sandbox.start_session("hundredms", room["id"])


def test_a_room_holds_as_many_as_its_size_says_and_the_recorder(
    rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]
) -> None:
    hundredms.post(f"/v2/rooms/{room['id']}", json={"size": 2})
    rooms_sandbox.start_session("hundredms", room["id"], ["Ada"])
    rooms_sandbox.recording("hundredms", room["id"], "start")
    rooms_sandbox.start_session("hundredms", room["id"], ["Bob"])
    with pytest.raises(ControlError, match="at most 2"):
        rooms_sandbox.start_session("hundredms", room["id"], ["Cleo"])
    rooms_sandbox.end_session("hundredms", room["id"], ["Bob"])
    rooms_sandbox.start_session("hundredms", room["id"], ["Cleo"])
    hundredms.post(f"/v2/rooms/{room['id']}", json={"size": 0})
    rooms_sandbox.start_session("hundredms", room["id"], ["Bob"])


@pytest.mark.parametrize(("settings", "seconds"), [({"max_duration_seconds": 600}, 600), ({}, 12 * 3600)])
def test_sessions_have_a_longest_duration(
    rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, settings: dict[str, Any], seconds: int
) -> None:
    room = hundredms.post("/v2/rooms", json=settings).json()
    rooms_sandbox.start_session("hundredms", room["id"])
    rooms_sandbox.advance(seconds - 10)
    assert len(sessions(hundredms)) == 1
    rooms_sandbox.advance(11)
    assert sessions(hundredms) == []
