"""The contract of a vendor: waiting for sessions and recordings."""

from __future__ import annotations

from vendor_traits import TRAITS

from airflow_provider_rooms.testing.waiting import *

__all__ = ["TRAITS"]
