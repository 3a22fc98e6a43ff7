"""What each vendor's API is. Pure: nothing here opens a connection."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.base import Vendor

#: The registry: one line per vendor, connection type → module and class.
VENDORS = {
    "videosdk": ("videosdk", "VideoSDK"),
    "hundredms": ("hundredms", "HundredMs"),
    "twilio_video": ("twilio_video", "TwilioVideo"),
}


def vendor_class(conn_type: str) -> type[Vendor]:
    """The vendor of a connection type; its module is imported when it is first needed."""
    module, name = VENDORS[conn_type]
    vendor: type[Vendor] = getattr(import_module(f"{__name__}.{module}"), name)
    return vendor
