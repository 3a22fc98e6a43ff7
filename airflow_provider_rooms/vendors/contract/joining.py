"""The optional part of the contract about people's way in: a token, a link, or both."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.api import Api, optional

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.models import Room
    from airflow_provider_rooms.vendors.flow import Flow


@dataclass(frozen=True, kw_only=True)
class Joiner:
    """Who wants in, and as what.

    :param role: ``host``, ``guest``, or another word of the connection's ``roles``.
    :param rights: what the vendor calls it: a role, or permissions.
    :param user_id: what tells people apart in the room; None leaves it to the vendor.
    :param user_name: the name that others see.
    :param expires: seconds since 1970.
    :param asked: whether somebody asked for that very end, so that it must be kept.
    """

    role: str
    rights: Any
    user_id: str | None
    user_name: str | None
    expires: int
    asked: bool


class Joining(Api):
    """A vendor has tokens (``mint``), a page of its own (``check_page`` and ``page_url``), both or neither."""

    #: Our roles as this vendor calls them, unless the connection says otherwise.
    usual_roles: ClassVar[Mapping[str, Any]] = {"guest": "guest", "host": "host"}
    #: Whether other names may be roles too, those of a template, say.
    any_role: ClassVar[bool] = False
    #: Longest life of a token for people, in seconds; None where the vendor says none.
    longest_token: ClassVar[int | None] = None

    def check_joiner(self, joiner: Joiner) -> None:
        """Refuse, before any call, what this vendor cannot say of somebody."""

    @optional("has no join tokens")
    def mint(self, room: Room, joiner: Joiner) -> Flow[str]:
        """A token that lets somebody into one room, and may no more than the role needs."""
        raise NotImplementedError

    def check_page(self, joiner: Joiner) -> None:
        """Refuse, before any call, what a link to the vendor's own page cannot honour; or all, where there is no page."""
        raise errors.InvalidConnectionError(
            f"Connection {self.config.conn_id!r} has no join_page, and {self.title} has no join page of its own.",
            vendor=self.title,
            advice="Set join_page in the connection's extra, such as https://example.org/class/{room_id}#{token}, "
            "or use join_token.",
        )

    @optional("has no join page of its own")
    def page_url(self, room: Room, joiner: Joiner) -> Flow[str]:
        """A link to the room on the vendor's own page, where it has one."""
        raise NotImplementedError

    def check_life(self, joiner: Joiner) -> None:
        """Refuse a life that the vendor refuses, which it would say to the person at the door only.

        :raises InvalidSpecError: it is longer than :attr:`longest_token`.
        """
        life = joiner.expires - self.clock.now()
        if self.longest_token is not None and life > self.longest_token:
            raise errors.InvalidSpecError(
                f"expires_at: a token from {self.title} is valid for at most {self.longest_token // 3600} hours, "
                f"but this one would be valid for {life / 3600:.1f} hours.",
                vendor=self.title,
                advice="Create the token later, in the task that sends it shortly before the class.",
            )

    def check_rights(self, joiner: Joiner, good: bool, advice: str) -> None:
        """Refuse a role of the connection that the vendor would not understand.

        :param good: whether the vendor takes the joiner's rights.
        :param advice: what the rights of a role are at this vendor.
        :raises InvalidConnectionError: it does not.
        """
        if not good:
            raise errors.InvalidConnectionError(
                f"roles of connection {self.config.conn_id!r}: {joiner.role!r} is {joiner.rights!r}.",
                vendor=self.title,
                advice=advice,
            )


def anonymous() -> str:
    """An id for somebody who was not named, where the vendor wants one."""
    return f"guest-{uuid.uuid4().hex[:12]}"
