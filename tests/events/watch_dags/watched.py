"""A DAG for each vendor, which consumes what is found by polling."""

from __future__ import annotations

from consumer import TYPES, consumer

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.events import room_events

for vendor in BY_TYPE:
    consumer(f"watched_{vendor}", room_events(f"{vendor}_school", *TYPES, watch=True))
