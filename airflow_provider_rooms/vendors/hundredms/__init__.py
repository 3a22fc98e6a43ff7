"""100ms, put together from its parts."""

from __future__ import annotations

from airflow_provider_rooms.vendors.base import Vendor
from airflow_provider_rooms.vendors.hundredms.join import HundredMsJoin
from airflow_provider_rooms.vendors.hundredms.recordings import HundredMsRecordings
from airflow_provider_rooms.vendors.hundredms.rooms import HundredMsRooms
from airflow_provider_rooms.vendors.hundredms.sessions import HundredMsSessions
from airflow_provider_rooms.vendors.hundredms.watching import HundredMsWatching


class HundredMs(HundredMsRooms, HundredMsSessions, HundredMsRecordings, HundredMsJoin, HundredMsWatching, Vendor):
    """100ms's API."""
