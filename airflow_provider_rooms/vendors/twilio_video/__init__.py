"""Twilio Video, put together from its parts."""

from __future__ import annotations

from airflow_provider_rooms.vendors.base import Vendor
from airflow_provider_rooms.vendors.twilio_video.join import TwilioVideoJoin
from airflow_provider_rooms.vendors.twilio_video.recordings import TwilioVideoRecordings
from airflow_provider_rooms.vendors.twilio_video.watching import TwilioVideoWatching


class TwilioVideo(TwilioVideoWatching, TwilioVideoRecordings, TwilioVideoJoin, Vendor):
    """Twilio Video's API."""
