"""Twilio Video for the contract tests."""

from __future__ import annotations

from airflow_provider_rooms.testing import Call, Cost, Traits

#: Twilio closes a room that nobody uses; that is nobody's decision.
_EXPIRED = {"ends": "reopened", "same": False, "rooms": 2}

TRAITS = Traits(
    conn_type="twilio_video",
    closing="final",
    updates=False,
    sample={"region": "ie1", "max_participants": 10},
    other={"region": "us1", "max_participants": 10},
    drifts="MediaRegion",
    misspelt={"options": {"MaxParticipant": 5}},
    out_of_range={"max_participants": 51},
    contradiction={"region": "ie1", "options": {"MediaRegion": "us1"}},
    cannot={"description": "x"},
    unshown=(
        {"options": {"TranscriptionsConfiguration": {"languageCode": "en-US"}}},
        ["TranscriptionsConfiguration.languageCode"],
    ),
    options={
        "Type": "group",
        "StatusCallback": "https://hooks.example/x",
        "StatusCallbackMethod": "GET",
        "MaxParticipants": 1,
        "RecordParticipantsOnConnect": False,
        "RecordingRules": [{"type": "include", "kind": "audio"}],
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
    # null means that there is none
    kept=frozenset({"StatusCallback"}),
    id_key="sid",
    name_key="unique_name",
    usable=lambda room: room["status"] == "in-progress",
    create=Call(method="POST", path="/v1/Rooms"),
    # by name, which finds rooms in progress, and in the list of completed ones; the create's answer is the whole room
    cost=Cost(absent=2, present=1, read_back=0, taken=1),
    # an API key signs in by itself
    renews_token=False,
    # the camera and the microphone of two people
    recorded=[("track", False)] * 4,
    endless=lambda number, url: {
        "rooms": [{"sid": "a"}],
        "meta": {"next_page_url": f"{url}/v1/Rooms?Page={number}"},
    },
    differs={
        "unused for an hour": _EXPIRED,
        "used, then empty for an hour": _EXPIRED,
        # completed rooms are looked for within the time of the class
        "the class is over, its room closed": {"ends": "skip", "same": None},
    },
)
