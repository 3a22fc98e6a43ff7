"""Twilio Video, put together from its parts."""

from __future__ import annotations

from airflow_provider_rooms.vendors.twilio_video.rooms import TwilioVideoRooms


class TwilioVideo(TwilioVideoRooms):
    """Twilio Video's API."""
