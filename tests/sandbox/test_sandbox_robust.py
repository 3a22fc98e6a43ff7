"""Whatever is sent, the sandbox answers as a vendor and never breaks; and what must hold, holds under any order of calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sandbox_help import hundredms_token, videosdk_token

from airflow_provider_rooms.sandbox.credentials import SECRET, TWILIO_ACCOUNT
from airflow_provider_rooms.sandbox.hundredms.api import HundredMs
from airflow_provider_rooms.sandbox.hundredms.shapes import CREATE_ROOM as HUNDREDMS_ROOM
from airflow_provider_rooms.sandbox.twilio.api import Twilio
from airflow_provider_rooms.sandbox.twilio.shapes import CREATE_ROOM as TWILIO_ROOM
from airflow_provider_rooms.sandbox.videosdk.api import VideoSDK
from airflow_provider_rooms.sandbox.videosdk.shapes import CREATE_ROOM as VIDEOSDK_ROOM
from airflow_provider_rooms.sandbox.wire import Call
from airflow_provider_rooms.sandbox.world import World

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.wire import Answer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
QUERIES = st.dictionaries(
    st.sampled_from(
        ["page", "perPage", "limit", "start", "enabled", "active", "name", "after", "before", "status", "Status", "PageSize",
         "Page", "PageToken", "DateCreatedAfter", "DateCreatedBefore", "startDate", "endDate", "query", "Ttl", "UniqueName"]
    ),
    st.text(max_size=12),
    max_size=3,
)  # fmt: skip


def headers(vendor: str) -> dict[str, str]:
    import base64

    basic = base64.b64encode(f"{TWILIO_ACCOUNT}:{SECRET}".encode()).decode()
    authorization = {
        "videosdk": videosdk_token(), "hundredms": f"Bearer {hundredms_token()}", "twilio": f"Basic {basic}",
    }[vendor]  # fmt: skip
    kind = "application/x-www-form-urlencoded" if vendor == "twilio" else "application/json"
    return {"authorization": authorization, "content-type": kind}


def ask(world: World, vendor: str, method: str, path: str, body: bytes = b"", query: str = "") -> Answer:
    world.clock.catch_up()
    base = f"http://sandbox/{vendor}"
    return world.vendors[vendor].handle(Call(method, path, query, headers(vendor), body, base, "http://sandbox"))


def routes(vendor: str) -> list[tuple[str, str]]:
    world = World()
    return [(route.method, route.pattern) for route in world.vendors[vendor].routes()]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("vendor", ["videosdk", "hundredms", "twilio"])
def test_no_input_breaks_any_path(vendor: str, data: st.DataObject) -> None:
    from urllib.parse import quote, urlencode

    world = World()
    world.vendors[vendor].make_room("algebra-1", "")
    state = world.vendors[vendor].state("")["rooms"][0]
    known = state.get("roomId") or state.get("id") or state.get("sid")
    method, pattern = data.draw(st.sampled_from(routes(vendor)))
    parts = [
        quote(data.draw(st.sampled_from([known, "algebra-1"]) | st.text(min_size=1, max_size=8)), safe="")
        if p[:1] == "{"
        else p
        for p in pattern.split("/")
    ]
    body = data.draw(
        st.binary(max_size=40)
        | JSON.map(lambda value: json.dumps(value).encode())
        | st.dictionaries(st.sampled_from(_fields(vendor)), JSON, max_size=4).map(lambda value: _encoded(vendor, value))
    )
    answer = ask(world, vendor, method, "/".join(parts), body, urlencode(data.draw(QUERIES)))
    assert 200 <= answer.status < 500
    if answer.status >= 400 and answer.content_type is not None and answer.content_type.startswith("application/json"):
        keys = {"videosdk": {"error"}, "hundredms": {"code", "message", "details"}, "twilio": {"message", "status"}}[
            vendor
        ]
        assert keys <= set(json.loads(answer.body))
    # and the sandbox still works
    assert world.vendors[vendor].state("")["rooms"]


def _fields(vendor: str) -> list[str]:
    tables = {"videosdk": VIDEOSDK_ROOM.fields, "hundredms": HUNDREDMS_ROOM.fields, "twilio": TWILIO_ROOM}
    return [*tables[vendor], "roomId", "Status", "RoomSid", "Rules", "code", "enabled"]


def _encoded(vendor: str, value: dict[str, Any]) -> bytes:
    from urllib.parse import urlencode

    if vendor != "twilio":
        return json.dumps(value).encode()
    return urlencode({key: item if isinstance(item, str) else json.dumps(item) for key, item in value.items()}).encode()


NAMES = ("algebra", "physics")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "close", "join", "leave", "advance", "list"]),
        st.sampled_from(NAMES),
        st.sampled_from([1, 200, 299, 3600, 90_000]),
    ),
    max_size=25,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_twilio_never_has_two_rooms_of_a_name_in_progress(steps: list[tuple[str, str, int]]) -> None:
    from airflow_provider_rooms.sandbox.vendor import Guest
    from airflow_provider_rooms.sandbox.wire import NotPossibleError

    world = World()
    vendor = world.vendors["twilio"]
    assert isinstance(vendor, Twilio)
    for step, name, seconds in steps:
        before = {room.sid: room.status for room in vendor.store.rooms.values()}
        in_progress = vendor.store.in_progress.get(name)
        if step == "create":
            answer = ask(world, "twilio", "POST", "/v1/Rooms", f"UniqueName={name}".encode())
            taken = in_progress is not None and in_progress.status == "in-progress"
            # life times may have run out between the look and the call
            assert answer.status == (400 if taken and before[in_progress.sid] == in_progress.status else 201)
        elif step == "close":
            ask(world, "twilio", "POST", f"/v1/Rooms/{name}", b"Status=completed")
        elif step == "join" and in_progress is not None:
            vendor.people_join(in_progress.sid, [Guest("Ada", "host", "ada")], "")
        elif step == "leave":
            try:
                vendor.people_leave(name, None, "")
            except NotPossibleError:
                pass
        elif step == "advance":
            world.clock.advance(seconds)
        rooms = list(vendor.store.rooms.values())
        active = [room.name for room in rooms if room.status == "in-progress"]
        assert len(active) == len(set(active))
        assert sorted(active) == sorted(vendor.store.in_progress)
        for room in rooms:
            # completed is for good, and completed rooms have an end and nobody inside
            assert before.get(room.sid) != "completed" or room.status == "completed"
            assert (room.status == "completed") == (room.end is not None)
            assert room.status != "completed" or not room.connected()
            if room.end is not None:
                assert room.created <= room.end


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_one_room_per_name_on_the_others(steps: list[tuple[str, str, int]]) -> None:
    world = World()
    videosdk, hundredms = world.vendors["videosdk"], world.vendors["hundredms"]
    assert isinstance(videosdk, VideoSDK)
    assert isinstance(hundredms, HundredMs)
    ids: dict[tuple[str, str], str] = {}
    for step, name, seconds in steps:
        if step == "create":
            for vendor, body, key in (
                ("videosdk", {"customRoomId": name}, "roomId"),
                ("hundredms", {"name": name.upper()}, "id"),
            ):
                answer = json.loads(ask(world, vendor, "POST", "/v2/rooms", json.dumps(body).encode()).body)
                assert ids.setdefault((vendor, name), answer[key]) == answer[key]
        elif step == "close" and ("videosdk", name) in ids:
            body = json.dumps({"roomId": ids["videosdk", name]}).encode()
            ask(world, "videosdk", "POST", "/v2/rooms/deactivate", body)
            ask(world, "hundredms", "POST", f"/v2/rooms/{ids['hundredms', name]}", b'{"enabled": false}')
        elif step == "advance":
            world.clock.advance(seconds)
    assert len(videosdk.store.rooms) == len(hundredms.store.rooms) == len({name for _, name in ids})
