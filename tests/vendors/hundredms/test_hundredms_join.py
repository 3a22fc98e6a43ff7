"""People's way into rooms of 100ms."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from join_help import DAY, claims

from airflow_provider_rooms import errors

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_100ms_tokens_name_a_role_of_the_template(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms", roles={"guest": "student", "host": "teacher"})
    webinar = hook.ensure_room({"name": "webinar", "options": {"template_id": "627cdddff2e4e30487862ad9"}})
    token = hook.join_token(webinar.id, user="ada")
    assert claims(token)["role"] == "student"
    assert claims(token)["type"] == "app"
    assert claims(hook.join_token(webinar.id, "viewer"))["role"] == "viewer"
    assert "user_id" not in claims(hook.join_token(webinar.id))
    rooms_sandbox.join("hundredms", token)
    plain = hook.ensure_room({"name": "plain"})
    with pytest.raises(errors.InvalidSpecError, match=r"no role 'student'.*host, guest"):
        hook.join_token(plain.id)


def test_100ms_templates_that_cannot_be_seen_are_no_obstacle(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.fault("hundredms", "status", path="/v2/templates/*", status=403)
    assert claims(hook.join_token(room.id, "nobody-knows"))["role"] == "nobody-knows"
    for roles in ({}, None, 7):
        rooms_sandbox.fault("hundredms", "body", path="/v2/templates/*", body={"id": "t", "roles": roles})
        assert claims(hook.join_token(room.id, "nobody-knows"))["role"] == "nobody-knows"
    answer = rooms_sandbox.rooms("hundredms")[0]
    rooms_sandbox.fault("hundredms", "body", path=f"/v2/rooms/{room.id}", body={**answer, "template_id": ""})
    assert claims(hook.join_token(room.id, "nobody-knows"))["role"] == "nobody-knows"


@pytest.mark.parametrize(
    "subdomain", ["my-school", "my-school.app.100ms.live", "https://my-school.app.100ms.live/meeting/abc-defg-hij"]
)
def test_100ms_links_carry_the_code_of_the_role(subdomain: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms", subdomain=subdomain)
    room = hook.ensure_room({"name": "algebra"})
    link = urlsplit(hook.join_url(room.id, user="ada l"))
    assert link.netloc == "my-school.app.100ms.live"
    assert link.query == "name=ada+l&userId=ada+l"
    code = link.path.removeprefix("/meeting/")
    rooms_sandbox.join("hundredms", code, "ada")
    assert urlsplit(hook.join_url(room.id)).query == ""
    assert hook.join_url(room.id, "host") != hook.join_url(room.id)


def test_100ms_codes_are_made_once_and_only_for_the_role_that_is_asked_for(
    hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of("hundredms", subdomain="x")
    room = hook.ensure_room({"name": "algebra"})
    first = hook.join_url(room.id)
    assert [hook.join_url(room.id), hook.join_url("algebra")] == [first, first]
    made = [row["path"] for row in rooms_sandbox.requests("hundredms", "POST")][1:]
    assert made == [f"/v2/room-codes/room/{room.id}/role/guest"]
    # A code that was switched off is no way in: another one is made.
    code = first.rpartition("/")[2]
    post = {"code": code, "enabled": False}
    assert hook.get_conn().post(f"{hook.base_url}/v2/room-codes/code", json=post).status_code == 200
    listed = {"limit": 20, "data": [{"code": code, "role": "guest", "enabled": False}, {"role": "guest"}], "last": ""}
    rooms_sandbox.fault("hundredms", "body", method="GET", path="/v2/room-codes/room/*", body=listed)
    hook.join_url(room.id)
    assert len(rooms_sandbox.requests("hundredms", "POST")) == 4


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_100ms_a_lost_answer_makes_no_second_code(kind: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms", subdomain="x")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.fault("hundredms", kind, method="POST", path="/v2/room-codes/*")
    link = hook.join_url(room.id)
    codes = hook.get_conn().get(f"{hook.base_url}/v2/room-codes/room/{room.id}").json()["data"]
    assert [link.rpartition("/")[2]] == [code["code"] for code in codes]


def test_100ms_says_which_roles_there_are(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms", subdomain="x")
    hook.ensure_room({"name": "algebra"})
    with pytest.raises(errors.InvalidSpecError, match=r"no role 'student'.*It has the roles host, guest"):
        hook.join_url("algebra", "student")
    rooms_sandbox.fault("hundredms", "status", path="/v2/templates/*", status=404)
    with pytest.raises(errors.InvalidSpecError, match="no role 'student'"):
        hook.join_url("algebra", "student")


def test_100ms_what_a_link_needs_and_cannot_do(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    with pytest.raises(errors.InvalidConnectionError, match="subdomain"):
        hook_of("hundredms").join_url("algebra")
    with pytest.raises(errors.UnsupportedError, match="does not expire"):
        hook_of("hundredms", subdomain="x").join_url("algebra", expires_at=dt.datetime.now(dt.UTC) + DAY)
    for wrong in ("my school", "https://", "a@b.example", "x?y"):
        with pytest.raises(errors.InvalidConnectionError, match="not a valid host name label"):
            hook_of("hundredms", subdomain=wrong).join_url("algebra")
    assert rooms_sandbox.requests() == []


def test_a_page_that_takes_no_token_has_nothing_that_expires(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms", join_page="https://example.org/{room_id}")
    room = hook.ensure_room({"name": "algebra"})
    assert hook.join_url("algebra", "any-role") == f"https://example.org/{room.id}"
    with pytest.raises(errors.UnsupportedError, match="join_page"):
        hook.join_url("algebra", expires_at=dt.datetime.now(dt.UTC) + DAY)


async def test_awaited_it_is_the_same(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms", subdomain="x")
    async with hook.aio as aio:
        room = await aio.ensure_room({"name": "algebra"})
        assert (await aio.join_url(room.id)).startswith("https://x.app.100ms.live/meeting/")
        rooms_sandbox.join("hundredms", await aio.join_token(room.id))
