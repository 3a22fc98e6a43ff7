"""Deliveries: whose they are, and what they tell. The first facts are the vendors' own, when they are at hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from deliveries import DELIVERIES, HOOKS, delivery, recorded, vendor
from vendor_traits import TYPES

from airflow_provider_rooms.events.assets import EVENT_TYPES

# -- the vendors' own examples --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TYPES)
def test_recorded_deliveries_are_genuine_until_anything_about_them_changes(name: str) -> None:
    file = DELIVERIES / HOOKS[name].PUBLIC_KEY
    key = "\n" + file.read_text() if file.is_file() else None
    for event, told in recorded(name):
        assert vendor(name).is_genuine(told, key), event
        assert not vendor(name).is_genuine(replace(told, headers=()), key), event
        assert not vendor(name).is_genuine(replace(told, headers=told.headers * 2), key), event
        if HOOKS[name].SIGNS_BODIES:
            assert not vendor(name).is_genuine(replace(told, body=told.body + b"&a=b"), key), event


@pytest.mark.parametrize("name", TYPES)
def test_recorded_deliveries_tell_what_their_name_says_and_no_link(name: str) -> None:
    for event, told in recorded(name):
        (found,) = vendor(name).read_delivery(told)
        assert found.reported_as == event
        assert (found.room_id or "") in told.body.decode()
        assert "http" not in json.dumps(found.as_dict()), event
        (again,) = vendor(name).read_delivery(told)
        assert again.id == found.id


# -- reading --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TYPES)
def test_every_documented_event_has_one_row(name: str) -> None:
    module = __import__(f"airflow_provider_rooms.vendors.{name}.webhooks", fromlist=["TYPES", "OTHERS"])
    assert not set(module.TYPES) & set(module.OTHERS)
    kinds = {row if isinstance(row, str) else row[0] for row in module.TYPES.values()}
    assert kinds <= set(EVENT_TYPES) - {"other"}


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b"\xff", b"[" * 100_000, b'{"a":' * 60 + b"1" + b"}" * 60]
)
def test_what_is_nothing_of_the_vendor_is_refused(name: str, body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the receiver asks for no more
        vendor(name).read_delivery(delivery(body, {}))
