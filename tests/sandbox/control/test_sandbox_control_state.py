"""`/control`: the log, the state, what the page shows, the clock, reset."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sandbox_help import ANY, FACTS, VENDORS, create

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_requests_show_no_secret_and_no_query(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    create(client, vendor)
    client.get(FACTS[vendor].ROOMS, params={"token": "hush-hush"})
    rows = rooms_sandbox.requests()
    assert [set(row) for row in rows] == [{"method", "path", "status", "vendor", "at"}] * 2
    assert [row["method"] for row in rows] == ["POST", "GET"]
    assert {row["path"] for row in rows} == {FACTS[vendor].ROOMS}
    assert {row["vendor"] for row in rows} == {vendor}
    text = json.dumps(rows)
    assert "hush" not in text
    assert "sandbox-secret" not in text
    assert rooms_sandbox.requests(vendor, "GET")[0]["method"] == "GET"


def test_page_shows_the_newest_requests(rooms_sandbox: RoomsSandbox, web: httpx.Client, anyone: httpx.Client) -> None:
    anyone.get(f"{FACTS[ANY].ROOMS}/first")
    assert web.get("/control/page").json()["requests"] == rooms_sandbox.requests()
    for number in range(40):
        anyone.get(f"{FACTS[ANY].ROOMS}/r{number}")
    shown = web.get("/control/page").json()["requests"]
    assert shown == rooms_sandbox.requests()[1:]


def test_control_itself_is_not_logged(rooms_sandbox: RoomsSandbox) -> None:
    rooms_sandbox.state()
    rooms_sandbox.advance(1)
    assert rooms_sandbox.requests() == []


def test_state_is_in_the_vendors_own_shape(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    create(client, vendor)
    rooms_sandbox.start_session(vendor, "algebra", ["Ada"])
    state = rooms_sandbox.state()
    assert {name: set(part) for name, part in state.items()} == {
        key: {"rooms", "sessions", "recordings"} for key in VENDORS
    }
    (room,), (session,) = state[vendor]["rooms"], state[vendor]["sessions"]
    assert room[FACTS[vendor].NAME] == "algebra"
    assert FACTS[vendor].people(session) == ["Ada"]


def page(web: httpx.Client, **query: Any) -> dict[str, dict[str, Any]]:
    return {vendor["name"]: vendor for vendor in web.get("/control/page", params=query).json()["vendors"]}


def test_page_shows_the_newest_and_finds_the_others(web: httpx.Client, client: httpx.Client, vendor: str) -> None:
    for number in range(5):
        web.post(f"/control/{vendor}/rooms", json={"name": f"Class-{number}"}).raise_for_status()
    part = page(web, newest=2)[vendor]
    assert [card["name"] for card in part["cards"]] == ["Class-4", "Class-3"]
    assert part["count"] == 5
    found = page(web, newest=2, match=" cLASS-1 ")[vendor]["cards"]
    assert [card["name"] for card in found] == ["Class-1"]
    assert page(web, match=found[0]["id"])[vendor]["cards"] == found
    assert page(web, match="nothing")[vendor]["cards"] == []
    assert web.get("/control/page", params={"newest": 0}).status_code == 422


def test_page_tells_every_vendor_in_the_same_words(
    rooms_sandbox: RoomsSandbox, web: httpx.Client, client: httpx.Client, vendor: str
) -> None:
    create(client, vendor)
    rooms_sandbox.start_session(vendor, "algebra", ["Ada"])
    rooms_sandbox.recording(vendor, "algebra", "start")

    def card() -> dict[str, Any]:
        (only,) = page(web)[vendor]["cards"]
        found: dict[str, Any] = only
        return found

    live = card()
    assert (live["name"], live["open"], live["word"]) == ("algebra", True, "open")
    (session,) = live["sessions"]
    assert (session["end"], session["people"][0]) == (None, {"name": "Ada", "here": True})
    (recording,) = live["recordings"]
    assert (recording["busy"], recording["failed"], recording["size"]) == (True, False, None)
    rooms_sandbox.advance(90)
    rooms_sandbox.recording(vendor, "algebra", "complete")
    rooms_sandbox.end_session(vendor, "algebra")
    over = card()
    assert over["sessions"][0]["end"] is not None
    assert not any(person["here"] for person in over["sessions"][0]["people"])
    assert (over["recordings"][0]["busy"], over["recordings"][0]["failed"]) == (False, False)
    assert over["recordings"][0]["seconds"] == pytest.approx(90, abs=5)
    assert over["recordings"][0]["size"] > 0
    rooms_sandbox.start_session(vendor, "algebra", ["Ada"])
    rooms_sandbox.recording(vendor, "algebra", "start")
    rooms_sandbox.recording(vendor, "algebra", "fail")
    assert card()["recordings"][0]["failed"] is True


def test_page_has_the_vendors_word_for_closed(web: httpx.Client, client: httpx.Client, vendor: str) -> None:
    FACTS[vendor].close(client, create(client, vendor).json()).raise_for_status()
    (card,) = page(web)[vendor]["cards"]
    assert (card["open"], card["word"]) == (False, FACTS[vendor].CLOSED)


def test_make_a_room_by_hand(rooms_sandbox: RoomsSandbox, web: httpx.Client, vendor: str) -> None:
    first = web.post(f"/control/{vendor}/rooms", json={"name": "algebra-1"})
    assert first.json() == web.post(f"/control/{vendor}/rooms", json={"name": "algebra-1"}).json()
    assert len(rooms_sandbox.rooms(vendor)) == 1
    rooms_sandbox.start_session(vendor, "algebra-1")
    for bad in ({}, {"name": ""}, {"name": "a b"}, {"name": "x" * 65}, {"name": "x", "size": 1}):
        assert web.post(f"/control/{vendor}/rooms", json=bad).status_code == 422
    assert web.post("/control/zoom/rooms", json={"name": "x"}).status_code == 404


def test_clock_moves_on_and_never_back(rooms_sandbox: RoomsSandbox, web: httpx.Client) -> None:
    before = web.get("/control/clock").json()
    assert before["ahead_seconds"] == 0
    after = web.post("/control/clock", json={"advance_seconds": 7200}).json()
    assert after["ahead_seconds"] == 7200
    assert after["now"] > before["now"]
    assert web.post("/control/clock", json={"advance_seconds": -1}).status_code == 422
    assert web.post("/control/clock", json={"advance_seconds": 1e12}).status_code == 422
    assert web.post("/control/clock", json={}).status_code == 422
    rooms_sandbox.reset()
    assert web.get("/control/clock").json()["ahead_seconds"] == 0


def test_reset_forgets_everything(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    create(client, vendor)
    rooms_sandbox.start_session(vendor, "algebra")
    rooms_sandbox.behave(vendor, read_lag_seconds=60)
    rooms_sandbox.fault(vendor, "status", status=500, times=-1)
    rooms_sandbox.advance(60)
    rooms_sandbox.reset()
    empty = {"rooms": [], "sessions": [], "recordings": []}
    assert rooms_sandbox.state() == dict.fromkeys(VENDORS, empty)
    assert rooms_sandbox.requests() == []
    created = create(client, vendor)
    assert created.is_success
    assert client.get(FACTS[vendor].ROOMS).status_code == 200
    assert len(rooms_sandbox.rooms(vendor)) == 1
