"""Classes on the night of a clock change, their times given with a zone: an hour is an hour all the same."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from vendor_traits import CLOSES_UNUSED

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.values import read_time
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Runtime
from airflow_provider_rooms.vendors.plans import due_at
from airflow_provider_rooms.waiting.waits import Wait

BERLIN = ZoneInfo("Europe/Berlin")
#: 2 to 3 o'clock does not exist on the first of these nights, and happens twice on the second one.
SPRING, AUTUMN = dt.datetime(2027, 3, 28, tzinfo=BERLIN), dt.datetime(2026, 10, 25, tzinfo=BERLIN)
HALF_AN_HOUR = dt.timedelta(minutes=30)


@pytest.mark.parametrize(
    "given", [SPRING.replace(hour=3, minute=15), pendulum.datetime(2027, 3, 28, 3, 15, tz="Europe/Berlin")]
)
def test_a_room_is_made_before_its_class(given: Any) -> None:

    vendor = CLOSES_UNUSED.vendor(
        Config(conn_id="c", base_url="http://127.0.0.1", key="SK" + "0" * 32, secret="s"),
        runtime=Runtime(wall=lambda: 0.0),
    )
    due = due_at(vendor, RoomSpec(name="algebra", starts_at=given), None)
    assert due is not None
    assert given.astimezone(dt.UTC) - due == HALF_AN_HOUR


def test_a_wait_begins_an_hour_before_its_class() -> None:
    starts_at = read_time("starts_at", AUTUMN.replace(hour=3, minute=30))
    assert starts_at is not None
    begin = Wait(purpose="started", starts_at=starts_at, early=3600).begin
    assert begin == dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)


def test_a_class_through_the_hour_that_happens_twice_ends_after_it_starts() -> None:
    first, second = AUTUMN.replace(hour=2, minute=45), AUTUMN.replace(hour=2, minute=15, fold=1)
    spec = RoomSpec(name="algebra", starts_at=first, ends_at=second)
    assert (spec.starts_at and spec.starts_at.isoformat()) == "2026-10-25T02:45:00+02:00"
    assert (spec.ends_at and spec.ends_at.isoformat()) == "2026-10-25T02:15:00+01:00"
    with pytest.raises(InvalidSpecError, match="is not after"):
        RoomSpec(name="algebra", starts_at=second, ends_at=first)
