"""Secrets that a DAG gives to a task are made known to Airflow's masker once they are rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_rooms.operators import rooms
from airflow_provider_rooms.testing.dag_lab import run_tasks

if TYPE_CHECKING:
    from pathlib import Path

#: Parameters that take a vendor's own fields, in which credentials may stand.
VENDOR_FIELDS = {"options", "spec", "specs", "webhook"}
OPERATORS = [getattr(rooms, name) for name in rooms.__all__]
SPEC = {"name": "a", "options": {"recording_info": {"upload_info": {"credentials": {"key": "canary"}}}}}


@pytest.mark.parametrize("operator", OPERATORS, ids=rooms.__all__)
def test_no_parameter_with_a_vendors_fields_is_left_out(operator: Any) -> None:
    assert set(getattr(operator, "may_hold_secrets", ())) == VENDOR_FIELDS & set(operator.template_fields)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("CreateRoomOperator", {"spec": SPEC}),
        ("CreateRoomsOperator", {"specs": [SPEC]}),
        ("ReconcileRoomsOperator", {"specs": str([SPEC])}),
        ("SendInvitationOperator", {"spec": SPEC, "attendees": ["ada@example.org"]}),
        ("StartRecordingOperator", {"options": SPEC["options"], "room_id": "a"}),
    ],
)
def test_the_masker_is_told(monkeypatch: pytest.MonkeyPatch, name: str, given: dict[str, Any]) -> None:
    told: list[str] = []
    monkeypatch.setattr("airflow.providers.common.compat.sdk.mask_secret", told.append)
    task = getattr(rooms, name)(task_id="task", conn_id="rooms", **given)
    task.render_template_fields({})
    assert told == ["canary"]


@pytest.mark.usefixtures("airflow_db")
def test_the_masker_is_told_by_mapped_tasks_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[str] = []
    monkeypatch.setattr("airflow.providers.common.compat.sdk.mask_secret", told.append)
    body = f"""
        CreateRoomOperator.partial(task_id="create", conn_id="nowhere").expand(spec=[{SPEC}])
    """
    run_tasks(tmp_path, "mapped_secrets", body)
    assert "canary" in told
