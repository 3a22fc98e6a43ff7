"""What a list of specs would come upon, found out by reading only: the dry run of the terminal and of task logs."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.errors import PermanentError
from airflow_provider_rooms.hooks.concurrency import for_each, opened
from airflow_provider_rooms.planning.accounts import Accounts
from airflow_provider_rooms.planning.orders import Order, TakenNames
from airflow_provider_rooms.vendors.findings import Finding, Verdict, inspect_room
from airflow_provider_rooms.vendors.plans import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.models import Room

#: Rooms looked up at the same time.
AT_ONCE = 10

#: How each verdict is said; a class of the first group needs nobody's attention.
FINE: Mapping[Verdict, str] = {
    "exists": "exists",
    "missing": "would be created",
    "not_due": "would be created later",
    "over": "class is over",
}
TROUBLE: Mapping[Verdict, str] = {
    "differs": "differs",
    "closed": "is closed",
    "refused": "would be refused",
    "unknown": "could not be looked up",
}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One spec and what was found about its room.

    :param spec: as it was given.
    """

    conn_id: str
    spec: Mapping[str, Any]
    finding: Finding

    @property
    def label(self) -> str:
        """What people call the class: the title in ``ref``, or its name."""
        ref, name = self.spec.get("ref"), self.spec.get("name")
        if isinstance(ref, dict) and ref.get("title"):
            return str(ref["title"])
        return " ".join(map(str, name)) if isinstance(name, (list, tuple)) else str(name)

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain JSON."""
        found = self.finding
        return {
            "conn_id": self.conn_id,
            "name": found.name,
            "id": found.room.id if found.room else None,
            "verdict": found.verdict,
            "drift": found.drift,
            "due": found.due.isoformat() if found.due else None,
            "told": found.told,
            "starts_at": str(self.spec["starts_at"]) if self.spec.get("starts_at") else None,
            "ref": self.spec.get("ref"),
        }

    def __str__(self) -> str:
        found = self.finding
        parts = [self.conn_id, str(self.spec.get("starts_at") or ""), self.label, found.name]
        return "  ".join(part for part in parts if part) + f": {said(found)}"


def plan_rooms(
    specs: Sequence[Mapping[str, Any]],
    conn_id: str | None,
    hook_of: Callable[[str], RoomsHook],
) -> list[Planned]:
    """Look up the room of every spec, with read-only calls: in the lists of the account where that is less, else by its name.

    A spec that is wrong costs no call and stops no other.

    :param specs: dicts as for ``CreateRoomsOperator``.
    :param conn_id: the connection of specs that name none.
    :param hook_of: the hook of a connection.
    :raises AuthenticationError: a vendor refuses the credentials.
    """
    planned, _ = asyncio.run(_plan(specs, conn_id, hook_of))
    return planned


def plan_account(
    specs: Sequence[Mapping[str, Any]], hook: RoomsHook, keep: Callable[[Room], bool]
) -> tuple[list[Planned], list[Room]]:
    """As :func:`plan_rooms`, and the account's open rooms that are wanted: both out of the same lists.

    :raises RoomsError: the lists cannot be read.
    """
    rooms: list[Room] = []

    def note(room: Room) -> None:
        if keep(room):
            rooms.append(room)

    planned, all_open = asyncio.run(_plan(specs, hook.conn_id, lambda _: hook, open_rooms=note, account=hook))
    return planned, rooms if all_open else [room for room in hook.list_rooms(only_open=True) if keep(room)]


async def _plan(
    specs: Sequence[Mapping[str, Any]],
    conn_id: str | None,
    hook_of: Callable[[str], RoomsHook],
    *,
    open_rooms: Callable[[Room], None] | None = None,
    account: RoomsHook | None = None,
) -> tuple[list[Planned], bool]:
    """What was found, and whether every open room of the account was told."""
    found: list[Planned | None] = [None] * len(specs)
    asked: list[tuple[int, RoomsHook, Order]] = []
    names = TakenNames()
    for index, given in enumerate(specs):
        own = str(given.get("conn_id") or conn_id or "")
        try:
            hook = hook_of(own)
            order = Order.read({key: value for key, value in given.items() if key != "conn_id"})
            names.take(hook, make_plan(hook.vendor, order.spec).name, index)
        except PermanentError as error:
            finding = Finding(verdict="refused", told=str(error))
            found[index] = Planned(conn_id=own, spec=given, finding=finding)
        else:
            asked.append((index, hook, order))

    sought = [(hook, order.spec) for _, hook, order in asked]
    hooks = [hook for hook, _ in sought] + ([account] if account else [])
    accounts = Accounts(sought)

    async def look_up(job: tuple[int, RoomsHook, Order]) -> None:
        index, hook, order = job
        transport = await hook.aio.connect()
        finding = await transport.run(
            inspect_room(
                hook.vendor,
                order.spec,
                on_drift=order.on_drift,
                on_closed=order.on_closed,
                ahead=order.ahead,
                known=seen.take(hook, order.spec),
            )
        )
        found[index] = Planned(conn_id=hook.conn_id, spec=specs[index], finding=finding)

    async with opened(hooks):
        seen = await accounts.read(sought, open_rooms=open_rooms)
        try:
            await for_each(asked, look_up, concurrency=AT_ONCE)
        except ExceptionGroup as group:
            # One look-up met what the others would have met too.
            raise group.exceptions[0] from None
    planned = [one for one in found if one is not None]
    return planned, account is not None and seen.all_open(account.conn_id)


def said(finding: Finding) -> str:
    """A finding in words."""
    text = {**FINE, **TROUBLE}[finding.verdict]
    if finding.due:
        text = f"would be created at {finding.due.isoformat(timespec='minutes')}"
    if finding.drift:
        listed = "; ".join(f"{row['field']}: requested {row['asked']!r}, is {row['actual']!r}" for row in finding.drift)
        text = f"{text}: {listed}"
    if finding.room:
        text = f"{text} (id {finding.room.id})"
    return f"{text}: {finding.told}" if finding.told else text


def summary(planned: Sequence[Planned]) -> Iterator[str]:
    """One line per connection: how many rooms exist, would be created, would fail."""
    by_connection: dict[str, Counter[Verdict]] = {}
    for one in planned:
        by_connection.setdefault(one.conn_id, Counter())[one.finding.verdict] += 1
    for conn_id, counts in by_connection.items():
        parts = [f"{counts[verdict]} {words}" for verdict, words in {**FINE, **TROUBLE}.items() if counts[verdict]]
        yield f"{conn_id or '(no connection)'}: {', '.join(parts)}"
