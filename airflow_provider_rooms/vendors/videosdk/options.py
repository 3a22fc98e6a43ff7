"""What ``POST /v2/rooms`` takes, and the start of a recording.

https://docs.videosdk.live/api-reference/realtime-communication/create-room
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from airflow_provider_rooms.vendors.options import Bool, Int, Options, Text, Url

#: Events of https://docs.videosdk.live/api-reference/realtime-communication/create-room and of
#: https://docs.videosdk.live/api-reference/realtime-communication/user-webhooks. The set is open: others only warn.
WEBHOOK_EVENTS = frozenset(
    ["participant-joined", "participant-left", "session-started", "session-ended", "transcription-completed"]
    + ["merge-recording-completed", "merge-recording-failed", "hls-playable", "resource-acquired"]
    + [f"transcription-{step}" for step in ("started", "stopped", "failed")]
    + [f"ai-deployment-session-{step}" for step in ("starting", "started", "stopping", "stopped", "failed")]
    + [f"{kind}-{step}" for kind in ("recording", "livestream", "hls") for step in ("starting", "started")]
    + [f"{kind}-{step}" for kind in ("recording", "livestream", "hls") for step in ("stopping", "stopped", "failed")]
    + [
        f"{kind}-recording-{step}"
        for kind in ("participant", "participant-track")
        for step in ("starting", "started", "stopping", "stopped", "failed")
    ]
)


class Webhook(Options):
    """Where VideoSDK reports events of this room."""

    endPoint: Annotated[Url, Field(max_length=512)]
    events: list[Text] | None = None


class AutoClose(Options):
    """When a running session is closed."""

    type: Literal["session-ends", "session-end-and-deactivate"]
    duration: Annotated[Int, Field(ge=1)] | None = None


class Summary(Options):
    """A summary of the transcript."""

    enabled: Bool
    prompt: Text | None = None


class Transcription(Options):
    """A transcript of the recording."""

    enabled: Bool
    summary: Summary | None = None


class Layout(Options):
    """How people are arranged in the picture."""

    type: Literal["GRID", "SPOTLIGHT", "SIDEBAR"]
    priority: Literal["SPEAKER", "PIN"] | None = None
    gridSize: Annotated[Int, Field(ge=0, le=25)] | None = None


class Composition(Options):
    """Picture and sound of a recording or stream."""

    layout: Layout
    theme: Literal["DARK", "LIGHT", "DEFAULT"] | None = None
    mode: Literal["video-and-audio", "audio"] | None = None
    quality: Literal["low", "med", "high", "ultra"] | None = None
    orientation: Literal["portrait", "landscape"] | None = None


class Enabled(Options):
    """A switch."""

    enabled: Bool


class HlsComposition(Composition):
    """Picture and sound of an HLS stream."""

    recording: Enabled | None = None


class OnFailure(Options):
    """What happens when the recording fails."""

    action: Literal["close-room"]
    waitTime: Annotated[Int, Field(ge=0, le=150)] | None = None


class AutoRecording(Options):
    """A recording that starts with the session."""

    enabled: Bool | None = None
    templateUrl: Url | None = None
    transcription: Transcription | None = None
    config: Composition | None = None
    awsDirPath: Text | None = None
    webhookUrl: Url | None = None
    onFailure: OnFailure | None = None


class AutoHls(Options):
    """An HLS stream that starts with the session."""

    templateUrl: Url | None = None
    transcription: Transcription | None = None
    config: HlsComposition | None = None


class AutoStart(Options):
    """What starts automatically with the session."""

    recording: AutoRecording | None = None
    hls: AutoHls | None = None
    composite: dict[str, Any] | None = None


class MultiComposition(Options):
    """Kinds of composition that may run several times at once."""

    recording: Bool | None = None
    hls: Bool | None = None
    rtmp: Bool | None = None


def recording_defaults(part: object) -> Mapping[str, Any]:
    """What a recording or stream needs besides: a layout, as soon as anything of its picture is configured."""
    config = part.get("config") if isinstance(part, Mapping) else None
    return {"config": {"layout": {"type": "GRID"}}} if config and isinstance(config, Mapping) else {}


class VideoSDKOptions(Options):
    """Fields of ``POST /v2/rooms``."""

    webhook: Webhook | None = None
    autoCloseConfig: AutoClose | None = None
    autoStartConfig: AutoStart | None = None
    geoFence: Text | None = None
    multiComposition: MultiComposition | None = None
    allowedParticipantIds: list[Annotated[Text, Field(pattern=r"^\S+$")]] | None = None
    # On every older page, and "discontinued" there: known, so that the refusal can say what to do.
    region: Text | None = None


class RecordingOptions(Options):
    """Fields of ``POST /v2/recordings/start``."""

    templateUrl: Url | None = None
    config: Composition | None = None
    transcription: Transcription | None = None
    webhookUrl: Url | None = None
    awsDirPath: Text | None = None
    preSignedUrl: Url | None = None
    onFailure: OnFailure | None = None
    fileFormat: Literal["mp4", "webm"] | None = None
    resourceId: Text | None = None
