"""Joining at 100ms. https://www.100ms.live/docs/get-started/v2/get-started/security-and-tokens"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlencode

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.joining import Joining
from airflow_provider_rooms.vendors.flow import Flow, segment
from airflow_provider_rooms.vendors.hundredms.api import HundredMsApi
from airflow_provider_rooms.vendors.made import found_or_made
from airflow_provider_rooms.vendors.rest import Resource
from airflow_provider_rooms.vendors.tokens import BACKDATED, sign

if TYPE_CHECKING:
    from airflow_provider_rooms.models import Room
    from airflow_provider_rooms.vendors.contract.joining import Joiner

_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

TEMPLATES = Resource(path="/v2/templates")


class HundredMsJoin(HundredMsApi, Joining):
    """Links carry room codes, which stand for a room and a role and never expire; client SDKs take app tokens."""

    # Roles are those of the room's template.
    any_role: ClassVar[bool] = True
    # 100ms' pages say 14 days here and 90 there; nobody contradicts a day.
    longest_token: ClassVar[int | None] = 86400

    def check_joiner(self, joiner: Joiner) -> None:
        """The connection's roles are names."""
        good = isinstance(joiner.rights, str) and bool(joiner.rights)
        self.check_rights(joiner, good, "Use a role from your template, as shown in the dashboard.")

    def check_page(self, joiner: Joiner) -> None:
        """The subdomain is nowhere in the API, and a code has no end."""
        if not self.config.settings.get("subdomain"):
            raise errors.InvalidConnectionError(
                f"Connection {self.config.conn_id!r} has no subdomain, which is part of every 100ms join link.",
                vendor=self.title,
                advice="Add subdomain to the connection's extra. The dashboard shows it with your template; the 100ms "
                "API does not return it.",
            )
        if not _HOST.fullmatch(self._host()):
            raise errors.InvalidConnectionError(
                f"Connection {self.config.conn_id!r}: subdomain in extra is not a valid host name label.",
                vendor=self.title,
                advice="Set it to the first part of your join links, such as my-school.",
            )
        if joiner.asked:
            raise errors.UnsupportedError(
                "expires_at: 100ms links contain a room code, which does not expire.",
                vendor=self.title,
                advice="Omit it and close the room after the class, or use join_token.",
            )

    def mint(self, room: Room, joiner: Joiner) -> Flow[str]:
        """Claims of an app token, for a role that the room's template has."""
        roles = yield from self._roles(room)
        if roles is not None and joiner.rights not in roles:
            raise self._no_role(joiner, roles)
        issued = int(self.clock.now()) - BACKDATED
        claims = {
            "access_key": self.config.key,
            "type": "app",
            "version": 2,
            "room_id": room.id,
            "role": joiner.rights,
            "jti": str(uuid.uuid4()),
            "iat": issued,
            "nbf": issued,
            "exp": joiner.expires,
        }
        if joiner.user_id is not None:
            claims["user_id"] = joiner.user_id
        return sign(claims, self.config.secret)

    def page_url(self, room: Room, joiner: Joiner) -> Flow[str]:
        """The prebuilt page, with the room's code for the role."""
        code = yield from found_or_made(
            self, lambda: self._code(room, joiner.rights), lambda: self._make_code(room, joiner), what="room code"
        )
        self.runtime.conceal(code)
        query = {"name": joiner.user_name, "userId": joiner.user_id}
        text = urlencode({key: value for key, value in query.items() if value is not None})
        return f"https://{self._host()}/meeting/{segment(code)}{'?' if text else ''}{text}"

    def _host(self) -> str:
        """``my-school``, or what people copy in its place: the whole host, or a whole link."""
        given = str(self.config.settings["subdomain"]).rpartition("://")[2].partition("/")[0]
        return given if "." in given else f"{given}.app.100ms.live"

    def _code(self, room: Room, role: str) -> Flow[str | None]:
        """GET /v2/room-codes/room/{id}: rooms made by the API have none until somebody makes them."""
        codes = yield from self.items(codes_of(room), {"role": role, "enabled": True})
        fitting = (code for code in codes if code.get("role") == role and code.get("enabled") is not False)
        return next((str(code["code"]) for code in fitting if code.get("code")), None)

    def _make_code(self, room: Room, joiner: Joiner) -> Flow[str | None]:
        """POST /v2/room-codes/room/{id}/role/{role}: only the one that is missing."""
        path = codes_of(room).at("role", joiner.rights)
        try:
            return str((yield from self.submit(path, self.an_object("code"), {}, room=room.id))["code"])
        except errors.NotFoundError:
            raise self._no_role(joiner, (yield from self._roles(room))) from None

    def _roles(self, room: Room) -> Flow[list[str] | None]:
        """The roles of the room's template; None where these credentials may not see it."""
        template = room.details.get("template_id")
        if not template:
            return None
        try:
            answer = yield from self.item(TEMPLATES, str(template))
        except (errors.NotFoundError, errors.AccessDeniedError):
            return None
        roles = answer.get("roles")
        return list(roles) if roles and isinstance(roles, Mapping) else None

    def _no_role(self, joiner: Joiner, roles: list[str] | None) -> errors.InvalidSpecError:
        known = f"It has the roles {', '.join(roles)}. " if roles else ""
        return errors.InvalidSpecError(
            f"role: the room's template has no role {joiner.rights!r}.",
            vendor=self.title,
            advice=f'{known}Map the role in roles of the connection, such as {{"{joiner.role}": "student"}}.',
        )


def codes_of(room: Room) -> Resource:
    """The codes of a room."""
    return Resource(path=f"/v2/room-codes/room/{segment(room.id)}", key="code")
