"""Another DAG file with a consumer of the same assets, for itself."""

from __future__ import annotations

from following import consumer

from airflow_provider_rooms.connections import BY_TYPE

vendor = next(kind.conn_type for kind in BY_TYPE.values() if "webhook_headers" in kind.uses)
# Slowly: its next run waits while it reads.
consumer("another_consumer", vendor, seconds=6)
