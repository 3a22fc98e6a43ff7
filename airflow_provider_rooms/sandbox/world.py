"""Everything the sandbox remembers, so that one ``reset`` forgets all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_rooms.sandbox.clock import Clock
from airflow_provider_rooms.sandbox.faults import Faults, RequestLog
from airflow_provider_rooms.sandbox.registry import vendors
from airflow_provider_rooms.sandbox.webhooks import Outbox

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.vendor import Vendor


class World:
    """The clock, the vendors with their rooms, the faults in force and the requests seen."""

    clock: Clock
    vendors: dict[str, Vendor]
    faults: Faults
    log: RequestLog
    outbox: Outbox

    def __init__(self, latency_seconds: float = 0.0, webhooks_anywhere: bool = False) -> None:
        self.latency_seconds = latency_seconds
        self.outbox = Outbox(webhooks_anywhere)
        self.reset()

    def reset(self) -> None:
        self.clock = Clock()
        self.vendors = {vendor.name: vendor(self.clock) for vendor in vendors()}
        self.outbox.close()
        self.outbox = Outbox(self.outbox.anywhere)
        for vendor in self.vendors.values():
            vendor.report = self.outbox.send
        self.faults = Faults()
        self.log = RequestLog()
