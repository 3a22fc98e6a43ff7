"""VideoSDK v2: what its resources have in common: credentials, errors, bodies and pages."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

from airflow_provider_rooms.sandbox import tokens
from airflow_provider_rooms.sandbox.credentials import KEY, SECRET
from airflow_provider_rooms.sandbox.lists import LIST_CHOICES, LIST_SWITCHES
from airflow_provider_rooms.sandbox.vendor import Vendor
from airflow_provider_rooms.sandbox.videosdk.store import Store
from airflow_provider_rooms.sandbox.wire import Answer, Call, RefusedError, as_json, as_text, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_rooms.sandbox.checks import Problem, Record
    from airflow_provider_rooms.sandbox.clock import Clock

#: Largest perPage: unknown. The page is cut to this and ``pageInfo`` says so, as a client must believe it anyway.
LARGEST_PAGE: Final = 100

PERMISSIONS: Final = ("allow_join", "ask_join", "allow_mod")


class VideoSDKRest(Vendor):
    """What the resources of the VideoSDK REST API have in common."""

    name: ClassVar[str] = "videosdk"
    title: ClassVar[str] = "VideoSDK"
    conn_type: ClassVar[str] = "videosdk"
    sign_in: ClassVar[Mapping[str, Any]] = {"login": KEY, "password": SECRET, "extra": {}}
    # official pages write some lists with a slash at the end, the official client without
    trailing_slash: ClassVar[bool] = True
    switches: ClassVar[Mapping[str, Any]] = {
        # whether live answers echo the settings of a room is unknown: the pages show none, the SDK's types do
        "echo_config": True,
        "unknown_fields": "reject",
        # minutes on five versions of the page, seconds in the SDK
        "auto_close_unit": "minutes",
        # neither the order of lists nor whether deactivated rooms are in them is on any page
        **LIST_SWITCHES,
        "list_disabled": True,
    }
    switch_choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "unknown_fields": ("reject", "accept"),
        "auto_close_unit": ("minutes", "seconds"),
        **LIST_CHOICES,
    }

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.store = Store(clock, lambda: 60.0 if self.behaviour["auto_close_unit"] == "minutes" else 1.0)

    # -- credentials and errors -----------------------------------------------------------------------------

    def authenticate(self, call: Call) -> None:
        """A bare HS256 token (no ``Bearer``). 401 for a bad one, 403 for one that may not do REST."""
        header = call.headers.get("authorization", "")
        try:
            # whether a prefix is tolerated is unknown; every page says to send none
            claims = self.claims(header)
        except tokens.BadTokenError as bad:
            raise RefusedError(self.error(401, "Token is invalid or expired")) from bad
        if claims.get("version") != 2 or isinstance(claims["version"], bool | float):
            raise RefusedError(self.error(403, "Token of version 2 is required to access V2 api"))
        roles = claims.get("roles")
        if roles is not None and (not isinstance(roles, list) or "crawler" not in roles):
            raise RefusedError(self.error(403, f"Not allowed to access V2 api with role {_role(roles)}"))
        # a token scoped to one room or participant is made for joining; whether REST takes one is unknown
        if "roomId" in claims or "participantId" in claims:
            raise RefusedError(self.error(403, "Not allowed to access V2 api with a token for joining"))

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token of this account, whatever it is for; raises ``BadTokenError``."""
        _, claims = tokens.read(token, SECRET)
        now = time.time()
        if claims.get("apikey") != KEY:
            raise tokens.BadTokenError("apikey is not this account's")
        if tokens.whole(claims, "exp") <= now:
            raise tokens.BadTokenError("expired")
        if "nbf" in claims and tokens.whole(claims, "nbf") > now:
            raise tokens.BadTokenError("not valid yet")
        permissions = claims.get("permissions")
        # documented as mandatory; the SDK calls it harmless for REST. ask_join has to stand alone
        if not isinstance(permissions, list) or not permissions or any(p not in PERMISSIONS for p in permissions):
            raise tokens.BadTokenError("permissions missing or unknown")
        if "ask_join" in permissions and len(permissions) > 1:
            raise tokens.BadTokenError("ask_join beside other permissions")
        return claims

    def error(self, status: int, text: str) -> Answer:
        """400 is plain text (official samples read it so), the rest JSON with ``error``."""
        return as_text(text, status) if status == 400 else as_json({"error": text}, status)

    def refuse(self, status: int, text: str) -> RefusedError:
        return RefusedError(self.error(status, text))

    def no_route(self, call: Call, known: bool) -> Answer:
        return self.error(404, f"Cannot {call.method} {call.path}")

    def failure(self, status: int, call: Call) -> Answer:
        texts = {429: "Too many requests", 401: "Token is invalid or expired", 402: "Room not found"}
        return self.error(status, texts.get(status, "Something went wrong"))

    # -- bodies and pages -----------------------------------------------------------------------------------

    def body(self, call: Call, spec: Record) -> dict[str, Any]:
        """The checked JSON body; an absent one is an empty object (official clients create rooms without)."""
        if not call.body:
            value: Any = {}
        else:
            # an Express server silently ignores a body of another type; refusing it shows the mistake
            if call.content_type != "application/json":
                raise self.refuse(400, "Content-Type must be application/json")
            try:
                value = read_json(call.body)
            except ValueError as error:
                raise self.refuse(400, "Request body is not valid JSON") from error
        if problem := spec.problem(value, lenient=self.behaviour["unknown_fields"] == "accept"):
            raise self.refuse(400, _worded(problem))
        checked: dict[str, Any] = value
        return checked

    def page(
        self, call: Call, items: Sequence[Any], key: str = "data", per_page: int = 20
    ) -> tuple[dict[str, Any], list[Any]]:
        """``pageInfo`` and the part of ``items`` that was asked for."""
        current = self._number(call, "page", 1)
        size = min(self._number(call, "perPage", per_page), LARGEST_PAGE)
        total = len(items)
        info = {
            "currentPage": current,
            "perPage": size,
            # of an empty list: unknown whether 0 or 1
            "lastPage": max(1, math.ceil(total / size)),
            "total": total,
        }
        return info, list(items[(current - 1) * size : current * size])

    def _number(self, call: Call, name: str, default: int) -> int:
        text = call.first(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise self.refuse(400, f"{name} must be a positive integer")
        return int(text)


def _role(roles: object) -> str:
    return ",".join(map(str, roles)) if isinstance(roles, list) else "unknown"


def _worded(problem: Problem) -> str:
    return f'"{problem.at}" {problem.text}' if problem.at else f"Request body {problem.text}"
