"""The contract of a vendor: everything that can go wrong on the way to it."""

from __future__ import annotations

from vendor_traits import TRAITS

from airflow_provider_rooms.testing.faults import *

__all__ = ["TRAITS"]
