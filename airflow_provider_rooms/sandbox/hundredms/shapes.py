"""100ms: what its bodies may hold, as tables.

Pages: api-reference/Rooms/create-via-api and update-a-room, recordings/start-recording-for-room, active-rooms.
"""

from __future__ import annotations

from typing import Final

from airflow_provider_rooms.sandbox.checks import Flag, Items, Number, Record, Spec, Table, Text, Whole

#: The workspace of the sandbox.
CUSTOMER: Final = "627cdddff2e4e30487862ad1"
APP: Final = "62510797903d857ab8ec3ba5"

REGIONS: Final = ("eu", "in", "us", "auto")
STORAGE: Final = ("s3", "gs", "oss", "azure")
#: Length is not stated anywhere; the characters are. What a bad one is answered with is unknown: 400 here.
NAME_PATTERN: Final = r"[A-Za-z0-9.\-:_]+"

DURATION: Final = (120, 43_200)
LARGEST_SIZE: Final = 2_500
LARGEST_LARGE_SIZE: Final = 20_000

_UPLOAD: Final = Record(
    {
        "type": Text(),
        "location": Text(),
        "prefix": Text(),
        "options": Record({"region": Text()}),
        "credentials": Record({"key": Text(shortest=1), "secret": Text(shortest=1)}, required=("key", "secret")),
    }
)

#: Fields of a room that create and update share. Ranges with a wording of their own are checked by the vendor.
_ROOM: Final[dict[str, Spec]] = {
    "name": Text(),
    "description": Text(),
    "recording_info": Record({"enabled": Flag(), "upload_info": _UPLOAD}),
    "region": Text(),
    "large_room": Flag(),
    "size": Whole(),
    "max_duration_seconds": Whole(),
    "webhook": Record({"url": Text(shortest=1), "headers": Table(Text())}, required=("url",)),
    "polls": Items(Text(shortest=1)),
}
#: ``enabled`` belongs to update only, ``template_id`` to create only. That the server refuses unknown fields is
#: inferred from its error texts, which are those of a well-known Go decoder.
CREATE_ROOM: Final = Record({**_ROOM, "template_id": Text()})
UPDATE_ROOM: Final = Record({**_ROOM, "enabled": Flag()})

_SUMMARY: Final = Record(
    {
        "enabled": Flag(),
        "context": Text(longest=300),
        "temperature": Number(0.1, 1.0),
        "sections": Items(
            Record(
                {"title": Text(shortest=1, longest=100), "format": Text(choices=("bullets", "paragraph"))},
                required=("title",),
            ),
            most=6,
        ),
    }
)
_TRANSCRIPTION: Final[dict[str, Spec]] = {
    "enabled": Flag(),
    "output_modes": Items(Text(choices=("txt", "srt", "json"))),
    "custom_vocabulary": Items(Text(shortest=1)),
    "summary": _SUMMARY,
}
START_RECORDING: Final = Record(
    {
        "meeting_url": Text(shortest=1),
        "resolution": Record({"width": Whole(480, 1920), "height": Whole(480, 1920)}, required=("width", "height")),
        "destination": Text(shortest=1),
        "audio_only": Flag(),
        "transcription": Record(_TRANSCRIPTION),
    }
)
START_STREAM: Final = Record(
    {
        "meeting_url": Text(shortest=1),
        "recording": Record({"hls_vod": Flag(), "single_file_per_layer": Flag()}),
        "destination": Text(shortest=1),
        "transcription": Record({**_TRANSCRIPTION, "modes": Items(Text(choices=("recorded", "live")))}),
    }
)
END_ROOM: Final = Record({"reason": Text(), "lock": Flag()})
REMOVE_PEERS: Final = Record({"peer_id": Text(), "role": Text(), "reason": Text()})
SEND_MESSAGE: Final = Record(
    {"message": Text(shortest=1), "peer_id": Text(), "role": Text(), "type": Text()}, required=("message",)
)
UPDATE_PEER: Final = Record({"name": Text(), "role": Text(), "metadata": Text()})
UPDATE_CODE: Final = Record({"code": Text(shortest=1), "enabled": Flag()}, required=("code", "enabled"))
