"""An Airflow connection read into what a vendor needs: every problem named, nothing secret in any message."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from airflow_provider_rooms.errors import InvalidConnectionError
from airflow_provider_rooms.hooks.variables import type_advice
from airflow_provider_rooms.values import not_given
from airflow_provider_rooms.vendors import connection_type
from airflow_provider_rooms.vendors.exchange import Config

if TYPE_CHECKING:
    from airflow_provider_rooms.connections import ConnectionType, Setting

log = logging.getLogger(__name__)

_SCHEMES = ("http", "https")
_TLS_OF_REDIS = ("ssl", "ssl_cert_reqs", "ssl_ca_certs", "ssl_keyfile", "ssl_certfile", "ssl_check_hostname")
_PREFIX = re.compile(r"[A-Za-z0-9_-]{1,40}")


class AirflowConnection(Protocol):
    """What is read of Airflow's connection."""

    conn_id: Any
    conn_type: Any
    host: Any
    login: Any
    password: Any
    schema: Any
    port: Any
    extra: Any

    @property
    def extra_dejson(self) -> Any: ...


def read_connection(connection: AirflowConnection, extra: Mapping[str, Any], conn_type: str) -> Config:
    """Read a connection for a vendor.

    White space around pasted keys is dropped, ``''`` means absent, numbers and their text are the same.

    :param extra: the connection's extra as a dict; how Airflow reads it depends on the caller's event loop.
    :raises InvalidConnectionError: another type, no key or secret, a bad URL, or a setting of the wrong kind.
    """
    conn_id = str(connection.conn_id)
    expected = connection_type(conn_type)
    if expected is None:
        raise KeyError(conn_type)
    if (connection.conn_type or "").replace("-", "_") != conn_type:
        raise InvalidConnectionError(
            f"Connection {conn_id!r} has the type {connection.conn_type!r}, expected {conn_type!r} ({expected.title}).",
            advice=type_advice(conn_id, connection.conn_type),
        )
    check_extra(conn_id, connection.extra)
    # Forms of older Airflow versions prefix their fields.
    extra = {name.removeprefix(f"extra__{conn_type}__"): value for name, value in extra.items()}
    ignored = tuple(name for name in extra if name not in {item.name for item in expected.settings})
    for name in ignored:
        log.warning("Connection %r: unknown key %r in extra is ignored.", conn_id, name)
    settings = _settings(conn_id, expected, extra)
    key = _required(connection.login, conn_id, expected, f"{expected.login} (login)") if expected.login else ""
    secret = _required(connection.password, conn_id, expected, f"{expected.password} (password)")
    own = {item.name for item in expected.own}
    return Config(
        conn_id=conn_id,
        base_url=base_url(connection, expected).removesuffix(f"/{expected.api_version}"),
        key=key,
        secret=secret,
        **{name: value for name, value in settings.items() if name not in own},
        settings={name: value for name, value in settings.items() if name in own},
        ignored=ignored,
    )


def read_store(connection: AirflowConnection, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Read an Airflow connection to Redis, as Airflow's own Redis hook does, into arguments of ``redis.Redis``.

    :raises InvalidConnectionError: another type, or no usable port or database.
    """
    conn_id = connection.conn_id
    if connection.conn_type not in ("redis", "rediss"):
        raise InvalidConnectionError(
            f"Connection {conn_id!r} (pace_conn_id) has the type {connection.conn_type!r}, expected 'redis'."
        )
    try:
        port, db = int(connection.port or 6379), int(extra.get("db") or 0)
    except (TypeError, ValueError):
        raise InvalidConnectionError(
            f"Connection {conn_id!r} (pace_conn_id): port and db (extra) must be numbers."
        ) from None
    options = {name: value for name, value in extra.items() if name in _TLS_OF_REDIS and not not_given(value)}
    if connection.conn_type == "rediss":
        options["ssl"] = True
    return {
        "host": connection.host or "localhost",
        "port": port,
        "db": db,
        "username": connection.login or None,
        "password": connection.password or None,
        **options,
    }


def check_extra(conn_id: str, extra: Any) -> None:
    """Refuse an extra that is not a JSON object; Airflow itself only logs that and goes on without.

    :raises InvalidConnectionError: it is something else.
    """
    if not_given(extra) or isinstance(extra, Mapping):
        return
    try:
        loaded = json.loads(extra)
    except ValueError:
        loaded = None
    if not isinstance(loaded, Mapping):
        raise InvalidConnectionError(
            f"Connection {conn_id!r}: extra is not a JSON object.", advice='Use an object such as {"timeout": 30}.'
        )


def base_url(connection: AirflowConnection, expected: ConnectionType) -> str:
    """The base URL without a slash at its end, from host, port and schema; no scheme means https.

    Airflow's URI form keeps what stands behind the host in ``schema``, so that is part of the path here; as in Airflow's
    http connections, ``http`` or ``https`` there is the scheme.

    :raises InvalidConnectionError: none where the vendor has no usual one, no host in it, another scheme than http and https, or credentials in it.
    """
    conn_id = connection.conn_id
    host = (connection.host or "").strip()
    if not host:
        if not expected.default_url:
            raise InvalidConnectionError(
                f"Connection {conn_id!r} ({expected.title}) has no base URL (host).",
                advice=f"Set it to a URL such as {expected.example_url}.",
            )
        return expected.default_url
    schema = (connection.schema or "").strip("/ ")
    scheme, below = (schema, "") if schema in _SCHEMES else ("https", schema)
    text = host if "://" in host else f"{scheme}://{host}"
    try:
        parts = urlsplit(text)
        port = parts.port or (int(connection.port) if connection.port else None)
    except ValueError:
        raise InvalidConnectionError(f"Connection {conn_id!r}: the base URL (host) has no valid port.") from None
    if parts.scheme not in _SCHEMES or not parts.hostname or any(c.isspace() for c in text):
        raise InvalidConnectionError(
            f"Connection {conn_id!r}: {host!r} is not a valid base URL (host).",
            advice=f"Use a URL such as {expected.default_url or expected.example_url}.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidConnectionError(
            f"Connection {conn_id!r}: the base URL (host) contains credentials or a query string.",
            advice="Put credentials into login and password.",
        )
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = "/".join(piece for piece in (parts.path.strip("/"), below) if piece)
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}{f'/{path}' if path else ''}"


def _required(value: Any, conn_id: str, expected: ConnectionType, what: str) -> str:
    text = "" if value is None else str(value).strip()
    if not text:
        raise InvalidConnectionError(f"Connection {conn_id!r} ({expected.title}) has no {what}.")
    return text


def _settings(conn_id: str, expected: ConnectionType, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {
        item.name: _READERS[item.kind](conn_id, item, extra[item.name])
        for item in expected.settings
        if not not_given(extra.get(item.name))
    }


def _wrong(conn_id: str, setting: Setting, expected: str) -> InvalidConnectionError:
    # The value is left out: it may be a secret in the wrong place.
    return InvalidConnectionError(f"Connection {conn_id!r}: {setting.name} in extra is not {expected}.")


def _text(conn_id: str, setting: Setting, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise _wrong(conn_id, setting, "text")
    text = str(value).strip()
    if setting.choices and text not in setting.choices:
        raise _wrong(conn_id, setting, f"one of {', '.join(setting.choices)}")
    if setting.name == "name_prefix" and not _PREFIX.fullmatch(text):
        raise _wrong(conn_id, setting, "1 to 40 letters, digits, '-' or '_'")
    return text


def _number(conn_id: str, setting: Setting, value: Any) -> float:
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 < number < 86400:
        raise _wrong(conn_id, setting, "a number greater than 0")
    return number


def _object(conn_id: str, setting: Setting, value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise _wrong(conn_id, setting, "a JSON object")
    if setting.secret:
        return {key: str(item) for key, item in value.items()}
    return dict(value)


_READERS: Mapping[str, Callable[[str, Setting, Any], Any]] = {
    "text": _text,
    "number": _number,
    "object": _object,
}
