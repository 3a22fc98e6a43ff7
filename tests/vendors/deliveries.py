"""Deliveries, recorded and written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from vendor_traits import facts

from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.contract.webhooks import Delivery
from airflow_provider_rooms.vendors.exchange import Config

SECRET = "sandbox-secret-for-tests-only-32-bytes!"


DELIVERIES = Path(__file__).parents[2] / ".." / "shared" / "facts" / "webhook-deliveries"
HOOKS = facts("webhooks")


def vendor(name: str, **given: Any) -> Any:
    usual = {"conn_id": "c", "base_url": "https://x.test", "key": "SK" + "0" * 32, "secret": SECRET}
    return vendor_class(name)(Config(**{**usual, **HOOKS[name].CONNECTION, **given}))


def delivery(body: bytes, headers: Mapping[str, str], **kwargs: Any) -> Delivery:
    return Delivery(method="POST", headers=tuple((k.lower(), v) for k, v in headers.items()), body=body, **kwargs)


def recorded(name: str) -> list[tuple[str, Delivery]]:
    file = DELIVERIES / HOOKS[name].RECORDED
    if not file.exists():
        pytest.skip(f"{file} is not here")
    return [
        (item["event"], delivery(item["body"].encode(), {**item["headers"], **HOOKS[name].HEADERS}))
        for item in json.loads(file.read_text())["deliveries"]
    ]
