"""Joining at VideoSDK. https://docs.videosdk.live/server-sdk/authentication-and-tokens"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.joining import Joining
from airflow_provider_rooms.vendors.tokens import BACKDATED, sign
from airflow_provider_rooms.vendors.videosdk.api import VideoSDKApi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.models import Room
    from airflow_provider_rooms.vendors.contract.joining import Joiner
    from airflow_provider_rooms.vendors.flow import Flow

#: The hosted page, at the version that this package was written with. Another version goes into ``join_page``.
PREBUILT = "https://embed.videosdk.live/rtc-js-prebuilt/0.3.44/"
PERMISSIONS = ("allow_join", "ask_join", "allow_mod")


class VideoSDKJoin(VideoSDKApi, Joining):
    """A token carries permissions: to enter, to ask for it, to moderate. It cannot limit what somebody sends."""

    usual_roles: ClassVar[Mapping[str, Any]] = {"guest": ["allow_join"], "host": ["allow_join", "allow_mod"]}
    # VideoSDK takes any life; one of more than a year is a slip of the pen.
    longest_token: ClassVar[int | None] = 366 * 86400

    def check_joiner(self, joiner: Joiner) -> None:
        """Permissions that exist and go together, and an id without spaces (client error 4004)."""
        rights = _permissions(joiner.rights)
        good = bool(rights) and all(right in PERMISSIONS for right in rights)
        self.check_rights(
            joiner,
            good and not ("ask_join" in rights and len(rights) > 1) and rights != ["allow_mod"],
            'VideoSDK accepts ["allow_join"], ["allow_join", "allow_mod"] and ["ask_join"].',
        )
        if joiner.user_id is not None and any(char.isspace() for char in joiner.user_id):
            raise errors.InvalidSpecError(
                f"user: VideoSDK allows no spaces in an id, got {joiner.user_id!r}.",
                vendor=self.title,
                advice='Pass both: user={"id": "ada", "name": "Ada Lovelace"}.',
            )

    def check_page(self, joiner: Joiner) -> None:
        """The link carries a token."""
        self.check_life(joiner)

    def mint(self, room: Room, joiner: Joiner) -> Flow[str]:
        """Claims of a participant's token. Without permissions the official SDK makes moderators: they are always said."""
        yield from ()  # nothing to ask the vendor
        claims = {
            "apikey": self.config.key,
            "permissions": _permissions(joiner.rights),
            "version": 2,
            "roles": ["rtc"],
            "roomId": room.id,
            "iat": int(self.clock.now()) - BACKDATED,
            "exp": joiner.expires,
        }
        if joiner.user_id is not None:
            claims["participantId"] = joiner.user_id
        return sign(claims, self.config.secret)

    def page_url(self, room: Room, joiner: Joiner) -> Flow[str]:
        """The prebuilt page. A link carries its token: one person each, since a second join throws the first one out."""
        token = yield from self.mint(room, joiner)
        self.runtime.conceal(token)
        query = {"meetingId": room.id, "token": token, "micEnabled": "true", "webcamEnabled": "true"}
        if joiner.user_name is None:
            query["joinScreenEnabled"] = "true"  # where people give their name themselves
        else:
            query["name"] = joiner.user_name
        if joiner.user_id is not None:
            query["participantId"] = joiner.user_id
        return f"{PREBUILT}?{urlencode(query)}"


def _permissions(rights: Any) -> list[Any]:
    return list(rights) if isinstance(rights, (list, tuple)) else [rights]
