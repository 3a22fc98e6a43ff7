"""100ms v2: what its resources have in common: credentials, errors, bodies and pages."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from airflow_provider_rooms.sandbox import tokens
from airflow_provider_rooms.sandbox.clock import Clock, parse_time
from airflow_provider_rooms.sandbox.credentials import KEY, SECRET
from airflow_provider_rooms.sandbox.hundredms.store import Room, Store, Template
from airflow_provider_rooms.sandbox.lists import LIST_CHOICES, LIST_SWITCHES
from airflow_provider_rooms.sandbox.vendor import Vendor
from airflow_provider_rooms.sandbox.wire import Answer, Call, RefusedError, as_json, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_rooms.sandbox.checks import Record

CLAIMS: Final = ("access_key", "type", "version", "jti", "iat", "nbf", "exp")
#: Three statements exist (14 days, 90 days, none); this is the longest that an official page gives.
LONGEST_TOKEN_SECONDS: Final = 90 * 86_400

_BORN: Final = datetime(2022, 9, 8, 15, 7, 37, 830_000, UTC)
#: Two ready-made templates, as if made on the dashboard. The first is the default one.
TEMPLATES: Final = (
    Template("63188115d11d6db790c73c60", "default_videoconf", "in", ("host", "guest"), _BORN, "sandbox"),
    Template("627cdddff2e4e30487862ad9", "webinar", "eu", ("teacher", "student", "viewer"), _BORN, "sandbox"),
)

T = TypeVar("T")


class HundredMsRest(Vendor):
    """What the resources of the 100ms REST API have in common."""

    name: ClassVar[str] = "hundredms"
    title: ClassVar[str] = "100ms"
    conn_type: ClassVar[str] = "hundredms"
    sign_in: ClassVar[Mapping[str, Any]] = {"login": KEY, "password": SECRET, "extra": {}}
    switches: ClassVar[Mapping[str, Any]] = {
        "unknown_fields": "reject",
        # how ?name= matches is not stated: exact (without regard to case) or any part of the name
        "name_filter": "exact",
        # an empty list comes as [] or as null; both are on official pages
        "empty_data": "list",
        # the order of lists is stated for sessions only
        **LIST_SWITCHES,
        # a HIPAA workspace signs what it reports, with this secret
        "webhook_secret": "",
    }
    switch_choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "unknown_fields": ("reject", "accept"),
        "name_filter": ("exact", "substring"),
        "empty_data": ("list", "null"),
        **LIST_CHOICES,
    }

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.store = Store(clock, list(TEMPLATES))

    # -- credentials and errors -----------------------------------------------------------------------------

    def authenticate(self, call: Call) -> None:
        """``Bearer`` and a management token with its seven claims (page "Security and tokens")."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        try:
            if scheme != "Bearer":
                raise tokens.BadTokenError("no bearer token")
            self.claims(token, "management", CLAIMS)
        except tokens.BadTokenError as bad:
            raise RefusedError(self.error(401, "Token validation error", "not found")) from bad

    def claims(self, token: str, type_: str, needed: Sequence[str]) -> dict[str, Any]:
        _, claims = tokens.read(token, SECRET)
        missing = [name for name in needed if name not in claims]
        if missing:
            raise tokens.BadTokenError(f"claims missing: {', '.join(missing)}")
        if claims["access_key"] != KEY:
            raise tokens.BadTokenError("access_key is not this workspace's")
        if claims["type"] != type_:
            raise tokens.BadTokenError(f"type is not {type_}")
        if tokens.whole(claims, "version") != 2:
            raise tokens.BadTokenError("version is not 2")
        if not isinstance(claims["jti"], str) or not claims["jti"]:
            raise tokens.BadTokenError("jti must be a text")
        now = time.time()
        issued, not_before, expires = (tokens.whole(claims, name) for name in ("iat", "nbf", "exp"))
        # no leeway is documented, which is why official code backdates both
        if issued > now or not_before > now:
            raise tokens.BadTokenError("not valid yet")
        if expires <= now:
            raise tokens.BadTokenError("expired")
        if expires - issued > LONGEST_TOKEN_SECONDS:
            raise tokens.BadTokenError("valid for too long")
        return claims

    def error(self, status: int, message: str, *details: str) -> Answer:
        return as_json({"code": status, "message": message, "details": list(details)}, status)

    def refuse(self, status: int, message: str, *details: str) -> RefusedError:
        return RefusedError(self.error(status, message, *details))

    def no_route(self, call: Call, known: bool) -> Answer:
        return self.error(404, "404 page not found")

    def failure(self, status: int, call: Call) -> Answer:
        texts = {
            401: "Token validation error",
            403: "user does not have required permission",
            429: "rate limit exceeded, retry after 1 seconds",
            503: "service unavailable",
        }
        return self.error(status, texts.get(status, "internal server error" if status >= 500 else "invalid input"))

    # -- bodies and pages -----------------------------------------------------------------------------------

    def body(self, call: Call, spec: Record, needed: bool = True) -> dict[str, Any]:
        """The checked JSON body. The refusals are worded as observed on recordings."""
        if not call.body:
            if needed:
                raise self.refuse(400, "request body must not be empty")
            return {}
        if call.content_type != "application/json":
            # the header is said to be required; the idiom of this decoder answers 415 without it
            raise self.refuse(415, "Content-Type header is not application/json")
        try:
            value = read_json(call.body)
        except ValueError as error:
            position = getattr(error, "pos", len(call.body))
            text = f"request body contains badly-formed JSON (at position {position})"
            raise self.refuse(400, text) from error
        if problem := spec.problem(value, lenient=self.behaviour["unknown_fields"] == "accept"):
            if problem.kind == "unknown":
                raise self.refuse(400, f'request body contains unknown field "{problem.at}"')
            if problem.kind == "type":
                raise self.refuse(400, f'request body contains an invalid value for the "{problem.at}" field')
            raise self.refuse(400, "invalid input", f"{problem.at} {problem.text}")
        checked: dict[str, Any] = value
        return checked

    def envelope(
        self,
        call: Call,
        items: Sequence[T],
        id_of: Callable[[T], str],
        view: Callable[[T], dict[str, Any]],
        shown: Callable[[Sequence[T]], Sequence[T]] = list,
    ) -> Answer:
        """``limit``, ``data`` and ``last`` (guide "Make API calls"). ``last`` stays filled on the final page.

        :param shown: what is shown of a page.
        """
        # a limit outside 10 to 100 is cut, which the answer tells; whether it is refused instead is unknown
        limit = min(100, max(10, self.number(call, "limit", 10)))
        start = call.first("start")
        begin = 0
        if start:
            begin = next((i for i, item in enumerate(items, 1) if id_of(item) == start), 0)
            if not begin:
                raise self.refuse(400, "invalid query parameter: start")
        page = shown(items[begin : begin + limit])
        data: list[dict[str, Any]] | None = [view(item) for item in page]
        if not data and self.behaviour["empty_data"] == "null":
            data = None
        return as_json({"limit": limit, "data": data, "last": id_of(page[-1]) if page else ""})

    def number(self, call: Call, name: str, default: int) -> int:
        text = call.first(name)
        if not text:  # official code sends empty parameters (?limit=&start=)
            return default
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise self.refuse(400, f"invalid query parameter: {name}")
        return int(text)

    def flag(self, call: Call, name: str, default: bool) -> bool:
        text = call.first(name)
        if not text:
            return default
        if text not in ("true", "false"):
            raise self.refuse(400, f"invalid query parameter: {name}")
        return text == "true"

    def moment(self, call: Call, name: str) -> datetime | None:
        text = call.first(name)
        if not text:
            return None
        try:
            return parse_time(text)
        except ValueError as error:
            raise self.refuse(400, f"invalid query parameter: {name}") from error

    def room(self, call: Call, lagging: bool = False) -> Room:
        """By id only: a name is looked up in the list."""
        room = self.store.rooms.get(call.params["id"])
        if room is None or (lagging and not self.shows(room.visible_at)):
            raise self.refuse(404, "Error: Room not found")
        return room
