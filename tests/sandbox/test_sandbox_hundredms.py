"""The 100ms side of the sandbox against what its pages say."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sandbox_help import hundredms_token

from airflow_provider_rooms.sandbox.client import ControlError

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

WEBINAR = "627cdddff2e4e30487862ad9"
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


def refused(answer: httpx.Response, status: int, text: str = "") -> bool:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, status), answer.text
    assert set(body) == {"code", "message", "details"}
    assert isinstance(body["details"], list)
    assert text in answer.text.replace('\\"', '"')
    return True


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


# -- sessions ----------------------------------------------------------------------------------------------------


@pytest.fixture
def room(hundredms: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = hundredms.post("/v2/rooms", json={"name": "algebra-1"}).json()
    return found


def sessions(hundredms: httpx.Client, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hundredms.get("/v2/sessions", params=query).json()["data"]
    return found


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


# -- recordings --------------------------------------------------------------------------------------------------


def test_recording_statuses_and_files(
    rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, web: httpx.Client, room: dict[str, Any]
) -> None:
    rooms_sandbox.start_session("hundredms", room["id"], ["Ada"])
    order = {
        "transcription": {"enabled": True, "output_modes": ["txt"], "summary": {"enabled": True, "context": "x" * 300}}
    }
    job = hundredms.post(f"/v2/recordings/room/{room['id']}/start", json=order).json()
    assert (job["status"], job["started_at"], job["started_by"], job["recording_assets"]) == (
        "starting",
        None,
        "",
        None,
    )

    def now() -> dict[str, Any]:
        found: dict[str, Any] = hundredms.get(f"/v2/recordings/{job['id']}").json()
        return found

    rooms_sandbox.advance(4)
    assert now()["status"] == "running"
    assert now()["meeting_url"].startswith("https://sandbox.app.100ms.live/preview/")
    (session,) = sessions(hundredms)
    assert sorted(peer["name"] for peer in session["peers"].values()) == ["Ada", "Beam"]
    rooms_sandbox.advance(100)
    stopped = hundredms.post(f"/v2/recordings/room/{room['id']}/stop", json={}).json()
    assert [item["status"] for item in stopped["data"]] == ["stopping"]
    assert stopped["last"] == job["id"]
    rooms_sandbox.advance(2)
    assert now()["status"] == "post_processing"
    assert now()["stopped_at"] is not None
    rooms_sandbox.advance(60)
    done = now()
    assert done["status"] == "completed"
    states = {asset["type"]: asset["status"] for asset in done["recording_assets"]}
    assert states == {
        "room-composite": "completed", "chat": "completed", "transcript": "processing", "summary": "processing",
    }  # fmt: skip
    rooms_sandbox.advance(60)
    assert {asset["status"] for asset in now()["recording_assets"]} == {"completed"}
    # lists leave the files out
    (listed,) = hundredms.get("/v2/recordings", params={"room_id": room["id"], "status": "completed"}).json()["data"]
    assert "recording_assets" not in listed
    assets = hundredms.get("/v2/recording-assets", params={"session_id": session["id"]}).json()["data"]
    assert len(assets) == 4
    film = next(asset for asset in assets if asset["type"] == "room-composite")
    assert film["job_id"] == job["id"]
    assert film["duration"] == pytest.approx(101, abs=4)
    path = f"/v2/recording-assets/{film['id']}/presigned-url"
    assert hundredms.get(path, params={"presign_duration": 1}).json()["expiry"] == 1
    assert hundredms.get(path).json()["expiry"] == 3 * 86_400
    assert refused(hundredms.get(path, params={"presign_duration": 0}), 400)
    link = hundredms.get(path, params={"presign_duration": 60}).json()
    assert (link["expiry"], link["path"]) == (60, film["path"])
    assert len(web.get(link["url"]).content) == film["size"]
    assert web.get(link["url"], headers={"authorization": "Bearer x"}).status_code == 400
    assert web.get(link["url"].replace("signature=", "signature=0")).status_code == 403
    assert web.get(link["url"].split("?")[0]).status_code == 403
    rooms_sandbox.advance(61)
    assert web.get(link["url"]).status_code == 403


def test_recording_refusals(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]) -> None:
    start, stop = (f"/v2/recordings/room/{room['id']}/{verb}" for verb in ("start", "stop"))
    assert refused(hundredms.post("/v2/recordings/room/unknown/start", json={}), 403, "required permission")
    assert refused(hundredms.post(start), 400, "request body must not be empty")
    assert refused(hundredms.post(start, json={"meeting_url": ""}), 400, "invalid input")
    assert refused(hundredms.post(start, json={"resolution": {"width": 100, "height": 100}}), 400)
    assert refused(hundredms.post(start, json={"transcription": {"enabled": True, "output_modes": ["doc"]}}), 400)
    assert refused(hundredms.post(start, json={"meeting": 1}), 400, 'unknown field "meeting"')
    for changes in ({"context": "x" * 301}, {"temperature": 0.05}, {"sections": [{"format": "bullets"}]}):
        order = {"transcription": {"enabled": True, "summary": {"enabled": True} | changes}}
        assert refused(hundredms.post(start, json=order), 400, next(iter(changes)))
    assert refused(hundredms.post(stop, json={}), 404, "beam not found")
    assert refused(hundredms.post(stop, json={"id": "x"}), 400, 'unknown field "id"')
    assert hundredms.post(start, json={}).status_code == 200
    assert refused(hundredms.post(start, json={}), 409, "beam already started")
    assert hundredms.post(f"/v2/recordings/room/{room['id']}/pause", json={}).json()["status"] == "starting"
    (job,) = hundredms.get("/v2/recordings").json()["data"]
    assert hundredms.post(f"/v2/recordings/{job['id']}/stop", json={}).json()["status"] == "stopping"
    assert refused(hundredms.post(f"/v2/recordings/{job['id']}/stop", json={}), 404, "beam not found")
    assert refused(hundredms.get("/v2/recordings", params={"status": "done"}), 400)


def test_api_templates_have_no_subdomain_so_the_url_is_needed(hundredms: httpx.Client) -> None:
    template = hundredms.post("/v2/templates", json={"name": "api made", "roles": {"host": {}, "guest": {}}}).json()
    room = hundredms.post("/v2/rooms", json={"template_id": template["id"]}).json()
    assert room["template"] == "api made"
    start = f"/v2/recordings/room/{room['id']}/start"
    assert refused(hundredms.post(start, json={}), 400, "meeting_url")
    url = "https://example.com/class"
    assert hundredms.post(start, json={"meeting_url": url}).json()["meeting_url"] == url


def test_the_recorder_opens_a_session_and_is_left_alone_for_five_minutes(
    rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]
) -> None:
    hundredms.post(f"/v2/recordings/room/{room['id']}/start", json={})
    assert [p["name"] for s in sessions(hundredms) for p in s["peers"].values()] == ["Beam"]
    rooms_sandbox.start_session("hundredms", room["id"], ["Ada"])
    assert len(sessions(hundredms)) == 1
    rooms_sandbox.end_session("hundredms", room["id"], ["Ada"])
    rooms_sandbox.advance(290)
    assert len(sessions(hundredms)) == 1
    rooms_sandbox.advance(11)
    assert sessions(hundredms) == []
    assert hundredms.get("/v2/recordings").json()["data"][0]["status"] in ("stopping", "post_processing")


def test_recording_by_control(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]) -> None:
    rooms_sandbox.start_session("hundredms", "algebra-1")
    rooms_sandbox.recording("hundredms", "algebra-1", "start")
    with pytest.raises(ControlError, match="already"):
        rooms_sandbox.recording("hundredms", "algebra-1", "start")
    done = rooms_sandbox.recording("hundredms", "algebra-1", "complete")
    assert (done["status"], done["recording_assets"][0]["type"]) == ("completed", "room-composite")
    rooms_sandbox.recording("hundredms", "algebra-1", "start")
    assert rooms_sandbox.recording("hundredms", "algebra-1", "fail")["status"] == "failed"
    rooms_sandbox.advance(600)
    assert [r["status"] for r in hundredms.get("/v2/recordings").json()["data"]] == ["failed", "completed"]


def test_live_stream(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client, room: dict[str, Any]) -> None:
    base = "/v2/live-streams"
    assert refused(hundredms.post(f"{base}/room/{room['id']}/stop", json={}), 404, "hls not running")
    stream = hundredms.post(f"{base}/room/{room['id']}/start", json={"recording": {"hls_vod": True}}).json()
    assert stream["playback"]["url"].endswith(".m3u8")
    body = {"payload": "hello", "duration": 5}
    assert hundredms.post(f"{base}/{stream['id']}/timed-metadata", json=body).status_code == 200
    assert refused(
        hundredms.post(f"{base}/{stream['id']}/timed-metadata", json={"payload": "x" * 101, "duration": 5}), 400
    )
    assert hundredms.post(f"{base}/{stream['id']}/pause-recording").status_code == 200
    assert hundredms.post(f"{base}/{stream['id']}/stop", json={}).json()["status"] == "stopping"
    rooms_sandbox.advance(100)
    done = hundredms.get(f"{base}/{stream['id']}").json()
    assert [asset["type"] for asset in done["recording_assets"]] == ["room-vod"]
    assert hundredms.get("/v2/recordings").json()["data"] == []
    assert refused(hundredms.get(f"/v2/recordings/{stream['id']}"), 404)


# -- room codes and joining -----------------------------------------------------------------------------------------


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
