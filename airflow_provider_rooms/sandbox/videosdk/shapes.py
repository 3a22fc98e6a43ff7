"""VideoSDK: what its bodies may hold, as tables, and the small pieces that answers share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from airflow_provider_rooms.sandbox.checks import Flag, Items, Record, Spec, Text, Whole

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.videosdk.store import Room

USER_ID: Final = "5f7edbb14c938bcd42944527"
USER: Final = {"email": "sandbox@example.com", "name": "Sandbox", "discontinuedReason": None, "id": USER_ID}

SUMMARY: Final = Record({"enabled": Flag(), "prompt": Text()})
_TRANSCRIPTION: Final = Record({"enabled": Flag(), "summary": SUMMARY})
_LAYOUT: Final = Record(
    {
        "type": Text(choices=("GRID", "SPOTLIGHT", "SIDEBAR")),
        "priority": Text(choices=("SPEAKER", "PIN")),
        # the pages say at most 4 (recording) or 25 (HLS), the SDK 0 to 25 for all
        "gridSize": Whole(0, 25),
    }
)
_CONFIG: Final[dict[str, Spec]] = {
    "layout": _LAYOUT,
    "theme": Text(choices=("DARK", "LIGHT", "DEFAULT")),
    "mode": Text(choices=("video-and-audio", "audio")),
    "quality": Text(choices=("low", "med", "high", "ultra")),
    "orientation": Text(choices=("portrait", "landscape")),
}
#: "Please provide layout under config object": any other key of config needs the layout beside it.
RECORDING_CONFIG: Final = Record(_CONFIG, required=("layout",))
HLS_CONFIG: Final = Record({**_CONFIG, "recording": Record({"enabled": Flag()})}, required=("layout",))
_ON_FAILURE: Final = Record({"action": Text(choices=("close-room",)), "waitTime": Whole(0, 150)})

#: Options shared by "start recording" and ``autoStartConfig.recording``.
RECORDING_ORDER: Final[dict[str, Spec]] = {
    "templateUrl": Text(shortest=1),
    "transcription": _TRANSCRIPTION,
    "config": RECORDING_CONFIG,
    "awsDirPath": Text(),
    "preSignedUrl": Text(),
    "webhookUrl": Text(shortest=1),
    "onFailure": _ON_FAILURE,
    "fileFormat": Text(choices=("mp4", "webm")),
    "resourceId": Text(shortest=1),
}
HLS_ORDER: Final[dict[str, Spec]] = {
    "templateUrl": Text(shortest=1),
    "transcription": _TRANSCRIPTION,
    "config": HLS_CONFIG,
    "webhookUrl": Text(shortest=1),
    "recording": Record({"enabled": Flag()}),
    "resourceId": Text(shortest=1),
}

#: The body of Create Room. Whether VideoSDK refuses a field that it does not know is unknown;
#: here it is refused (``unknown_fields`` in ``/control/behaviour`` turns that off).
CREATE_ROOM: Final = Record(
    {
        # characters and length are unknown; refused is what no example uses
        "customRoomId": Text(
            shortest=1, longest=128, pattern=r"[A-Za-z0-9_-]+", hint="must be letters, digits, - and _"
        ),
        "webhook": Record(
            {
                "endPoint": Text(longest=512, pattern=r"https?://[^\s/]\S*", hint="must be a URL"),
                # an open set of names and patterns (recording-*): none is refused
                "events": Items(Text(shortest=1)),
            },
            required=("endPoint",),
        ),
        "autoCloseConfig": Record(
            {"type": Text(choices=("session-ends", "session-end-and-deactivate")), "duration": Whole(least=1)}
        ),
        "autoStartConfig": Record(
            {
                "recording": Record({**RECORDING_ORDER, "enabled": Flag()}),
                "hls": Record({**HLS_ORDER, "enabled": Flag()}),
                "composite": Record({**RECORDING_ORDER, "enabled": Flag()}),
            }
        ),
        # an open set as well (us001, eu001, in002, sg001 …)
        "geoFence": Text(shortest=1),
        "multiComposition": Record({"recording": Flag(), "hls": Flag(), "rtmp": Flag()}),
        "allowedParticipantIds": Items(Text(shortest=1, pattern=r"\S+", hint="must not hold spaces")),
        # discontinued; samples still send it and it has no effect
        "region": Text(),
    }
)

#: Which fields newer answers echo, by the types of the newest SDK (0.1.1).
ECHOED: Final = (
    "geoFence",
    "webhook",
    "autoCloseConfig",
    "autoStartConfig",
    "multiComposition",
    "allowedParticipantIds",
)

DEACTIVATE: Final = Record({"roomId": Text(shortest=1)}, required=("roomId",))


def links(room: Room, base: str) -> dict[str, str]:
    """The links of a room."""
    # get_session is only the collection, in every sample
    return {"get_room": f"{base}/v2/rooms/{room.room_id}", "get_session": f"{base}/v2/sessions/"}
