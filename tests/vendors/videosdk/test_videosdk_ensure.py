"""Making sure of a room of VideoSDK, whose closed rooms keep their names."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.rooms import close


def test_settings_that_videosdk_does_not_show_are_unverified(hand: Any) -> None:
    worker = hand("videosdk")
    worker.box.behave("videosdk", echo_config=False)
    assert worker.ensure(region="in002").unverified == ["geoFence"]
    found = worker.ensure(region="us001")
    assert (found.outcome, found.drift, found.unverified) == ("found", [], ["geoFence"])


def test_a_conflict_at_videosdk_is_looked_into(hand: Any) -> None:
    worker = hand("videosdk")
    worker.box.fault("videosdk", status=409, method="POST")
    assert worker.ensure().outcome == "created"
    assert (worker.sent.count("POST"), len(worker.rooms())) == (2, 1)
    worker.box.fault("videosdk", status=409, method="POST", times=-1)
    with pytest.raises(errors.NotVisibleYetError):
        worker.ensure(name="botany")


def test_videosdk_is_reopened_a_bounded_number_of_times(hand: Any) -> None:
    worker = hand("videosdk")
    ids = set()
    for _ in range(20):
        ids.add(worker.ensure(on_closed="reopen").id)
        worker.run(close(worker.vendor, next(room["roomId"] for room in worker.rooms() if not room["disabled"])))
    assert len(ids) == 20
    with pytest.raises(errors.RoomClosedError, match="closed and reopened 19 times"):
        worker.ensure(on_closed="reopen")


def test_a_class_that_people_call_r2_is_no_successor(hand: Any) -> None:
    worker = hand("videosdk")
    names = [worker.ensure(name=name).name for name in ("seminar", "seminar-r2", "lab-r3")]
    assert [worker.run(worker.vendor.first_name(name)) for name in names] == ["seminar", "seminar-r2", "lab-r3"]
