"""The three connection types as data: what feeds the form in the UI, the reading in the hooks, and the docs.

Nothing is imported here that is not in the standard library: provider discovery reads this table in every process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["text", "number", "object"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One key of a connection's extra.

    :param kind: ``text``, ``number`` or ``object`` (JSON).
    :param secret: never shown; the form uses a password field.
    :param choices: the only values there are; the first is the default.
    """

    name: str
    label: str
    help: str
    kind: Kind = "text"
    secret: bool = False
    choices: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, kw_only=True)
class ConnectionType:
    """One connection type: what login, password and host mean, and its own settings."""

    conn_type: str
    title: str
    hook: str
    default_url: str
    #: What login and password are called there, and where they are found.
    login: str
    login_help: str
    password: str
    password_help: str
    #: First segment of every path of its API; a base URL that ends with it is taken as meant.
    api_version: str
    own: tuple[Setting, ...] = field(default=())

    @property
    def default_conn_id(self) -> str:
        """The connection id that is used when none is given."""
        return f"{self.conn_type}_default"

    @property
    def settings(self) -> tuple[Setting, ...]:
        """All keys of extra that are read."""
        return self.own + COMMON_SETTINGS


COMMON_SETTINGS = (
    Setting(
        name="name_prefix",
        label="Room name prefix",
        help="Put before every room name; keeps staging off production's rooms.",
        example="staging-",
    ),
    Setting(
        name="timeout",
        label="Timeout (seconds)",
        help="For one answer of the vendor, whole.",
        kind="number",
        example="30",
    ),
    Setting(
        name="writes_per_second",
        label="Writes per second",
        help="What one process may send; divide the account's limit by the number of workers.",
        kind="number",
    ),
    Setting(
        name="roles",
        label="Roles (JSON)",
        help='Your "host" and "guest" as the vendor calls them.',
        kind="object",
        example='{"host": "teacher", "guest": "student"}',
    ),
    Setting(
        name="join_page",
        label="Join page",
        help="URL template of your own page, with {room_id}, {name} and {token}.",
        example="https://example.org/class/{room_id}#{token}",
    ),
    Setting(
        name="webhook_headers",
        label="Webhook headers (secret JSON)",
        help="Sent along when a room reports to your webhook; added when the room is created.",
        kind="object",
        secret=True,
    ),
    Setting(
        name="storage_credentials",
        label="Storage credentials (secret JSON)",
        help="Key and secret of your bucket; added when the room is created.",
        kind="object",
        secret=True,
    ),
)

CONNECTION_TYPES = (
    ConnectionType(
        conn_type="videosdk",
        title="VideoSDK",
        hook="airflow_provider_rooms.hooks.videosdk.VideoSDKHook",
        default_url="https://api.videosdk.live",
        login="API key",
        login_help="at app.videosdk.live → API Keys",
        password="Secret",
        password_help="beside the API key",
        api_version="v2",
        own=(
            Setting(
                name="auto_close_unit",
                label="Unit of auto-close",
                help="How the account reads autoCloseConfig.duration: VideoSDK's pages say minutes, its newest SDK seconds.",
                choices=("minutes", "seconds"),
            ),
        ),
    ),
    ConnectionType(
        conn_type="hundredms",
        title="100ms",
        hook="airflow_provider_rooms.hooks.hundredms.HundredMsHook",
        default_url="https://api.100ms.live",
        login="App access key",
        login_help="at dashboard.100ms.live → Developer",
        password="App secret",
        password_help="beside the app access key",
        api_version="v2",
        own=(
            Setting(
                name="template_id", label="Template id", help="For rooms that name none; else the account's default."
            ),
            Setting(
                name="subdomain",
                label="Subdomain",
                help="Of your template's join links, as the dashboard shows it.",
                example="my-school",
            ),
        ),
    ),
    ConnectionType(
        conn_type="twilio_video",
        title="Twilio Video",
        hook="airflow_provider_rooms.hooks.twilio_video.TwilioVideoHook",
        default_url="https://video.twilio.com",
        login="API key SID",
        login_help="at console.twilio.com → API keys (SK…); the account SID (AC…) works too",
        password="API key secret",
        password_help="only when the key is made; for an AC… it is the auth token",
        api_version="v1",
        own=(
            Setting(name="account_sid", label="Account SID", help="AC…; needed with an API key.", example="AC…"),
            Setting(
                name="auth_token",
                label="Auth token (secret)",
                help="Only for checking webhook signatures.",
                secret=True,
            ),
        ),
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
        kind["enum"] = [*setting.choices, None]
    if setting.kind == "number":
        kind["exclusiveMinimum"] = 0
    return kind
