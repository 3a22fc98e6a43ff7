"""Whatever is sent, the sandbox answers as a vendor and never breaks; and what must hold, holds under any order of calls."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from robust import JSON, STEPS, ask, order
from sandbox_help import FACTS, VENDORS

from airflow_provider_rooms.sandbox.world import World

QUERIES = st.dictionaries(
    st.sampled_from(
        ["page", "perPage", "limit", "start", "enabled", "active", "name", "after", "before", "status", "Status", "PageSize",
         "Page", "PageToken", "DateCreatedAfter", "DateCreatedBefore", "startDate", "endDate", "query", "Ttl", "UniqueName"]
    ),
    st.text(max_size=12),
    max_size=3,
)  # fmt: skip


#: Fields of other calls than the create.
OTHERS = ("roomId", "Status", "RoomSid", "Rules", "code", "enabled")


def routes(vendor: str) -> list[tuple[str, str]]:
    world = World()
    return [(route.method, route.pattern) for route in world.vendors[vendor].routes()]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("vendor", VENDORS)
def test_no_input_breaks_any_path(vendor: str, data: st.DataObject) -> None:
    from urllib.parse import quote, urlencode

    world = World()
    world.vendors[vendor].make_room("algebra-1", "")
    state = world.vendors[vendor].state("")["rooms"][0]
    known = state[FACTS[vendor].ID]
    method, pattern = data.draw(st.sampled_from(routes(vendor)))
    parts = [
        quote(data.draw(st.sampled_from([known, "algebra-1"]) | st.text(min_size=1, max_size=8)), safe="")
        if p[:1] == "{"
        else p
        for p in pattern.split("/")
    ]
    body = data.draw(
        st.binary(max_size=40)
        | JSON.map(lambda value: json.dumps(value).encode())
        | st.dictionaries(st.sampled_from([*FACTS[vendor].FIELDS, *OTHERS]), JSON, max_size=4).map(
            lambda value: _encoded(vendor, value)
        )
    )
    answer = ask(world, vendor, method, "/".join(parts), body, urlencode(data.draw(QUERIES)))
    assert 200 <= answer.status < 500
    if answer.status >= 400 and answer.content_type is not None and answer.content_type.startswith("application/json"):
        assert FACTS[vendor].ERROR - {"more_info", "code"} <= set(json.loads(answer.body))
    # and the sandbox still works
    assert world.vendors[vendor].state("")["rooms"]


def _encoded(vendor: str, value: dict[str, Any]) -> bytes:
    from urllib.parse import urlencode

    if FACTS[vendor].CONTENT == "application/json":
        return json.dumps(value).encode()
    return urlencode({key: item if isinstance(item, str) else json.dumps(item) for key, item in value.items()}).encode()


@pytest.mark.parametrize("vendor", [name for name in VENDORS if not FACTS[name].CONFLICT])
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_a_repeated_create_gives_the_same_room(vendor: str, steps: list[tuple[str, str, int]]) -> None:
    world, facts = World(), FACTS[vendor]
    ids: dict[str, str] = {}
    for step, name, seconds in steps:
        if step == "create":
            answer = json.loads(ask(world, vendor, "POST", facts.ROOMS, order(facts.named(facts.alike(name)))).body)
            assert ids.setdefault(name, answer[facts.ID]) == answer[facts.ID]
        elif step == "close" and name in ids:
            path, body = facts.closing({facts.ID: ids[name]})
            ask(world, vendor, "POST", path, order(body))
        elif step == "advance":
            world.clock.advance(seconds)
    assert len(world.vendors[vendor].state("")["rooms"]) == len(ids)
