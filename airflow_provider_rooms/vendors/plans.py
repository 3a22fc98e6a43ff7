"""A spec as one vendor takes it: everything that can be checked before a call, checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import errors, names
from airflow_provider_rooms.values import read_choice, read_url, suggestion
from airflow_provider_rooms.vendors import connection_type
from airflow_provider_rooms.vendors.contract.plan import Plan
from airflow_provider_rooms.vendors.contract.rooms import NEUTRAL
from airflow_provider_rooms.vendors.options import fill, merge, read_options, without_none

if TYPE_CHECKING:
    from airflow_provider_rooms.models import RoomSpec
    from airflow_provider_rooms.vendors.base import Vendor


def make_plan(vendor: Vendor, spec: RoomSpec) -> Plan:
    """A spec as a vendor takes it.

    :raises InvalidSpecError: see :class:`RoomSpec`, the vendor's limits, and its options.
    """
    if spec.name is None:
        raise errors.InvalidSpecError("name is required: it is used to find the room again.")
    name = names.resolve_name(spec.name, prefix=vendor.config.name_prefix)
    own, extra_body = split_options(vendor, spec.options or {})
    spec = replace(spec, options=own, webhook=_receiver(vendor) if spec.webhook is True else spec.webhook)
    asked: dict[str, Any] = {}
    for field_name in NEUTRAL:
        value = without_none(getattr(spec, field_name))
        if value is not None:
            _check_neutral(vendor, field_name, value)
            asked = merge(asked, _read_neutral(vendor, field_name, value, spec, asked), source=field_name)
    for place, given in (("options", own), ("options.extra_body", extra_body)):
        if vendor.key_field in given:
            raise errors.InvalidSpecError(
                f"{place}.{vendor.key_field}: the room name cannot be set in options.",
                advice="Use the name parameter: retries use it to find the room again.",
            )
    own = without_none(own)
    known = fill(asked, vendor.defaults(spec, fill(own, asked)))
    asked = merge(asked, read_options(vendor.options, own, vendor=vendor.title, known=known), source="options")
    asked = merge(asked, extra_body, source="options.extra_body")
    body = {vendor.key_field: name, **fill(asked, vendor.defaults(spec, asked))}
    return Plan(name=name, body=body, asked=asked, warnings=tuple(vendor.check_plan(body)))


def split_options(vendor: Vendor, given: Any) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Options in the vendor's own field names, and those of ``extra_body``, which nobody checks.

    :param given: keyed by connection type they are narrowed to this vendor's part.
    :raises InvalidSpecError: no dicts.
    """
    if not isinstance(given, Mapping):
        raise errors.InvalidSpecError(f"options: expected a dict, got {type(given).__name__}.", vendor=vendor.title)
    own = given
    fields = {"extra_body", *vendor.options.model_fields, *vendor.recording_options.model_fields}
    # An option of the vendor is no connection type, which is known without looking for vendors from outside.
    if given and fields.isdisjoint(given) and all(connection_type(key) for key in given):
        own = given.get(vendor.name) or {}
        if not isinstance(own, Mapping):
            raise errors.InvalidSpecError(f"options.{vendor.name}: expected a dict.")
    extra_body = own.get("extra_body") or {}
    if not isinstance(extra_body, Mapping):
        raise errors.InvalidSpecError("options.extra_body: expected a dict.")
    return {key: value for key, value in own.items() if key != "extra_body"}, extra_body


def checked_plan(vendor: Vendor, spec: RoomSpec, on_drift: str, on_closed: str) -> Plan:
    """The plan for a spec, when everything about it that can be checked without a call is right."""
    read_choice("on_drift", on_drift, ("fail", "ignore", "update"))
    read_choice("on_closed", on_closed, ("fail", "reopen"))
    if on_drift == "update" and not vendor.can("update"):
        raise errors.UnsupportedError(
            f"on_drift: {vendor.title} cannot change the settings of a room.",
            vendor=vendor.title,
            advice='Set on_drift="ignore", or close the room and set on_closed="reopen".',
        )
    return make_plan(vendor, spec)


def due_at(vendor: Vendor, spec: RoomSpec, ahead: int | None) -> dt.datetime | None:
    """When the room may be created, if that is later than now.

    :param ahead: seconds before the start of the class; None for what suits the vendor.
    :raises InvalidSpecError: earlier than the vendor keeps an unused room.
    """
    if vendor.longest_ahead is not None and ahead is not None and ahead > vendor.longest_ahead:
        raise errors.InvalidSpecError(
            f"create_ahead: {vendor.title} closes unused rooms, so the maximum is {vendor.longest_ahead} seconds.",
            vendor=vendor.title,
        )
    seconds = ahead if ahead is not None else vendor.usual_ahead
    if spec.starts_at is None or seconds is None:
        return None
    due = spec.starts_at - dt.timedelta(seconds=seconds)
    return due if due > vendor.now() else None


def _read_neutral(
    vendor: Vendor, field_name: str, value: Any, spec: RoomSpec, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """A neutral parameter in the vendor's own fields, checked as strictly as if it had been given as options."""
    part = vendor.neutral(field_name, value, spec)
    known = vendor.defaults(spec, fill(part, asked))
    return read_options(vendor.options, part, vendor=vendor.title, known=known, source=field_name)


def _check_neutral(vendor: Vendor, field_name: str, value: Any) -> None:
    if field_name in vendor.unsupported:
        raise errors.UnsupportedError(
            f"{field_name}: {vendor.title} has no such setting.",
            vendor=vendor.title,
            advice=vendor.unsupported[field_name],
        )
    low, high = vendor.limits.get(field_name, (None, None))
    if low is not None and high is not None and not low <= value <= high:
        unit = " seconds" if field_name == "max_duration" else ""
        raise errors.InvalidSpecError(
            f"{field_name}: {value}{unit} is out of range; {vendor.title} accepts {low} to {high}{unit}.",
            vendor=vendor.title,
        )
    if field_name == "webhook":
        _check_webhook(value)


def _receiver(vendor: Vendor) -> dict[str, Any]:
    """What ``webhook=True`` means."""
    vendor.need("read_delivery")
    url = vendor.config.webhook_url
    if url is None:
        raise errors.InvalidSpecError(
            f"webhook: True needs webhook_url in connection {vendor.config.conn_id!r}, which is not set.",
            vendor=vendor.title,
            advice="Set webhook_url in the connection's extra to the receiver's public address.",
        )
    return {"url": url}


def _check_webhook(value: Mapping[str, Any]) -> None:
    for key in value:
        if key == "headers":
            raise errors.InvalidSpecError(
                "webhook.headers: headers are secrets and must not be in a DAG.",
                advice="Set webhook_headers in the connection's extra.",
            )
        if key not in ("url", "events", "method"):
            raise errors.InvalidSpecError(
                f"webhook: unknown key {key!r}.{suggestion(key, ('url', 'events', 'method'))}"
            )
    read_url("webhook.url", value.get("url"))
