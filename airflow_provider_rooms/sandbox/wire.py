"""What a vendor sees of HTTP: a ``Call`` comes in, an ``Answer`` goes out, ``Routes`` finds who answers.

Paths are matched part by part on the raw path, so that ``a%2Fb`` stays one part (ASGI hands out paths already
decoded). Handlers are plain functions: they run on the event loop one at a time, which makes every request
atomic without a lock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

JSON_TYPE = "application/json; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(slots=True)
class Call:
    """One request to a vendor. ``path`` is what follows the vendor's prefix; ``base`` is the prefix's own URL."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    base: str
    origin: str
    params: dict[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> list[str]:
        return [unquote(part) for part in self.path.split("/")[1:]]

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query_string, keep_blank_values=True)

    def first(self, name: str) -> str | None:
        """The first value of a query parameter; names are case-sensitive."""
        return next((value for key, value in self.query if key == name), None)

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


@dataclass(slots=True)
class Answer:
    """What goes back. ``content_type`` None sends no body (204)."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """Raised anywhere in a handler to answer at once."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class NotPossibleError(Exception):
    """A ``/control`` action that cannot be done, with the status and the reason to give."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of JSON."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return Answer(status, body, JSON_TYPE, dict(headers or {}))


def as_text(text: str, status: int = 200) -> Answer:
    """An answer of plain text."""
    return Answer(status, text.encode(), TEXT_TYPE)


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """``pattern`` has ``{name}`` parts; ``open`` ones need no credentials."""

    method: str
    pattern: str
    handler: Handler
    open: bool = False


class Routes:
    """The table of a vendor's paths; a literal part wins over a named one (``/rooms/validate`` over ``/rooms/{id}``)."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_length: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            pattern = tuple(route.pattern.split("/")[1:])
            self._by_length.setdefault(len(pattern), []).append((pattern, route))
        for candidates in self._by_length.values():
            candidates.sort(key=lambda item: [part.startswith("{") for part in item[0]])

    def find(self, method: str, parts: list[str]) -> tuple[Route | None, dict[str, str], bool]:
        """The route, its named parts, and whether the path exists at all (under another verb)."""
        known = False
        for pattern, route in self._by_length.get(len(parts), ()):
            params: dict[str, str] = {}
            for expected, actual in zip(pattern, parts, strict=True):
                if expected.startswith("{"):
                    if not actual:
                        break
                    params[expected[1:-1]] = actual
                elif expected != actual:
                    break
            else:
                known = True
                if route.method == method:
                    return route, params, True
        return None, {}, known


def read_json(body: bytes) -> Any:
    """The JSON of a body; raises ``ValueError`` (with a ``pos`` when it is JSON gone wrong)."""
    return json.loads(body.decode("utf-8"))
