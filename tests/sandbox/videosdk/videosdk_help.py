"""What the tests of VideoSDK in the sandbox share."""

from __future__ import annotations

from typing import Any

from sandbox_help import FACTS

FULL: dict[str, Any] = {
    "customRoomId": "algebra-1",
    "geoFence": "eu001",
    "webhook": {"endPoint": "https://example.com/hook", "events": ["session-started", "recording-*"]},
    "autoCloseConfig": {"type": "session-end-and-deactivate", "duration": 60},
    "autoStartConfig": {
        "recording": {
            "transcription": {"enabled": True, "summary": {"enabled": True, "prompt": "Short"}},
            "config": {
                "layout": {"type": "GRID", "priority": "SPEAKER", "gridSize": 4},
                "theme": "DARK",
                "mode": "video-and-audio",
                "quality": "med",
                "orientation": "landscape",
            },
            "awsDirPath": "classes",
        },
        "hls": {"config": {"layout": {"type": "SPOTLIGHT"}, "recording": {"enabled": True}}},
    },
    "multiComposition": {"recording": True, "hls": False, "rtmp": False},
    "allowedParticipantIds": ["ada", "bob"],
}


videosdk_token = FACTS["videosdk"].token
