"""HS256 tokens read with nothing but the standard library.

The client signs with a JWT library; checking with another pair of eyes keeps a library's leniency from hiding
a mistake. Expiry is judged by the **real** clock, not the sandbox clock: the client that signed the token
knows nothing of ``/control/clock``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any


class BadTokenError(Exception):
    """Why a token is refused. Never holds the token."""


def _decode(part: str) -> bytes:
    if "=" in part:
        raise BadTokenError("padding in a token part")
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadTokenError("not base64url") from error


def _object(part: str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(_decode(part))
    except ValueError as error:
        raise BadTokenError(f"{what} is not JSON") from error
    if not isinstance(value, dict):
        raise BadTokenError(f"{what} is not an object")
    return value


def read(token: str, secret: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token signed with ``secret``; raises ``BadTokenError`` for any other."""
    parts = token.split(".")
    if len(parts) != 3:
        raise BadTokenError("not a token of three parts")
    header = _object(parts[0], "header")
    if header.get("alg") != "HS256":
        raise BadTokenError("algorithm is not HS256")
    if header.get("typ", "JWT") != "JWT":
        raise BadTokenError("type is not JWT")
    expected = hmac.new(secret.encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(expected, _decode(parts[2])):
        raise BadTokenError("signature does not match")
    return header, _object(parts[1], "claims")


def whole(claims: dict[str, Any], name: str) -> int:
    """A claim that must be a whole number of seconds."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadTokenError(f"claim {name} must be a whole number")
    return value
