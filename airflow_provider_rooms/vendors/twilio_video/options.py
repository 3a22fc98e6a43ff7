"""What ``POST /v1/Rooms`` takes, and the start of a recording.

https://www.twilio.com/docs/video/api/rooms-resource
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from airflow_provider_rooms.vendors.options import Bool, Int, Options, Text, Url

#: A room that nobody uses is closed after at most this many minutes.
LONGEST_TIMEOUT = 60


class RecordingRule(Options):
    """One rule of https://www.twilio.com/docs/video/api/recording-rules"""

    type: Literal["include", "exclude"]
    all: Literal[True] | None = None
    kind: Literal["audio", "video"] | None = None
    publisher: Text | None = None
    track: Text | None = None


class TranscriptionSettings(Options):
    """Keys of https://www.twilio.com/docs/video/api/transcriptions-resource"""

    transcriptionEngine: Literal["google", "deepgram"] | None = None
    speechModel: Text | None = None
    languageCode: Text | None = None
    partialResults: Bool | None = None
    profanityFilter: Bool | None = None
    hints: Text | None = None
    enableAutomaticPunctuation: Bool | None = None


class TwilioVideoOptions(Options):
    """Fields of ``POST /v1/Rooms``."""

    Type: Literal["group", "go", "peer-to-peer", "group-small"] | None = None
    StatusCallback: Annotated[Url, Field(max_length=1023)] | None = None
    StatusCallbackMethod: Literal["POST", "GET"] | None = None
    MaxParticipants: Annotated[Int, Field(ge=1, le=50)] | None = None
    RecordParticipantsOnConnect: Bool | None = None
    RecordingRules: Annotated[list[RecordingRule], Field(min_length=1, max_length=20)] | None = None
    TranscribeParticipantsOnConnect: Bool | None = None
    TranscriptionsConfiguration: TranscriptionSettings | None = None
    VideoCodecs: Annotated[list[Literal["VP8", "H264"]], Field(min_length=1)] | None = None
    MediaRegion: Text | None = None
    AudioOnly: Bool | None = None
    MaxParticipantDuration: Annotated[Int, Field(ge=600, le=86400)] | None = None
    EmptyRoomTimeout: Annotated[Int, Field(ge=1, le=LONGEST_TIMEOUT)] | None = None
    UnusedRoomTimeout: Annotated[Int, Field(ge=1, le=LONGEST_TIMEOUT)] | None = None
    LargeRoom: Bool | None = None
    EnableTurn: Bool | None = None


class RecordingOptions(Options):
    """Fields of ``POST /v1/Rooms/{sid}/RecordingRules``."""

    Rules: Annotated[list[RecordingRule], Field(min_length=1, max_length=20)] | None = None
