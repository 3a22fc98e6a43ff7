"""A vendor without a network, and what a spec becomes at it."""

from __future__ import annotations

from typing import Any

from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.plans import checked_plan


def vendor(conn_type: str, **config: Any) -> Any:
    settings = {"conn_id": "c", "base_url": "https://api.example", "key": "key", "secret": "a-secret-of-some-length"}
    return vendor_class(conn_type)(Config(**{**settings, **config}))


def plan(conn_type: str, config: dict[str, Any] | None = None, **spec: Any) -> Any:
    return checked_plan(vendor(conn_type, **(config or {})), RoomSpec.read({"name": "algebra", **spec}), "fail", "fail")
