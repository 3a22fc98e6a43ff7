"""What a DAG asks for, read out of what templates and timetables give: one order, or a whole list of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import values
from airflow_provider_rooms.errors import InvalidSpecError, PermanentError
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.names import fold
from airflow_provider_rooms.vendors.plans import checked_plan, due_at

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.vendors.contract.plan import Plan

#: What an order says besides the spec.
POLICIES = ("on_drift", "on_closed", "create_ahead")
#: How many wrong specs an error lists.
_MOST_LISTED = 50


@dataclass(frozen=True, kw_only=True)
class Order:
    """A room to be made.

    :param spec: what is asked for.
    :param on_drift: what to do when the room with that name has other settings.
    :param on_closed: what to do when the room with that name was closed.
    :param ahead: seconds before the class at which the room is made at the earliest; None for what suits the vendor.
    """

    spec: RoomSpec
    on_drift: Any = "fail"
    on_closed: Any = "fail"
    ahead: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Order:
        """Read an order from values that may come out of a template, strictly.

        :raises InvalidSpecError: see :meth:`RoomSpec.read`.
        """
        policies = {key: given[key] for key in POLICIES if not values.not_given(given.get(key))}
        ahead = values.read_seconds("create_ahead", policies.pop("create_ahead", None))
        spec = RoomSpec.read({key: value for key, value in given.items() if key not in POLICIES})
        return cls(spec=spec, ahead=ahead, **policies)

    def plan(self, hook: RoomsHook) -> Plan:
        """The order as the vendor takes it, when everything that can be checked without a call is right.

        :raises InvalidSpecError: something is wrong.
        """
        plan = checked_plan(hook.vendor, self.spec, self.on_drift, self.on_closed)
        self.due(hook)
        return plan

    def due(self, hook: RoomsHook) -> dt.datetime | None:
        """When the room may be made, if that is later than now."""
        return due_at(hook.vendor, self.spec, self.ahead)


class TakenNames:
    """The room names of a list of specs: two specs of one name at one connection would share a room."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], list[tuple[str, int]]] = {}

    def take(self, hook: RoomsHook, name: str, index: int) -> None:
        """Note that this spec has the name.

        :param index: the spec's place in the list.
        :raises InvalidSpecError: an earlier spec has it.
        """
        alike = self._taken.setdefault((hook.conn_id, fold(name)), [])
        for other, first in alike:
            if hook.vendor.same_name(other, name):
                raise InvalidSpecError(f"name: {name!r} is also the name of specs[{first}].")
        alike.append((name, index))


def read_orders(
    specs: object,
    conn_id: str | None,
    hook_of: Callable[[str], RoomsHook],
    *,
    most: int,
    warn: Callable[[str], None],
) -> list[tuple[RoomsHook, Order]]:
    """Read a list of specs and check all of them, before any call.

    :param conn_id: the connection of specs that name none.
    :param hook_of: the hook of a connection.
    :param warn: told what the user should know, though nothing is wrong; each thing once.
    :raises InvalidSpecError: every wrong spec by its index, the same problem of many in one line.
    """
    conn_id = values.read_key("conn_id", conn_id)
    specs = values.read_list("specs", specs, of="dicts")
    if len(specs) > most:
        raise InvalidSpecError(
            f"specs: {len(specs)} rooms exceed the limit max_rooms={most}.",
            advice="Increase max_rooms if this is intended.",
        )
    orders: list[tuple[RoomsHook, Order]] = []
    problems: dict[str, list[int]] = {}
    warned: set[str] = set()
    names = TakenNames()
    for index, given in enumerate(specs):
        try:
            hook, order = _read(given, conn_id, hook_of)
            plan = order.plan(hook)
            names.take(hook, plan.name, index)
            orders.append((hook, order))
            for warning in plan.warnings:
                if warning not in warned:
                    warn(f"{hook.vendor.title}: {warning}")
                    warned.add(warning)
        except PermanentError as error:
            problems.setdefault(str(error), []).append(index)
    if problems:
        raise InvalidSpecError(_told(problems, len(specs)))
    return orders


def _read(given: object, conn_id: str | None, hook_of: Callable[[str], RoomsHook]) -> tuple[RoomsHook, Order]:
    if isinstance(given, RoomSpec):
        own, order = conn_id, Order(spec=given)
    else:
        spec = dict(values.read_object("spec", given) or {})
        own = values.read_key("conn_id", spec.pop("conn_id", None)) or conn_id
        order = Order.read(spec)
    if own is None:
        raise InvalidSpecError("conn_id: required, in the spec or in the task.")
    if order.spec.name is None:
        raise InvalidSpecError("name is required in a spec of a list: its position does not identify a class.")
    return hook_of(own), order


def _told(problems: Mapping[str, Sequence[int]], total: int) -> str:
    wrong = sum(map(len, problems.values()))
    lines = [f"{wrong} of {total} specs are invalid, so no room was created."]
    for text, indexes in list(problems.items())[:_MOST_LISTED]:
        shown = ", ".join(f"specs[{index}]" for index in indexes[:5])
        more = f" and {len(indexes) - 5} more" if len(indexes) > 5 else ""
        lines.append(f"{shown}{more}: {text}")
    if len(problems) > _MOST_LISTED:
        lines.append(f"… and {len(problems) - _MOST_LISTED} other problems.")
    return "\n".join(lines)
