"""VideoSDK, put together from its parts."""

from __future__ import annotations

from airflow_provider_rooms.vendors.videosdk.rooms import VideoSDKRooms


class VideoSDK(VideoSDKRooms):
    """VideoSDK's API."""
