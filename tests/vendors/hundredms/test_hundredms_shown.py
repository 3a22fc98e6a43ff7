"""What 100ms shows of a room that was just made."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook


def ensure(**spec: Any) -> Any:
    return get_rooms_hook("hundredms_default").ensure_room({"name": "algebra", **spec})


def shown(**answer: Any) -> Any:
    return get_rooms_hook("hundredms_default").vendor.shown(answer)


@pytest.fixture(autouse=True)
def sandbox(rooms_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    return rooms_sandbox


def test_100ms_says_when_the_template_decides_about_recording() -> None:
    ensure()
    with pytest.raises(errors.DriftError, match=r"recording_info.enabled: requested False, is 'as the template says'"):
        ensure(options={"recording_info": {"enabled": False}})


def test_100ms_hides_names_and_descriptions_of_hipaa_workspaces_and_leaves_some_fields_empty() -> None:
    assert shown(name="ab" * 32, description="") == {}
    assert shown(name="algebra", description="") == {"description": ""}
    assert shown(name="algebra", region="", template_id="") == {}
