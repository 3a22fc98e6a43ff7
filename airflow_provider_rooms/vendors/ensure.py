"""The promise: for one name never more than one usable room, with the settings asked for.

find → create → read back → verify, once for all vendors. No store is needed: the name is sent in the create call and found
again through the vendor's own key, so it does not matter which of these steps a worker died in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.flow import Flow, Sleep
from airflow_provider_rooms.vendors.options import differences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.models import Outcome, Room, RoomSpec
    from airflow_provider_rooms.vendors.base import Existing, Plan, Vendor

OnDrift = Literal["fail", "ignore", "update"]
OnClosed = Literal["fail", "reopen"]

#: How often "look up, then create" starts over when somebody else creates or closes the room in between.
_ROUNDS = 4
#: Seconds between reads of a room that the vendor has just made and does not show yet.
_VISIBILITY_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)


def ensure_room(
    vendor: Vendor, spec: RoomSpec, *, on_drift: OnDrift = "fail", on_closed: OnClosed = "fail"
) -> Flow[Room]:
    """The one usable room of this name, with the settings asked for.

    :raises InvalidSpecError: bad input, before any call.
    :raises DriftError: the room exists with other settings and ``on_drift`` is ``fail``.
    :raises RoomClosedError: the room was closed and ``on_closed`` is ``fail``.
    :raises ClassOverError: the class is over and has no room.
    :raises PassingError: the vendor could not be asked; the next try finds what this one may have made.
    """
    plan = vendor.checked(spec, on_drift, on_closed)
    over = spec.over(vendor.now())
    for _ in range(_ROUNDS):
        existing = yield from vendor.look_up(plan.name, spec)
        if over:
            return _past(vendor, existing, plan, spec)
        if existing is not None and not existing.closed:
            return (yield from _adopt(vendor, existing, plan, spec, on_drift))
        if existing is not None and not existing.expired and on_closed == "fail":
            raise errors.RoomClosedError(
                "The room of this name was closed.",
                vendor=vendor.title,
                room=vendor.room(existing.answer).id,
                advice='Use on_closed="reopen" if the class takes place after all, or another name.',
            )
        answer = yield from _make(vendor, existing, plan)
        if answer is not None:
            answer = yield from _read_back(vendor, answer)
            return _verified(vendor, answer, plan, spec, "reopened" if existing else "created", on_drift)
        # Somebody else was faster, or the answer was lost: look again.
    raise errors.NotVisibleYetError(
        "The name is taken, but the room of that name cannot be read.", vendor=vendor.title, room=plan.name
    )


def _make(vendor: Vendor, existing: Existing | None, plan: Plan) -> Flow[Mapping[str, Any] | None]:
    try:
        if existing is None:
            return (yield from vendor.create(plan.name, plan))
        return (yield from vendor.reopen(existing, plan))
    except errors.UnreadableAnswerError:
        # The room may exist: looking it up settles that, guessing does not.
        return None


def _adopt(vendor: Vendor, existing: Existing, plan: Plan, spec: RoomSpec, on_drift: OnDrift) -> Flow[Room]:
    drift, _ = _compare(vendor, existing.answer, plan)
    if drift and on_drift == "update":
        yield from vendor.update(existing, plan)
        answer = yield from _read_back(vendor, existing.answer)
        return _verified(vendor, answer, plan, spec, "updated", "fail")
    return _verified(vendor, existing.answer, plan, spec, "found", on_drift)


def _read_back(vendor: Vendor, answer: Mapping[str, Any]) -> Flow[Mapping[str, Any]]:
    """Read the room; what was just made may take a moment to be seen."""
    for wait in (*_VISIBILITY_WAITS, None):
        try:
            return (yield from vendor.read(answer))
        except errors.NotFoundError as error:
            if wait is None:
                raise errors.NotVisibleYetError(
                    "The vendor took the room but does not show it.", vendor=vendor.title, room=error.room
                ) from error
        yield Sleep(wait)
    raise AssertionError("unreachable")


def _compare(vendor: Vendor, answer: Mapping[str, Any], plan: Plan) -> tuple[list[dict[str, Any]], list[str]]:
    asked = vendor.with_secrets(plan.asked)
    return differences(asked, vendor.shown(answer), secret=vendor.secret_fields)


def _verified(
    vendor: Vendor, answer: Mapping[str, Any], plan: Plan, spec: RoomSpec, outcome: Outcome, on_drift: OnDrift
) -> Room:
    room = _described(vendor, answer, plan, spec, outcome)
    if room.drift and on_drift != "ignore":
        listed = "; ".join(f"{row['field']}: asked {row['asked']!r}, is {row['actual']!r}" for row in room.drift)
        ways = '"update" or "ignore".' if vendor.can_update else '"ignore" to take it as it is.'
        raise errors.DriftError(
            f"The room exists with other settings: {listed}.",
            vendor=vendor.title,
            room=room.id,
            advice=f"Use another name, or on_drift={ways}",
            drift=room.drift,
        )
    return room


def _past(vendor: Vendor, existing: Existing | None, plan: Plan, spec: RoomSpec) -> Room:
    if existing is None:
        raise errors.ClassOverError(
            "The class is over, and no room of its name exists; none is created for the past.",
            vendor=vendor.title,
            room=plan.name,
        )
    return _described(vendor, existing.answer, plan, spec, "found")


def _described(vendor: Vendor, answer: Mapping[str, Any], plan: Plan, spec: RoomSpec, outcome: Outcome) -> Room:
    drift, unverified = _compare(vendor, answer, plan)
    return replace(
        vendor.room(answer),
        outcome=outcome,
        starts_at=spec.starts_at.isoformat() if spec.starts_at else None,
        ends_at=spec.ends_at.isoformat() if spec.ends_at else None,
        ref=spec.ref,
        drift=drift,
        unverified=unverified,
    )
