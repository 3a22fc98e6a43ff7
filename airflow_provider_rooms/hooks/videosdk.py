"""The hook of VideoSDK."""

from __future__ import annotations

from airflow_provider_rooms.hooks.base import RoomsHook


class VideoSDKHook(RoomsHook, conn_type="videosdk"):
    """VideoSDK rooms; see docs/vendors/videosdk.md."""
