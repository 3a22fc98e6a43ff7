"""What the page shows of a room, in the same words for every vendor."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from airflow_provider_rooms.sandbox.clock import iso_millis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

#: Values that let somebody in, or may be a secret of the caller's, stay off the page.
_SECRET: Final = re.compile(r"secret|password|token|credential|headers|signature|presigned|streamkey", re.IGNORECASE)
VEIL: Final = "•••"

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session: since when, until when, and who is or was there (``True`` while they are)."""

    start: datetime
    end: datetime | None
    people: list[tuple[str, bool]]

    def as_dict(self) -> dict[str, Any]:
        return {
            "start": iso_millis(self.start),
            "end": iso_millis(self.end),
            "people": [{"name": name, "here": here} for name, here in self.people],
        }


@dataclass(frozen=True, slots=True)
class RecordingLine:
    """A recording in the vendor's own state word. Recordings of single tracks of one state share a line."""

    state: str
    #: Still to be finished or failed, by the buttons.
    busy: bool
    failed: bool = False
    seconds: float | None = None
    size: int | None = None
    url: str | None = None
    more: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "state": self.state.replace("_", " "),
            "busy": self.busy,
            "failed": self.failed,
            "seconds": self.seconds,
            "size": self.size,
            "url": self.url,
            "more": self.more,
        }


@dataclass(frozen=True, slots=True)
class Card:
    """One room on the page."""

    id: str
    name: str
    open: bool
    #: The vendor's word for a room that is not open.
    closed_word: str
    created: datetime
    #: Settings worth a glance; empty ones fall out.
    facts: list[str | None]
    #: As the vendor's API shows it.
    raw: dict[str, Any]
    sessions: list[SessionLine] = field(default_factory=list)
    recordings: list[RecordingLine] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "open": self.open,
            "word": "open" if self.open else self.closed_word,
            "created": iso_millis(self.created),
            "facts": [fact for fact in self.facts if fact],
            "sessions": [line.as_dict() for line in self.sessions],
            "recordings": [line.as_dict() for line in self.recordings],
            "raw": veil(self.raw),
        }


@dataclass(frozen=True, slots=True)
class Pick:
    """Which rooms the page shows: the newest that have the text in their id or name."""

    newest: int
    text: str = ""

    def of(self, rooms: Iterable[R], keys: Callable[[R], tuple[str | None, ...]]) -> list[R]:
        """The picked ones of all, which come newest first."""
        text = self.text.lower()
        fitting = (room for room in rooms if not text or any(text in (key or "").lower() for key in keys(room)))
        return list(islice(fitting, self.newest))


def veil(value: Any, key: str = "") -> Any:
    """The value without what may be secret in it."""
    if value in (None, "") or isinstance(value, bool):
        return value
    if _SECRET.search(key):
        return VEIL
    if isinstance(value, dict):
        return {name: veil(item, name) for name, item in value.items()}
    return [veil(item) for item in value] if isinstance(value, list) else value


def tally(kinds: Iterable[str]) -> str:
    """``2 audio, 2 video``"""
    return ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(kinds).items()))
