"""What is found out about a room by reading only, at every vendor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from vendor_traits import CLOSES_UNUSED, TRAITS_OF, TYPES

from airflow_provider_rooms.errors import AuthenticationError
from airflow_provider_rooms.sandbox.client import RoomsSandbox


def in_hours(begin: float) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC)
    return {
        "starts_at": now + dt.timedelta(hours=begin),
        "ends_at": now + dt.timedelta(hours=begin + 1),
    }


@pytest.mark.parametrize("vendor", TYPES)
def test_each_state_of_a_room_has_its_verdict(
    vendor: str, hooks: Callable[[str], Any], rooms_sandbox: RoomsSandbox
) -> None:
    hook = hooks(vendor)
    for name in ("there", "closed"):
        hook.ensure_room({"name": name})
    hook.close_room("closed")
    written = len(rooms_sandbox.requests(method="POST"))
    asked = {
        "exists": {"name": "there"},
        "missing": {"name": "new"},
        "closed": {"name": "closed"},
        "over": {"name": "past", **in_hours(-2)},
        "refused": {"name": "beyond", **(TRAITS_OF[vendor].cannot or {})},
    }
    assert {verdict: hook.inspect_room(spec).verdict for verdict, spec in asked.items()} == {v: v for v in asked}
    far = hook.inspect_room({"name": "far", **in_hours(5)})
    assert (far.verdict, far.due is not None) == (
        ("not_due", True) if vendor == CLOSES_UNUSED.conn_type else ("missing", False)
    )
    rooms_sandbox.fault(vendor, "status", status=403)
    assert hook.inspect_room({"name": "there"}).verdict == "unknown"
    rooms_sandbox.fault(vendor, "status", status=401, times=-1)
    with pytest.raises(AuthenticationError):
        hook.inspect_room({"name": "there"})
    assert len(rooms_sandbox.requests(method="POST")) == written


def test_a_room_that_died_of_old_age_would_be_made_again(
    hooks: Callable[[str], Any], rooms_sandbox: RoomsSandbox
) -> None:
    hook = hooks(CLOSES_UNUSED.conn_type)
    room = hook.ensure_room({"name": "algebra", **in_hours(0.25)})
    rooms_sandbox.advance(2 * 3600)
    assert hook.get_room(room.id).state == "closed"
    found = hook.inspect_room({"name": "algebra", **in_hours(0.25)})
    assert (found.verdict, found.room.id) == ("missing", room.id)
