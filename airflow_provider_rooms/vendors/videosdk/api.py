"""VideoSDK: its name, its tokens, its errors. https://docs.videosdk.live/api-reference/realtime-communication/intro"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.api import Api
from airflow_provider_rooms.vendors.exchange import NOTHING_SOUGHT, Fault
from airflow_provider_rooms.vendors.rest import Cursor, PageNumbers, Rest
from airflow_provider_rooms.vendors.sign_in import TokenSignIn
from airflow_provider_rooms.vendors.videosdk.options import VideoSDKOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.vendors.options import Options


class VideoSDKApi(TokenSignIn, Rest, Api):
    """Base of VideoSDK's parts."""

    name: ClassVar[str] = "videosdk"
    title: ClassVar[str] = "VideoSDK"
    options: ClassVar[type[Options]] = VideoSDKOptions
    # VideoSDK does not use ``Bearer``.
    scheme: ClassVar[str] = ""
    # Its query may be what tells genuine webhooks from those of other customers of VideoSDK.
    secret_fields: ClassVar[tuple[str, ...]] = ("webhook.endPoint",)
    # The largest number of items that VideoSDK gives at once is not documented; this is its default.
    cursor: ClassVar[Cursor | None] = PageNumbers(
        size=("perPage", 20), number="page", last="pageInfo.lastPage", total="pageInfo.total"
    )
    # Nothing can be missing of a create: there, 402 is what it is everywhere else.
    nothing_sought: ClassVar[Mapping[int, Fault]] = {
        **NOTHING_SOUGHT,
        402: Fault(errors.QuotaError, "The account's quota is used up: check its plan in VideoSDK's dashboard."),
    }
    # 402 is how VideoSDK says "not found"; https://docs.videosdk.live/server-sdk/reference/errors
    faults: ClassVar[Mapping[str | int, Fault]] = {
        "invalid or expired": Fault(
            errors.AuthenticationError, "Check the connection's API key and secret, and this machine's clock."
        ),
        "room not found": Fault(errors.NotFoundError),
        "roomid is invalid": Fault(errors.NotFoundError),
        "does not belong to you": Fault(
            errors.AccessDeniedError,
            "This name or id belongs to another VideoSDK account: use another name (for example with your "
            "own name_prefix), or a connection to that account.",
        ),
    }

    def claims(self, now: int) -> Mapping[str, Any]:
        """https://docs.videosdk.live/api-reference/realtime-communication/intro: no room, no join right."""
        return {"apikey": self.config.key, "permissions": ["allow_join"], "version": 2, "roles": ["crawler"]}

    def fault(self, status: int, code: str | int | None, message: str) -> Fault:
        """As everywhere, but 402 means "not found"."""
        return Fault(errors.NotFoundError) if status == 402 else super().fault(status, code, message)
