"""Another DAG file with a consumer of the same assets, for itself."""

from __future__ import annotations

from following import consumer

# Slowly: its next run waits while it reads.
consumer("another_consumer", "hundredms", seconds=6)
