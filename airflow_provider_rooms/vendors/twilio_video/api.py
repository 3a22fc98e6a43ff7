"""Twilio Video: its name, its sign-in, its errors. https://www.twilio.com/docs/video/api"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.api import Api
from airflow_provider_rooms.vendors.exchange import Exchange, Fault
from airflow_provider_rooms.vendors.rest import Cursor, NextUrl, Resource, Rest
from airflow_provider_rooms.vendors.sign_in import BasicSignIn
from airflow_provider_rooms.vendors.twilio_video.options import TwilioVideoOptions

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.exchange import Config
    from airflow_provider_rooms.vendors.options import Options
    from airflow_provider_rooms.vendors.pace import Lane

#: Items asked for at once, the most that every list of Twilio Video gives.
PAGE_SIZE = 100
#: The most that the lists of rooms and participants give.
LONGEST_PAGE = 1000
#: No room lives longer.
LONGEST_ROOM = dt.timedelta(hours=24)
ROOMS = Resource(path="/v1/Rooms", key="sid", items="rooms")

_LOGIN = re.compile(r"(SK|AC)[0-9a-fA-F]{32}")
_ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
_BAD_KEY = "Check the connection's SID and secret; an API key must be a US1 key."
_BAD_FIELD = "Correct the parameter that the message names."


class TwilioVideoApi(BasicSignIn, Rest, Api):
    """Base of Twilio Video's parts."""

    name: ClassVar[str] = "twilio_video"
    title: ClassVar[str] = "Twilio Video"
    # https://www.twilio.com/docs/video/programmable-video-limits
    requests_per_second: ClassVar[Mapping[Lane, float]] = {"reads": 80.0, "writes": 20.0}
    form: ClassVar[bool] = True
    cursor: ClassVar[Cursor | None] = NextUrl(
        size=("PageSize", PAGE_SIZE), url="meta.next_page_url", granted="meta.page_size"
    )
    request_id_headers: ClassVar[tuple[str, ...]] = ("twilio-request-id", *Exchange.request_id_headers)
    options: ClassVar[type[Options]] = TwilioVideoOptions
    # https://www.twilio.com/docs/api/errors; the code counts, the HTTP status and the message do not.
    faults: ClassVar[Mapping[str | int, Fault]] = {
        20003: Fault(errors.AuthenticationError, _BAD_KEY),
        20008: Fault(errors.AccessDeniedError, "Test credentials do not work with Twilio Video: use live credentials."),
        20403: Fault(errors.AccessDeniedError),
        20404: Fault(errors.NotFoundError),
        20429: Fault(
            errors.RateLimitError,
            "Run fewer tasks for this account at once; Twilio allows 80 reads and 20 writes per second per account.",
        ),
        20500: Fault(errors.VendorDownError),
        20503: Fault(errors.VendorDownError),
        53103: Fault(errors.RequestRefusedError, "Twilio Video is not enabled for this account."),
        53113: Fault(errors.RequestRefusedError),
        53112: Fault(errors.RequestRefusedError),
        53116: Fault(
            errors.VendorDownError, "There is no media server in this region: use another region, or omit it."
        ),
        53118: Fault(errors.RequestRefusedError),
        53119: Fault(errors.QuotaError, "The account has reached its limit of concurrent rooms."),
        53126: Fault(errors.RequestRefusedError, "New accounts support group rooms only: omit Type."),
        53127: Fault(errors.RequestRefusedError, "New accounts do not support audio-only rooms: omit AudioOnly."),
        53206: Fault(errors.QuotaError, "The account has reached its limit of concurrent participants."),
        **{code: Fault(errors.RequestRefusedError, _BAD_FIELD) for code in (53100, 53101, 53102, *range(53107, 53112))},
        **{code: Fault(errors.RequestRefusedError, _BAD_FIELD) for code in (53114, 53115, 53120, 53123, 53124)},
    }

    @classmethod
    def check_sign_in(cls, config: Config) -> None:
        """SIDs have a form, and tokens for people need an account."""
        name, account = config.conn_id, config.settings.get("account_sid")
        if not _LOGIN.fullmatch(config.key):
            raise errors.InvalidConnectionError(
                f"Connection {name!r}: the login is not a SID (SK… or AC… followed by 32 hex digits)."
            )
        if account and not _ACCOUNT_SID.fullmatch(account):
            raise errors.InvalidConnectionError(
                f"Connection {name!r}: account_sid is not AC… followed by 32 hex digits."
            )
        if config.key.startswith("SK") and not account:
            raise errors.InvalidConnectionError(
                f"Connection {name!r} signs in with an API key (SK…) but has no account_sid.",
                advice="Add account_sid (AC…) to the connection's extra. Participant tokens are issued for an account.",
            )

    @classmethod
    def account(cls, config: Config) -> str:
        """All API keys of an account share its limits."""
        return config.settings.get("account_sid") or config.key

    def error_parts(self, body: Any) -> tuple[str | int | None, str]:
        """``{code, message, more_info, status}``, or the newer ``{type, title, detail, code}``."""
        _, message = super().error_parts(body)
        code = body.get("code") if isinstance(body, Mapping) else None
        return code if isinstance(code, int) else None, message


def made_between(since: dt.datetime, until: dt.datetime) -> dict[str, str]:
    """The filters of a list for what was made in that time, to the second."""
    after, before = (
        moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (since, until + dt.timedelta(seconds=1))
    )
    return {"DateCreatedAfter": after, "DateCreatedBefore": before}


def people_of(room_sid: str) -> Resource:
    """The participants of a room, whatever their status."""
    return Resource(path=ROOMS.at(room_sid, "Participants"), key="sid", items="participants")
