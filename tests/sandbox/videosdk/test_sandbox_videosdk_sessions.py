"""The VideoSDK side of the sandbox against what its pages say: sessions, and joining them."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from videosdk_help import FULL, videosdk_token

from airflow_provider_rooms.sandbox.client import ControlError

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def live(videosdk: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = videosdk.get("/v2/sessions", params=query).json()["data"]
    return found


def test_session_from_first_join_to_last_leave(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]
) -> None:
    assert live(videosdk, roomId=room["roomId"]) == []
    rooms_sandbox.start_session("videosdk", "algebra-1", ["Ada", "Bob"])
    (session,) = live(videosdk, customRoomId="algebra-1", status="ongoing")
    assert (session["status"], session["end"]) == ("ongoing", None)
    rooms_sandbox.end_session("videosdk", "algebra-1", ["Ada"])
    rooms_sandbox.start_session("videosdk", "algebra-1", ["Ada"])
    ada = next(p for p in videosdk.get(f"/v2/sessions/{session['id']}").json()["participants"] if p["name"] == "Ada")
    assert [entry["end"] is None for entry in ada["timelog"]] == [False, True]  # a rejoin is the same participant
    rooms_sandbox.end_session("videosdk", "algebra-1", ["Ada", "Bob"])
    (session,) = live(videosdk, status="ended")
    assert session["end"] is not None
    assert live(videosdk, status="ongoing") == []


def test_session_filters(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]) -> None:
    rooms_sandbox.start_session("videosdk", "algebra-1")
    rooms_sandbox.end_session("videosdk", "algebra-1")
    now = int(time.time() * 1000)
    assert len(live(videosdk, startDate=now - 60_000, endDate=now + 60_000)) == 1
    assert live(videosdk, startDate=now + 60_000) == []
    assert live(videosdk, endDate=now - 60_000) == []
    (session,) = live(videosdk)
    start = round(datetime.fromisoformat(session["start"]).timestamp() * 1000)
    assert live(videosdk, startDate=start, endDate=start) == [session]
    assert live(videosdk, startDate=start + 1) == live(videosdk, endDate=start - 1) == []
    assert live(videosdk, roomId="unknown") == []
    assert videosdk.get("/v2/sessions", params={"status": "active"}).status_code == 400
    assert videosdk.get("/v2/sessions", params={"startDate": "2026-01-01"}).status_code == 400
    assert videosdk.get("/v2/sessions/unknown").status_code == 404


def test_participants_is_one_session_and_active_is_an_array(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]
) -> None:
    rooms_sandbox.start_session("videosdk", "algebra-1", ["Ada", "Bob", "Cid"])
    rooms_sandbox.end_session("videosdk", "algebra-1", ["Bob"])
    (session,) = live(videosdk)
    base = f"/v2/sessions/{session['id']}/participants"
    everybody = videosdk.get(base, params={"perPage": 2}).json()
    assert everybody["pageInfo"]["total"] == 3
    assert len(everybody["data"]["participants"]) == 2
    active = videosdk.get(f"{base}/active").json()
    assert [p["name"] for p in active["data"][0]["participants"]] == ["Ada", "Cid"]
    assert active["data"][0]["_id"] == session["id"]
    one = session["participants"][0]["participantId"]
    assert videosdk.get(f"{base}/{one}").json()["name"] == "Ada"
    assert videosdk.get(f"{base}/nobody").status_code == 404
    rooms_sandbox.end_session("videosdk", "algebra-1")
    assert videosdk.get(f"{base}/active").status_code == 404


def test_end_says_ongoing_and_is_over_a_second_later(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]
) -> None:
    rooms_sandbox.start_session("videosdk", "algebra-1")
    (session,) = live(videosdk)
    ended = videosdk.post("/v2/sessions/end", json={"roomId": "algebra-1"})
    assert (ended.status_code, ended.json()["status"], ended.json()["end"]) == (200, "ongoing", None)
    assert videosdk.get(f"/v2/sessions/{session['id']}").json()["status"] == "ongoing"
    rooms_sandbox.advance(1)
    assert videosdk.get(f"/v2/sessions/{session['id']}").json()["status"] == "ended"
    assert videosdk.post("/v2/sessions/end", json={"roomId": room["roomId"]}).status_code == 404
    assert videosdk.post("/v2/sessions/end", json={"roomId": "unknown"}).status_code == 402
    assert videosdk.post("/v2/sessions/end", json={"sessionId": session["id"]}).status_code == 400


def test_remove_a_participant(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]) -> None:
    rooms_sandbox.start_session("videosdk", "algebra-1", [{"name": "Ada", "identity": "ada-1"}, "Bob"])
    (session,) = live(videosdk)
    path = "/v2/sessions/participants/remove"
    assert videosdk.post(path, json={"roomId": room["roomId"]}).status_code == 400
    assert videosdk.post(path, json={"roomId": room["roomId"], "participantId": "x"}).status_code == 404
    assert videosdk.post(path, json={"sessionId": session["id"], "participantId": "ada-1"}).status_code == 200
    (session,) = live(videosdk)
    assert session["participants"][0]["timelog"][0]["end"] is not None
    assert session["status"] == "ongoing"


@pytest.mark.parametrize(("unit", "seconds"), [("minutes", 3600), ("seconds", 60)])
def test_auto_close_ends_the_session_and_the_room(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, unit: str, seconds: int
) -> None:
    rooms_sandbox.behave("videosdk", auto_close_unit=unit)
    videosdk.post("/v2/rooms", json={"customRoomId": "x", "autoCloseConfig": FULL["autoCloseConfig"]})
    rooms_sandbox.start_session("videosdk", "x")
    rooms_sandbox.advance(seconds - 10)
    assert live(videosdk)[0]["status"] == "ongoing"
    rooms_sandbox.advance(11)
    (session,) = live(videosdk)
    assert session["status"] == "ended"
    assert videosdk.get("/v2/rooms/x").json()["disabled"] is True


def test_session_ends_leaves_the_room_open(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> None:
    videosdk.post("/v2/rooms", json={"customRoomId": "x", "autoCloseConfig": {"type": "session-ends", "duration": 1}})
    rooms_sandbox.start_session("videosdk", "x")
    rooms_sandbox.advance(61)
    assert videosdk.get("/v2/rooms/x").json()["disabled"] is False
    rooms_sandbox.start_session("videosdk", "x")
    assert [s["status"] for s in live(videosdk)] == ["ongoing", "ended"]


def test_join_token(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, room: dict[str, Any]) -> None:
    good = {"roles": ["rtc"], "roomId": room["roomId"], "participantId": "ada"}
    session = rooms_sandbox.join("videosdk", videosdk_token(**good), "Ada")
    assert session["participants"][0]["participantId"] == "ada"
    for changes, status in (
        ({"roles": ["crawler"]}, 401),
        ({"version": None}, 401),
        ({"roomId": None}, 401),
        ({"exp": 1}, 401),
        ({"permissions": ["ask_join"]}, 401),
        ({"participantId": "a b"}, 401),
        ({"roomId": "algebra-1"}, 404),
    ):
        with pytest.raises(ControlError) as refused:
            rooms_sandbox.join("videosdk", videosdk_token(**(good | changes)))
        assert refused.value.status == status
        assert "eyJ" not in refused.value.reason
