"""What Twilio Video takes and refuses, for the tests of all vendors."""

from __future__ import annotations

import datetime as dt
from typing import Any

WEBHOOK = {"url": "https://hooks.example/x"}
LONG = "https://hooks.example/" + "x" * 500

#: Neutral parameters, and the vendor's own fields that they become.
NEUTRAL: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"max_participants": 50}, {"MaxParticipants": 50}),
    ({"max_duration": 600.2}, {"MaxParticipantDuration": 601}),
    ({"record": False}, {"RecordParticipantsOnConnect": False}),
    ({"transcribe": "True"}, {"TranscribeParticipantsOnConnect": True}),
    ({"region": "ie1"}, {"MediaRegion": "ie1"}),
    ({"webhook": {**WEBHOOK, "method": "GET"}}, {"StatusCallback": WEBHOOK["url"], "StatusCallbackMethod": "GET"}),
]

#: What is sent although nobody asked for it, beside the name.
DEFAULTS: dict[str, Any] = {"UnusedRoomTimeout": 60, "EmptyRoomTimeout": 60}

#: Every field of the vendor's create page.
EVERY_FIELD = {
    "Type": "group",
    "StatusCallback": "https://hooks.example/t",
    "StatusCallbackMethod": "GET",
    "MaxParticipants": 1,
    "RecordParticipantsOnConnect": True,
    "RecordingRules": [{"type": "include", "all": True}, {"type": "exclude", "kind": "video"}],
    "TranscribeParticipantsOnConnect": True,
    "TranscriptionsConfiguration": {
        "transcriptionEngine": "deepgram",
        "speechModel": "nova",
        "languageCode": "en-US",
        "partialResults": True,
        "profanityFilter": False,
        "hints": "Airflow",
        "enableAutomaticPunctuation": True,
    },
    "VideoCodecs": ["VP8", "H264"],
    "MediaRegion": "gll",
    "AudioOnly": False,
    "MaxParticipantDuration": 86400,
    "EmptyRoomTimeout": 1,
    "UnusedRoomTimeout": 60,
    "LargeRoom": False,
    "EnableTurn": True,
}

#: Parameters that go together with some of those fields.
PARAMETERS = {"max_participants": 9, "max_duration": 900, "record": True, "region": "gll", "webhook": WEBHOOK}

#: Settings with a mistake, and words of the error.
BAD: list[tuple[dict[str, Any], str]] = [
    ({"options": {"max_participants": 5}}, "Did you mean 'MaxParticipants'?"),
    ({"options": {"EmptyRoomTimeout": 61}}, "less than or equal to 60"),
    ({"options": {"VideoCodecs": ["VP9"]}}, "options.VideoCodecs.0: should be 'VP8' or 'H264', got 'VP9'"),
    ({"options": {"RecordingRules": []}}, "RecordingRules"),
    ({"options": {"RecordingRules": [{"type": "include", "all": True, "kind": "audio"}]}}, "either all"),
    ({"options": {"UniqueName": "x"}}, "options.UniqueName: the room name cannot be set in options"),
    ({"max_participants": 51}, "51 is out of range; Twilio Video accepts 1 to 50"),
    ({"max_duration": dt.timedelta(minutes=5)}, "300 seconds is out of range"),
    ({"record": "maybe"}, "record: expected true, false, 1 or 0, got 'maybe'"),
    ({"record": "yes"}, "record: expected true, false, 1 or 0, got 'yes'"),
    ({"max_participants": 2.5}, "max_participants: expected a whole number"),
    ({"max_duration": -1}, "not a usable length of time"),
    ({"max_duration": "soon"}, "a timedelta or a number of seconds"),
    ({"webhook": {"url": LONG * 2}}, "webhook (sent as StatusCallback): should have at most 1023"),
    ({"webhook": {**WEBHOOK, "method": "PUT"}}, "sent as StatusCallbackMethod): should be 'POST' or 'GET'"),
    ({"webhook": {**WEBHOOK, "method": 5}}, "sent as StatusCallbackMethod): should be 'POST' or 'GET'"),
    ({"name": "RM" + "0" * 32}, "room SID"),
]

#: Options that are a URL.
URLS = [lambda url: {"StatusCallback": url}]

#: What it cannot express, and words about the way out.
UNSUPPORTED: list[tuple[dict[str, Any], str]] = [
    ({"description": "x"}, "Twilio Video has no such setting"),
    ({"webhook": {**WEBHOOK, "events": ["room-ended"]}}, "reports every event"),
    ({"options": {"EnableTurn": False}}, "options.EnableTurn: Twilio no longer lets you disable it"),
]

#: What is legal, and a word of the warning.
SURPRISING: list[tuple[dict[str, Any], str]] = [
    ({"region": "mars1"}, "mars1"),
    ({"options": {"EnableTurn": True}}, "EnableTurn"),
]
