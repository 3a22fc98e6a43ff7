"""VideoSDK, put together from its parts."""

from __future__ import annotations

from airflow_provider_rooms.vendors.base import Vendor
from airflow_provider_rooms.vendors.videosdk.join import VideoSDKJoin
from airflow_provider_rooms.vendors.videosdk.recordings import VideoSDKRecordings
from airflow_provider_rooms.vendors.videosdk.rooms import VideoSDKRooms
from airflow_provider_rooms.vendors.videosdk.watching import VideoSDKWatching


class VideoSDK(VideoSDKRooms, VideoSDKRecordings, VideoSDKJoin, VideoSDKWatching, Vendor):
    """VideoSDK's API."""
