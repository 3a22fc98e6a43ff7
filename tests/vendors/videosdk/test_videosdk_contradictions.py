"""``False`` beside options that switch the same thing on."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.plans import make_plan

GRID = {"layout": {"type": "GRID", "priority": "SPEAKER", "gridSize": 4}}


def body_of(**given: Any) -> dict[str, Any]:
    vendor = vendor_class("videosdk")(Config(conn_id="c", base_url="http://127.0.0.1", key="k", secret="s"))
    return dict(make_plan(vendor, RoomSpec.read({"name": "algebra", **given})).body)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"record": False, "options": {"autoStartConfig": {"recording": {"config": GRID}}}}, "recording"),
        ({"record": False, "options": {"autoStartConfig": {"recording": {"enabled": True}}}}, "recording"),
        (
            {"transcribe": False, "options": {"autoStartConfig": {"hls": {"transcription": {"enabled": True}}}}},
            r"hls\.transcription",
        ),
    ],
)
def test_no_beside_options_that_start_it_is_a_contradiction(given: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidSpecError, match=rf"options\.autoStartConfig\.{path}: set, but .* is False"):
        body_of(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"record": False},
        {"record": False, "options": {"autoStartConfig": {"recording": {"enabled": False}}}},
        {"record": True, "transcribe": False},
        {"transcribe": False, "options": {"autoStartConfig": {"hls": {"transcription": {"enabled": False}}}}},
    ],
)
def test_no_alone_or_said_twice_is_fine(given: dict[str, Any]) -> None:
    assert body_of(**given)["customRoomId"] == "algebra"
