"""Another DAG file with a consumer of the same assets, for itself."""

from __future__ import annotations

from following import consumer

from airflow_provider_rooms.connections import BY_TYPE

consumer("another_consumer", next(kind.conn_type for kind in BY_TYPE.values() if "webhook_headers" in kind.uses))
