"""Requests to vendors of a sandbox that runs in this process, and steps of a play."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from sandbox_help import FACTS

from airflow_provider_rooms.sandbox.wire import Call

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.wire import Answer
    from airflow_provider_rooms.sandbox.world import World

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def headers(vendor: str) -> dict[str, str]:
    given = FACTS[vendor].sign_in()
    if "auth" in given:
        basic = base64.b64encode(":".join(given["auth"]).encode()).decode()
        given = {"headers": {"authorization": f"Basic {basic}"}}
    return {**given["headers"], "content-type": FACTS[vendor].CONTENT}


def ask(world: World, vendor: str, method: str, path: str, body: bytes = b"", query: str = "") -> Answer:
    world.clock.catch_up()
    base = f"http://sandbox/{vendor}"
    return world.vendors[vendor].handle(Call(method, path, query, headers(vendor), body, base, "http://sandbox"))


def order(given: dict[str, Any]) -> bytes:
    """The body of a request that is sent as JSON."""
    return json.dumps(given.get("json", given)).encode()


NAMES = ("algebra", "physics")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "close", "join", "leave", "advance", "list"]),
        st.sampled_from(NAMES),
        st.sampled_from([1, 200, 299, 3600, 90_000]),
    ),
    max_size=25,
)
