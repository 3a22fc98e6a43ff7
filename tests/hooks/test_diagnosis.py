"""What *Test connection* says: each cause by its name, what to do about it, in time, and nothing that is nobody's business."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from diagnosing import CANARY, ask, date_header, http, server
from vendor_traits import ANY, TRAITS, TRAITS_OF, TYPES, facts

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.hooks import diagnosis

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

__all__ = ["ask", "server"]

#: What login and password are called.
WORDS = {kind.conn_type: (kind.sign_in("").login, kind.sign_in("").password) for kind in BY_TYPE.values()}


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_good_connection_is_told_so(conn_type: str, ask: Any) -> None:
    works, told = ask(conn_type)
    assert works
    key, secret = WORDS[conn_type]
    assert told == f"{BY_TYPE[conn_type].title} accepted the {key} and {secret}.".replace(
        "SID and API key", "SID and its"
    )


@pytest.mark.parametrize("conn_type", TYPES)
@pytest.mark.parametrize("wrong", ["login", "password"])
def test_a_wrong_key_or_secret_is_named(conn_type: str, wrong: str, ask: Any) -> None:
    form = facts("connections")[conn_type].LOGIN_FORM if wrong == "login" else "{}"
    value = form.format(CANARY + "-of-some-length")
    works, told = ask(conn_type, **{wrong: value})
    kind = BY_TYPE[conn_type]
    assert not works
    assert f"{kind.title} rejected the credentials (HTTP 401" in told
    key, secret = WORDS[conn_type]
    assert f"the {key} or the {secret} is wrong, it does not say which. {kind.again}" in told


@pytest.mark.parametrize("conn_type", [traits.conn_type for traits in TRAITS if traits.renews_token])
def test_mistakes_that_can_be_seen_are_pointed_at(conn_type: str, ask: Any) -> None:
    key, secret = WORDS[conn_type]
    token = "eyJhbGciOi.eyJhcGlr.c2lnbmF0dXJl"
    assert f"the {secret} is a token" in ask(conn_type, password=token)[1]
    assert f"the {key} is a token" in ask(conn_type, login=token)[1]
    assert f"{key} and {secret} are identical" in ask(conn_type, login="k" * 40, password="k" * 40)[1]


@pytest.mark.parametrize(("ahead", "words"), [(300, "5 minutes ahead of"), (-90, "seconds behind")])
@pytest.mark.parametrize("conn_type", TYPES)
def test_a_clock_that_is_off_is_named_where_tokens_carry_the_time(
    conn_type: str, ahead: int, words: str, ask: Any, server: Any
) -> None:
    works, told = ask(conn_type, host=server(http(401, '{"message": "no"}', date_header(-ahead))))
    assert not works
    # A sign-in without tokens knows no time.
    tokens = TRAITS_OF[conn_type].renews_token
    assert (f"{words} the vendor's. Tokens contain the time" in told) is tokens, told
    assert ("set the clock (NTP)" in told) is tokens


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_clock_that_is_off_is_remarked_where_all_else_is_well(conn_type: str, ask: Any, server: Any) -> None:
    works, told = ask(conn_type, host=server(http(200, '{"data": [], "rooms": []}', date_header(-180))))
    assert works
    assert "But this machine's clock is 3 minutes ahead of the vendor's" in told
    assert "But" not in ask(conn_type, host=server(http(200, '{"data": [], "rooms": []}', date_header(0))))[1]


@pytest.mark.parametrize("conn_type", TYPES)
@pytest.mark.parametrize("step", [1, 2])
def test_another_vendor_behind_the_host_is_named(
    conn_type: str, step: int, ask: Any, rooms_sandbox: RoomsSandbox
) -> None:
    other = TYPES[(TYPES.index(conn_type) + step) % len(TYPES)]
    works, told = ask(conn_type, host=rooms_sandbox.connection(other)["host"])
    assert not works
    named = f"responds like {BY_TYPE[other].title}, not like {BY_TYPE[conn_type].title}"
    # Where it knows no such path at all, a 404 comes before any sign-in.
    assert named in told or f"responds (HTTP 404), but not like {BY_TYPE[conn_type].title}'s API" in told
    assert f"base URL (host): if left empty, {BY_TYPE[conn_type].default_url} is used." in told


PAGE = f"<!doctype html><title>{CANARY}</title>"
NOT_ITS_API = [
    http(200, PAGE),
    http(404, PAGE),
    http(403, PAGE),
    http(401, PAGE),
    http(301, "", f"Location: https://elsewhere.example/{CANARY}"),
    http(200, ""),
    http(200, json.dumps({"hello": CANARY})),
    http(404, json.dumps({"message": CANARY})),
    http(200, json.dumps({"data": CANARY, "rooms": CANARY})),
    http(200, "x" * 9 * 2**20),
]


@pytest.mark.parametrize("conn_type", TYPES)
@pytest.mark.parametrize("answer", NOT_ITS_API, ids=range(len(NOT_ITS_API)))
def test_a_host_without_a_vendors_api_is_told_apart(conn_type: str, answer: bytes, ask: Any, server: Any) -> None:
    works, told = ask(conn_type, host=server(answer))
    assert not works
    assert f"but not like {BY_TYPE[conn_type].title}'s API. Check the base URL (host)" in told


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_right_that_is_missing_a_limit_and_a_failure_are_told_apart_from_a_bad_secret(
    conn_type: str, ask: Any, server: Any
) -> None:
    works, told = ask(conn_type, host=server(http(403, json.dumps({"message": CANARY}))))
    assert not works
    assert "does not allow it to list rooms (HTTP 403)" in told
    for status, words in ((429, "currently accepts no more requests"), (503, "responds, but with an error (HTTP 503)")):
        works, told = ask(conn_type, host=server(http(status, CANARY)))
        assert not works
        assert words in told
        assert "Key and secret were not checked" in told


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_host_that_cannot_be_reached_is_told_why(conn_type: str, ask: Any, server: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{free.getsockname()[1]}"
    cases = [
        (refused, "the connection was refused. Check host and port"),
        ("http://no-such-host.invalid", "its host name could not be resolved (DNS)"),
        (
            server(http(200, "plain")).replace("http:", "https:"),
            "it does not speak TLS. If the host uses plain http, set",
        ),
        (server(b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n{"), "the connection was interrupted"),
    ]
    for host, words in cases:
        works, told = ask(conn_type, host=host)
        assert not works
        assert f"{host} cannot be reached: {words}" in told
        assert "Key and secret were not checked" in told


def test_a_host_that_says_nothing_takes_no_longer_than_the_test_may(
    ask: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "TEST_SECONDS", 1.0)
    monkeypatch.setattr(diagnosis, "_VENDOR_SECONDS", 0.6)
    began = time.monotonic()
    works, told = ask(ANY.conn_type, host=server(b""))
    assert not works
    assert "cannot be reached: it did not respond in time" in told
    assert time.monotonic() - began < 4  # five by default; a busy machine needs its time


def test_a_name_look_up_that_hangs_takes_no_longer_either(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "TEST_SECONDS", 0.5)
    release = threading.Event()

    def hang(*args: Any, **kwargs: Any) -> Any:
        release.wait(20)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()
    works, told = ask(ANY.conn_type, host="https://slow.example")
    took = time.monotonic() - began
    release.set()
    assert not works
    assert "cannot be reached: it did not respond in time" in told
    assert took < 4


@pytest.mark.slow
def test_five_seconds_are_five_seconds(ask: Any, server: Any) -> None:
    works, told = ask(ANY.conn_type, host=server(b""))
    assert not works
    assert "it did not respond in time" in told


def test_http_in_clear_to_another_machine_is_remarked(
    ask: Any, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = rooms_sandbox.url.rpartition(":")[2]
    monkeypatch.setenv("NO_PROXY", "*")
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1", *rest, **more))
    path = urlsplit(rooms_sandbox.connection(ANY.conn_type)["host"]).path
    works, told = ask(ANY.conn_type, host=f"http://rooms.example:{port}{path}")
    assert works
    assert "But http:// sends key and secret unencrypted" in told


def test_a_base_url_with_the_version_in_it_is_taken_as_meant(ask: Any, rooms_sandbox: RoomsSandbox) -> None:
    for conn_type in TYPES:
        host = f"{rooms_sandbox.connection(conn_type)['host']}/{BY_TYPE[conn_type].api_version}/"
        assert ask(conn_type, host=host)[0]


def test_a_misspelt_key_of_the_extra_is_remarked_without_its_value(ask: Any) -> None:
    works, told = ask(ANY.conn_type, extra={"name_prefx": CANARY, f"extra__{ANY.conn_type}__timeout": 3})
    assert works
    assert "But extra has the unknown key 'name_prefx'. Did you mean 'name_prefix'?" in told
    assert "timeout" not in told


def test_a_setting_that_the_vendor_has_no_use_for_is_remarked(ask: Any, rooms_sandbox: RoomsSandbox) -> None:
    extra = {"webhook_headers": {"X-Token": CANARY}}
    for kind in BY_TYPE.values():
        remarked = (
            f"But {kind.title} does not use webhook_headers."
            in ask(kind.conn_type, extra={**rooms_sandbox.connection(kind.conn_type)["extra"], **extra})[1]
        )
        assert remarked is ("webhook_headers" not in kind.uses)
