"""Rooms made without our client, at any vendor."""

from __future__ import annotations

import httpx

VENDORS = ("videosdk", "hundredms", "twilio")
CREATE = {
    "videosdk": ("/v2/rooms", {"json": {"customRoomId": "algebra"}}),
    "hundredms": ("/v2/rooms", {"json": {"name": "algebra"}}),
    "twilio": ("/v1/Rooms", {"data": {"UniqueName": "algebra"}}),
}


def create(client: httpx.Client, vendor: str) -> httpx.Response:
    path, body = CREATE[vendor]
    return client.post(path, **body)  # type: ignore[arg-type]
