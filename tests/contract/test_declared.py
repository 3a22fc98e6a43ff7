"""The contract of a vendor: what it declares is true."""

from __future__ import annotations

from vendor_traits import TRAITS

from airflow_provider_rooms.testing.declared import *

__all__ = ["TRAITS"]
