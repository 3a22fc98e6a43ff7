"""A vendor's declarations: they hold against the sandbox, and its traits say the same as its class."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.testing import wire as w
from airflow_provider_rooms.testing.creating_cases import CASES, Case
from airflow_provider_rooms.testing.fault_table import ROWS, Row
from airflow_provider_rooms.testing.faults import config_of
from airflow_provider_rooms.testing.rows import each_vendor, pytest_generate_tests
from airflow_provider_rooms.testing.situations import SITUATIONS, Situation
from airflow_provider_rooms.testing.traits import Traits
from airflow_provider_rooms.testing.wire import Fault, Wire
from airflow_provider_rooms.vendors.base import Vendor

__all__ = [
    "pytest_generate_tests",
    "sandbox",
    "test_a_field_misspelt_by_a_letter_is_suggested",
    "test_a_room_costs_what_the_traits_say",
    "test_a_room_just_made_never_differs_and_is_found_again",
    "test_every_field_of_the_create_call_has_a_value_to_be_tested_with",
    "test_limits_hold_before_any_request",
    "test_settings_that_come_back_as_null_are_unverified",
    "test_the_rows_that_differ_are_there",
    "test_the_traits_say_the_same_as_the_class",
    "test_what_the_vendor_cannot_express_is_refused_with_the_way_out",
    "test_what_the_vendor_lacks_is_refused",
]

#: A value for each neutral parameter.
NEUTRAL: dict[str, Any] = {
    "description": "Algebra",
    "max_participants": 5,
    "max_duration": 3600,
    "record": True,
    "transcribe": True,
    "region": "eu",
    "webhook": {"url": "https://hooks.example/x"},
}
OPTIONAL = [name for name in dir(Vendor) if hasattr(getattr(Vendor, name), "lacking")]


@pytest.fixture
def sandbox(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> RoomsSandbox:
    """The sandbox, with the default connection of every vendor."""
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    return rooms_sandbox


def _ensure(traits: Traits, **spec: Any) -> Any:
    return get_rooms_hook(traits.conn_id).ensure_room({"name": "algebra", **spec})


def _refused_without_a_request(traits: Traits, sandbox: RoomsSandbox, error: type[Exception], **spec: Any) -> str:
    with pytest.raises(error) as refused:
        _ensure(traits, **spec)
    assert sandbox.requests(traits.conn_type) == []
    return str(refused.value)


@each_vendor()
def test_the_traits_say_the_same_as_the_class(traits: Traits, rooms_sandbox: RoomsSandbox) -> None:
    vendor = traits.vendor
    assert (vendor.name, vendor.title) == (traits.conn_type, traits.kind.title)
    assert vendor.closing == traits.closing
    assert vendor.can("update") is traits.updates
    assert vendor(config_of(rooms_sandbox, traits.conn_type)).forget_token() is traits.renews_token
    assert traits.drifts.partition(".")[0] in vendor.options.model_fields
    assert {name for name in (*traits.sample, *traits.other) if name in NEUTRAL} <= set(vendor.fields)
    assert set(traits.cannot or {}) <= set(vendor.unsupported)
    assert bool(traits.cannot) is bool(vendor.unsupported)
    assert bool(traits.endless) is (getattr(vendor, "cursor", None) is not None)


@each_vendor()
def test_the_rows_that_differ_are_there(traits: Traits) -> None:
    situations = {situation.name: Situation for situation in SITUATIONS}
    tables = {**dict.fromkeys(CASES, Case), **dict.fromkeys(ROWS, Row), **situations}
    assert traits.impossible <= set(tables)
    for name, cells in traits.differs.items():
        assert set(cells) <= {field.name for field in fields(tables[name])}, name


@each_vendor()
def test_a_room_costs_what_the_traits_say(traits: Traits, sandbox: RoomsSandbox) -> None:
    cost = traits.cost
    for outcome, requests in (("created", cost.absent + 1 + cost.read_back), ("found", cost.present)):
        before = len(sandbox.requests(traits.conn_type))
        assert _ensure(traits, **traits.sample).outcome == outcome
        assert len(sandbox.requests(traits.conn_type)) - before == requests


def _unsupported(traits: Traits) -> Iterator[tuple[str]]:
    yield from ((name,) for name in traits.vendor.unsupported)


@each_vendor(["parameter"], _unsupported)
def test_what_the_vendor_cannot_express_is_refused_with_the_way_out(
    traits: Traits, parameter: str, sandbox: RoomsSandbox
) -> None:
    told = _refused_without_a_request(traits, sandbox, errors.UnsupportedError, **{parameter: NEUTRAL[parameter]})
    assert parameter in told
    assert traits.vendor.unsupported[parameter] in told


@each_vendor(["method"], lambda traits: [(name,) for name in OPTIONAL if not traits.vendor.can(name)])
def test_what_the_vendor_lacks_is_refused(traits: Traits, method: str, rooms_sandbox: RoomsSandbox) -> None:
    with pytest.raises(errors.UnsupportedError) as refused:
        traits.vendor(config_of(rooms_sandbox, traits.conn_type)).need(method)
    told = str(refused.value)
    assert told.startswith(traits.kind.title)
    assert traits.vendor.lacks.get(method, "") in told


def _beyond(traits: Traits) -> Iterator[tuple[str, int]]:
    for name, (least, most) in traits.vendor.limits.items():
        yield from ((name, least - 1), (name, most + 1))


@each_vendor(["parameter", "value"], _beyond)
def test_limits_hold_before_any_request(traits: Traits, parameter: str, value: int, sandbox: RoomsSandbox) -> None:
    assert parameter in _refused_without_a_request(traits, sandbox, errors.InvalidSpecError, **{parameter: value})


# -- every field of the create call -----------------------------------------------------------------------------------------


@each_vendor()
def test_every_field_of_the_create_call_has_a_value_to_be_tested_with(traits: Traits) -> None:
    assert set(traits.options) == set(traits.vendor.options.model_fields) - traits.not_options


@each_vendor(["option"], lambda traits: [(name,) for name in traits.options])
def test_a_room_just_made_never_differs_and_is_found_again(traits: Traits, option: str, sandbox: RoomsSandbox) -> None:
    options = {option: traits.options[option]}
    made = _ensure(traits, options=options)
    assert (made.outcome, made.drift) == ("created", [])
    again = _ensure(traits, options=options)
    assert (again.outcome, again.id, again.unverified) == ("found", made.id, made.unverified)


@each_vendor()
def test_a_field_misspelt_by_a_letter_is_suggested(traits: Traits, sandbox: RoomsSandbox) -> None:
    known = traits.vendor.options.model_fields
    for name in (name for name in traits.options if f"{name}x" not in known):
        told = _refused_without_a_request(traits, sandbox, errors.InvalidSpecError, options={f"{name}x": "a"})
        assert "Did you mean" in told, told
        assert any(repr(close) in told for close in known), told


@each_vendor(rows=lambda traits: [()] if traits.nulls else [])
def test_settings_that_come_back_as_null_are_unverified(
    traits: Traits, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = traits.vendor
    settings = {vendor.shown_as.get(name, name) for name in vendor.options.model_fields}
    settings -= {vendor.id_field, vendor.name_field, vendor.created_field}
    options = {name: value for name, value in traits.options.items() if name not in traits.kept}

    def nulled(answer: Any) -> Any:
        return {key: None if key in settings else value for key, value in answer.items()}

    connection = rooms_sandbox.connection(traits.conn_type)
    act = w.spoils(nulled, read=traits.read_body, write=traits.write_body)
    with Wire(rooms_sandbox.url, [Fault("*", act, -1)]) as wire:
        connection["host"] = connection["host"].replace(rooms_sandbox.url, wire.url)
        monkeypatch.setenv(f"AIRFLOW_CONN_{traits.conn_id.upper()}", json.dumps(connection))
        for outcome in ("created", "found"):
            room = _ensure(traits, options=options)
            assert (room.outcome, room.drift) == (outcome, [])
            assert {path.partition(".")[0] for path in room.unverified} == set(options)
