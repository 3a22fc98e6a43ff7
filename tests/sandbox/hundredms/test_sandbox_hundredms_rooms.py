"""The 100ms side of the sandbox against what its pages say: tokens and rooms."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hundredms_help import WEBINAR, hundredms_token, refused

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

FULL: dict[str, Any] = {
    "name": "algebra-1",
    "description": "9PM English Class Batch 2",
    "template_id": WEBINAR,
    "region": "us",
    "large_room": True,
    "size": 20_000,
    "max_duration_seconds": 43_200,
    "webhook": {"url": "https://example.com/hook", "headers": {"x-secret": "s3cr3t"}},
    "polls": ["655bffeecd34739a72637305"],
    "recording_info": {
        "enabled": True,
        "upload_info": {
            "type": "azure",
            "location": "bucket",
            "prefix": "p",
            "options": {"region": "eu"},
            "credentials": {"key": "k", "secret": "s"},
        },
    },
}


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({}, True),
        ({"exp": int(time.time()) + 86_390}, True),
        ({"extra": "ignored"}, True),
        ({"access_key": "other"}, False),
        ({"access_key": None}, False),
        ({"type": "app"}, False),
        ({"type": None}, False),
        ({"version": "2"}, False),
        ({"version": None}, False),
        ({"jti": None}, False),
        ({"jti": 7}, False),
        ({"iat": None}, False),
        ({"iat": int(time.time()) + 600}, False),
        ({"nbf": None}, False),
        ({"nbf": int(time.time()) + 600}, False),
        ({"exp": None}, False),
        ({"exp": int(time.time()) - 1}, False),
        ({"exp": int(time.time()) + 91 * 86_400}, False),
    ],
)
def test_management_token_claims(web: httpx.Client, claims: dict[str, Any], good: bool) -> None:
    answer = web.get("/hundredms/v2/rooms", headers={"authorization": f"Bearer {hundredms_token(**claims)}"})
    if good:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 401
        assert answer.json() == {"code": 401, "message": "Token validation error", "details": ["not found"]}


@pytest.mark.parametrize("header", ["{}", "bearer {}", "Basic {}", "Bearer  {}", "Bearer {}x", "Bearer"])
def test_only_a_bearer_token_signed_with_the_secret(web: httpx.Client, header: str) -> None:
    headers = {"authorization": header.format(hundredms_token())}
    assert web.get("/hundredms/v2/rooms", headers=headers).status_code == 401
    foreign = hundredms_token(secret="another-secret-that-is-32-bytes-long")
    assert web.get("/hundredms/v2/rooms", headers={"authorization": f"Bearer {foreign}"}).status_code == 401
    assert web.get("/hundredms/v2/rooms").status_code == 401


def test_create_shows_everything_that_was_sent(hundredms: httpx.Client) -> None:
    created = hundredms.post("/v2/rooms", json=FULL)
    assert created.status_code == 200
    room = created.json()
    assert {name: room[name] for name in FULL} == FULL  # secrets included, as on the vendor's page
    assert room["recording_source_template"] is False
    fetched = hundredms.get(f"/v2/rooms/{room['id']}").json()
    assert {name: fetched[name] for name in FULL} == FULL
    assert re.fullmatch(r"[0-9a-f]{24}", room["id"])


def test_create_with_nothing(hundredms: httpx.Client) -> None:
    one, two = hundredms.post("/v2/rooms", json={}).json(), hundredms.post("/v2/rooms", json={}).json()
    assert one["id"] != two["id"]
    assert re.fullmatch(r"[0-9a-f-]{36}", one["name"])
    assert (one["enabled"], one["recording_info"], one["recording_source_template"]) == (True, None, True)


def test_create_of_a_known_name_updates_that_room(hundredms: httpx.Client) -> None:
    first = hundredms.post("/v2/rooms", json={"name": "Algebra-1", "description": "old", "size": 10}).json()
    second = hundredms.post("/v2/rooms", json={"name": "aLGEBRA-1", "size": 20, "template_id": WEBINAR})
    assert second.status_code == 200
    room = second.json()
    assert room["id"] == first["id"]
    assert (room["size"], room["description"], room["template_id"]) == (20, "old", WEBINAR)
    assert len(hundredms.get("/v2/rooms").json()["data"]) == 1


def test_create_does_not_enable_a_disabled_room(hundredms: httpx.Client) -> None:
    room = hundredms.post("/v2/rooms", json={"name": "x"}).json()
    assert hundredms.post(f"/v2/rooms/{room['id']}", json={"enabled": False}).json()["enabled"] is False
    assert hundredms.post("/v2/rooms", json={"name": "x"}).json()["enabled"] is False
    assert hundredms.post(f"/v2/rooms/{room['id']}", json={"enabled": True}).json()["enabled"] is True


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"nmae": "x"}, 'unknown field "nmae"'),
        ({"enabled": True}, 'unknown field "enabled"'),
        ({"name": 5}, 'invalid value for the "name" field'),
        ({"name": "with space"}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "a+b"}, "name"),
        ({"name": ""}, "name"),
        ({"template": "x"}, "Invalid body param: template. Use template_id"),
        ({"template_id": "unknown"}, "Error: template not found"),
        ({"region": "asia"}, "Error: region not supported"),
        ({"max_duration_seconds": 119}, "max_duration_seconds less than 120 seconds"),
        ({"max_duration_seconds": 43_201}, "max_duration_seconds greater than 43200 seconds"),
        ({"max_duration_seconds": "600"}, "max_duration_seconds"),
        ({"size": 2_501}, "room size greater than 2500, set large_room flag as true"),
        ({"size": 20_001, "large_room": True}, "room size greater than 20000"),
        ({"size": -1}, "room size less than 0"),
        ({"large_room": "yes"}, "large_room"),
        ({"webhook": {"headers": {}}}, "webhook.url"),
        ({"webhook": {"url": "https://x", "headers": {"a": 1}}}, "webhook.headers.a"),
        ({"recording_info": {"upload_info": {"type": "s3"}}}, "Bucket location is missing"),
        ({"recording_info": {"upload_info": {"type": "ftp", "location": "b"}}}, "Invalid upload configuration"),
        ({"recording_info": {"upload_info": {"location": "b"}}}, "Invalid upload configuration"),
        (
            {"recording_info": {"upload_info": {"type": "s3", "location": "b", "credentials": {"key": "k"}}}},
            "credentials.secret",
        ),
        ({"recording_info": {"polls": []}}, "recording_info.polls"),
        ({"polls": "x"}, "polls"),
    ],
)
def test_bad_bodies_are_400(hundredms: httpx.Client, body: dict[str, Any], text: str) -> None:
    assert refused(hundredms.post("/v2/rooms", json=body), 400, text)
    assert hundredms.get("/v2/rooms").json()["data"] == []


def test_bodies_that_are_no_json(hundredms: httpx.Client) -> None:
    kind = {"content-type": "application/json"}
    assert refused(hundredms.post("/v2/rooms"), 400, "must not be empty")
    assert refused(hundredms.post("/v2/rooms", content=b'{"name": }', headers=kind), 400, "at position 9")
    assert refused(hundredms.post("/v2/rooms", content=b"[]", headers=kind), 400)
    assert refused(hundredms.post("/v2/rooms", content=b"{}", headers={"content-type": "text/plain"}), 415)


def test_unknown_fields_can_be_let_pass(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client) -> None:
    rooms_sandbox.behave("hundredms", unknown_fields="accept")
    assert hundredms.post("/v2/rooms", json={"brand_new": 1}).status_code == 200


def test_size_of_a_large_room_may_be_updated_alone(hundredms: httpx.Client) -> None:
    room = hundredms.post("/v2/rooms", json={"name": "x", "large_room": True, "size": 5_000}).json()
    assert hundredms.post(f"/v2/rooms/{room['id']}", json={"size": 6_000}).json()["size"] == 6_000
    assert hundredms.post("/v2/rooms", json={"name": "X", "size": 7_000}).json()["size"] == 7_000
    assert refused(hundredms.post(f"/v2/rooms/{room['id']}", json={"large_room": False}), 400, "set large_room flag")


def test_region_auto_is_the_templates(hundredms: httpx.Client) -> None:
    assert hundredms.post("/v2/rooms", json={"region": "auto"}).json()["region"] == "in"
    assert hundredms.post("/v2/rooms", json={"template_id": WEBINAR}).json()["region"] == "eu"


def test_update_by_id(hundredms: httpx.Client) -> None:
    one = hundredms.post("/v2/rooms", json={"name": "one", "description": "d"}).json()
    hundredms.post("/v2/rooms", json={"name": "two"})
    path = f"/v2/rooms/{one['id']}"
    assert refused(hundredms.post(path, json={"template_id": WEBINAR}), 400, "template_id")
    assert refused(hundredms.post(path, json={"name": "TWO"}), 400, "already exists")
    renamed = hundredms.post(path, json={"name": "Uno"}).json()
    assert (renamed["name"], renamed["description"], renamed["customer"]) == ("Uno", "d", renamed["customer_id"])
    assert hundredms.get("/v2/rooms", params={"name": "uno"}).json()["data"][0]["id"] == one["id"]
    assert hundredms.get("/v2/rooms", params={"name": "one"}).json()["data"] == []
    assert refused(hundredms.get("/v2/rooms/uno"), 404)  # by id only
    assert refused(hundredms.post("/v2/rooms/unknown", json={}), 404)


def test_list_shows_enabled_rooms_only_unless_told(hundredms: httpx.Client) -> None:
    room = hundredms.post("/v2/rooms", json={"name": "off"}).json()
    hundredms.post(f"/v2/rooms/{room['id']}", json={"enabled": False})
    hundredms.post("/v2/rooms", json={"name": "on"})

    def names(**query: str) -> list[str]:
        return [found["name"] for found in hundredms.get("/v2/rooms", params=query).json()["data"]]

    assert names() == names(enabled="true") == ["on"]
    assert names(enabled="false") == ["off"]
    assert names(name="OFF") == []
    assert names(name="OFF", enabled="false") == ["off"]
    assert refused(hundredms.get("/v2/rooms", params={"enabled": "yes"}), 400)


def test_list_filters(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client) -> None:
    hundredms.post("/v2/rooms", json={"name": "algebra"})
    rooms_sandbox.advance(3600)
    late = hundredms.post("/v2/rooms", json={"name": "algebra-2", "template_id": WEBINAR}).json()

    def names(**query: str) -> list[str]:
        return [found["name"] for found in hundredms.get("/v2/rooms", params=query).json()["data"]]

    assert names(template_id=WEBINAR) == ["algebra-2"]
    assert names(after=late["created_at"]) == ["algebra-2"]  # inclusive
    assert names(before=late["created_at"]) == ["algebra-2", "algebra"]
    assert names(name="algebra") == ["algebra"]
    rooms_sandbox.behave("hundredms", name_filter="substring")
    assert names(name="algebra") == ["algebra-2", "algebra"]
    assert refused(hundredms.get("/v2/rooms", params={"after": "yesterday"}), 400)


def test_listed_rooms_show_less_than_fetched_ones(hundredms: httpx.Client) -> None:
    hundredms.post("/v2/rooms", json=FULL)
    (listed,) = hundredms.get("/v2/rooms").json()["data"]
    assert "webhook" not in listed
    assert "recording_info" not in listed
    assert listed["recording"] == FULL["recording_info"]
    assert listed["updated_at"] == "0001-01-01T00:00:00Z"
    assert listed["key"].endswith(":algebra-1")


def test_paging(hundredms: httpx.Client) -> None:
    made = [hundredms.post("/v2/rooms", json={"name": f"r{n}"}).json()["id"] for n in range(23)]
    first = hundredms.get("/v2/rooms").json()
    assert (first["limit"], len(first["data"]), first["last"]) == (10, 10, first["data"][-1]["id"])
    seen, start = [], ""
    while page := hundredms.get("/v2/rooms", params={"start": start}).json()["data"]:
        seen += [room["id"] for room in page]
        start = page[-1]["id"]
    assert seen == made[::-1]
    # the last page has a `last` as well, and a limit out of range is cut
    final = hundredms.get("/v2/rooms", params={"limit": 100}).json()
    assert (final["limit"], len(final["data"]), final["last"]) == (100, 23, made[0])
    assert hundredms.get("/v2/rooms", params={"limit": 500}).json()["limit"] == 100
    assert hundredms.get("/v2/rooms", params={"limit": 1}).json()["limit"] == 10
    assert hundredms.get("/v2/rooms", params={"start": made[0]}).json() == {"limit": 10, "data": [], "last": ""}
    assert refused(hundredms.get("/v2/rooms", params={"start": "unknown"}), 400)
    assert refused(hundredms.get("/v2/rooms", params={"limit": "x"}), 400)


def test_empty_lists_may_be_null(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client) -> None:
    assert hundredms.get("/v2/rooms").json()["data"] == []
    rooms_sandbox.behave("hundredms", empty_data="null")
    assert hundredms.get("/v2/rooms").json()["data"] is None


def test_no_slash_at_the_end(hundredms: httpx.Client) -> None:
    assert refused(hundredms.get("/v2/rooms/"), 404)
    assert refused(hundredms.delete("/v2/rooms"), 404)
