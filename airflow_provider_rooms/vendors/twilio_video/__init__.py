"""Twilio Video, put together from its parts."""

from __future__ import annotations

from airflow_provider_rooms.vendors.twilio_video.rooms import TwilioVideoRooms
from airflow_provider_rooms.vendors.twilio_video.sessions import TwilioVideoSessions


class TwilioVideo(TwilioVideoRooms, TwilioVideoSessions):
    """Twilio Video's API."""
