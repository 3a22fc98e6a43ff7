"""What happens in rooms, as events that start DAGs: :func:`room_events` for ``schedule``, :func:`read_events` in a task."""

from __future__ import annotations

from airflow_provider_rooms.events.assets import room_events
from airflow_provider_rooms.events.reading import read_events

__all__ = ["read_events", "room_events"]
