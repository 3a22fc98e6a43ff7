"""Small vocabulary to write down what a body may hold, as data: the vendor modules keep frozen tables of it.

``problem()`` gives the first thing wrong, as a kind and the dotted place; each vendor words it in its own way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Problem:
    """``kind`` is one of unknown, missing, type, choice, range."""

    kind: str
    at: str
    text: str


class Spec(Protocol):
    """Anything that can judge a value."""

    def problem(self, value: object, at: str, lenient: bool = False) -> Problem | None: ...


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    choices: tuple[str, ...] = ()
    longest: int | None = None
    shortest: int = 0
    pattern: str | None = None
    hint: str = ""

    def problem(self, value: object, at: str, lenient: bool = False) -> Problem | None:
        if not isinstance(value, str):
            return Problem("type", at, "must be a string")
        if self.choices and value not in self.choices:
            return Problem("choice", at, f"must be one of {', '.join(self.choices)}")
        if len(value) < self.shortest:
            return Problem("range", at, "must not be empty")
        if self.longest is not None and len(value) > self.longest:
            return Problem("range", at, f"must not be longer than {self.longest} characters")
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            return Problem("range", at, self.hint or "has characters that are not allowed")
        return None


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""

    least: int | None = None
    most: int | None = None

    def problem(self, value: object, at: str, lenient: bool = False) -> Problem | None:
        # bool is an int in Python, but true is no number in JSON
        if isinstance(value, bool) or not isinstance(value, int):
            return Problem("type", at, "must be a whole number")
        if self.least is not None and value < self.least:
            return Problem("range", at, f"must be at least {self.least}")
        if self.most is not None and value > self.most:
            return Problem("range", at, f"must be at most {self.most}")
        return None


@dataclass(frozen=True, slots=True)
class Number:
    """A number with bounds."""

    least: float
    most: float

    def problem(self, value: object, at: str, lenient: bool = False) -> Problem | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Problem("type", at, "must be a number")
        if not self.least <= value <= self.most:
            return Problem("range", at, f"must be between {self.least} and {self.most}")
        return None


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def problem(self, value: object, at: str, lenient: bool = False) -> Problem | None:
        return None if isinstance(value, bool) else Problem("type", at, "must be true or false")


@dataclass(frozen=True, slots=True)
class AnyValue:
    """A value that is the caller's own business."""

    def problem(self, value: object, at: str, lenient: bool = False) -> Problem | None:
        return None


@dataclass(frozen=True, slots=True)
class Items:
    """An array of things alike."""

    of: Spec
    fewest: int = 0
    most: int | None = None

    def problem(self, value: object, at: str, lenient: bool = False) -> Problem | None:
        if not isinstance(value, list):
            return Problem("type", at, "must be an array")
        if len(value) < self.fewest:
            return Problem("range", at, f"must hold at least {self.fewest} item(s)")
        if self.most is not None and len(value) > self.most:
            return Problem("range", at, f"must not hold more than {self.most} items")
        for position, item in enumerate(value):
            if found := self.of.problem(item, f"{at}[{position}]", lenient):
                return found
        return None


@dataclass(frozen=True, slots=True)
class Table:
    """An object whose keys are free and whose values are alike (webhook headers)."""

    of: Spec

    def problem(self, value: object, at: str, lenient: bool = False) -> Problem | None:
        if not isinstance(value, dict):
            return Problem("type", at, "must be an object")
        for key, item in value.items():
            if found := self.of.problem(item, f"{at}.{key}", lenient):
                return found
        return None


@dataclass(frozen=True, slots=True)
class Record:
    """An object with known fields. ``lenient`` lets unknown ones pass."""

    fields: Mapping[str, Spec]
    required: tuple[str, ...] = field(default=())

    def problem(self, value: object, at: str = "", lenient: bool = False) -> Problem | None:
        if not isinstance(value, dict):
            return Problem("type", at, "must be an object")
        prefix = f"{at}." if at else ""
        for name in self.required:
            if value.get(name) is None:
                return Problem("missing", prefix + name, "is required")
        for name, item in value.items():
            spec = self.fields.get(name)
            if spec is None:
                if not lenient:
                    return Problem("unknown", prefix + name, "is not allowed")
            elif found := spec.problem(item, prefix + name, lenient):
                return found
        return None
