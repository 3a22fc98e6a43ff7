"""What is sent to VideoSDK, with the defaults that it needs."""

from __future__ import annotations

from typing import Any

import pytest
from plan_help import plan, vendor

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.vendors.options import fill
from airflow_provider_rooms.vendors.recordings import start_body

LAYOUT = {"layout": {"type": "GRID", "priority": "SPEAKER", "gridSize": 4}}


WEBHOOK = {"url": "https://hooks.example/x"}


def recording(**given: Any) -> dict[str, Any]:
    return {"autoStartConfig": {"recording": given}}


FILLED = [
    # Nothing but the parameter.
    ({"max_duration": 61}, {"autoCloseConfig": {"type": "session-ends", "duration": 2}}),
    ({"record": True}, recording(config=LAYOUT)),
    ({"webhook": WEBHOOK}, {"webhook": {"endPoint": WEBHOOK["url"], "events": ["*"]}}),
    # Something beside a default, and in its place.
    (
        {"record": True, "options": recording(config={"quality": "high"})},
        recording(config={**LAYOUT, "quality": "high"}),
    ),
    (
        {"record": True, "options": recording(config={"layout": {"type": "SIDEBAR"}})},
        recording(config={"layout": {**LAYOUT["layout"], "type": "SIDEBAR"}}),
    ),
    (
        {"record": True, "options": recording(config={"layout": {"gridSize": "2"}})},
        recording(config={"layout": {**LAYOUT["layout"], "gridSize": 2}}),
    ),
    (
        {"record": True, "options": {"extra_body": recording(config={"layout": {"type": "NEW"}, "frames": 60})}},
        recording(config={"layout": {**LAYOUT["layout"], "type": "NEW"}, "frames": 60}),
    ),
    (
        {"record": True, "options": recording(templateUrl="https://t.example")},
        recording(templateUrl="https://t.example"),
    ),
    (
        {"max_duration": 60, "options": {"autoCloseConfig": {"type": "session-end-and-deactivate"}}},
        {"autoCloseConfig": {"type": "session-end-and-deactivate", "duration": 1}},
    ),
    (
        {"webhook": WEBHOOK, "options": {"webhook": {"events": ["session-ended"]}}},
        {"webhook": {"endPoint": WEBHOOK["url"], "events": ["session-ended"]}},
    ),
    (
        {"record": True, "transcribe": True, "options": recording(transcription={"summary": {"enabled": True}})},
        recording(config=LAYOUT, transcription={"enabled": True, "summary": {"enabled": True}}),
    ),
    # What a part needs, without any parameter; and nothing else.
    (
        {"options": {"autoCloseConfig": {"duration": 5}}},
        {"autoCloseConfig": {"type": "session-ends", "duration": 5}},
    ),
    (
        {"options": {"autoStartConfig": {"hls": {"config": {"theme": "DARK"}}}}},
        {"autoStartConfig": {"hls": {"config": {"layout": {"type": "GRID"}, "theme": "DARK"}}}},
    ),
    ({"options": recording(awsDirPath="a/b")}, recording(awsDirPath="a/b")),
    ({"options": recording(config={"layout": {"type": "GRID"}})}, recording(config={"layout": {"type": "GRID"}})),
    ({"options": {"webhook": {"endPoint": WEBHOOK["url"]}}}, {"webhook": {"endPoint": WEBHOOK["url"]}}),
]


@pytest.mark.parametrize(("spec", "sent"), FILLED)
def test_a_default_fills_what_nobody_gave_and_is_never_asked_for(spec: Any, sent: Any) -> None:
    made = plan("videosdk", **spec)
    assert made.body == {"customRoomId": "algebra", **sent}
    # A room that has everything that was given, and other values where nothing was, is the room asked for.
    assert vendor("videosdk").drift(fill(made.asked, OTHERS), made) == ([], [])


#: What a room may have where nothing was asked for.
OTHERS = {
    "webhook": {"endPoint": "https://other.example", "events": ["hls-started"]},
    "autoCloseConfig": {"type": "session-end-and-deactivate", "duration": 9},
    "autoStartConfig": {
        kind: {"config": {"layout": {"type": "SPOTLIGHT", "priority": "PIN", "gridSize": 1}}}
        for kind in ("recording", "hls")
    },
}


def test_videosdk_counts_auto_close_as_the_connection_says() -> None:
    seconds = plan("videosdk", {"settings": {"auto_close_unit": "seconds"}}, max_duration=90)
    assert seconds.asked["autoCloseConfig"]["duration"] == 90


def test_the_start_of_a_recording_needs_what_its_part_needs() -> None:
    with pytest.raises(InvalidSpecError, match=r"options\.config\.layout: Field required"):
        start_body(vendor("videosdk"), {"config": {}})


def test_documented_events_are_no_surprise() -> None:
    known = ["session-started", "transcription-started", "transcription-failed", "resource-acquired"]
    assert plan("videosdk", webhook={**WEBHOOK, "events": known}).warnings == ()
