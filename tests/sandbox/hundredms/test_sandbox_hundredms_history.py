"""The 100ms side of the sandbox against what its page says: the history of webhooks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hundredms_help import refused

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

HISTORY = "/v2/analytics/webhooks"


def test_what_was_reported_is_in_the_history_whether_it_was_delivered_or_not(
    rooms_sandbox: RoomsSandbox, hundredms: httpx.Client
) -> None:
    hundredms.post("/v2/rooms", json={"name": "silent"})
    body = {"name": "talking", "webhook": {"url": "http://127.0.0.1:9/hooks"}}
    room = hundredms.post("/v2/rooms", json=body).json()
    for name in ("silent", "talking"):
        rooms_sandbox.start_session("hundredms", name, ["Ada", "Bob"])
    body = hundredms.get(HISTORY).json()
    assert set(body) == {"events", "pagination", "summary"}
    words = [event["payload"]["original_event_name"] for event in body["events"]]
    assert words == ["peer.join.success", "peer.join.success", "session.open.success"]
    assert {event["room_id"] for event in body["events"]} == {room["id"]}
    joined = {"event_names": ["peer.join.success", "peer.leave.success"], "limit": "1", "status": "failed"}
    page = hundredms.get(HISTORY, params=joined).json()
    assert [event["payload"]["event_data"]["user_name"] for event in page["events"]] == ["Bob"]
    assert page["pagination"]["has_next"] is True
    last = hundredms.get(HISTORY, params={**joined, "page": "2"}).json()
    assert [event["payload"]["event_data"]["user_name"] for event in last["events"]] == ["Ada"]
    assert last["pagination"] == {
        "current_page": 2, "page_size": 1, "total_pages": 2, "total_items": 2, "has_next": False, "has_prev": True,
    }  # fmt: skip
    assert hundredms.get(HISTORY, params={"status": "success"}).json()["events"] == []
    assert hundredms.get(HISTORY, params={"room_id": "another"}).json()["events"] == []


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"days": 31}, "start_time must be within the last 30 days"),
        ({"days": 20}, "end_time must be within 14 days after start_time"),
        ({"status": "lost"}, "status"),
        ({"limit": "101"}, "limit"),
        ({"page": "0"}, "limit"),
        ({"start_time": "yesterday"}, "start_time"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(hundredms: httpx.Client, asked: dict[str, Any], told: str) -> None:
    if days := asked.pop("days", None):
        asked = {"start_time": (dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert refused(hundredms.get(HISTORY, params=asked), 400, told)
