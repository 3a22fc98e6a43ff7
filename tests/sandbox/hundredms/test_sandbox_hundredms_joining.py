"""The 100ms side of the sandbox against what its pages say: templates, room codes, and joining."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hundredms_help import WEBINAR, hundredms_token, refused

from airflow_provider_rooms.sandbox.client import ControlError

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_room_codes(hundredms: httpx.Client, room: dict[str, Any]) -> None:
    path = f"/v2/room-codes/room/{room['id']}"
    assert hundredms.get(path).json()["data"] == []
    codes = hundredms.post(path).json()["data"]
    assert [code["role"] for code in codes] == ["host", "guest"]
    assert all(re.fullmatch(r"[a-z]{3}-[a-z]{4}-[a-z]{3}", code["code"]) for code in codes)
    assert hundredms.post(path, json={}).json()["data"] == codes
    assert hundredms.post(f"{path}/role/host", json={}).json() == codes[0]
    assert refused(hundredms.post(f"{path}/role/king", json={}), 404, "role not found")
    off = hundredms.post("/v2/room-codes/code", json={"code": codes[0]["code"], "enabled": False}).json()
    assert off["enabled"] is False
    assert [c["role"] for c in hundredms.get(path, params={"enabled": "true"}).json()["data"]] == ["guest"]
    assert [c["role"] for c in hundredms.get(path, params={"role": "host"}).json()["data"]] == ["host"]
    assert refused(hundredms.post("/v2/room-codes/code", json={"code": "x", "enabled": True}), 404)
    assert refused(hundredms.post("/v2/room-codes/code", json={"code": "x", "enabled": True, "role": "x"}), 400)
    assert refused(hundredms.post("/v2/room-codes/room/unknown"), 404)
    hundredms.post(f"/v2/rooms/{room['id']}", json={"enabled": False})
    assert refused(hundredms.get(path), 403, "room is disabled")


def test_join_by_token_and_by_code(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]) -> None:
    good = {"type": "app", "room_id": room["id"], "role": "guest", "user_id": "ada-1"}
    session = rooms_sandbox.join("hundredms", hundredms_token(**good), "Ada")
    (peer,) = session["peers"].values()
    assert (peer["name"], peer["role"], peer["user_id"]) == ("Ada", "guest", "ada-1")
    code = hundredms.post(f"/v2/room-codes/room/{room['id']}/role/host").json()["code"]
    assert len(rooms_sandbox.join("hundredms", code)["peers"]) == 2
    hundredms.post("/v2/room-codes/code", json={"code": code, "enabled": False})
    for token, status in (
        (code, 401),
        (hundredms_token(**(good | {"type": "management"})), 401),
        (hundredms_token(**(good | {"role": "king"})), 401),
        (hundredms_token(**(good | {"role": None})), 401),
        (hundredms_token(**(good | {"room_id": "unknown"})), 404),
        (hundredms_token(**(good | {"exp": 1})), 401),
    ):
        with pytest.raises(ControlError) as failed:
            rooms_sandbox.join("hundredms", token)
        assert failed.value.status == status


def test_templates(hundredms: httpx.Client) -> None:
    listed = hundredms.get("/v2/templates").json()["data"]
    assert {template["name"] for template in listed} == {"default_videoconf", "webinar"}
    assert "customerId" in hundredms.get(f"/v2/templates/{WEBINAR}").json()
    assert refused(hundredms.get("/v2/templates/unknown"), 404)
    one = hundredms.post("/v2/templates", json={"name": "t"}).json()
    two = hundredms.post("/v2/templates", json={"name": "t", "roles": {"solo": {}}}).json()
    assert one["id"] == two["id"]
    assert list(two["roles"]) == ["solo"]
