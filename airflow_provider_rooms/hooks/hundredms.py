"""The hook of 100ms."""

from __future__ import annotations

from typing import ClassVar

from airflow_provider_rooms.hooks.base import RoomsHook


class HundredMsHook(RoomsHook):
    """100ms rooms; see docs/vendors/hundredms.md."""

    conn_type: ClassVar[str] = "hundredms"
    hook_name: ClassVar[str] = "100ms"
    default_conn_name: ClassVar[str] = "hundredms_default"
