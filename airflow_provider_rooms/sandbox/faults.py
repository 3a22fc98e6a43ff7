"""Faults to order (``/control/faults``) and the bounded log of requests (``/control/requests``)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal

from airflow_provider_rooms.sandbox.clock import iso_millis

if TYPE_CHECKING:
    from datetime import datetime

Kind = Literal["status", "drop_before", "drop_after", "delay", "body"]

#: A day of requests of a large timetable; older rows fall out, so memory stays flat.
LOG_ROWS: Final = 20_000


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong, for requests of ``vendor`` that match ``method`` and the glob ``path``."""

    vendor: str
    kind: Kind
    method: str = "*"
    path: str = "*"
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    seconds: float = 0.0
    work: bool = False
    #: How often it strikes; -1 is for ever.
    times: int = 1

    def matches(self, vendor: str, method: str, path: str) -> bool:
        return (
            self.vendor == vendor
            and self.method in ("*", method)
            and (fnmatchcase(path, self.path) or fnmatchcase(path.rstrip("/"), self.path))
        )


class Faults:
    """The faults in force, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        if fault.times != 0:
            self._faults.append(fault)

    def clear(self) -> int:
        count = len(self._faults)
        self._faults.clear()
        return count

    def pending(self) -> list[Fault]:
        return list(self._faults)

    def take(self, vendor: str, method: str, path: str) -> list[Fault]:
        """What strikes this request: any delays, and the first other fault."""
        struck: list[Fault] = []
        for fault in list(self._faults):
            if not fault.matches(vendor, method, path):
                continue
            struck.append(fault)
            if fault.times > 0:
                fault.times -= 1
                if fault.times == 0:
                    self._faults.remove(fault)
            if fault.kind != "delay":
                break
        return struck


@dataclass(frozen=True, slots=True)
class Row:
    """One request, as it was answered."""

    method: str
    path: str
    status: int
    vendor: str
    at: datetime
    fault: str | None

    def as_dict(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "vendor": self.vendor,
            "at": iso_millis(self.at),
        }
        if self.fault is not None:
            row["fault"] = self.fault
        return row


class RequestLog:
    """What the vendors were asked: no headers, no bodies and no query strings, as those may carry secrets."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque(maxlen=LOG_ROWS)

    def add(self, vendor: str, method: str, path: str, status: int, at: datetime, fault: str | None) -> None:
        self._rows.append(Row(method, path, status, vendor, at, fault))

    def rows(self, newest: int | None = None) -> list[dict[str, Any]]:
        """Oldest first; of a long log the newest ones only."""
        rows = self._rows if newest is None else islice(self._rows, max(0, len(self._rows) - newest), None)
        return [row.as_dict() for row in rows]
