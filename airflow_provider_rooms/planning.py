"""What a list of specs would come upon, found out by reading only: the dry run of the terminal and of task logs."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import values
from airflow_provider_rooms.errors import PermanentError
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.names import fold
from airflow_provider_rooms.vendors.findings import Finding, Verdict
from airflow_provider_rooms.vendors.plans import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow_provider_rooms.hooks.base import RoomsHook

#: Rooms looked up at the same time.
AT_ONCE = 10
#: What a spec of a list may say besides what :class:`RoomSpec` holds.
_BESIDES = ("conn_id", "on_drift", "on_closed", "create_ahead")

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
    *,
    concurrency: int = AT_ONCE,
) -> list[Planned]:
    """Look up the room of every spec, several at a time, with read-only calls.

    A spec that is wrong costs no call and stops no other.

    :param specs: dicts as for ``CreateRoomsOperator``.
    :param conn_id: the connection of specs that name none.
    :param hook_of: the hook of a connection.
    :raises AuthenticationError: a vendor refuses the credentials.
    """
    found: list[Planned | None] = [None] * len(specs)
    asked: list[tuple[int, RoomsHook, RoomSpec, dict[str, Any]]] = []
    names: dict[tuple[str, str], int] = {}
    for index, given in enumerate(specs):
        own = str(given.get("conn_id") or conn_id or "")
        try:
            hook = hook_of(own)
            spec, besides = _read(given)
            name = fold(make_plan(hook.vendor, spec).name)
        except PermanentError as error:
            found[index] = _refused(own, given, str(error))
            continue
        if (first := names.setdefault((own, name), index)) != index:
            found[index] = _refused(own, given, f"Its name {name!r} is the name of specs[{first}] too.")
            continue
        asked.append((index, hook, spec, besides))

    async def look_up() -> None:
        queue = iter(asked)

        async def work() -> None:
            for index, hook, spec, besides in queue:
                finding = await hook.aio.inspect_room(spec, **besides)
                found[index] = Planned(conn_id=hook.conn_id, spec=specs[index], finding=finding)

        async with contextlib.AsyncExitStack() as stack:
            for hook in {id(hook): hook for _, hook, _, _ in asked}.values():
                await stack.enter_async_context(hook.aio)
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(concurrency, len(asked))):
                    workers.create_task(work())

    try:
        asyncio.run(look_up())
    except ExceptionGroup as group:
        # One of the lookers-up met what the others would have met too.
        raise group.exceptions[0] from None
    return [one for one in found if one is not None]


def said(finding: Finding) -> str:
    """A finding in words."""
    text = {**FINE, **TROUBLE}[finding.verdict]
    if finding.due:
        text = f"would be created at {finding.due.isoformat(timespec='minutes')}"
    if finding.drift:
        listed = "; ".join(f"{row['field']}: asked {row['asked']!r}, is {row['actual']!r}" for row in finding.drift)
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


def _read(given: Mapping[str, Any]) -> tuple[RoomSpec, dict[str, Any]]:
    besides = {key: given[key] for key in _BESIDES[1:] if not values.not_given(given.get(key))}
    ahead = values.read_seconds("create_ahead", besides.pop("create_ahead", None))
    spec = RoomSpec.read({key: value for key, value in given.items() if key not in _BESIDES})
    return spec, {**besides, "ahead": ahead}


def _refused(conn_id: str, given: Mapping[str, Any], told: str) -> Planned:
    return Planned(conn_id=conn_id, spec=given, finding=Finding(verdict="refused", told=told))
