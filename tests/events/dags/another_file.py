"""Another DAG file with a consumer of the same assets, for itself."""

from __future__ import annotations

from following import consumer

consumer("another_consumer", "hundredms")
