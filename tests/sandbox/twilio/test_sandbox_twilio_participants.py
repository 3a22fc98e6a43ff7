"""The Twilio Video side of the sandbox against what its pages say: participants, and joining."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from twilio_help import code, create, twilio_token

from airflow_provider_rooms.sandbox.client import ControlError

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_participants(rooms_sandbox: RoomsSandbox, twilio: httpx.Client, room: str) -> None:
    rooms_sandbox.start_session("twilio", "algebra-1", [{"name": "Ada", "identity": "ada"}, "bob"])
    path = "/v1/Rooms/algebra-1/Participants"

    def who(**query: str) -> list[str]:
        return [p["identity"] for p in twilio.get(path, params=query).json()["participants"]]

    assert who() == who(Status="connected") == ["bob", "ada"]
    assert who(Identity="ada") == ["ada"]
    ada = twilio.get(f"{path}/ada").json()
    assert (ada["status"], ada["end_time"], ada["duration"], ada["room_sid"]) == ("connected", None, None, room)
    assert code(twilio.post(f"{path}/ada", data={"Status": "connected"})) == 53209
    assert code(twilio.post(f"{path}/ada", data={})) == 20001
    out = twilio.post(f"{path}/ada", data={"Status": "disconnected"})
    assert (out.status_code, out.json()["status"]) == (202, "disconnected")
    assert code(twilio.get(f"{path}/ada"), 404) == 20404  # by identity: connected ones only
    assert twilio.get(f"{path}/{ada['sid']}").json()["duration"] is not None
    assert code(twilio.post(f"{path}/{ada['sid']}", data={"Status": "disconnected"})) == 53209
    assert who() == ["bob"]
    assert who(Status="disconnected") == ["ada"]
    anonymous = twilio.post(f"{path}/{ada['sid']}/Anonymize").json()
    assert anonymous["identity"] == ada["sid"]
    twilio.post(f"/v1/Rooms/{room}", data={"Status": "completed"})
    everybody = twilio.get(f"/v1/Rooms/{room}/Participants").json()["participants"]
    assert {p["status"] for p in everybody} == {"disconnected"}
    assert len(everybody) == 2


def test_the_same_identity_throws_the_first_one_out(
    rooms_sandbox: RoomsSandbox, twilio: httpx.Client, room: str
) -> None:
    rooms_sandbox.start_session("twilio", room, ["ada"])
    rooms_sandbox.start_session("twilio", room, ["ada"])
    path = f"/v1/Rooms/{room}/Participants"
    assert len(twilio.get(path).json()["participants"]) == 1
    assert len(twilio.get(path, params={"Status": "disconnected"}).json()["participants"]) == 1
    assert len(rooms_sandbox.state()["twilio"]["sessions"]) == 1


def test_a_full_or_completed_room_lets_nobody_in(rooms_sandbox: RoomsSandbox, twilio: httpx.Client) -> None:
    sid = create(twilio, UniqueName="small", MaxParticipants="1")["sid"]
    rooms_sandbox.start_session("twilio", "small", ["ada"])
    with pytest.raises(ControlError, match="53105"):
        rooms_sandbox.start_session("twilio", "small", ["bob"])
    twilio.post(f"/v1/Rooms/{sid}", data={"Status": "completed"})
    with pytest.raises(ControlError, match="completed"):
        rooms_sandbox.start_session("twilio", "small", ["ada"])


def test_tracks_and_subscribe_rules(rooms_sandbox: RoomsSandbox, twilio: httpx.Client, room: str) -> None:
    rooms_sandbox.start_session("twilio", room, ["ada", "bob"])
    path = f"/v1/Rooms/{room}/Participants/ada"
    tracks = twilio.get(f"{path}/PublishedTracks").json()["published_tracks"]
    assert sorted(track["kind"] for track in tracks) == ["audio", "video"]
    assert twilio.get(f"{path}/PublishedTracks/{tracks[0]['sid']}").json() == tracks[0]
    (one, _) = twilio.get(f"{path}/SubscribedTracks").json()["subscribed_tracks"]
    assert one["publisher_sid"] != one["participant_sid"]
    assert twilio.get(f"{path}/SubscribedTracks/{one['sid']}").json() == one
    assert twilio.get(f"{path}/SubscribeRules").json()["rules"][0]["all"] is True
    rules = json.dumps([{"type": "exclude", "kind": "data"}])
    changed = twilio.post(f"{path}/SubscribeRules", data={"Rules": rules}).json()
    assert changed["rules"][0]["kind"] == "data"
    assert code(twilio.post(f"{path}/SubscribeRules", data={"Rules": "[]"})) == 53215
    unknown = "MT" + "0" * 32
    for gone in (
        f"{path}/PublishedTracks/{unknown}",
        f"{path}/SubscribedTracks/{unknown}",
        f"/v1/Rooms/{room}/Participants/x",
    ):
        assert code(twilio.get(gone), 404) == 20404
    for by_name in ("audio", "video"):
        assert twilio.get(f"{path}/PublishedTracks/{by_name}").json()["kind"] == by_name
    twilio.post(path, data={"Status": "disconnected"})
    (left,) = twilio.get(f"/v1/Rooms/{room}/Participants", params={"Status": "disconnected"}).json()["participants"]
    assert twilio.get(f"/v1/Rooms/{room}/Participants/{left['sid']}/PublishedTracks").json()["published_tracks"] == []


def test_join_token(rooms_sandbox: RoomsSandbox, twilio: httpx.Client, room: str) -> None:
    session = rooms_sandbox.join("twilio", twilio_token())
    assert [p["identity"] for p in session["participants"]] == ["ada"]
    by_sid = {"grants": {"identity": "bob", "video": {"room": room}}}
    assert len(rooms_sandbox.join("twilio", twilio_token(**by_sid))["participants"]) == 2
    import time

    for changes, expected in (
        ({"iss": "AC" + "0" * 32}, 401),
        ({"sub": "SK" + "0" * 32}, 401),
        ({"exp": 1}, 401),
        ({"exp": int(time.time()) + 90_000}, 401),
        ({"nbf": int(time.time()) + 600}, 401),
        ({"grants": {"identity": "ada"}}, 401),
        ({"grants": {"video": {"room": room}}}, 401),
        ({"grants": {"identity": "ada", "video": {}}}, 401),
        ({"grants": {"identity": "ada", "video": {"room": "unknown"}}}, 404),
    ):
        with pytest.raises(ControlError) as refused:
            rooms_sandbox.join("twilio", twilio_token(**changes))
        assert refused.value.status == expected
