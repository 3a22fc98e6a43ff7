"""Many rooms of 100ms in one task."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from airflow_provider_rooms.testing.dag_lab import run_tasks

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytestmark = pytest.mark.usefixtures("airflow_db", "connections")


def test_secrets_in_specs_are_not_shown(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    secret = "canary-of-storage"
    upload = {"type": "s3", "location": "b", "credentials": {"key": "AKIAXXXX", "secret": secret}}
    spec = {"name": "kept", "options": {"recording_info": {"enabled": True, "upload_info": upload}}}
    body = f"""
        CreateRoomsOperator(task_id="many", conn_id="hundredms_default", specs=[{spec}])
    """
    ran = run_tasks(tmp_path, "secrets", body)
    assert ran.states == {"many": "success"}
    assert secret not in json.dumps(list(ran.xcoms.values()))
