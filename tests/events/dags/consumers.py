"""A consumer for each vendor's connection."""

from __future__ import annotations

from following import consumer

for vendor in ("videosdk", "hundredms", "twilio_video"):
    consumer(f"consumer_{vendor}", vendor)
