"""`/control` over VideoSDK in the sandbox: faults by method and path."""

from __future__ import annotations

import httpx

from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_faults_pick_by_method_and_path(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> None:
    rooms_sandbox.fault("videosdk", "status", status=500, method="post", path="/v2/rooms*", times=-1)
    assert videosdk.get("/v2/rooms").status_code == 200
    assert videosdk.get("/v2/sessions").status_code == 200
    for _ in range(5):
        assert videosdk.post("/v2/rooms").status_code == 500
        assert videosdk.post("/v2/rooms/deactivate", json={"roomId": "x"}).status_code == 500
    rooms_sandbox.clear_faults()
    assert videosdk.post("/v2/rooms").status_code == 200


def test_a_path_without_a_glob_is_that_path_alone(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> None:
    rooms_sandbox.fault("videosdk", "status", status=500, path="/v2/rooms", times=-1)
    assert videosdk.get("/v2/rooms/x").status_code == 402
    assert videosdk.get("/v2/rooms").status_code == 500
    assert videosdk.get("/v2/rooms/?page=1").status_code == 500
