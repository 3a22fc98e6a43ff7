"""What vendors show of a room that was just made: as asked for, or nothing that could contradict it."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.testing import wire as w
from airflow_provider_rooms.testing.wire import Fault, Wire
from airflow_provider_rooms.vendors import vendor_class

URL = "https://hooks.example/x"
RULE = {"type": "include", "kind": "audio"}

#: A value for each field of the create pages, the one that is "off" where there is one.
OPTIONS: dict[str, dict[str, Any]] = {
    "videosdk": {
        "webhook": {"endPoint": URL, "events": ["recording-*"]},
        "autoCloseConfig": {"duration": 60},
        "autoStartConfig": {
            "recording": {"config": {"quality": "low"}},
            "hls": {"config": {"recording": {"enabled": False}}},
        },
        "geoFence": "eu001",
        "multiComposition": {"recording": False},
        "allowedParticipantIds": ["teacher"],
    },
    "hundredms": {
        "description": "Algebra",
        "template_id": "",
        "region": "in",
        "large_room": False,
        "size": 0,
        "max_duration_seconds": 120,
        "recording_info": {"enabled": False},
        "webhook": {"url": URL, "headers": {"X-Key": "v"}},
        "polls": ["p1"],
    },
    "twilio_video": {
        "Type": "group",
        "StatusCallback": URL,
        "StatusCallbackMethod": "GET",
        "MaxParticipants": 1,
        "RecordParticipantsOnConnect": False,
        "RecordingRules": [RULE],
        "TranscribeParticipantsOnConnect": False,
        "TranscriptionsConfiguration": {"languageCode": "en-US"},
        "VideoCodecs": ["VP8"],
        "MediaRegion": "gll",
        "AudioOnly": False,
        "MaxParticipantDuration": 600,
        "EmptyRoomTimeout": 1,
        "UnusedRoomTimeout": 1,
        "LargeRoom": True,
        "EnableTurn": True,
    },
}
ONE_BY_ONE = [(conn_type, {key: value}) for conn_type, options in OPTIONS.items() for key, value in options.items()]


def ensure(conn_type: str, **spec: Any) -> Any:
    return get_rooms_hook(f"{conn_type}_default").ensure_room({"name": "algebra", **spec})


@pytest.fixture
def sandbox(rooms_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    return rooms_sandbox


@pytest.mark.parametrize("conn_type", OPTIONS)
def test_the_table_names_every_field(conn_type: str) -> None:
    refused = {"region"} if conn_type == "videosdk" else set()
    assert set(OPTIONS[conn_type]) == set(vendor_class(conn_type).options.model_fields) - refused


@pytest.mark.parametrize(("conn_type", "options"), ONE_BY_ONE)
def test_a_room_just_made_never_differs_and_is_found_again(conn_type: str, options: Any, sandbox: Any) -> None:
    made = ensure(conn_type, options=options)
    assert (made.outcome, made.drift) == ("created", [])
    again = ensure(conn_type, options=options)
    assert (again.outcome, again.id, again.unverified) == ("found", made.id, made.unverified)


#: Fields of an answer that say which room it is; everything else may come as null.
IDENTITY = {
    *("id", "name", "enabled", "created_at", "updated_at", "roomId", "customRoomId", "disabled", "createdAt"),
    *("sid", "unique_name", "status", "date_created", "end_time", "data", "last", "limit", "rooms", "meta"),
}


def nulled(answer: Any) -> Any:
    """The answer with null for every setting."""
    return {key: value if key in IDENTITY else None for key, value in answer.items()}


@pytest.mark.parametrize("conn_type", OPTIONS)
def test_settings_that_come_back_as_null_are_unverified(
    conn_type: str, rooms_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {key: value for key, value in OPTIONS[conn_type].items() if key not in ("StatusCallback", "template_id")}
    with Wire(rooms_sandbox.url, [Fault("*", w.spoils(nulled), -1)]) as wire:
        for name, value in rooms_sandbox.env().items():
            monkeypatch.setenv(name, value.replace(rooms_sandbox.url, wire.url))
        for outcome in ("created", "found"):
            room = ensure(conn_type, options=options)
            assert (room.outcome, room.drift) == (outcome, [])
            assert {path.partition(".")[0] for path in room.unverified} == set(options)


# -- what each vendor says in its own way -----------------------------------------------------------------------------------


def shown(conn_type: str, **answer: Any) -> Any:
    return get_rooms_hook(f"{conn_type}_default").vendor.shown(answer)


def test_twilio_shows_no_codecs_of_an_audio_room_and_null_where_there_is_no_callback(sandbox: Any) -> None:
    assert shown("twilio_video", video_codecs=[], audio_only=True) == {"VideoCodecs": None, "AudioOnly": True}
    assert shown("twilio_video", large_room=False, enable_turn=True) == {}
    ensure("twilio_video")
    with pytest.raises(errors.DriftError, match=r"StatusCallback: asked 'https://hooks.example/x', is ''"):
        ensure("twilio_video", webhook={"url": URL})


def test_100ms_says_when_the_template_decides_about_recording(sandbox: Any) -> None:
    ensure("hundredms")
    with pytest.raises(errors.DriftError, match=r"recording_info.enabled: asked False, is 'as the template says'"):
        ensure("hundredms", options={"recording_info": {"enabled": False}})


def test_100ms_hides_names_and_descriptions_of_hipaa_workspaces_and_leaves_some_fields_empty(sandbox: Any) -> None:
    assert shown("hundredms", name="ab" * 32, description="") == {}
    assert shown("hundredms", name="algebra", description="") == {"description": ""}
    assert shown("hundredms", name="algebra", region="", template_id="") == {}


def test_what_videosdk_shows_when_creating_counts_though_reading_shows_null(
    rooms_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(rooms_sandbox.url, [Fault("GET", w.spoils(nulled), -1)]) as wire:
        for name, value in rooms_sandbox.env().items():
            monkeypatch.setenv(name, value.replace(rooms_sandbox.url, wire.url))
        assert ensure("videosdk", region="eu001").unverified == []
