"""The hook of VideoSDK."""

from __future__ import annotations

from typing import ClassVar

from airflow_provider_rooms.hooks.base import RoomsHook


class VideoSDKHook(RoomsHook):
    """VideoSDK rooms; see docs/vendors/videosdk.md."""

    conn_type: ClassVar[str] = "videosdk"
    hook_name: ClassVar[str] = "VideoSDK"
    default_conn_name: ClassVar[str] = "videosdk_default"
