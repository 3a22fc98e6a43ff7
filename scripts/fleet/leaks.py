"""Secrets in what an Airflow keeps: all of its logs, and a dump of its database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import jwt

from airflow_provider_rooms.sandbox.credentials import SECRET
from fleet.report import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet.deployment import Fleet

_TOKEN = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]+")


def run(fleet: Fleet) -> list[Check]:
    """Look for the vendors' secret, and for tokens that were signed with it."""
    looked, secrets, tokens = 0, 0, 0
    for text in _kept(fleet):
        looked += len(text)
        secrets += text.count(SECRET.encode())
        tokens += sum(_ours(token.decode()) for token in set(_TOKEN.findall(text)))
    print(f"  {looked / 1e6:.1f} MB of logs and database.", flush=True)
    return [Check("secrets in logs and database", secrets, 0), Check("our tokens there", tokens, 0)]


def _kept(fleet: Fleet) -> Iterator[bytes]:
    yield fleet.database.dump()
    for path in fleet.home.rglob("*.log"):
        yield path.read_bytes()


def _ours(token: str) -> bool:
    try:
        jwt.decode(
            token, SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_nbf": False, "verify_aud": False}
        )
    except jwt.PyJWTError:
        return False
    return True
