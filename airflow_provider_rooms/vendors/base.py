"""A vendor: the parts of the contract put together, each with what it does where a vendor says nothing."""

from __future__ import annotations

from typing import Any

from airflow_provider_rooms.vendors.contract.checks import check_class
from airflow_provider_rooms.vendors.contract.history import History
from airflow_provider_rooms.vendors.contract.joining import Joining
from airflow_provider_rooms.vendors.contract.rooms import LOOPBACK, Existing
from airflow_provider_rooms.vendors.contract.watching import Watching
from airflow_provider_rooms.vendors.contract.webhooks import Webhooks

__all__ = ["LOOPBACK", "Existing", "Vendor"]


class Vendor(History, Joining, Webhooks, Watching):
    """One vendor's API, whole: builds requests, reads answers. No I/O; clock and random come in through ``runtime``.

    :raises TypeError: when a class is made that lacks something required or misspells something.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_class(cls, Vendor)  # type: ignore[type-abstract]
