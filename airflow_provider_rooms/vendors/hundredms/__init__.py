"""100ms, put together from its parts."""

from __future__ import annotations

from airflow_provider_rooms.vendors.hundredms.rooms import HundredMsRooms


class HundredMs(HundredMsRooms):
    """100ms's API."""
