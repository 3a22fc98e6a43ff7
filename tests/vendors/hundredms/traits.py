"""100ms for the contract tests."""

from __future__ import annotations

from airflow_provider_rooms.testing import Call, Cost, Traits

TRAITS = Traits(
    conn_type="hundredms",
    closing="in_place",
    updates=True,
    sample={"region": "eu", "max_duration": 3600, "description": "Algebra"},
    other={"region": "us", "max_duration": 3600, "description": "Algebra"},
    drifts="region",
    misspelt={"options": {"template": "x"}},
    out_of_range={"max_participants": 20001},
    contradiction={"region": "eu", "options": {"region": "us"}},
    cannot={"record": True},
    secret={"options": {"webhook": {"url": "https://hooks.example/x", "headers": {"X-Secret": "{canary}"}}}},
    options={
        "description": "Algebra",
        "template_id": "",
        "region": "in",
        "large_room": False,
        "size": 0,
        "max_duration_seconds": 120,
        "recording_info": {"enabled": False},
        "webhook": {"url": "https://hooks.example/x", "headers": {"X-Key": "v"}},
        "polls": ["p1"],
    },
    # asked for as "whatever the account's default is"
    kept=frozenset({"template_id"}),
    id_key="id",
    name_key="name",
    usable=lambda room: room["enabled"],
    create=Call(method="POST", path="/v2/rooms"),
    # open rooms and disabled ones are listed apart
    cost=Cost(absent=2, present=2),
    renews_token=True,
    recorded=[("recording", True)],
    settings={"subdomain": "school"},
    endless=lambda number, url: {"data": [{"id": "a"}], "limit": 1, "last": f"cursor-{number}"},
)
