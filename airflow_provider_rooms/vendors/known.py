"""What a list of the account told about one name, so that it need not be asked for by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_rooms import errors

if TYPE_CHECKING:
    from airflow_provider_rooms.models import RoomSpec
    from airflow_provider_rooms.vendors.base import Existing, Vendor
    from airflow_provider_rooms.vendors.contract.plan import Plan
    from airflow_provider_rooms.vendors.contract.rooms import Answer
    from airflow_provider_rooms.vendors.flow import Flow


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known about a name.

    :param existing: the open room of that name, as the list shows it; None where there is no room of it, open or closed.
    :param whole: a list shows as much of a room as it shows itself.
    :param until: how long it counts that there is none, by ``runtime.monotonic``.
    """

    existing: Existing | None
    whole: bool = False
    until: float = math.inf

    def expired(self, vendor: Vendor) -> bool:
        """Whether the name has to be asked for again."""
        return self.existing is None and vendor.runtime.monotonic() > self.until


def look(vendor: Vendor, plan: Plan, spec: RoomSpec, known: Known | None) -> Flow[Existing | None]:
    """The room of a name: as it is known, or looked up; see ``Vendor.look_up``."""
    if known is None or known.expired(vendor):
        return (yield from vendor.look_up(plan.name, spec))
    existing = known.existing
    if existing is None or shows_as_asked(vendor, existing.answer, plan, known):
        return existing
    # A list may be older than the room, or show less of it.
    try:
        answer = yield from vendor.read(vendor.room(existing.answer).id)
    except errors.NotFoundError:
        return (yield from vendor.look_up(plan.name, spec))
    shown = vendor.room(answer)
    if shown.state != "open" or shown.name is None or not vendor.same_name(shown.name, plan.name):
        return (yield from vendor.look_up(plan.name, spec))
    return type(existing)(name=existing.name, answer=answer)


def shows_as_asked(vendor: Vendor, answer: Answer, plan: Plan, known: Known) -> bool:
    """Whether an entry of a list answers everything: it has the settings asked for, as far as they are shown at all."""
    drift, unverified = vendor.drift(answer, plan)
    return not drift and (known.whole or not unverified)
