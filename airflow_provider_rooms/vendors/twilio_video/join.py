"""Joining at Twilio Video. https://www.twilio.com/docs/video/tutorials/user-identity-access-tokens"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.joining import Joining, anonymous
from airflow_provider_rooms.vendors.tokens import sign
from airflow_provider_rooms.vendors.twilio_video.api import TwilioVideoApi

if TYPE_CHECKING:
    from airflow_provider_rooms.models import Room
    from airflow_provider_rooms.vendors.contract.joining import Joiner
    from airflow_provider_rooms.vendors.flow import Flow

#: Characters of an identity; those beyond Latin-1 count twice (error 53201).
LONGEST_IDENTITY = 128


class TwilioVideoJoin(TwilioVideoApi, Joining):
    """Twilio has no roles: everybody in a room may do the same. A page of yours learns the role from the link."""

    # Longer ones are refused when somebody joins (error 20157).
    longest_token: ClassVar[int | None] = 86400

    def check_joiner(self, joiner: Joiner) -> None:
        """Tokens for people are signed by an API key of an account; an identity has its length."""
        if not self.config.key.startswith("SK"):
            raise errors.InvalidConnectionError(
                f"Connection {self.config.conn_id!r} signs in with the account SID, but participant tokens need "
                "an API key.",
                vendor=self.title,
                advice="Create an API key (SK…) in the console. Set it and its secret in the connection, with "
                "account_sid in the extra.",
            )
        if sum(2 if ord(char) > 255 else 1 for char in joiner.user_id or "") > LONGEST_IDENTITY:
            raise errors.InvalidSpecError(
                f"user: Twilio accepts at most {LONGEST_IDENTITY} characters.", vendor=self.title
            )

    def mint(self, room: Room, joiner: Joiner) -> Flow[str]:
        """An access token for this very room: one without a room would open all of the account.

        There is no ``nbf``: a clock that is a little behind Twilio's would make the token unusable.
        """
        yield from ()  # nothing to ask the vendor
        issued = int(self.clock.now())
        claims = {
            "jti": f"{self.config.key}-{issued}",
            "iss": self.config.key,
            "sub": self.config.settings["account_sid"],
            "iat": issued,
            "exp": joiner.expires,
            "grants": {"identity": joiner.user_id or anonymous(), "video": {"room": room.id}},
        }
        return sign(claims, self.config.secret, {"cty": "twilio-fpa;v=1"})
