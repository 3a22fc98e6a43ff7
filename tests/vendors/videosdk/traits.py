"""VideoSDK for the contract tests."""

from __future__ import annotations

from airflow_provider_rooms.testing import Call, Cost, Traits

TRAITS = Traits(
    conn_type="videosdk",
    closing="final",
    updates=False,
    sample={"region": "in002", "max_duration": 3600},
    other={"region": "us001", "max_duration": 3600},
    drifts="geoFence",
    misspelt={"options": {"geoFense": "x"}},
    out_of_range={"max_duration": 0},
    contradiction={"region": "in002", "options": {"geoFence": "us001"}},
    cannot={"max_participants": 5},
    options={
        "webhook": {"endPoint": "https://hooks.example/x", "events": ["recording-*"]},
        "autoCloseConfig": {"duration": 60},
        "autoStartConfig": {
            "recording": {"config": {"quality": "low"}},
            "hls": {"config": {"recording": {"enabled": False}}},
        },
        "geoFence": "eu001",
        "multiComposition": {"recording": False},
        "allowedParticipantIds": ["teacher"],
    },
    # what the create call takes as a hint only
    not_options=frozenset({"region"}),
    id_key="roomId",
    name_key="customRoomId",
    usable=lambda room: not room["disabled"],
    create=Call(method="POST", path="/v2/rooms"),
    cost=Cost(absent=1, present=1),
    renews_token=True,
    recorded=[("recording", True)],
    # it has no word for failure: a file never comes
    recording_failed="skip",
    endless=lambda number, url: {"data": [{"roomId": "a"}], "pageInfo": {"lastPage": 10**9}},
)
