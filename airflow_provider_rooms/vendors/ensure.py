"""The promise: for one name never more than one usable room, with the settings asked for.

find → create → read back → verify, once for all vendors. No store is needed: the name is sent in the create call and found
again through the vendor's own key, so it does not matter which of these steps a worker died in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.flow import Flow, Sleep
from airflow_provider_rooms.vendors.known import look, shows_as_asked
from airflow_provider_rooms.vendors.plans import checked_plan

if TYPE_CHECKING:
    from airflow_provider_rooms.models import Outcome, Room, RoomSpec
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.contract.plan import Plan
    from airflow_provider_rooms.vendors.contract.rooms import Answer, Existing
    from airflow_provider_rooms.vendors.known import Known

R = TypeVar("R")

OnDrift = Literal["fail", "ignore", "update"]
OnClosed = Literal["fail", "reopen"]

#: Seconds before looking again, each time the name is taken but the room of that name is not to be seen yet.
_WAITS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
#: Failures after which the room may exist all the same.
_MAY_HAVE_WORKED = (errors.TransportError, errors.VendorDownError, errors.UnreadableAnswerError)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A room that the vendor says it made, before it was read back; see :func:`confirm_room`.

    :param answer: what the create was answered by.
    """

    answer: Answer = field(repr=False)
    plan: Plan
    spec: RoomSpec
    outcome: Outcome
    on_drift: OnDrift
    on_closed: OnClosed


def ensure_room(
    vendor: Vendor,
    spec: RoomSpec,
    *,
    on_drift: OnDrift = "fail",
    on_closed: OnClosed = "fail",
    known: Known | None = None,
) -> Flow[Room]:
    """The one usable room of this name, with the settings asked for.

    :param known: what a list of the account told about the name, in place of the first look.
    :raises InvalidSpecError: bad input, before any call.
    :raises DriftError: the room exists with other settings and ``on_drift`` is ``fail``.
    :raises RoomClosedError: the room was closed and ``on_closed`` is ``fail``.
    :raises ClassOverError: the class is over and has no room.
    :raises PassingError: the vendor could not be asked; the next try finds what this one may have made.
    """
    return noted(vendor, _ensured(vendor, spec, on_drift, on_closed, known))


def noted(vendor: Vendor, flow: Flow[R]) -> Flow[R]:
    """The flow, what comes of the room counted; one that is still to be read back is not."""
    outcome = "failed"
    try:
        result = yield from flow
        outcome = "" if isinstance(result, Made) else str(getattr(result, "outcome", ""))
        return result
    except errors.ClassOverError:
        outcome = "class_over"
        raise
    finally:
        if outcome:
            vendor.runtime.note("rooms.ensured", 1, {"outcome": outcome})


def _ensured(vendor: Vendor, spec: RoomSpec, on_drift: OnDrift, on_closed: OnClosed, known: Known | None) -> Flow[Room]:
    vendor = vendor.hurried()
    plan = checked_plan(vendor, spec, on_drift, on_closed)
    for wait in _WAITS:
        if wait:
            yield Sleep(wait)
        found = yield from make_room(vendor, spec, on_drift=on_drift, on_closed=on_closed, known=known)
        if not isinstance(found, Made):
            return found
        answer = yield from _read_back(vendor, found.answer)
        if vendor.room(answer).state == "open":
            return (yield from _settled(vendor, answer, found.plan, spec, found.outcome, on_drift))
        known = None  # somebody closed it at once: look again
    raise errors.NotVisibleYetError(
        "Each time the room was created, somebody closed it.", vendor=vendor.title, room=plan.name
    )


def make_room(
    vendor: Vendor,
    spec: RoomSpec,
    *,
    on_drift: OnDrift = "fail",
    on_closed: OnClosed = "fail",
    known: Known | None = None,
) -> Flow[Room | Made]:
    """As :func:`ensure_room`, but a room that was made and has to be read back is given as :class:`Made`."""
    plan = checked_plan(vendor, spec, on_drift, on_closed)
    over = spec.over(vendor.now())
    vendor = vendor.hurried()
    lost: errors.PassingError | None = None
    outcome: Outcome = "found"
    for wait in _WAITS:
        if wait:
            yield Sleep(wait)
        existing = yield from look(vendor, plan, spec, known)
        known = None
        if over:
            return _past(vendor, existing, plan, spec)
        if existing is not None and not existing.closed:
            # After a lost answer it is the room that we made: there was none before we asked for it.
            return (yield from _settled(vendor, existing.answer, plan, spec, outcome if lost else "found", on_drift))
        if lost is not None:
            raise lost
        if existing is not None:
            _may_reopen(vendor, existing, plan, spec, on_drift, on_closed)
        outcome = "reopened" if existing else "created"
        try:
            if existing is None:
                answer = yield from vendor.create(plan.name, plan)
            else:
                answer = yield from vendor.reopen(existing, plan)
        except _MAY_HAVE_WORKED as error:
            lost = error
            continue
        if answer is not None and not vendor.create_shows_all:
            return Made(answer=answer, plan=plan, spec=spec, outcome=outcome, on_drift=on_drift, on_closed=on_closed)
        if answer is not None:
            return (yield from _settled(vendor, answer, plan, spec, outcome, on_drift))
        # Somebody else was faster: look again.
    raise errors.NotVisibleYetError(
        "The name is in use, but the room with that name cannot be read.", vendor=vendor.title, room=plan.name
    )


def confirm_room(vendor: Vendor, made: Made, known: Known | None = None) -> Flow[Room]:
    """Read back a room that was made: the end of :func:`ensure_room`.

    :param known: what a list that was read since then shows of the name, in place of the room itself.
    """
    asks: Any = {"on_drift": made.on_drift, "on_closed": made.on_closed}
    vendor = vendor.hurried()
    answer: Answer | None = None
    if known is not None and known.existing is not None:
        listed = known.existing.answer
        if vendor.room(listed).id == vendor.room(made.answer).id and vendor.room(listed).state == "open":
            answer = _with_more(vendor, made.answer, listed)
            if not shows_as_asked(vendor, answer, made.plan, known):
                answer = None
    if answer is None:
        answer = yield from _read_back(vendor, made.answer)
    if vendor.room(answer).state == "open":
        return (yield from _settled(vendor, answer, made.plan, made.spec, made.outcome, made.on_drift))
    return (yield from ensure_room(vendor, made.spec, **asks))


def _may_reopen(
    vendor: Vendor, existing: Existing, plan: Plan, spec: RoomSpec, on_drift: OnDrift, on_closed: OnClosed
) -> None:
    if not existing.expired and on_closed == "fail":
        raise errors.RoomClosedError(
            "The room with this name was closed.",
            vendor=vendor.title,
            room=vendor.room(existing.answer).id,
            advice='If the class takes place after all, set on_closed="reopen" or use another name.',
        )
    if vendor.closing == "in_place" and on_drift == "fail":
        # Before it is opened: afterwards it would be open with settings that nobody asked for.
        _verified(vendor, existing.answer, plan, spec, "reopened", on_drift)


def _settled(
    vendor: Vendor, answer: Answer, plan: Plan, spec: RoomSpec, outcome: Outcome, on_drift: OnDrift
) -> Flow[Room]:
    """The room with the settings asked for, changed to them if that is wished and needed."""
    if on_drift == "update" and vendor.drift(answer, plan)[0]:
        yield from vendor.update(answer, plan)
        answer = yield from _read_back(vendor, answer)
        return _verified(vendor, answer, plan, spec, "updated" if outcome == "found" else outcome, on_drift)
    return _verified(vendor, answer, plan, spec, outcome, on_drift)


def _read_back(vendor: Vendor, answer: Answer) -> Flow[Answer]:
    """Read the room; what was just made may take a moment to be seen."""
    room_id = vendor.room(answer).id
    for wait in _WAITS:
        if wait:
            yield Sleep(wait)
        try:
            shown = yield from vendor.read(room_id)
        except errors.NotFoundError:
            continue
        return _with_more(vendor, answer, shown)
    raise errors.NotVisibleYetError(
        "The vendor accepted the request but does not return the room yet.", vendor=vendor.title, room=room_id
    )


def _with_more(vendor: Vendor, answer: Answer, shown: Answer) -> Answer:
    """What is shown of a room now, with what only the answer to its create showed."""
    if not vendor.create_shows_more:
        return shown
    return {**answer, **{key: value for key, value in shown.items() if value is not None}}


def _verified(vendor: Vendor, answer: Answer, plan: Plan, spec: RoomSpec, outcome: Outcome, on_drift: OnDrift) -> Room:
    room = _described(vendor, answer, plan, spec, outcome)
    if room.drift and on_drift != "ignore":
        listed = "; ".join(f"{row['field']}: requested {row['asked']!r}, is {row['actual']!r}" for row in room.drift)
        if on_drift == "update":
            what, ways = "The vendor did not apply all settings", "ignore"
        else:
            what, ways = "The room exists with other settings", "update or ignore" if vendor.can("update") else "ignore"
        raise errors.DriftError(
            f"{what}: {listed}.",
            vendor=vendor.title,
            room=room.id,
            advice=f"Change the parameters to match the room, use another name, or set on_drift to {ways}.",
            drift=room.drift,
        )
    return room


def _past(vendor: Vendor, existing: Existing | None, plan: Plan, spec: RoomSpec) -> Room:
    if existing is None:
        raise errors.ClassOverError(
            "The class is over and has no room. Rooms are not created for past classes.",
            vendor=vendor.title,
            room=plan.name,
        )
    return _described(vendor, existing.answer, plan, spec, "found")


def _described(vendor: Vendor, answer: Answer, plan: Plan, spec: RoomSpec, outcome: Outcome) -> Room:
    drift, unverified = vendor.drift(answer, plan)
    return replace(
        vendor.room(answer),
        outcome=outcome,
        starts_at=spec.starts_at.isoformat() if spec.starts_at else None,
        ends_at=spec.ends_at.isoformat() if spec.ends_at else None,
        ref=spec.ref,
        drift=drift,
        unverified=unverified,
    )
