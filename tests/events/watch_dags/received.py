"""Another DAG file that uses the same type of event: received, so without a watcher; and on both channels."""

from __future__ import annotations

from consumer import TYPES, consumer

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.events import room_events

CONN_ID = f"{next(iter(BY_TYPE))}_school"

consumer("received", room_events(CONN_ID, *TYPES))
consumer("both", room_events(CONN_ID, *TYPES) | room_events(CONN_ID, *TYPES, watch=True))
