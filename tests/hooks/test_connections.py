"""Connections as people write them: JSON, URI, pasted white space, numbers as text; and what each mistake is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import Connection
from vendor_traits import ANY, TYPES, rows

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.errors import InvalidConnectionError, RoomsError
from airflow_provider_rooms.hooks import get_rooms_hook, hook_class

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

AnyHook = hook_class(ANY.kind)


def uri(connection: dict[str, Any]) -> str:
    """The connection as Airflow itself writes it."""
    extra = connection.get("extra")
    made = Connection(conn_id="x", **{**connection, "extra": json.dumps(extra) if extra else None})
    return str(made.get_uri())


@pytest.mark.parametrize("form", ["json", "uri"])
@pytest.mark.parametrize("conn_type", TYPES)
def test_the_json_and_the_uri_form_work_alike(
    conn_type: str, form: str, rooms_sandbox: RoomsSandbox, connect: Any
) -> None:
    connection = rooms_sandbox.connection(conn_type)
    connect(connection if form == "json" else uri(connection))
    hook = get_rooms_hook("rooms")
    assert hook.conn_type == conn_type
    assert hook.test_connection()[0] is True
    assert hook.ensure_room({"name": "algebra"}).outcome == "created"


@pytest.mark.parametrize(
    ("host", "port", "schema", "expected"),
    [
        (None, None, None, ANY.kind.default_url),
        ("", None, None, ANY.kind.default_url),
        ("api.example", None, None, "https://api.example"),
        ("api.example/rooms/", None, None, "https://api.example/rooms"),
        (" http://127.0.0.1:8790/api/ ", None, None, "http://127.0.0.1:8790/api"),
        ("http://127.0.0.1", 8790, "api", "http://127.0.0.1:8790/api"),
        ("http://127.0.0.1/a", 8790, "b", "http://127.0.0.1:8790/a/b"),
        ("127.0.0.1/a", 8790, "http", "http://127.0.0.1:8790/a"),
        ("http://127.0.0.1/a", None, "https", "http://127.0.0.1/a"),
        ("http://[::1]:8790/api", None, None, "http://[::1]:8790/api"),
    ],
)
def test_a_base_url_is_read_however_it_is_split(
    host: str | None, port: int | None, schema: str | None, expected: str, connect: Any
) -> None:
    connect({"conn_type": ANY.conn_type, "login": "k", "password": "s", "host": host, "port": port, "schema": schema})
    assert AnyHook("rooms").base_url == expected


def test_a_uri_written_by_hand_keeps_the_path_behind_the_host(connect: Any) -> None:
    connect(f"{ANY.conn_type}://key:secret@http%3A%2F%2F127.0.0.1%3A8790%2Fapi")
    assert AnyHook("rooms").base_url == "http://127.0.0.1:8790/api"
    connect(f"{ANY.conn_type}://http://key:secret@127.0.0.1:8790/api?timeout=5")
    hook = AnyHook("rooms")
    assert hook.base_url == "http://127.0.0.1:8790/api"
    assert hook.vendor.config.timeout == 5.0


def test_unknown_keys_are_named_in_a_warning_and_go_nowhere(connect: Any, caplog: pytest.LogCaptureFixture) -> None:
    connect({"conn_type": ANY.conn_type, "login": "k", "password": "s", "extra": {"name_prefx": "canary"}})
    config = AnyHook("rooms").vendor.config
    assert "unknown key 'name_prefx'" in caplog.text
    assert "canary" not in caplog.text + str(config.settings)


GOOD = {"conn_type": ANY.conn_type, "login": "key", "password": "canary-secret"}

BAD: list[tuple[dict[str, Any], str]] = [
    ({**GOOD, "login": ""}, f"has no {ANY.kind.login} (login)"),
    ({**GOOD, "login": "  "}, f"has no {ANY.kind.login} (login)"),
    ({**GOOD, "password": None}, f"has no {ANY.kind.password} (password)"),
    ({**GOOD, "host": "ftp://api.example"}, "is not a valid base URL"),
    ({**GOOD, "host": "http://"}, "is not a valid base URL"),
    ({**GOOD, "host": "api example"}, "is not a valid base URL"),
    ({**GOOD, "host": "https://api.example:port"}, "no valid port"),
    ({**GOOD, "host": "https://me:canary-pw@api.example"}, "contains credentials"),
    ({**GOOD, "host": "https://api.example/?a=1"}, "contains credentials or a query"),
    ({**GOOD, "extra": {"timeout": "soon"}}, "timeout in extra is not a number greater than 0"),
    *(
        ({**GOOD, "extra": {name: value}}, f"{name} in extra is not a number greater than 0")
        for name in ("reads_per_second", "writes_per_second", "watch_interval")
        for value in (0, "0", -1, "fast", "nan", True)
    ),
    ({**GOOD, "extra": {"timeout": -1}}, "timeout in extra is not a number greater than 0"),
    ({**GOOD, "extra": {"timeout": True}}, "timeout in extra is not a number greater than 0"),
    ({**GOOD, "extra": {"webhook_url": ["a"]}}, "webhook_url in extra is not text"),
    ({**GOOD, "extra": {"roles": "teacher"}}, "roles in extra is not a JSON object"),
    ({**GOOD, "extra": {"webhook_headers": "canary-header"}}, "webhook_headers in extra is not a JSON object"),
    ({**GOOD, "extra": {"name_prefix": "a b"}}, "name_prefix in extra is not"),
    *(({"conn_type": name, **connection}, text) for name, connection, text in rows("connections", "BAD")),
]


@pytest.mark.parametrize(("connection", "text"), BAD)
def test_what_is_wrong_with_a_connection_is_said_by_task_and_test_button_alike(
    connection: dict[str, Any], text: str, connect: Any
) -> None:
    connect(connection)
    hook = get_rooms_hook("rooms")
    with pytest.raises(InvalidConnectionError) as caught:
        hook.ensure_room({"name": "algebra"})
    told, message = get_rooms_hook("rooms").test_connection()
    assert told is False
    for shown in (str(caught.value), message):
        assert text in shown
        assert "canary" not in shown


# Airflow 3.0 and 3.1 do not find such a connection at all.
NOT_JSON = 'extra is not a JSON object|AIRFLOW_CONN_ROOMS is set, but its "extra" is not a JSON object'


def test_an_extra_that_is_not_json_is_refused(connect: Any) -> None:
    connect(json.dumps({**GOOD, "extra": "timeout=5 canary"}))
    with pytest.raises(InvalidConnectionError, match=NOT_JSON) as caught:
        _ = AnyHook("rooms").vendor
    assert "canary" not in str(caught.value)


def test_a_missing_connection_and_one_of_another_type_are_named(connect: Any, airflow_db: None) -> None:
    with pytest.raises(InvalidConnectionError, match="There is no connection 'nowhere'"):
        get_rooms_hook("nowhere")
    with pytest.raises(InvalidConnectionError, match="There is no connection 'nowhere'"):
        _ = AnyHook("nowhere").vendor
    connect({"conn_type": "http", "host": "api.example"})
    with pytest.raises(InvalidConnectionError, match="has the type 'http'"):
        get_rooms_hook("rooms")
    with pytest.raises(InvalidConnectionError, match=f"has the type 'http', expected '{ANY.conn_type}'"):
        _ = AnyHook("rooms").vendor


UNDERSCORED = next(name for name in TYPES if "_" in name)
SCHEMES = [f"{name.replace('_', '-')}://" for name in BY_TYPE]
UNREADABLE = {
    json.dumps(given) if isinstance(given, dict) else given: said
    for given, said in [
        ({"login": "canary", "password": "canary"}, f'it has no "conn_type", such as {ANY.conn_type}'),
        ({"conn_type": None, "login": "canary"}, 'it has no "conn_type"'),
        ({**GOOD, "login": 4711}, '"login" is not a string: put it in quotes'),
        ({**GOOD, "password": 4711}, '"password" is not a string: put it in quotes'),
        ({**GOOD, "port": "canary"}, '"port" is not a number'),
        ({**GOOD, "timeout": 5}, 'it has an unknown key "timeout"'),
        ('{"conn_type": "http", "login": "canary"', "it is not JSON ("),
        (f"{ANY.conn_type}://canary:canary@host:junk/", "its host or port is invalid"),
        (
            f"{UNDERSCORED}://canary:canary@/",
            f"a URI scheme cannot contain '_'; write {UNDERSCORED.replace('_', '-')}://.",
        ),
        ("canary", f"neither a JSON object nor a URI such as {', '.join(SCHEMES)}."),
    ]
}


@pytest.mark.parametrize(("text", "said"), UNREADABLE.items())
@pytest.mark.parametrize("look_up", [get_rooms_hook, lambda conn_id: AnyHook(conn_id).vendor])
def test_what_keeps_airflow_from_reading_a_variable_is_named(text: str, said: str, look_up: Any, connect: Any) -> None:
    connect(text)
    with pytest.raises(InvalidConnectionError) as caught:
        look_up("rooms")
    assert said in str(caught.value)
    assert "canary" not in str(caught.value)
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize("conn_id", ["my-conn", "my conn", "käse"])
def test_no_variable_is_advised_that_no_shell_can_set(conn_id: str, airflow_db: None) -> None:
    with pytest.raises(
        InvalidConnectionError, match=r"is not a valid environment variable name.*choose an id of letters"
    ):
        get_rooms_hook(conn_id)
    with pytest.raises(InvalidConnectionError, match="or set AIRFLOW_CONN_MY_CONN"):
        get_rooms_hook("my_conn")


async def test_the_async_side_says_the_same(connect: Any, airflow_db: None) -> None:
    with pytest.raises(InvalidConnectionError, match="There is no connection 'nowhere'"):
        await AnyHook("nowhere").aio.get_room("x")
    connect(json.dumps({**GOOD, "extra": "nonsense"}))
    with pytest.raises(InvalidConnectionError, match=NOT_JSON):
        await AnyHook("rooms").aio.get_room("x")


def test_raw_access_signs_in_below_the_base_url_only(rooms_sandbox: RoomsSandbox, connect: Any) -> None:
    connect(rooms_sandbox.connection(ANY.conn_type))
    hook = AnyHook("rooms")
    assert hook.get_conn().get(f"{hook.base_url}{ANY.create.path}", timeout=5).status_code == 200
    elsewhere = hook.get_conn().get(f"{rooms_sandbox.url}/control/state", timeout=5)
    assert "Authorization" not in elsewhere.request.headers


def test_errors_are_airflows_own_kind() -> None:
    from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

    assert issubclass(RoomsError, AirflowException)
    assert issubclass(InvalidConnectionError, AirflowFailException)
