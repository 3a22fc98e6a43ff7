"""The contract of a vendor: creating rooms."""

from __future__ import annotations

from vendor_traits import TRAITS

from airflow_provider_rooms.testing.creating import *

__all__ = ["TRAITS"]
