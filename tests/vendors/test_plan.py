"""What is asked for, as each vendor takes it; and every way to ask wrongly, refused before any call."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms.errors import InvalidSpecError, UnsupportedError
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.vendors import VENDORS, vendor_class
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.options import differences, fill, leaves, value_at
from airflow_provider_rooms.vendors.plans import checked_plan, due_at
from airflow_provider_rooms.vendors.recordings import start_body

NINE = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def vendor(conn_type: str, **config: Any) -> Any:
    settings = {"conn_id": "c", "base_url": "https://api.example", "key": "key", "secret": "a-secret-of-some-length"}
    return vendor_class(conn_type)(Config(**{**settings, **config}))


def plan(conn_type: str, config: dict[str, Any] | None = None, **spec: Any) -> Any:
    return checked_plan(vendor(conn_type, **(config or {})), RoomSpec.read({"name": "algebra", **spec}), "fail", "fail")


# -- neutral parameters ---------------------------------------------------------------------------------------------------

LAYOUT = {"layout": {"type": "GRID", "priority": "SPEAKER", "gridSize": 4}}
WEBHOOK = {"url": "https://hooks.example/x"}

NEUTRAL = [
    ("videosdk", {"max_duration": 61}, {"autoCloseConfig": {"duration": 2}}),
    ("videosdk", {"record": True}, {"autoStartConfig": {"recording": {}}}),
    ("videosdk", {"record": False}, {}),
    (
        "videosdk",
        {"record": "true", "transcribe": "1"},
        {"autoStartConfig": {"recording": {"transcription": {"enabled": True}}}},
    ),
    (
        "videosdk",
        {"transcribe": True, "options": {"autoStartConfig": {"hls": {"config": LAYOUT}}}},
        {"autoStartConfig": {"hls": {"config": LAYOUT, "transcription": {"enabled": True}}}},
    ),
    ("videosdk", {"region": "in002"}, {"geoFence": "in002"}),
    ("videosdk", {"webhook": WEBHOOK}, {"webhook": {"endPoint": WEBHOOK["url"]}}),
    (
        "videosdk",
        {"webhook": {**WEBHOOK, "events": ["session-ended"], "method": "POST"}},
        {"webhook": {"endPoint": WEBHOOK["url"], "events": ["session-ended"]}},
    ),
    ("hundredms", {"description": "9 o'clock"}, {"description": "9 o'clock"}),
    ("hundredms", {"max_participants": "25"}, {"size": 25}),
    ("hundredms", {"max_participants": 2501}, {"size": 2501, "large_room": True}),
    ("hundredms", {"max_duration": dt.timedelta(hours=1)}, {"max_duration_seconds": 3600}),
    ("hundredms", {"region": "eu"}, {"region": "eu"}),
    ("hundredms", {"webhook": WEBHOOK}, {"webhook": WEBHOOK}),
    ("twilio_video", {"max_participants": 50}, {"MaxParticipants": 50}),
    ("twilio_video", {"max_duration": 600.2}, {"MaxParticipantDuration": 601}),
    ("twilio_video", {"record": False}, {"RecordParticipantsOnConnect": False}),
    ("twilio_video", {"transcribe": "True"}, {"TranscribeParticipantsOnConnect": True}),
    ("twilio_video", {"region": "ie1"}, {"MediaRegion": "ie1"}),
    (
        "twilio_video",
        {"webhook": {**WEBHOOK, "method": "GET"}},
        {"StatusCallback": WEBHOOK["url"], "StatusCallbackMethod": "GET"},
    ),
]


@pytest.mark.parametrize(("conn_type", "spec", "asked"), NEUTRAL)
def test_a_neutral_parameter_becomes_the_vendors_own_field(conn_type: str, spec: Any, asked: Any) -> None:
    assert plan(conn_type, **spec).asked == asked


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


def test_the_start_of_a_recording_is_filled_in_the_same_way() -> None:
    body = start_body(vendor("videosdk"), {"config": {"quality": "high"}})
    assert body == {"config": {"quality": "high", "layout": {"type": "GRID"}}}
    assert start_body(vendor("videosdk"), {}) == {}
    with pytest.raises(InvalidSpecError, match=r"options\.config\.layout: Field required"):
        start_body(vendor("videosdk"), {"config": {}})
    rules = [{"type": "include", "kind": "audio"}]
    assert start_body(vendor("twilio_video"), {"Rules": rules}) == {"Rules": rules}
    assert start_body(vendor("twilio_video"), {}) == {"Rules": [{"type": "include", "all": True}]}


#: What a room may have where nothing was asked for.
OTHERS = {
    "webhook": {"endPoint": "https://other.example", "events": ["hls-started"]},
    "autoCloseConfig": {"type": "session-end-and-deactivate", "duration": 9},
    "autoStartConfig": {
        kind: {"config": {"layout": {"type": "SPOTLIGHT", "priority": "PIN", "gridSize": 1}}}
        for kind in ("recording", "hls")
    },
}


@pytest.mark.parametrize("conn_type", VENDORS)
def test_nothing_asked_sends_the_name_and_what_we_know_better(conn_type: str) -> None:
    body = dict(plan(conn_type).body)
    assert body.pop(vendor_class(conn_type).key_field) == "algebra"
    assert body == ({"UnusedRoomTimeout": 60, "EmptyRoomTimeout": 60} if conn_type == "twilio_video" else {})


def test_videosdk_counts_auto_close_as_the_connection_says() -> None:
    seconds = plan("videosdk", {"settings": {"auto_close_unit": "seconds"}}, max_duration=90)
    assert seconds.asked["autoCloseConfig"]["duration"] == 90


def test_twilio_lets_people_stay_an_hour_after_a_class_that_its_default_would_cut_short() -> None:
    times = {"starts_at": NINE, "ends_at": NINE + dt.timedelta(hours=4)}
    assert plan("twilio_video", **times).body["MaxParticipantDuration"] == 5 * 3600
    assert (
        "MaxParticipantDuration" not in plan("twilio_video", starts_at=NINE, ends_at=NINE + dt.timedelta(hours=3)).body
    )
    given = plan("twilio_video", **times, max_duration=900)
    assert given.body["MaxParticipantDuration"] == 900


def test_the_connections_template_is_used_unless_options_name_one() -> None:
    config = {"settings": {"template_id": "t1"}}
    assert plan("hundredms", config).body["template_id"] == "t1"
    assert plan("hundredms", config, options={"template_id": "t2"}).body["template_id"] == "t2"


def test_options_may_be_keyed_by_connection_type() -> None:
    options = {"videosdk": {"geoFence": "us001"}, "twilio_video": {"AudioOnly": True}}
    assert plan("videosdk", options=options).asked == {"geoFence": "us001"}
    assert plan("twilio_video", options=options).asked == {"AudioOnly": True}
    assert plan("hundredms", options=options).asked == {}


def test_options_come_out_of_templates_as_text_and_go_out_typed() -> None:
    options = '{"size": "40", "large_room": "false", "polls": ["p1"], "template_id": "None"}'
    assert plan("hundredms", options=options).asked == {"size": 40, "large_room": False, "polls": ["p1"]}


def test_fields_newer_than_this_package_go_through_extra_body() -> None:
    asked = plan("hundredms", options={"size": 10, "extra_body": {"shiny": {"new": 1}}}).asked
    assert asked == {"size": 10, "shiny": {"new": 1}}


def test_secrets_of_the_connection_are_added_when_the_request_is_sent_not_before() -> None:
    config = {"webhook_headers": {"X-Key": "canary-1"}, "storage_credentials": {"key": "k", "secret": "canary-2"}}
    options = {"recording_info": {"enabled": True, "upload_info": {"type": "s3", "location": "bucket"}}}
    of = vendor("hundredms", **config)
    made = checked_plan(of, RoomSpec.read({"name": "a", "webhook": WEBHOOK, "options": options}), "fail", "fail")
    assert "canary" not in str(dict(made.body))
    sent = of.with_secrets(made.body)
    assert sent["webhook"]["headers"] == {"X-Key": "canary-1"}
    assert sent["recording_info"]["upload_info"]["credentials"] == {"key": "k", "secret": "canary-2"}


def test_what_is_legal_but_surprising_is_said() -> None:
    assert "not called" in plan("hundredms", webhook=WEBHOOK).warnings[0]
    assert "no longer apply" in plan("hundredms", options={"recording_info": {"enabled": True}}).warnings[0]
    assert "moon-landed" in plan("videosdk", webhook={**WEBHOOK, "events": ["moon-landed", "session-*"]}).warnings[0]
    assert (
        "gridSize"
        in plan(
            "videosdk", options={"autoStartConfig": {"hls": {"config": {"layout": {"type": "GRID", "gridSize": 9}}}}}
        ).warnings[0]
    )
    assert "mars1" in plan("twilio_video", region="mars1").warnings[0]
    assert "EnableTurn" in plan("twilio_video", options={"EnableTurn": True}).warnings[0]
    known = ["session-started", "transcription-started", "transcription-failed", "resource-acquired"]
    assert plan("videosdk", webhook={**WEBHOOK, "events": known}).warnings == ()


# -- every field of the vendors' create pages -----------------------------------------------------------------------------

EVERY_FIELD = {
    "videosdk": {
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
    },
    "hundredms": {
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
    },
    "twilio_video": {
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
    },
}


@pytest.mark.parametrize("conn_type", VENDORS)
def test_every_field_of_the_create_page_can_be_given(conn_type: str) -> None:
    assert plan(conn_type, options=EVERY_FIELD[conn_type]).asked == EVERY_FIELD[conn_type]


@pytest.mark.parametrize("conn_type", VENDORS)
def test_the_table_above_names_every_field_of_the_model(conn_type: str) -> None:
    refused = {"region"} if conn_type == "videosdk" else set()
    assert set(EVERY_FIELD[conn_type]) == set(vendor_class(conn_type).options.model_fields) - refused


# -- bad input ------------------------------------------------------------------------------------------------------------

LONG = "https://hooks.example/" + "x" * 500
AUTO = {"autoStartConfig": {"recording": {"config": {"layout": {"type": "GRID"}}}}}

BAD: list[tuple[str, dict[str, Any], str]] = [
    # unknown, misspelt, wrong type, out of range, nested
    ("videosdk", {"options": {"geofence": "us001"}}, "unknown option 'geofence'. Did you mean 'geoFence'?"),
    ("hundredms", {"options": {"max_duration_second": 300}}, "Did you mean 'max_duration_seconds'?"),
    ("twilio_video", {"options": {"max_participants": 5}}, "Did you mean 'MaxParticipants'?"),
    (
        "videosdk",
        {"options": {"autoStartConfig": {"recording": {"config": {"layout": {"type": "GRID", "gridsize": 2}}}}}},
        "options.autoStartConfig.recording.config.layout: unknown option 'gridsize'. Did you mean 'gridSize'?",
    ),
    ("hundredms", {"options": {"size": 20001}}, "options.size: should be less than or equal to 20000, got 20001"),
    ("hundredms", {"options": {"size": "many"}}, "options.size: expected a whole number, got 'many'"),
    ("hundredms", {"options": {"size": 2600}}, "more than 2500 people needs large_room"),
    ("hundredms", {"options": {"max_duration_seconds": 119}}, "greater than or equal to 120"),
    ("hundredms", {"options": {"region": "mars"}}, "options.region: should be 'eu', 'in', 'us' or 'auto', got 'mars'"),
    (
        "hundredms",
        {"options": {"recording_info": {"upload_info": {"type": "s3"}}}},
        "upload_info.location: Field required",
    ),
    (
        "hundredms",
        {"options": {"large_room": "maybe"}},
        "options.large_room: expected true, false, 1 or 0, got 'maybe'",
    ),
    ("twilio_video", {"options": {"EmptyRoomTimeout": 61}}, "less than or equal to 60"),
    (
        "twilio_video",
        {"options": {"VideoCodecs": ["VP9"]}},
        "options.VideoCodecs.0: should be 'VP8' or 'H264', got 'VP9'",
    ),
    ("twilio_video", {"options": {"RecordingRules": []}}, "RecordingRules"),
    (
        "twilio_video",
        {"options": {"RecordingRules": [{"type": "include", "all": True, "kind": "audio"}]}},
        "either all",
    ),
    ("videosdk", {"options": {"autoCloseConfig": {"type": "session-ended"}}}, "'session-ends'"),
    ("videosdk", {"options": {"region": "sg001"}}, "discontinued"),
    ("videosdk", {"options": "{not json"}, "options: '{not json' is not JSON"),
    ("videosdk", {"options": ["a"]}, "options: expected a dict"),
    ("videosdk", {"options": {"extra_body": 5}}, "options.extra_body: expected a dict"),
    ("hundredms", {"options": {"hundredms": 5}}, "options.hundredms: expected a dict"),
    # the key field, and contradictions
    ("videosdk", {"options": {"customRoomId": "x"}}, "options.customRoomId: the room name cannot be set in options"),
    ("hundredms", {"options": {"extra_body": {"name": "x"}}}, "options.extra_body.name: the room name cannot be set"),
    ("twilio_video", {"options": {"UniqueName": "x"}}, "options.UniqueName: the room name cannot be set in options"),
    (
        "hundredms",
        {"max_participants": 5, "options": {"size": 6}},
        "options.size is 6, but the parameters already set it to 5",
    ),
    (
        "videosdk",
        {"max_duration": 60, "options": {"autoCloseConfig": {"type": "session-ends", "duration": 9}}},
        "already set it to 1",
    ),
    # neutral parameters
    ("hundredms", {"max_participants": 0}, "0 is out of range; 100ms accepts 1 to 20000"),
    ("hundredms", {"max_duration": 60}, "60 seconds is out of range; 100ms accepts 120 to 43200 seconds"),
    ("twilio_video", {"max_participants": 51}, "51 is out of range; Twilio Video accepts 1 to 50"),
    ("twilio_video", {"max_duration": dt.timedelta(minutes=5)}, "300 seconds is out of range"),
    ("hundredms", {"region": "mars"}, "region: should be 'eu', 'in', 'us' or 'auto', got 'mars'. [100ms]"),
    ("twilio_video", {"record": "maybe"}, "record: expected true, false, 1 or 0, got 'maybe'"),
    ("twilio_video", {"record": "yes"}, "record: expected true, false, 1 or 0, got 'yes'"),
    ("twilio_video", {"max_participants": 2.5}, "max_participants: expected a whole number"),
    ("twilio_video", {"max_duration": -1}, "not a usable length of time"),
    ("twilio_video", {"max_duration": "soon"}, "a timedelta or a number of seconds"),
    # URLs and what belongs to them, alike as a parameter and as an option
    *[
        (conn_type, {"webhook": {"url": url}}, "webhook.url: expected an absolute URL")
        for conn_type in VENDORS
        for url in ("hooks.example", "https://", "https:///x", "ftp://h.example", "https://h.example/a b", None, 5)
    ],
    *[
        (conn_type, {"options": options}, "expected an absolute URL")
        for url in ("hooks.example", "https://", "https://h.example:port", "https://h.example/\n")
        for conn_type, options in (
            ("videosdk", {"webhook": {"endPoint": url}}),
            ("videosdk", {"autoStartConfig": {"recording": {"templateUrl": url}}}),
            ("videosdk", {"autoStartConfig": {"recording": {"webhookUrl": url}}}),
            ("hundredms", {"webhook": {"url": url}}),
            ("twilio_video", {"StatusCallback": url}),
        )
    ],
    ("videosdk", {"webhook": {"url": LONG}}, "webhook (sent as webhook.endPoint): should have at most 512"),
    (
        "videosdk",
        {"options": {"webhook": {"endPoint": LONG}}},
        "options.webhook.endPoint: should have at most 512",
    ),
    (
        "twilio_video",
        {"webhook": {"url": LONG * 2}},
        "webhook (sent as StatusCallback): should have at most 1023",
    ),
    (
        "twilio_video",
        {"webhook": {**WEBHOOK, "method": "PUT"}},
        "sent as StatusCallbackMethod): should be 'POST' or 'GET'",
    ),
    ("twilio_video", {"webhook": {**WEBHOOK, "method": 5}}, "sent as StatusCallbackMethod): should be 'POST' or 'GET'"),
    (
        "videosdk",
        {"webhook": {**WEBHOOK, "events": "session-ended"}},
        "(sent as webhook.events): should be a valid list",
    ),
    ("videosdk", {"webhook": {**WEBHOOK, "events": [5, {}]}}, "(sent as webhook.events.1): expected text"),
    ("hundredms", {"webhook": {**WEBHOOK, "events": "POST"}}, "webhook.events: 100ms always reports every event"),
    (
        "videosdk",
        {"options": {"allowedParticipantIds": ["a b"]}},
        "options.allowedParticipantIds.0: String should match",
    ),
    ("hundredms", {"webhook": {**WEBHOOK, "headers": {"X": "y"}}}, "webhook_headers in the connection"),
    ("hundredms", {"webhook": {**WEBHOOK, "event": ["a"]}}, "Did you mean 'events'?"),
    # time
    ("videosdk", {"starts_at": dt.datetime(2026, 11, 20, 9)}, "has no time zone"),  # noqa: DTZ001 - the point
    ("videosdk", {"starts_at": "2026-11-20T09:00:00"}, "has no time zone"),
    ("videosdk", {"starts_at": "tomorrow"}, "starts_at: expected a datetime or ISO 8601 text"),
    ("videosdk", {"starts_at": "2026-11-20"}, "starts_at: expected a datetime or ISO 8601 text"),
    ("videosdk", {"starts_at": NINE, "ends_at": NINE}, "is not after starts_at"),
    ("videosdk", {"starts_at": NINE, "ends_at": "2026-11-20T02:59:00-06:00"}, "is not after starts_at"),
    # names
    ("videosdk", {"name": ""}, "is empty"),
    ("videosdk", {"name": "None"}, "is empty"),
    ("videosdk", {"name": None}, "name is required"),
    ("videosdk", {"name": "a b"}, "' '"),
    ("videosdk", {"name": "a/b"}, "'/'"),
    ("videosdk", {"name": "a" * 65}, "65 characters"),
    ("twilio_video", {"name": "RM" + "0" * 32}, "room SID"),
    ("videosdk", {"name": []}, "at least one part"),
    ("videosdk", {"name": ["algebra", ""]}, "is empty"),
    ("videosdk", {"name": ["algebra", None]}, "a template or a mapped value was probably missing"),
    ("videosdk", {"name": {"a": 1}}, "name: expected text or a list of parts"),
    # Airflow would refuse to store these, and only when the room is there
    ("videosdk", {"ref": {"course": object()}}, "ref: expected anything that is JSON"),
    ("videosdk", {"ref": NINE}, "ref: expected anything that is JSON"),
    ("videosdk", {"ref": float("nan")}, "ref: expected anything that is JSON"),
    # the spec itself
    ("videosdk", {"start_at": NINE}, "unknown key 'start_at'. Did you mean 'starts_at'?"),
]


@pytest.mark.parametrize(("conn_type", "spec", "text"), BAD)
def test_bad_input_is_refused_before_any_call(conn_type: str, spec: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        plan(conn_type, **spec)
    assert text in str(caught.value)


UNSUPPORTED: list[tuple[str, dict[str, Any], str]] = [
    ("videosdk", {"description": "x"}, "VideoSDK has no such setting"),
    ("videosdk", {"max_participants": 5}, "allowedParticipantIds"),
    ("videosdk", {"transcribe": True}, "Set record=True as well"),
    ("videosdk", {"webhook": {**WEBHOOK, "method": "GET"}}, "always sends POST"),
    ("hundredms", {"record": True}, "StartRecordingOperator"),
    ("hundredms", {"transcribe": True}, "template"),
    ("hundredms", {"webhook": {**WEBHOOK, "events": ["session-started"]}}, "reports every event"),
    ("hundredms", {"webhook": {**WEBHOOK, "method": "GET"}}, "by POST"),
    ("twilio_video", {"description": "x"}, "Twilio Video has no such setting"),
    ("twilio_video", {"webhook": {**WEBHOOK, "events": ["room-ended"]}}, "reports every event"),
    ("twilio_video", {"options": {"EnableTurn": False}}, "options.EnableTurn: Twilio no longer lets you disable it"),
]


@pytest.mark.parametrize(("conn_type", "spec", "text"), UNSUPPORTED)
def test_what_a_vendor_cannot_express_raises_and_names_the_way_out(conn_type: str, spec: Any, text: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        plan(conn_type, **spec)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "given", [{"record": "maybe"}, {"max_participants": "many"}, {"region": []}, {"ends_at": "soon"}]
)
def test_a_spec_written_in_python_is_read_as_strictly_as_a_template(given: Any) -> None:
    with pytest.raises(InvalidSpecError, match=f"{next(iter(given))}: expected"):
        RoomSpec(**given)
    assert RoomSpec(record="False", max_duration=dt.timedelta(minutes=1)).record is False  # type: ignore[arg-type]


def test_what_a_template_leaves_empty_within_a_webhook_is_not_given() -> None:
    given = {**WEBHOOK, "method": "None", "events": ""}
    assert plan("twilio_video", webhook=given).asked == {"StatusCallback": WEBHOOK["url"]}


def test_policies_that_do_not_exist_are_refused() -> None:
    spec = RoomSpec(name="a")
    with pytest.raises(InvalidSpecError, match="on_drift: 'merge' is not one of fail, ignore, update"):
        checked_plan(vendor("hundredms"), spec, "merge", "fail")
    with pytest.raises(InvalidSpecError, match="on_closed: 'open' is not one of fail, reopen"):
        checked_plan(vendor("hundredms"), spec, "fail", "open")
    with pytest.raises(UnsupportedError, match="VideoSDK cannot change the settings"):
        checked_plan(vendor("videosdk"), spec, "update", "fail")


@pytest.mark.parametrize("conn_type", sorted(VENDORS))
def test_unknown_options_are_all_named_and_what_stands_under_them_is_not_shown(conn_type: str) -> None:
    with pytest.raises(InvalidSpecError) as refused:
        plan(conn_type, options={"zzz": "canary-1", "qqq": {"deep": "canary-2"}})
    assert "options: unknown option 'zzz'; unknown option 'qqq'. [" in str(refused.value)
    assert "canary" not in str(refused.value)


def test_secret_options_are_not_shown_by_an_error() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        plan("hundredms", options={"webhook": {"url": "https://h.example", "headers": ["canary-3"]}})
    assert "canary-3" not in str(caught.value)
    upload = {"type": "s3", "location": "b", "credentials": {"key": "canary-4", "secret": {"a": "canary-5"}}}
    with pytest.raises(InvalidSpecError) as caught:
        plan("hundredms", options={"recording_info": {"upload_info": upload}})
    assert "canary" not in str(caught.value)


def test_the_prefix_of_the_connection_counts() -> None:
    assert plan("videosdk", {"name_prefix": "staging-"}).name == "staging-algebra"
    listed = plan("videosdk", {"name_prefix": "staging-"}, name=["x" * 80, "2026-11-20"]).name
    assert listed.startswith("staging-x")
    assert len(listed) == 64
    with pytest.raises(InvalidSpecError, match="68 characters"):
        plan("videosdk", {"name_prefix": "staging-"}, name="a" * 60)


# -- when a room may be made ------------------------------------------------------------------------------------------------


def test_twilio_waits_until_half_an_hour_before_the_class_and_the_others_only_when_told() -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)
    spec = RoomSpec(name="a", starts_at=soon)
    assert due_at(vendor("twilio_video"), spec, None) == soon - dt.timedelta(minutes=30)
    assert due_at(vendor("twilio_video"), spec, 55 * 60) == soon - dt.timedelta(minutes=55)
    assert due_at(vendor("videosdk"), spec, None) is None
    assert due_at(vendor("videosdk"), spec, 600) == soon - dt.timedelta(minutes=10)
    assert due_at(vendor("twilio_video"), RoomSpec(name="a"), None) is None
    with pytest.raises(InvalidSpecError, match="the maximum is 3300 seconds"):
        due_at(vendor("twilio_video"), spec, 56 * 60)


@pytest.mark.parametrize("conn_type", ["videosdk", "twilio_video"])
def test_a_vendor_that_cannot_change_a_room_says_so(conn_type: str) -> None:
    with pytest.raises(UnsupportedError, match="cannot change the settings of a room"):
        vendor(conn_type).update({}, plan(conn_type))


def test_codecs_are_the_same_in_any_case_and_what_is_no_list_stays_as_it_is() -> None:
    assert vendor("twilio_video").shown({"video_codecs": ["vp8"]}) == {"VideoCodecs": ["VP8"]}
    assert vendor("twilio_video").shown({"video_codecs": "vp8"}) == {"VideoCodecs": "vp8"}


# -- whatever is given is sent ----------------------------------------------------------------------------------------------


def some_of(data: st.DataObject, tree: Any) -> Any:
    """A part of nested dicts, from nothing to all of it."""
    if not isinstance(tree, dict):
        return tree
    keys = data.draw(st.sets(st.sampled_from(sorted(tree)))) if tree else set()
    return {key: some_of(data, tree[key]) for key in keys}


PARAMETERS = {
    "videosdk": {"max_duration": 3600, "record": True, "transcribe": True, "region": "eu001", "webhook": WEBHOOK},
    "hundredms": {
        "description": "A",
        "max_participants": 3000,
        "max_duration": 600,
        "region": "in",
        "webhook": WEBHOOK,
    },
    "twilio_video": {"max_participants": 9, "max_duration": 900, "record": True, "region": "gll", "webhook": WEBHOOK},
}


@pytest.mark.parametrize("conn_type", VENDORS)
@given(data=st.data())
def test_every_leaf_that_was_given_is_sent_and_nothing_else_but_defaults(conn_type: str, data: st.DataObject) -> None:
    options = some_of(data, EVERY_FIELD[conn_type])
    extra = some_of(data, {"shiny": {"new": 1}})
    parameters = {
        key: PARAMETERS[conn_type][key] for key in data.draw(st.sets(st.sampled_from([*PARAMETERS[conn_type]])))
    }
    try:
        made = plan(conn_type, **parameters, options={**options, "extra_body": extra})
    except InvalidSpecError as error:
        refusals = (
            "Field required",
            "parameters already set it to",
            "Set record=True",
            "needs large_room",
            "either all, or",
        )
        assert any(text in str(error) for text in refusals)  # noqa: PT017
        return
    sent, of = made.body, vendor(conn_type)
    for path, value in leaves({**options, **extra}):
        assert value_at(path, sent) == value or value == {}
    spec = RoomSpec.read({"name": "algebra", **parameters, "options": options})
    asked = {path for path, _ in leaves(made.asked)} | {of.key_field}
    assert {path for path, _ in leaves(sent)} <= asked | {path for path, _ in leaves(of.defaults(spec, made.asked))}
    assert differences(made.asked, sent) == ([], [])
