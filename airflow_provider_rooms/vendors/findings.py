"""What is known about one room that is asked for, found out by reading only: the dry run of ``ensure.py``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.known import look
from airflow_provider_rooms.vendors.plans import checked_plan, due_at

if TYPE_CHECKING:
    import datetime as dt

    from airflow_provider_rooms.models import Room, RoomSpec
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.flow import Flow
    from airflow_provider_rooms.vendors.known import Known

Verdict = Literal["exists", "missing", "not_due", "differs", "closed", "over", "refused", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is known about the room of one spec.

    :param verdict: ``exists`` with the settings asked for; ``missing``, so it would be created; ``not_due``, it would be
        created later; ``differs`` in its settings; ``closed``; ``over``, the class is and has no room; ``refused``, the spec
        is wrong; ``unknown``, the vendor could not be asked.
    :param name: the room name, prefix included; empty when the spec has no usable one.
    :param room: the room of that name, if there is one.
    :param drift: ``{"field", "asked", "actual"}`` per setting that differs.
    :param due: when a room that is not due will be created.
    :param told: what is wrong, or worth knowing.
    """

    verdict: Verdict
    name: str = ""
    room: Room | None = None
    drift: list[dict[str, Any]] = field(default_factory=list)
    due: dt.datetime | None = None
    told: str = ""


def inspect_room(
    vendor: Vendor,
    spec: RoomSpec,
    *,
    on_drift: Any = "fail",
    on_closed: Any = "fail",
    ahead: int | None = None,
    known: Known | None = None,
) -> Flow[Finding]:
    """What making this room would come upon. Only reads.

    :param ahead: seconds before the class at which the room is made at the earliest; None for what suits the vendor.
    :param known: what a list of the account told about the name.
    :raises AuthenticationError: the vendor refuses the credentials.
    """
    try:
        plan = checked_plan(vendor, spec, on_drift, on_closed)
        due = due_at(vendor, spec, ahead)
    except errors.InvalidSpecError as error:
        return Finding(verdict="refused", told=str(error))
    told = " ".join(plan.warnings)
    try:
        existing = yield from look(vendor, plan, spec, known)
    except (errors.AuthenticationError, errors.InvalidConnectionError):
        raise  # not about this room: the next one would be told the same
    except errors.RoomsError as error:
        return Finding(verdict="unknown", name=plan.name, told=str(error))
    over = spec.over(vendor.now())
    if existing is None:
        if over:
            return Finding(verdict="over", name=plan.name, told=told)
        return Finding(verdict="not_due" if due else "missing", name=plan.name, due=due, told=told)
    room = vendor.room(existing.answer)
    if existing.closed and not over:
        if existing.expired:  # the vendor's own clock closed it: it is made again without being asked
            return Finding(verdict="not_due" if due else "missing", name=plan.name, room=room, due=due, told=told)
        return Finding(verdict="closed", name=plan.name, room=room, told=told)
    drift, _ = vendor.drift(existing.answer, plan)
    return Finding(verdict="differs" if drift else "exists", name=plan.name, room=room, drift=drift, told=told)
