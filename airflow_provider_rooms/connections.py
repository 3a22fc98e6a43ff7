"""The registry of vendors, as data: what the form in the UI, the hooks, the provider's metadata and the docs are made of.

Nothing is imported here that is not in the standard library: provider discovery reads this table in every process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "number", "object"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One key of a connection's extra.

    :param kind: ``text``, ``number`` or ``object`` (JSON).
    :param secret: never shown; the form uses a password field.
    :param choices: the only values there are; the first is the default.
    :param example: shown where the form has room for it.
    :param special: only some vendors make use of it, see :attr:`ConnectionType.uses`. The others accept and ignore it, so
        that one extra fits all, and leave it out of their form.
    """

    name: str
    label: str
    help: str
    kind: Kind = "text"
    secret: bool = False
    choices: tuple[str, ...] = ()
    example: str = ""
    special: bool = False

    @property
    def hint(self) -> str:
        """The help, with the example."""
        return f"{self.help} Example: {self.example}" if self.example else self.help


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """What login and password are, in words within a sentence, and what to do when the vendor refuses them."""

    login: str
    password: str
    again: str


@dataclass(frozen=True, kw_only=True)
class ConnectionType:
    """One vendor: its connection type, what login, password and host mean there, and its own settings.

    :param title: the vendor's name as people write it.
    :param vendor: where the class of its API is.
    :param docs_url: the vendor's own documentation.
    :param hook: where the hook's class is; one is made if none is named.
    :param sandbox: where the vendor's part of the sandbox is, if it brings one.
    :param default_url: the base URL of the API; empty where everybody has their own, so that a connection needs a host.
    :param example_url: such a base URL of one's own.
    :param api_version: first segment of every path of its API; a base URL that ends with it is taken as meant.
    :param login: what the login is called there; empty where the password alone signs in.
    :param login_help: where people find it.
    :param password: what the password is called there.
    :param password_help: where people find it.
    :param again: what to do when the vendor refuses them.
    :param own: the vendor's own keys of a connection's extra.
    :param uses: names of special common settings that it makes use of.
    :param other_sign_ins: logins that begin so mean another pair.
    """

    conn_type: str
    title: str
    vendor: str
    docs_url: str
    password: str
    password_help: str
    again: str
    login: str = ""
    login_help: str = ""
    hook: str = ""
    sandbox: str = ""
    default_url: str = ""
    example_url: str = ""
    api_version: str = ""
    own: tuple[Setting, ...] = ()
    uses: tuple[str, ...] = ()
    other_sign_ins: tuple[tuple[str, SignIn], ...] = ()

    @property
    def default_conn_id(self) -> str:
        """The connection id that is used when none is given."""
        return f"{self.conn_type}_default"

    def sign_in(self, login: str) -> SignIn:
        """What a login is, and its password."""
        for beginning, other in self.other_sign_ins:
            if login.startswith(beginning):
                return other
        return SignIn(login=_word(self.login), password=_word(self.password), again=self.again)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """All keys of extra that are read."""
        return self.own + COMMON_SETTINGS

    @property
    def fields(self) -> tuple[Setting, ...]:
        """Those that the form shows."""
        return tuple(item for item in self.settings if not item.special or item.name in self.uses)


def _word(label: str) -> str:
    """A label of the form within a sentence."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


COMMON_SETTINGS = (
    Setting(
        name="name_prefix",
        label="Room name prefix",
        help="Prepended to every room name, so that staging never touches production rooms.",
        example="staging-",
    ),
    Setting(
        name="timeout",
        label="Timeout (seconds)",
        help="Seconds to wait for one response; 30 if left empty.",
        kind="number",
    ),
    Setting(
        name="writes_per_second",
        label="Writes per second",
        help="How many create and change requests one process may send per second; by default, it measures "
        "its share of the account's limit.",
        kind="number",
    ),
    Setting(
        name="reads_per_second",
        label="Reads per second",
        help="How many other requests one process may send per second; by default, it measures its share of "
        "the account's limit.",
        kind="number",
    ),
    Setting(
        name="pace_conn_id",
        label="Pace connection",
        help="Id of a Redis connection that all workers use to share one rate limit. The two fields above "
        "then apply to all workers together.",
        example="redis_default",
    ),
    Setting(
        name="roles",
        label="Roles (JSON)",
        help="The vendor's names for the host and guest roles.",
        kind="object",
        example='{"host": "teacher", "guest": "student"}',
    ),
    Setting(
        name="join_page",
        label="Join page",
        help="URL of your own join page, if join links should open it.",
        example="https://example.org/class/{room_id}#{token}",
    ),
    Setting(
        name="webhook_headers",
        label="Webhook headers",
        help="Secret headers that the vendor sends with each request to your webhook, as JSON.",
        kind="object",
        secret=True,
        example='{"X-Token": "…"}',
        special=True,
    ),
    Setting(
        name="webhook_url",
        label="Webhook URL",
        help="The receiver's public address for this connection. Only connections that set it receive webhooks.",
        example="https://airflow.example.org/rooms/webhooks/my_connection",
    ),
    Setting(
        name="webhook_secret",
        label="Webhook secret",
        help="The secret with which the vendor signs webhooks, if it is a separate one. Two values separated "
        "by a space are both accepted, for rotation.",
        secret=True,
        special=True,
    ),
    Setting(
        name="watch_interval",
        label="Watch interval (seconds)",
        help="How many seconds between two looks for events, for DAGs scheduled with watch=True; 60 if left empty.",
        kind="number",
    ),
    Setting(
        name="storage_credentials",
        label="Storage credentials",
        help="The credentials with which the vendor writes recordings to your bucket, as JSON.",
        kind="object",
        secret=True,
        example='{"key": "…", "secret": "…"}',
        special=True,
    ),
    Setting(
        name="people_secret",
        label="People secret",
        help='The key for the hashes that identify people in tables with people="hash"; the password if left empty.',
        secret=True,
    ),
)

CONNECTION_TYPES = (
    ConnectionType(
        conn_type="videosdk",
        title="VideoSDK",
        hook="airflow_provider_rooms.hooks.videosdk.VideoSDKHook",
        vendor="airflow_provider_rooms.vendors.videosdk.VideoSDK",
        docs_url="https://docs.videosdk.live",
        default_url="https://api.videosdk.live",
        login="API key",
        login_help="at app.videosdk.live → API Keys",
        password="Secret",
        password_help="shown with the API key",
        again="Copy both again from app.videosdk.live → API Keys.",
        api_version="v2",
        own=(
            Setting(
                name="auto_close_unit",
                label="Unit of durations",
                help="VideoSDK's documentation gives a room's maximum duration in minutes, its newest SDK in seconds.",
                choices=("minutes", "seconds"),
            ),
        ),
    ),
    ConnectionType(
        conn_type="hundredms",
        title="100ms",
        hook="airflow_provider_rooms.hooks.hundredms.HundredMsHook",
        vendor="airflow_provider_rooms.vendors.hundredms.HundredMs",
        docs_url="https://www.100ms.live/docs",
        default_url="https://api.100ms.live",
        login="App access key",
        login_help="at dashboard.100ms.live → Developer",
        password="App secret",
        password_help="shown with the app access key",
        again="Copy both again from dashboard.100ms.live → Developer.",
        api_version="v2",
        uses=("webhook_headers", "webhook_secret", "storage_credentials"),
        own=(
            Setting(
                name="template_id",
                label="Template id",
                help="For rooms whose DAG sets no template; if left empty, the account's default template is used.",
            ),
            Setting(
                name="subdomain",
                label="Subdomain",
                help="The first part of your join links, such as my-school in my-school.app.100ms.live.",
            ),
        ),
    ),
    ConnectionType(
        conn_type="twilio_video",
        title="Twilio Video",
        hook="airflow_provider_rooms.hooks.twilio_video.TwilioVideoHook",
        vendor="airflow_provider_rooms.vendors.twilio_video.TwilioVideo",
        docs_url="https://www.twilio.com/docs/video",
        default_url="https://video.twilio.com",
        login="API key SID",
        login_help="console.twilio.com → API keys (SK…), or account SID (AC…)",
        password="API key secret",
        password_help="shown once, when the key is created; for an AC… it is the auth token",
        again="Create a new key at console.twilio.com → API keys, in the region US1. Its secret is only shown "
        "at that time.",
        other_sign_ins=(
            (
                "AC",
                SignIn(
                    login="account SID",
                    password="auth token",
                    again="Copy both again from the first page of console.twilio.com.",
                ),
            ),
        ),
        api_version="v1",
        own=(
            Setting(
                name="account_sid",
                label="Account SID",
                help="AC…, from the first page of console.twilio.com. Required with an API key (SK…).",
            ),
            Setting(
                name="auth_token",
                label="Auth token",
                help="Only used to check the signature of Twilio's webhooks.",
                secret=True,
            ),
        ),
        uses=("webhook_secret",),
    ),
)

BY_TYPE = {item.conn_type: item for item in CONNECTION_TYPES}


def schema(setting: Setting) -> dict[str, Any]:
    """The setting as the form's JSON schema. ``null`` is among the types, or the UI calls the field required."""
    kind: dict[str, Any] = {"type": ["number" if setting.kind == "number" else "string", "null"]}
    if setting.secret:
        kind["format"] = "password"
    elif setting.kind == "object":
        kind["format"] = "multiline"
    if setting.choices:
        # The UI would offer a choice "null"; the default means the same.
        kind |= {"enum": list(setting.choices), "default": setting.choices[0]}
    if setting.kind == "number":
        kind["exclusiveMinimum"] = 0
    return kind


def field_behaviour(item: ConnectionType) -> dict[str, Any]:
    """Labels and hints of the form's standard fields."""
    login = {"login": item.login} if item.login else {}
    return {
        "hidden-fields": ["schema"] if item.login else ["schema", "login"],
        "relabeling": {**login, "password": item.password, "host": "Base URL"},
        "placeholders": {
            "login": item.login_help,
            "password": item.password_help,
            "host": item.default_url or item.example_url,
            # A mistake of these two, which send port 0 for none: https://github.com/apache/airflow/pull/73298
            "port": "443; Airflow 3.3.1 and 3.3.2 cannot test the connection without it",
            **{setting.name: setting.example for setting in item.fields if setting.example},
        },
    }
