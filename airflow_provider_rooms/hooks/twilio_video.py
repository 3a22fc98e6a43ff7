"""The hook of Twilio Video."""

from __future__ import annotations

from airflow_provider_rooms.hooks.base import RoomsHook


class TwilioVideoHook(RoomsHook, conn_type="twilio_video"):
    """Twilio Video rooms; see docs/vendors/twilio_video.md."""
