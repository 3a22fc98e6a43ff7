"""How people get in: tokens and links that the sandbox's doors accept, least rights, an end, and no secret in any text."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from join_help import DAY, claims, now, seen_inside
from vendor_traits import ANY, TRAITS_OF, TYPES, facts, rows

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.flow import Runtime

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

# -- tokens ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
@pytest.mark.parametrize("role", ["guest", "host"])
def test_a_token_opens_its_room_and_no_other(
    conn_type: str, role: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(conn_type)
    room = hook.ensure_room({"name": "algebra"})
    hook.ensure_room({"name": "physics"})
    token = hook.join_token(room.id, role, user="ada")
    rooms_sandbox.join(conn_type, token, "Ada Lovelace")
    assert seen_inside(rooms_sandbox, conn_type, room.id) == ["ada"]
    assert 4 * 3600 - 60 < claims(token)["exp"] - now() <= 4 * 3600


@pytest.mark.parametrize(("conn_type", "off"), rows("joining", "WRONG_CLOCKS"))
def test_a_token_is_dated_by_the_vendors_clock_where_ours_is_known_to_be_wrong(
    conn_type: str, off: int, hook_of: Any, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else people's tokens begin minutes from now, and the door refuses them."""
    monkeypatch.setattr("airflow_provider_rooms.hooks.base.Runtime", partial(Runtime, wall=lambda: now() + off))
    hook = hook_of(conn_type)
    room = hook.ensure_room({"name": "algebra"})
    end = dt.datetime.now(dt.UTC) + DAY / 4
    token = hook.join_token(room.id, user="ada", expires_at=end)
    assert claims(token)["iat"] == pytest.approx(now() - 30, abs=5)
    assert claims(token)["exp"] == int(end.timestamp())
    rooms_sandbox.join(conn_type, token, "Ada Lovelace")


# -- how long ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_token_ends_a_quarter_of_an_hour_after_the_class(conn_type: str, hook_of: Any) -> None:
    hook = hook_of(conn_type)
    ends_at = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=2)
    starts_at = ends_at - dt.timedelta(hours=1, minutes=50)
    room = hook.ensure_room({"name": "algebra", "starts_at": starts_at, "ends_at": ends_at})
    assert claims(hook.join_token(room.as_dict()))["exp"] == ends_at.timestamp() + 900
    asked = ends_at + dt.timedelta(hours=3)
    assert claims(hook.join_token(room.as_dict(), expires_at=asked.isoformat()))["exp"] == asked.timestamp()


@pytest.mark.parametrize(("conn_type", "longest"), [(name, found.LONGEST) for name, found in facts("joining").items()])
def test_a_life_that_is_too_long_is_refused_before_any_call(
    conn_type: str, longest: dt.timedelta, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(conn_type)
    hook.ensure_room({"name": "algebra"})
    before = len(rooms_sandbox.requests())
    start = dt.datetime.now(dt.UTC)
    with pytest.raises(errors.InvalidSpecError, match=rf"at most {longest // dt.timedelta(hours=1)} hours"):
        hook.join_token("algebra", expires_at=start + longest + dt.timedelta(minutes=5))
    far = {"vendor": conn_type, "name": "algebra", "ends_at": (start + longest).isoformat()}
    with pytest.raises(errors.InvalidSpecError, match="Create the token later"):
        hook.join_token(far)
    assert len(rooms_sandbox.requests()) == before
    hook.join_token("algebra", expires_at=start + longest - dt.timedelta(minutes=5))


@pytest.mark.parametrize("conn_type", TYPES)
def test_the_past_and_times_without_a_zone_are_refused(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(conn_type, join_page="https://example.org/{token}")
    past = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=16)
    for mint in (hook.join_token, hook.join_url):
        with pytest.raises(errors.InvalidSpecError, match="in the past"):
            mint("algebra", expires_at=past)
        with pytest.raises(errors.InvalidSpecError, match="ended more than 15 minutes"):
            mint({"name": "algebra", "ends_at": past.isoformat()})
        with pytest.raises(errors.InvalidSpecError, match="time zone"):
            mint("algebra", expires_at="2026-11-20T09:00:00")
    assert rooms_sandbox.requests() == []


# -- links ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_page_of_ones_own(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    page = "https://example.org/{role}/{name}/{room_id}?u={user_id}&n={user_name}&x={{1}}#{token}"
    hook = hook_of(conn_type, join_page=page)
    room = hook.ensure_room({"name": "algebra"})
    link = hook.join_url("algebra", user={"id": "a/b", "name": "Ada & Co"})
    start, _, token = link.partition("#")
    assert start == f"https://example.org/guest/algebra/{room.id}?u=a%2Fb&n=Ada%20%26%20Co&x={{1}}"
    rooms_sandbox.join(conn_type, token)
    assert "u=&n=&" in hook.join_url("algebra")
    with pytest.raises(errors.InvalidSpecError, match="valid for at most"):
        hook.join_url("algebra", expires_at=dt.datetime.now(dt.UTC) + 400 * DAY)


@pytest.mark.parametrize(
    "page",
    [
        "https://example.org/{tokn}",
        "https://example.org/{}",
        "https://example.org/{token",
        "https://example.org/{token:>9999}",
        "https://example.org/{token!r}",
        "https:///{token}",
        "example.org/{token}",
        "javascript:alert('{token}')",
    ],
)
def test_a_template_that_is_wrong_is_refused(page: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    with pytest.raises(errors.InvalidConnectionError, match="join_page"):
        hook_of(ANY.conn_type, join_page=page).join_url("algebra")
    assert rooms_sandbox.requests() == []


# -- who, and where ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
def test_bad_input_is_refused(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of(conn_type)
    for role in ("", None, ["host"]):
        with pytest.raises(errors.InvalidSpecError, match="role"):
            hook.join_token("algebra", role)
    for user in ({"nick": "x"}, ["x"]):
        with pytest.raises(errors.InvalidSpecError, match="user"):
            hook.join_token("algebra", user=user)
    assert rooms_sandbox.requests() == []
    with pytest.raises(errors.NotFoundError):
        hook.join_token("nobody-made-this")
    other = next(item for item in TYPES if item != conn_type)
    with pytest.raises(errors.InvalidSpecError, match=other):
        hook.join_token({"vendor": other, "id": "x"})
    room = hook.ensure_room({"name": "algebra"})
    hook.close_room(room.id)
    with pytest.raises(errors.RoomClosedError):
        hook.join_token(room.id)


@pytest.mark.parametrize("conn_type", [name for name in TYPES if not vendor_class(name).any_role])
def test_a_role_that_the_vendor_does_not_have_is_refused(conn_type: str, hook_of: Any) -> None:
    with pytest.raises(errors.InvalidSpecError, match="not one of guest, host"):
        hook_of(conn_type).join_token("algebra", "teacher")


@pytest.mark.parametrize(("conn_type", "rights"), rows("joining", "WRONG_RIGHTS"))
def test_roles_of_the_connection_are_checked(conn_type: str, rights: Any, hook_of: Any) -> None:
    with pytest.raises(errors.InvalidConnectionError, match=f"roles of connection '{conn_type}_default': 'host'"):
        hook_of(conn_type, roles={"host": rights}).join_token("algebra", "host")


@pytest.mark.parametrize(("conn_type", "user", "words"), rows("joining", "WRONG_USERS"))
def test_ids_that_a_vendor_does_not_take_are_refused(conn_type: str, user: str, words: str, hook_of: Any) -> None:
    with pytest.raises(errors.InvalidSpecError, match=words):
        hook_of(conn_type).join_token("algebra", user=user)


@pytest.mark.parametrize("conn_type", TYPES)
def test_what_was_minted_is_masked(conn_type: str, hook_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    masked: list[str] = []

    def signature(token: str) -> str:
        """What makes a token one; its claims alone open nothing."""
        return token.rpartition(".")[2]

    monkeypatch.setattr(
        "airflow.providers.common.compat.sdk.mask_secret", lambda value, name=None: masked.append(value)
    )
    hook = hook_of(conn_type, **TRAITS_OF[conn_type].settings)
    hook.ensure_room({"name": "algebra"})
    assert signature(hook.join_token("algebra")) in masked
    if secret_of := facts("joining")[conn_type].secret_of_a_link:
        assert signature(secret_of(hook.join_url("algebra"))) in masked
