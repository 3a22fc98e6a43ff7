"""VideoSDK: its name, its tokens, its errors. https://docs.videosdk.live/api-reference/realtime-communication/intro"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.base import Vendor
from airflow_provider_rooms.vendors.exchange import NOTHING_SOUGHT, Fault, a_list
from airflow_provider_rooms.vendors.tokens import TokenSource
from airflow_provider_rooms.vendors.videosdk.options import VideoSDKOptions

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.flow import Flow
    from airflow_provider_rooms.vendors.options import Options

#: Items asked for at once; the largest number VideoSDK takes is not documented, this is its default.
PAGE_SIZE = 20


class VideoSDKApi(Vendor):
    """Base of VideoSDK's parts."""

    name: ClassVar[str] = "videosdk"
    title: ClassVar[str] = "VideoSDK"
    console: ClassVar[str] = "https://app.videosdk.live/meetings/sessions"
    rooms_path: ClassVar[str] = "/v2/rooms"
    key_field: ClassVar[str] = "customRoomId"
    id_field: ClassVar[str] = "roomId"
    id_form: ClassVar[re.Pattern[str] | None] = re.compile(r"[a-z0-9]{4}(-[a-z0-9]{4}){2}")
    options: ClassVar[type[Options]] = VideoSDKOptions
    unsupported: ClassVar[Mapping[str, str]] = {
        "description": "Put it into your invitation, or use ref to hand it to later tasks.",
        "max_participants": "List who may join in options.allowedParticipantIds, or hand out fewer join links.",
    }
    # Nothing can be missing of a create: there, 402 is what it is everywhere else.
    nothing_sought: ClassVar[Mapping[int, Fault]] = {
        **NOTHING_SOUGHT,
        402: Fault(errors.QuotaError, "The account's quota is used up: see its plan in VideoSDK's dashboard."),
    }
    # 402 is how VideoSDK says "not found"; https://docs.videosdk.live/server-sdk/reference/errors
    faults: ClassVar[Mapping[str | int, Fault]] = {
        "invalid or expired": Fault(
            errors.AuthenticationError, "Check API key and secret of the connection, and this machine's clock."
        ),
        "room not found": Fault(errors.NotFoundError),
        "roomid is invalid": Fault(errors.NotFoundError),
        "does not belong to you": Fault(
            errors.AccessDeniedError,
            "This name or id belongs to another VideoSDK account: use another name (a name_prefix of your own does that), "
            "or a connection to that account.",
        ),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tokens = TokenSource(self.config.secret, self._claims, clock=self.clock, conceal=self.runtime.conceal)

    def _claims(self, now: int) -> Mapping[str, Any]:
        """https://docs.videosdk.live/api-reference/realtime-communication/intro: no room, no join right."""
        return {"apikey": self.config.key, "permissions": ["allow_join"], "version": 2, "roles": ["crawler"]}

    def authorization(self) -> str:
        """The token itself: VideoSDK does not use ``Bearer``."""
        return self._tokens.token()

    def forget_token(self) -> bool:
        """A token can be minted again at any time."""
        self._tokens.forget()
        return True

    def fault(self, status: int, code: str | int | None, message: str) -> Fault:
        """As everywhere, but 402 means "not found"."""
        return Fault(errors.NotFoundError) if status == 402 else super().fault(status, code, message)

    def page(
        self, path: str, filters: Mapping[str, Any], cursor: int | None, *, key: str = "data"
    ) -> Flow[tuple[list[Mapping[str, Any]], int | None]]:
        """A page of a list and the number of the next one; ``pageInfo`` says how many there are."""
        number = cursor or 1
        query = {"perPage": PAGE_SIZE, **filters, "page": number}
        items, body = yield from self.fetch(path, a_list(key), query)
        return items, page_after(body, number, items)


def page_after(body: Any, number: int, items: list[Any]) -> int | None:
    """The number of the next page, by ``pageInfo``; None after the last one, and after an empty one."""
    info = body.get("pageInfo") if isinstance(body, Mapping) else None
    last = info.get("lastPage") if isinstance(info, Mapping) else None
    return number + 1 if items and isinstance(last, int) and number < last else None
