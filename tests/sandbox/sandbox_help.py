"""Tokens signed here and not by our client, and the vendors' documented examples."""

from __future__ import annotations

import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

import jwt
import pytest

from airflow_provider_rooms.sandbox.credentials import KEY, SECRET, TWILIO_ACCOUNT

#: Where the vendors' documented examples lie, as data; they are not part of the repository.
EXAMPLES = Path(os.environ.get("ROOMS_VENDOR_EXAMPLES", Path(__file__).parents[3] / "shared" / "facts"))


def videosdk_token(**claims: Any) -> str:
    now = int(time.time())
    given = {
        "apikey": KEY, "permissions": ["allow_join"], "version": 2, "roles": ["crawler"], "iat": now, "exp": now + 600,
    } | claims  # fmt: skip
    return jwt.encode({name: value for name, value in given.items() if value is not None}, SECRET)


def hundredms_token(secret: str = SECRET, **claims: Any) -> str:
    now = int(time.time())
    given = {
        "access_key": KEY, "type": "management", "version": 2, "jti": str(uuid.uuid4()),
        "iat": now - 10, "nbf": now - 10, "exp": now + 600,
    } | claims  # fmt: skip
    return jwt.encode({name: value for name, value in given.items() if value is not None}, secret)


def twilio_token(**changes: Any) -> str:
    now = int(time.time())
    claims = {
        "jti": "x", "iss": "SK" + "0" * 32, "sub": TWILIO_ACCOUNT, "exp": now + 3600, "nbf": now,
        "grants": {"identity": "ada", "video": {"room": "algebra-1"}},
    } | changes  # fmt: skip
    return jwt.encode(claims, SECRET, headers={"cty": "twilio-fpa;v=1"})


def examples(name: str) -> list[dict[str, Any]]:
    path = EXAMPLES / name
    if not path.exists():
        pytest.skip(f"the vendors' examples are not here ({name}; ROOMS_VENDOR_EXAMPLES says where)")
    found: list[dict[str, Any]] = json.loads(path.read_text())
    return found
