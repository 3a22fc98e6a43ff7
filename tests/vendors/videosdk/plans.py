"""What VideoSDK takes and refuses, for the tests of all vendors."""

from __future__ import annotations

from typing import Any

WEBHOOK = {"url": "https://hooks.example/x"}
LONG = "https://hooks.example/" + "x" * 500
LAYOUT = {"layout": {"type": "GRID", "priority": "SPEAKER", "gridSize": 4}}

#: Neutral parameters, and the vendor's own fields that they become.
NEUTRAL: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"max_duration": 61}, {"autoCloseConfig": {"duration": 2}}),
    ({"record": True}, {"autoStartConfig": {"recording": {}}}),
    ({"record": False}, {}),
    ({"record": "true", "transcribe": "1"}, {"autoStartConfig": {"recording": {"transcription": {"enabled": True}}}}),
    (
        {"transcribe": True, "options": {"autoStartConfig": {"hls": {"config": LAYOUT}}}},
        {"autoStartConfig": {"hls": {"config": LAYOUT, "transcription": {"enabled": True}}}},
    ),
    ({"region": "in002"}, {"geoFence": "in002"}),
    ({"webhook": WEBHOOK}, {"webhook": {"endPoint": WEBHOOK["url"]}}),
    (
        {"webhook": {**WEBHOOK, "events": ["session-ended"], "method": "POST"}},
        {"webhook": {"endPoint": WEBHOOK["url"], "events": ["session-ended"]}},
    ),
]

#: What is sent although nobody asked for it, beside the name.
DEFAULTS: dict[str, Any] = {}

#: Every field of the vendor's create page.
EVERY_FIELD = {
    "webhook": {"endPoint": "https://hooks.example/v", "events": ["session-started", "recording-*"]},
    "autoCloseConfig": {"type": "session-end-and-deactivate", "duration": 60},
    "autoStartConfig": {
        "recording": {
            "enabled": True,
            "templateUrl": "https://t.example",
            "transcription": {"enabled": True, "summary": {"enabled": True, "prompt": "Short."}},
            "config": {
                "layout": {"type": "SPOTLIGHT", "priority": "PIN", "gridSize": 4},
                "theme": "DARK",
                "mode": "video-and-audio",
                "quality": "high",
                "orientation": "portrait",
            },
            "awsDirPath": "classes/2026",
            "webhookUrl": "https://hooks.example/r",
            "onFailure": {"action": "close-room", "waitTime": 30},
        },
        "hls": {
            "templateUrl": "https://t.example",
            "transcription": {"enabled": False},
            "config": {"layout": {"type": "GRID"}, "recording": {"enabled": True}},
        },
    },
    "geoFence": "eu001",
    "multiComposition": {"recording": True, "hls": False, "rtmp": False},
    "allowedParticipantIds": ["teacher", "student"],
}

#: Parameters that go together with some of those fields.
PARAMETERS = {"max_duration": 3600, "record": True, "transcribe": True, "region": "eu001", "webhook": WEBHOOK}

#: Settings with a mistake, and words of the error.
BAD: list[tuple[dict[str, Any], str]] = [
    ({"options": {"geofence": "us001"}}, "unknown option 'geofence'. Did you mean 'geoFence'?"),
    (
        {"options": {"autoStartConfig": {"recording": {"config": {"layout": {"type": "GRID", "gridsize": 2}}}}}},
        "options.autoStartConfig.recording.config.layout: unknown option 'gridsize'. Did you mean 'gridSize'?",
    ),
    ({"options": {"autoCloseConfig": {"type": "session-ended"}}}, "'session-ends'"),
    ({"options": {"region": "sg001"}}, "discontinued"),
    ({"options": {"customRoomId": "x"}}, "options.customRoomId: the room name cannot be set in options"),
    (
        {"max_duration": 60, "options": {"autoCloseConfig": {"type": "session-ends", "duration": 9}}},
        "already set it to 1",
    ),
    ({"webhook": {"url": LONG}}, "webhook (sent as webhook.endPoint): should have at most 512"),
    ({"options": {"webhook": {"endPoint": LONG}}}, "options.webhook.endPoint: should have at most 512"),
    ({"webhook": {**WEBHOOK, "events": "session-ended"}}, "(sent as webhook.events): should be a valid list"),
    ({"webhook": {**WEBHOOK, "events": [5, {}]}}, "(sent as webhook.events.1): expected text"),
    ({"options": {"allowedParticipantIds": ["a b"]}}, "options.allowedParticipantIds.0: String should match"),
]

#: Options that are a URL.
URLS = [
    lambda url: {"webhook": {"endPoint": url}},
    lambda url: {"autoStartConfig": {"recording": {"templateUrl": url}}},
    lambda url: {"autoStartConfig": {"recording": {"webhookUrl": url}}},
]

#: What it cannot express, and words about the way out.
UNSUPPORTED: list[tuple[dict[str, Any], str]] = [
    ({"description": "x"}, "VideoSDK has no such setting"),
    ({"max_participants": 5}, "allowedParticipantIds"),
    ({"transcribe": True}, "Set record=True as well"),
    ({"webhook": {**WEBHOOK, "method": "GET"}}, "always sends POST"),
]

#: What is legal, and a word of the warning.
SURPRISING: list[tuple[dict[str, Any], str]] = [
    ({"webhook": {**WEBHOOK, "events": ["moon-landed", "session-*"]}}, "moon-landed"),
    ({"options": {"autoStartConfig": {"hls": {"config": {"layout": {"type": "GRID", "gridSize": 9}}}}}}, "gridSize"),
]
