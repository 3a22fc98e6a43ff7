"""Connections as people write them: JSON, URI, pasted white space, numbers as text; and what each mistake is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import Connection

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.errors import InvalidConnectionError, RoomsError
from airflow_provider_rooms.hooks import HundredMsHook, TwilioVideoHook, VideoSDKHook, get_rooms_hook

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

TYPES = sorted(BY_TYPE)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Define a connection by its JSON or URI."""

    def define(value: dict[str, Any] | str, conn_id: str = "rooms") -> str:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", value if isinstance(value, str) else json.dumps(value))
        return conn_id

    return define


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
        (None, None, None, "https://api.videosdk.live"),
        ("", None, None, "https://api.videosdk.live"),
        ("api.example", None, None, "https://api.example"),
        ("api.example/rooms/", None, None, "https://api.example/rooms"),
        (" http://127.0.0.1:8790/videosdk/ ", None, None, "http://127.0.0.1:8790/videosdk"),
        ("http://127.0.0.1", 8790, "videosdk", "http://127.0.0.1:8790/videosdk"),
        ("http://127.0.0.1/a", 8790, "b", "http://127.0.0.1:8790/a/b"),
        ("127.0.0.1/a", 8790, "http", "http://127.0.0.1:8790/a"),
        ("http://127.0.0.1/a", None, "https", "http://127.0.0.1/a"),
        ("http://[::1]:8790/videosdk", None, None, "http://[::1]:8790/videosdk"),
    ],
)
def test_a_base_url_is_read_however_it_is_split(
    host: str | None, port: int | None, schema: str | None, expected: str, connect: Any
) -> None:
    connect({"conn_type": "videosdk", "login": "k", "password": "s", "host": host, "port": port, "schema": schema})
    assert VideoSDKHook("rooms").base_url == expected


def test_a_uri_written_by_hand_keeps_the_path_behind_the_host(connect: Any) -> None:
    connect("videosdk://key:secret@http%3A%2F%2F127.0.0.1%3A8790%2Fvideosdk")
    assert VideoSDKHook("rooms").base_url == "http://127.0.0.1:8790/videosdk"
    connect("videosdk://http://key:secret@127.0.0.1:8790/videosdk?timeout=5")
    hook = VideoSDKHook("rooms")
    assert hook.base_url == "http://127.0.0.1:8790/videosdk"
    assert hook.vendor.config.timeout == 5.0
    connect(f"twilio-video://AC{'0' * 32}:secret@")
    assert TwilioVideoHook("rooms").base_url == "https://video.twilio.com"


def test_pasted_white_space_numbers_as_text_and_empty_settings_are_taken_as_meant(connect: Any) -> None:
    connect(
        {
            "conn_type": "hundredms",
            "login": " key\n",
            "password": "\tsecret ",
            "extra": {
                "timeout": "7.5",
                "template_id": 123456,
                "subdomain": "",
                "writes_per_second": None,
                "roles": '{"host": "teacher"}',
                "extra__hundredms__name_prefix": "stg-",
            },
        }
    )
    config = HundredMsHook("rooms").vendor.config
    assert (config.key, config.secret, config.timeout) == ("key", "secret", 7.5)
    assert config.settings == {"template_id": "123456"}
    assert config.roles == {"host": "teacher"}
    assert config.name_prefix == "stg-"


def test_unknown_keys_are_named_in_a_warning_and_go_nowhere(connect: Any, caplog: pytest.LogCaptureFixture) -> None:
    connect({"conn_type": "hundredms", "login": "k", "password": "s", "extra": {"templateid": "canary"}})
    config = HundredMsHook("rooms").vendor.config
    assert "unknown key 'templateid'" in caplog.text
    assert "canary" not in caplog.text + str(config.settings)


AC = "AC" + "0" * 32
SK = "SK" + "0" * 32
GOOD = {"conn_type": "hundredms", "login": "key", "password": "canary-secret"}
TWILIO = {"conn_type": "twilio_video", "login": SK, "password": "canary-secret", "extra": {"account_sid": AC}}

BAD: list[tuple[dict[str, Any], str]] = [
    ({**GOOD, "login": ""}, "has no App access key (login)"),
    ({**GOOD, "login": "  "}, "has no App access key (login)"),
    ({**GOOD, "password": None}, "has no App secret (password)"),
    ({**GOOD, "host": "ftp://api.example"}, "is not a valid base URL"),
    ({**GOOD, "host": "http://"}, "is not a valid base URL"),
    ({**GOOD, "host": "api example"}, "is not a valid base URL"),
    ({**GOOD, "host": "https://api.example:port"}, "no valid port"),
    ({**GOOD, "host": "https://me:canary-pw@api.example"}, "contains credentials"),
    ({**GOOD, "host": "https://api.example/?a=1"}, "contains credentials or a query"),
    ({**GOOD, "extra": {"timeout": "soon"}}, "timeout in extra is not a number greater than 0"),
    *(
        ({**GOOD, "extra": {name: value}}, f"{name} in extra is not a number greater than 0")
        for name in ("reads_per_second", "writes_per_second")
        for value in (0, "0", -1, "fast", "nan", True)
    ),
    ({**GOOD, "extra": {"timeout": -1}}, "timeout in extra is not a number greater than 0"),
    ({**GOOD, "extra": {"timeout": True}}, "timeout in extra is not a number greater than 0"),
    ({**GOOD, "extra": {"subdomain": ["a"]}}, "subdomain in extra is not text"),
    ({**GOOD, "extra": {"roles": "teacher"}}, "roles in extra is not a JSON object"),
    ({**GOOD, "extra": {"webhook_headers": "canary-header"}}, "webhook_headers in extra is not a JSON object"),
    ({**GOOD, "extra": {"name_prefix": "a b"}}, "name_prefix in extra is not"),
    (
        {"conn_type": "videosdk", "login": "k", "password": "s", "extra": {"auto_close_unit": "hours"}},
        "auto_close_unit in extra is not one of minutes, seconds",
    ),
    ({**TWILIO, "login": "SK12"}, "the login is not a SID"),
    ({**TWILIO, "extra": {}}, "signs in with an API key (SK…) but has no account_sid"),
    ({**TWILIO, "extra": {"account_sid": "AC1"}}, "account_sid is not AC… followed by 32 hex digits"),
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
        _ = HundredMsHook("rooms").vendor
    assert "canary" not in str(caught.value)


def test_a_missing_connection_and_one_of_another_type_are_named(connect: Any, airflow_db: None) -> None:
    with pytest.raises(InvalidConnectionError, match="There is no connection 'nowhere'"):
        get_rooms_hook("nowhere")
    with pytest.raises(InvalidConnectionError, match="There is no connection 'nowhere'"):
        _ = VideoSDKHook("nowhere").vendor
    connect({"conn_type": "http", "host": "api.example"})
    with pytest.raises(InvalidConnectionError, match="has the type 'http'"):
        get_rooms_hook("rooms")
    with pytest.raises(InvalidConnectionError, match="has the type 'http', expected 'videosdk'"):
        _ = VideoSDKHook("rooms").vendor


UNREADABLE = {
    '{"login": "canary", "password": "canary"}': 'it has no "conn_type", such as videosdk',
    '{"conn_type": null, "login": "canary"}': 'it has no "conn_type"',
    '{"conn_type": "videosdk", "login": 4711, "password": "canary"}': '"login" is not a string: put it in quotes',
    '{"conn_type": "videosdk", "login": "canary", "password": 4711}': '"password" is not a string: put it in quotes',
    '{"conn_type": "videosdk", "login": "canary", "port": "canary"}': '"port" is not a number',
    '{"conn_type": "videosdk", "login": "canary", "timeout": 5}': 'it has an unknown key "timeout"',
    '{"conn_type": "videosdk", "login": "canary"': "it is not JSON (",
    "videosdk://canary:canary@host:junk/": "its host or port is invalid",
    "twilio_video://canary:canary@/": "a URI scheme cannot contain '_'; write twilio-video://.",
    "canary": "neither a JSON object nor a URI such as videosdk://, hundredms://, twilio-video://.",
}


@pytest.mark.parametrize(("text", "said"), UNREADABLE.items())
@pytest.mark.parametrize("look_up", [get_rooms_hook, lambda conn_id: TwilioVideoHook(conn_id).vendor])
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
        await VideoSDKHook("nowhere").aio.get_room("x")
    connect(json.dumps({**GOOD, "extra": "nonsense"}))
    with pytest.raises(InvalidConnectionError, match=NOT_JSON):
        await HundredMsHook("rooms").aio.get_room("x")


def test_raw_access_signs_in_below_the_base_url_only(rooms_sandbox: RoomsSandbox, connect: Any) -> None:
    connect(rooms_sandbox.connection("twilio_video"))
    hook = TwilioVideoHook("rooms")
    assert hook.get_conn().get(f"{hook.base_url}/v1/Rooms", timeout=5).status_code == 200
    elsewhere = hook.get_conn().get(f"{rooms_sandbox.url}/control/state", timeout=5)
    assert "Authorization" not in elsewhere.request.headers


def test_errors_are_airflows_own_kind() -> None:
    from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

    assert issubclass(RoomsError, AirflowException)
    assert issubclass(InvalidConnectionError, AirflowFailException)
