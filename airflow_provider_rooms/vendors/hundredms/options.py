"""What ``POST /v2/rooms`` takes, and the start of a recording.

https://www.100ms.live/docs/server-side/v2/api-reference/Rooms/create-via-api
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from airflow_provider_rooms.vendors.options import Bool, Int, Options, Text, Url


class UploadOptions(Options):
    """Where the bucket stands."""

    region: Text | None = None


class Credentials(Options):
    """Access to the bucket; better kept in the connection's ``storage_credentials``."""

    key: Text
    secret: Text


class UploadInfo(Options):
    """The bucket that recordings go to."""

    type: Literal["s3", "gs", "oss", "azure"]
    location: Text
    prefix: Text | None = None
    options: UploadOptions | None = None
    credentials: Credentials | None = None


class RecordingInfo(Options):
    """Legacy SFU recording. Sending it detaches the room from its template's recording settings."""

    enabled: Bool | None = None
    upload_info: UploadInfo | None = None


class Webhook(Options):
    """Where 100ms reports events of this room."""

    url: Url
    headers: dict[str, Text] | None = None


class HundredMsOptions(Options):
    """Fields of ``POST /v2/rooms``."""

    description: Text | None = None
    template_id: Text | None = None
    region: Literal["eu", "in", "us", "auto"] | None = None
    large_room: Bool | None = None
    size: Annotated[Int, Field(ge=0, le=20000)] | None = None
    max_duration_seconds: Annotated[Int, Field(ge=120, le=43200)] | None = None
    recording_info: RecordingInfo | None = None
    webhook: Webhook | None = None
    polls: list[Text] | None = None


class Resolution(Options):
    """Size of the picture."""

    width: Annotated[Int, Field(ge=480, le=1920)]
    height: Annotated[Int, Field(ge=480, le=1920)]


class SummarySection(Options):
    """One heading of a summary."""

    title: Annotated[Text, Field(max_length=100)]
    format: Literal["bullets", "paragraph"] | None = None


class Summary(Options):
    """A summary of the transcript."""

    enabled: Bool | None = None
    context: Annotated[Text, Field(max_length=300)] | None = None
    temperature: Annotated[float, Field(ge=0.1, le=1.0)] | None = None
    sections: Annotated[list[SummarySection], Field(max_length=6)] | None = None


class Transcription(Options):
    """A transcript of the recording."""

    enabled: Bool | None = None
    output_modes: list[Literal["txt", "srt", "json"]] | None = None
    custom_vocabulary: list[Text] | None = None
    summary: Summary | None = None


class RecordingOptions(Options):
    """Fields of ``POST /v2/recordings/room/{room_id}/start``."""

    meeting_url: Url | None = None
    resolution: Resolution | None = None
    destination: Text | None = None
    audio_only: Bool | None = None
    transcription: Transcription | None = None
