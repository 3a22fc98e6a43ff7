"""What tests of events share."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.events.receiver import Receiver
from airflow_provider_rooms.models import RoomEvent
from receiving import CHECKED_BY

__all__ = ["CHECKED_BY", "HEADED", "Kept", "Listening", "until"]

#: A vendor whose deliveries are checked by headers, which is easily done by hand.
HEADED = next(kind.conn_type for kind in BY_TYPE.values() if "webhook_headers" in kind.uses)


@dataclass
class Kept:
    """A publisher that keeps events, once per id, and can be told to fail."""

    events: dict[str, RoomEvent] = field(default_factory=dict)
    failing: bool = False

    def publish(self, events: Sequence[RoomEvent]) -> int:
        if self.failing:
            raise OSError("database is away, says canary-message")
        for event in events:
            self.events.setdefault(event.id, event)
        return len(events)

    def of(self, kind: str, conn_id: str | None = None) -> list[RoomEvent]:
        return [e for e in list(self.events.values()) if e.type == kind and conn_id in (None, e.conn_id)]


@dataclass
class Listening:
    """The receiver: where it is, what it keeps, itself."""

    url: str
    kept: Kept
    app: Receiver


def until(true: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait until something holds; answers it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)
    return found
