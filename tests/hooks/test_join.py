"""How people get in: tokens and links that the sandbox's doors accept, least rights, an end, and no secret in any text."""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.client import ControlError
from airflow_provider_rooms.vendors import VENDORS
from airflow_provider_rooms.vendors.flow import Patience, Runtime

if TYPE_CHECKING:
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

TYPES = sorted(VENDORS)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow_provider_rooms.vendors.made._LOOKS", (0.01, 0.01, 0.01, 0.01))


@pytest.fixture
def hook_of(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hook for a connection of the sandbox with the extra given."""

    def make(conn_type: str, *, login: str | None = None, **extra: Any) -> RoomsHook:
        connection = rooms_sandbox.connection(conn_type)
        connection["extra"] = {**connection["extra"], **extra}
        connection["login"] = login or connection["login"]
        monkeypatch.setenv("AIRFLOW_CONN_ROOMS", json.dumps(connection))
        hook = get_rooms_hook("rooms")
        hook.patience = Patience(first_wait=0.01, longest_wait=0.02)
        return hook

    return make


def claims(token: str) -> dict[str, Any]:
    read: dict[str, Any] = jwt.decode(token, "sandbox-secret-for-tests-only-32-bytes!", algorithms=["HS256"])
    return read


def now() -> float:
    return dt.datetime.now(dt.UTC).timestamp()


def seen_inside(sandbox: RoomsSandbox, conn_type: str, room: str) -> list[str]:
    """Identities of those in the live session of a room."""
    state = sandbox.state()["twilio" if conn_type == "twilio_video" else conn_type]
    session = state["sessions"][0]
    assert room in (session.get("roomId"), session.get("room_id"), session.get("room_sid"))
    people = session.get("participants") or list(session["peers"].values())
    return [str(person.get("participantId") or person.get("user_id") or person.get("identity")) for person in people]


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


@pytest.mark.parametrize(("conn_type", "off"), [("videosdk", -4000), ("hundredms", -4000), ("hundredms", 300)])
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


def test_permissions_are_the_least_that_the_role_needs(hook_of: Any) -> None:
    hook = hook_of("videosdk")
    hook.ensure_room({"name": "algebra"})
    guest = claims(hook.join_token("algebra"))
    assert guest["permissions"] == ["allow_join"]
    assert guest["roles"] == ["rtc"]
    assert guest["version"] == 2
    assert "participantId" not in guest
    assert claims(hook.join_token("algebra", "host"))["permissions"] == ["allow_join", "allow_mod"]


def test_twilio_tokens_are_bound_to_the_sid_and_everybody_has_an_identity(hook_of: Any) -> None:
    hook = hook_of("twilio_video")
    room = hook.ensure_room({"name": "algebra"})
    first, second = claims(hook.join_token("algebra")), claims(hook.join_token("algebra"))
    assert first["grants"]["video"] == {"room": room.id}
    assert first["grants"]["identity"].startswith("guest-")
    assert first["grants"]["identity"] != second["grants"]["identity"]
    assert jwt.get_unverified_header(hook.join_token("algebra"))["cty"] == "twilio-fpa;v=1"


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


@pytest.mark.parametrize(("conn_type", "longest"), [("videosdk", 366 * DAY), ("hundredms", DAY), ("twilio_video", DAY)])
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


def test_twilio_has_no_page_and_says_what_to_do(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    with pytest.raises(errors.InvalidConnectionError, match="join_page"):
        hook_of("twilio_video").join_url("algebra")
    with pytest.raises(errors.InvalidConnectionError, match="API key"):
        hook_of("twilio_video", login="AC" + "0" * 32).join_token("algebra")
    assert rooms_sandbox.requests() == []


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_page_of_ones_own(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    page = "https://example.org/{role}/{name}/{room_id}?u={user_id}&n={user_name}&x={{1}}#{token}"
    hook = hook_of(conn_type, join_page=page, roles={"guest": "guest"} if conn_type == "hundredms" else None)
    room = hook.ensure_room({"name": "algebra"})
    link = hook.join_url("algebra", user={"id": "a/b", "name": "Ada & Co"})
    start, _, token = link.partition("#")
    assert start == f"https://example.org/guest/algebra/{room.id}?u=a%2Fb&n=Ada%20%26%20Co&x={{1}}"
    rooms_sandbox.join(conn_type, token)
    assert "u=&n=&" in hook.join_url("algebra")
    with pytest.raises(errors.InvalidSpecError, match="valid for at most"):
        hook.join_url("algebra", expires_at=dt.datetime.now(dt.UTC) + 400 * DAY)


def test_a_page_that_takes_no_token_has_nothing_that_expires(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms", join_page="https://example.org/{room_id}")
    room = hook.ensure_room({"name": "algebra"})
    assert hook.join_url("algebra", "any-role") == f"https://example.org/{room.id}"
    with pytest.raises(errors.UnsupportedError, match="join_page"):
        hook.join_url("algebra", expires_at=dt.datetime.now(dt.UTC) + DAY)


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
        hook_of("videosdk", join_page=page).join_url("algebra")
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


@pytest.mark.parametrize("conn_type", ["videosdk", "twilio_video"])
def test_a_role_that_the_vendor_does_not_have_is_refused(conn_type: str, hook_of: Any) -> None:
    with pytest.raises(errors.InvalidSpecError, match="not one of guest, host"):
        hook_of(conn_type).join_token("algebra", "teacher")


def test_roles_of_the_connection_are_honoured(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk", roles={"host": "allow_join", "waiting": ["ask_join"]})
    hook.ensure_room({"name": "algebra"})
    assert claims(hook.join_token("algebra", "host"))["permissions"] == ["allow_join"]
    with pytest.raises(ControlError, match="ask to join"):
        rooms_sandbox.join("videosdk", hook.join_token("algebra", "waiting"))
    hook = hook_of("twilio_video", roles={"assistant": ""})
    hook.ensure_room({"name": "algebra"})
    rooms_sandbox.join("twilio", hook.join_token("algebra", "assistant"))


@pytest.mark.parametrize(
    ("conn_type", "rights"),
    [
        ("videosdk", []),
        ("videosdk", "allow_all"),
        ("videosdk", ["allow_join", "ask_join"]),
        ("videosdk", ["allow_mod"]),
        ("hundredms", ["host"]),
        ("hundredms", ""),
    ],
)
def test_roles_of_the_connection_are_checked(conn_type: str, rights: Any, hook_of: Any) -> None:
    with pytest.raises(errors.InvalidConnectionError, match="roles of connection 'rooms': 'host'"):
        hook_of(conn_type, roles={"host": rights}).join_token("algebra", "host")


def test_ids_that_a_vendor_does_not_take_are_refused(hook_of: Any) -> None:
    with pytest.raises(errors.InvalidSpecError, match="no spaces"):
        hook_of("videosdk").join_token("algebra", user="Ada Lovelace")
    with pytest.raises(errors.InvalidSpecError, match="128"):
        hook_of("twilio_video").join_token("algebra", user="x" * 129)
    with pytest.raises(errors.InvalidSpecError, match="128"):
        hook_of("twilio_video").join_token("algebra", user="學" * 65)


@pytest.mark.parametrize("conn_type", TYPES)
def test_what_was_minted_is_masked(conn_type: str, hook_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    masked: list[str] = []

    def signature(token: str) -> str:
        """What makes a token one; its claims alone open nothing."""
        return token.rpartition(".")[2]

    monkeypatch.setattr(
        "airflow.providers.common.compat.sdk.mask_secret", lambda value, name=None: masked.append(value)
    )
    hook = hook_of(conn_type, subdomain="x") if conn_type == "hundredms" else hook_of(conn_type)
    hook.ensure_room({"name": "algebra"})
    assert signature(hook.join_token("algebra")) in masked
    if conn_type == "hundredms":
        assert hook.join_url("algebra").rpartition("/")[2] in masked
    elif conn_type == "videosdk":
        assert signature(parse_qs(urlsplit(hook.join_url("algebra")).query)["token"][0]) in masked


# -- the same, awaited ---------------------------------------------------------------------------------------------------------


async def test_awaited_it_is_the_same(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms", subdomain="x")
    async with hook.aio as aio:
        room = await aio.ensure_room({"name": "algebra"})
        assert (await aio.join_url(room.id)).startswith("https://x.app.100ms.live/meeting/")
        rooms_sandbox.join("hundredms", await aio.join_token(room.id))
