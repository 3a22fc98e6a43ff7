"""The hook of Twilio Video."""

from __future__ import annotations

from typing import ClassVar

from airflow_provider_rooms.hooks.base import RoomsHook


class TwilioVideoHook(RoomsHook):
    """Twilio Video rooms; see docs/vendors/twilio_video.md."""

    conn_type: ClassVar[str] = "twilio_video"
    hook_name: ClassVar[str] = "Twilio Video"
    default_conn_name: ClassVar[str] = "twilio_video_default"
