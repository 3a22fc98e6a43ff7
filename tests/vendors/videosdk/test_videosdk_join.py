"""People's way into rooms of VideoSDK."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from join_help import DAY, claims, seen_inside

from airflow_provider_rooms import errors
from airflow_provider_rooms.sandbox.client import ControlError

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_permissions_are_the_least_that_the_role_needs(hook_of: Any) -> None:
    hook = hook_of("videosdk")
    hook.ensure_room({"name": "algebra"})
    guest = claims(hook.join_token("algebra"))
    assert guest["permissions"] == ["allow_join"]
    assert guest["roles"] == ["rtc"]
    assert guest["version"] == 2
    assert "participantId" not in guest
    assert claims(hook.join_token("algebra", "host"))["permissions"] == ["allow_join", "allow_mod"]


def test_videosdk_links_lead_to_the_prebuilt_page(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"})
    link = urlsplit(hook.join_url("algebra", user={"id": "ada", "name": "Ada Lovelace"}))
    assert link.netloc == "embed.videosdk.live"
    query = {name: values[0] for name, values in parse_qs(link.query).items()}
    token = query.pop("token")
    assert query == {
        "meetingId": room.id,
        "name": "Ada Lovelace",
        "participantId": "ada",
        "micEnabled": "true",
        "webcamEnabled": "true",
    }
    rooms_sandbox.join("videosdk", token, "Ada Lovelace")
    assert seen_inside(rooms_sandbox, "videosdk", room.id) == ["ada"]
    anybody = parse_qs(urlsplit(hook.join_url("algebra")).query)
    assert anybody["joinScreenEnabled"] == ["true"]
    assert "participantId" not in anybody
    with pytest.raises(errors.InvalidSpecError, match="valid for at most"):
        hook.join_url("algebra", expires_at=dt.datetime.now(dt.UTC) + 400 * DAY)


def test_roles_of_the_connection_are_honoured(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk", roles={"host": "allow_join", "waiting": ["ask_join"]})
    hook.ensure_room({"name": "algebra"})
    assert claims(hook.join_token("algebra", "host"))["permissions"] == ["allow_join"]
    with pytest.raises(ControlError, match="ask to join"):
        rooms_sandbox.join("videosdk", hook.join_token("algebra", "waiting"))
