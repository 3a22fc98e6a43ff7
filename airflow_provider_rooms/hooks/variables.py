"""Connections in environment variables: what is wrong with one that Airflow cannot read. No value of it is shown."""

from __future__ import annotations

import json
import os
import re
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_rooms.connections import BY_TYPE

_EXPORTABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_SCHEME = re.compile(r"([A-Za-z][\w.+-]*)://")
_TEXTS = ("conn_type", "host", "login", "password", "schema", "description")
_KEYS = (*_TEXTS, "port", "extra", "conn_id", "team_name")


def missing(conn_id: str, kinds: str) -> tuple[str, str]:
    """What to say of a connection that Airflow does not find, and what can be done; before 3.2 also of one with a broken extra.

    :param kinds: which types it might have, in words.
    """
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    if variable in os.environ:
        fault = fault_of(os.environ[variable])
        return (
            f"Connection {conn_id!r} cannot be read: {variable} is set, but {fault}.",
            "Correct it on the machine that runs the task.",
        )
    ways = f"Add it under Admin → Connections with the type {kinds}"
    if _EXPORTABLE.fullmatch(variable):
        return f"There is no connection {conn_id!r}.", f"{ways}, or set {variable}."
    return (
        f"There is no connection {conn_id!r}.",
        (
            f"{ways}. {variable} is not a valid environment variable name; to use one, choose an id of "
            "letters, digits and '_'."
        ),
    )


def type_advice(conn_id: str, conn_type: str | None) -> str | None:
    """What to do about a connection without a type, which is what Airflow makes of a URI with a wrong scheme."""
    if conn_type:
        return None
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    if variable in os.environ:
        return f"Correct {variable}: {fault_of(os.environ[variable])}."
    return f"Set its type to one of {', '.join(BY_TYPE)}."


def _as_scheme(conn_type: str) -> str:
    return conn_type.replace("_", "-")


def fault_of(text: str) -> str:
    """What keeps Airflow from reading the text of a variable, in words."""
    text = text.strip()
    if text.startswith("{"):
        try:
            return _fault_of_json(json.loads(text))
        except ValueError as error:
            return f"it is not JSON ({getattr(error, 'msg', 'too deep')}, character {getattr(error, 'pos', 0) + 1})"
    scheme = _SCHEME.match(text)
    if scheme is None:
        return (
            f"it is neither a JSON object nor a URI such as {', '.join(f'{_as_scheme(name)}://' for name in BY_TYPE)}"
        )
    if "_" in scheme[1]:
        return f"a URI scheme cannot contain '_'; write {_as_scheme(scheme[1])}://"
    try:
        urlsplit(text).port  # noqa: B018 - read when it is asked for
    except ValueError:
        return "its host or port is invalid (a port is a number from 0 to 65535; percent-encode every part)"
    return "Airflow cannot read the URI (percent-encode every part)"


def _fault_of_json(given: dict[str, Any]) -> str:
    if not given.get("conn_type"):
        return f'it has no "conn_type", such as {", ".join(BY_TYPE)}'
    for name in _TEXTS:
        if not isinstance(given.get(name), str | None):
            return f'"{name}" is not a string: put it in quotes'
    port = given.get("port")
    if port is not None and not re.fullmatch(r"[0-9]{0,5}", str(port)):
        return '"port" is not a number'
    if unknown := sorted(given.keys() - set(_KEYS)):
        return f'it has an unknown key "{unknown[0]}"; settings belong in "extra"'
    return 'its "extra" is not a JSON object'
