"""The hook of 100ms."""

from __future__ import annotations

from airflow_provider_rooms.hooks.base import RoomsHook


class HundredMsHook(RoomsHook, conn_type="hundredms"):
    """100ms rooms; see docs/vendors/hundredms.md."""
