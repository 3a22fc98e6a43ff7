"""The contract of a vendor: no secret leaves."""

from __future__ import annotations

from vendor_traits import TRAITS

from airflow_provider_rooms.testing.secrets import *

__all__ = ["TRAITS"]
