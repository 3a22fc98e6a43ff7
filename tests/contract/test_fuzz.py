"""The contract of a vendor: answers that it should not give. `make fuzz` takes ten thousand of them each."""

from __future__ import annotations

from vendor_traits import TRAITS

from airflow_provider_rooms.testing.fuzz import *

__all__ = ["TRAITS"]
