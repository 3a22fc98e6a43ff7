"""The vendors of the sandbox: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from airflow_provider_rooms.sandbox.hundredms.api import HundredMs
from airflow_provider_rooms.sandbox.twilio.api import Twilio
from airflow_provider_rooms.sandbox.videosdk.api import VideoSDK

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.vendor import Vendor

VENDORS: Final[tuple[type[Vendor], ...]] = (
    VideoSDK,
    HundredMs,
    Twilio,
)
