"""A DAG for each vendor's connection, which consumes its events."""

from __future__ import annotations

from following import consumer

from airflow_provider_rooms.connections import BY_TYPE

for vendor in BY_TYPE:
    consumer(f"consumer_{vendor}", vendor)
