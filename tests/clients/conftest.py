"""Our own hooks, beside the vendors' published clients."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from vendor_traits import TRAITS

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


@pytest.fixture(autouse=True)
def _connections(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for traits in TRAITS:
        connection = rooms_sandbox.connection(traits.conn_type)
        connection["extra"] = {**connection["extra"], **traits.settings}
        monkeypatch.setenv(f"AIRFLOW_CONN_{traits.conn_id.upper()}", json.dumps(connection))
