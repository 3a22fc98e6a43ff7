"""What 100ms takes and refuses, for the tests of all vendors."""

from __future__ import annotations

import datetime as dt
from typing import Any

WEBHOOK = {"url": "https://hooks.example/x"}

#: Neutral parameters, and the vendor's own fields that they become.
NEUTRAL: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"description": "9 o'clock"}, {"description": "9 o'clock"}),
    ({"max_participants": "25"}, {"size": 25}),
    ({"max_participants": 2501}, {"size": 2501, "large_room": True}),
    ({"max_duration": dt.timedelta(hours=1)}, {"max_duration_seconds": 3600}),
    ({"region": "eu"}, {"region": "eu"}),
    ({"webhook": WEBHOOK}, {"webhook": WEBHOOK}),
]

#: What is sent although nobody asked for it, beside the name.
DEFAULTS: dict[str, Any] = {}

#: Every field of the vendor's create page.
EVERY_FIELD = {
    "description": "9PM English Class Batch 2",
    "template_id": "63188115d11d6db790c73c60",
    "region": "in",
    "large_room": True,
    "size": 20000,
    "max_duration_seconds": 43200,
    "recording_info": {
        "enabled": True,
        "upload_info": {
            "type": "azure",
            "location": "container",
            "prefix": "classes/",
            "options": {"region": "eu-west-1"},
            "credentials": {"key": "k", "secret": "s"},
        },
    },
    "webhook": {"url": "https://hooks.example/h", "headers": {"X-Key": "v"}},
    "polls": ["p1", "p2"],
}

#: Parameters that go together with some of those fields.
PARAMETERS = {
    "description": "A",
    "max_participants": 3000,
    "max_duration": 600,
    "region": "in",
    "webhook": WEBHOOK,
}

#: Settings with a mistake, and words of the error.
BAD: list[tuple[dict[str, Any], str]] = [
    ({"options": {"max_duration_second": 300}}, "Did you mean 'max_duration_seconds'?"),
    ({"options": {"size": 20001}}, "options.size: should be less than or equal to 20000, got 20001"),
    ({"options": {"size": "many"}}, "options.size: expected a whole number, got 'many'"),
    ({"options": {"size": 2600}}, "more than 2500 people needs large_room"),
    ({"options": {"max_duration_seconds": 119}}, "greater than or equal to 120"),
    ({"options": {"region": "mars"}}, "options.region: should be 'eu', 'in', 'us' or 'auto', got 'mars'"),
    ({"options": {"recording_info": {"upload_info": {"type": "s3"}}}}, "upload_info.location: Field required"),
    ({"options": {"large_room": "maybe"}}, "options.large_room: expected true, false, 1 or 0, got 'maybe'"),
    ({"options": {"hundredms": 5}}, "options.hundredms: expected a dict"),
    ({"options": {"extra_body": {"name": "x"}}}, "options.extra_body.name: the room name cannot be set"),
    ({"max_participants": 5, "options": {"size": 6}}, "options.size is 6, but the parameters already set it to 5"),
    ({"max_participants": 0}, "0 is out of range; 100ms accepts 1 to 20000"),
    ({"max_duration": 60}, "60 seconds is out of range; 100ms accepts 120 to 43200 seconds"),
    ({"region": "mars"}, "region: should be 'eu', 'in', 'us' or 'auto', got 'mars'. [100ms]"),
    ({"webhook": {**WEBHOOK, "events": "POST"}}, "webhook.events: 100ms always reports every event"),
    ({"webhook": {**WEBHOOK, "headers": {"X": "y"}}}, "webhook_headers in the connection"),
    ({"webhook": {**WEBHOOK, "event": ["a"]}}, "Did you mean 'events'?"),
]

#: Options that are a URL.
URLS = [lambda url: {"webhook": {"url": url}}]

#: What it cannot express, and words about the way out.
UNSUPPORTED: list[tuple[dict[str, Any], str]] = [
    ({"record": True}, "StartRecordingOperator"),
    ({"transcribe": True}, "template"),
    ({"webhook": {**WEBHOOK, "events": ["session-started"]}}, "reports every event"),
    ({"webhook": {**WEBHOOK, "method": "GET"}}, "by POST"),
]

#: What is legal, and a word of the warning.
SURPRISING: list[tuple[dict[str, Any], str]] = [
    ({"webhook": WEBHOOK}, "not called"),
    ({"options": {"recording_info": {"enabled": True}}}, "no longer apply"),
]
