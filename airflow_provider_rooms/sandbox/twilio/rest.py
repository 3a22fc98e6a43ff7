"""Twilio Video v1: what its resources have in common: credentials, errors, forms and pages."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar
from urllib.parse import urlencode

from airflow_provider_rooms.sandbox.clock import Clock, parse_time
from airflow_provider_rooms.sandbox.credentials import TWILIO_ACCOUNT, TWILIO_API_KEY, TWILIO_SECRET
from airflow_provider_rooms.sandbox.limits import Limit
from airflow_provider_rooms.sandbox.lists import LIST_CHOICES, LIST_SWITCHES
from airflow_provider_rooms.sandbox.twilio import shapes
from airflow_provider_rooms.sandbox.twilio.shapes import InvalidError, Param
from airflow_provider_rooms.sandbox.twilio.store import Room, Store
from airflow_provider_rooms.sandbox.vendor import Vendor, hex_id
from airflow_provider_rooms.sandbox.wire import Answer, Call, RefusedError, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

DEFAULT_PAGE: Final = 50

T = TypeVar("T")


class TwilioRest(Vendor):
    """What the resources of the Twilio REST API have in common."""

    name: ClassVar[str] = "twilio"
    title: ClassVar[str] = "Twilio Video"
    conn_type: ClassVar[str] = "twilio_video"
    sign_in: ClassVar[Mapping[str, Any]] = {
        "login": TWILIO_API_KEY,
        "password": TWILIO_SECRET,
        "extra": {"account_sid": TWILIO_ACCOUNT},
    }
    #: https://www.twilio.com/docs/video/programmable-video-limits; an answer 429 names no time to wait
    limit: ClassVar[Limit] = Limit(writes=20, reads=80)
    switches: ClassVar[Mapping[str, Any]] = {
        # the account's Console default, used where RecordParticipantsOnConnect is not given
        "record_by_default": False,
        # the order of lists is not stated
        **LIST_SWITCHES,
    }
    switch_choices: ClassVar[Mapping[str, tuple[Any, ...]]] = LIST_CHOICES

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.store = Store(clock)

    def handle(self, call: Call) -> Answer:
        answer = super().handle(call)
        answer.headers.setdefault("Twilio-Request-Id", "RQ" + hex_id(32))
        return answer

    # -- credentials and errors -----------------------------------------------------------------------------

    def authenticate(self, call: Call) -> None:
        """Basic, with the API key (SK) or the account (AC) as user; the account never stands in the path."""
        scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            user = password = ""
        known = scheme == "Basic" and user in (TWILIO_ACCOUNT, TWILIO_API_KEY)
        if not known or not hmac.compare_digest(password.encode(), TWILIO_SECRET.encode()):
            answer = self.error(20003)
            answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
            raise RefusedError(answer)

    def error(self, code: int, message: str | None = None, status: int | None = None) -> Answer:
        known_status, text = shapes.ERRORS[code]
        status = status or known_status
        body = {
            "code": code,
            "message": message or text,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }
        return as_json(body, status)

    def refuse(self, code: int, message: str | None = None) -> RefusedError:
        return RefusedError(self.error(code, message))

    def missing(self, path: str) -> RefusedError:
        return self.refuse(20404, f"The requested resource {path} was not found")

    def no_route(self, call: Call, known: bool) -> Answer:
        if known and call.method != "HEAD":
            return self.error(20004)
        return self.error(20404, f"The requested resource {call.path.removeprefix('/v1')} was not found")

    def failure(self, status: int, call: Call) -> Answer:
        if status in shapes.STATUS_CODES:
            return self.error(shapes.STATUS_CODES[status])
        # the docs say that code and more_info may be missing
        return as_json({"message": "Something went wrong", "status": status}, status)

    # -- forms and pages ------------------------------------------------------------------------------------

    def form(self, call: Call, table: Mapping[str, Param]) -> dict[str, Any]:
        if call.body and call.content_type != "application/x-www-form-urlencoded":
            # Twilio would read no parameter at all of a JSON body and make an unnamed room; refused instead
            body = {"message": "Content-Type must be application/x-www-form-urlencoded", "status": 415}
            raise RefusedError(as_json(body, 415))
        try:
            return shapes.read_form(call.body, table)
        except InvalidError as invalid:
            raise self.refuse(invalid.code, invalid.message) from invalid

    def page(
        self, call: Call, key: str, items: Sequence[T], sid_of: Callable[[T], str], view: Callable[[T], dict[str, Any]],
        most: int = 1000, shown: Callable[[Sequence[T]], Sequence[T]] = list,
    ) -> Answer:  # fmt: skip
        """``{key: […], meta: {…}}`` with absolute URLs of this very server.

        :param shown: what is shown of a page.
        """
        size = self._page_number(call, "PageSize", DEFAULT_PAGE, 1, most, 20007)
        number = self._page_number(call, "Page", 0, 0, 10**9, 20001)
        token = call.first("PageToken")
        begin = 0
        if token is not None:
            begin = next((i for i, item in enumerate(items, 1) if sid_of(item) == token[2:]), 0)
            if not begin:
                raise self.refuse(21481)
        elif number:
            # "client state only": a page number alone leads nowhere; what it is answered with is unknown
            raise self.refuse(21481, "Page needs the PageToken of the answer before")
        page = items[begin : begin + size]
        filters = [(name, value) for name, value in call.query if name not in ("PageSize", "Page", "PageToken")]

        def url(which: int, after: int | None) -> str:
            extra: list[tuple[str, Any]] = [("PageSize", size), ("Page", which)]
            if after is not None:
                extra.append(("PageToken", f"PA{sid_of(items[after])}"))
            return f"{call.base}{call.path}?{urlencode(filters + extra)}"

        more = begin + size < len(items)
        meta = {
            "page": number,
            "page_size": size,
            "first_page_url": url(0, None),
            "previous_page_url": url(max(0, number - 1), begin - size - 1 if begin > size else None) if begin else None,
            "url": url(number, begin - 1 if begin else None),
            "next_page_url": url(number + 1, begin + size - 1) if more else None,
            "key": key,
        }
        return as_json({key: [view(item) for item in shown(page)], "meta": meta})

    def _page_number(self, call: Call, name: str, default: int, least: int, most: int, code: int) -> int:
        text = call.first(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 10 or not least <= int(text) <= most:
            raise self.refuse(code, f"{name} must be a whole number from {least} to {most}")
        return int(text)

    def choice(self, call: Call, name: str, choices: tuple[str, ...]) -> str | None:
        value = call.first(name)
        if value is not None and value not in choices:
            raise self.refuse(20001, f"{name} must be one of {', '.join(choices)}")
        return value

    def created_between(self, call: Call) -> Callable[[datetime], bool]:
        """On or after the one, strictly before the other; the full form and the date alone are both documented."""
        bounds = []
        for name in ("DateCreatedAfter", "DateCreatedBefore"):
            text = call.first(name)
            try:
                bounds.append(parse_time(text) if text is not None else None)
            except ValueError as error:
                raise self.refuse(20001, f"{name} must be a time in UTC (YYYY-MM-DDTHH:MM:SSZ)") from error
        after, before = bounds

        def inside(moment: datetime) -> bool:
            # times have whole seconds at Twilio
            created = moment.replace(microsecond=0)
            return (after is None or created >= after) and (before is None or created < before)

        return inside

    def room(self, call: Call, lagging: bool = False) -> Room:
        """By SID in any status, by name only while in progress."""
        reference = call.params["room"]
        room = self.store.rooms.get(reference)
        # a name with reserved characters cannot be used in the path, not even encoded (docs)
        if room is None and not shapes.RESERVED.intersection(reference):
            room = self.store.in_progress.get(reference)
        if room is None or (lagging and not self.shows(room.visible_at)):
            raise self.missing(f"/Rooms/{reference}")
        return room

    def room_by_sid(self, call: Call) -> Room:
        """Recordings of a room want the SID."""
        if call.params["room"] not in self.store.rooms:
            raise self.missing(call.path.removeprefix("/v1"))
        return self.store.rooms[call.params["room"]]
