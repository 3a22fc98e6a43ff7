"""The contract of a vendor, and the flows that all vendors share.

A vendor is one module: tables of facts (limits, statuses, errors), a model of its options, and a few pure steps (look up,
create, read, close). This module turns them into the promise: find → create → read back → verify.
"""

from __future__ import annotations

import datetime as dt
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, ClassVar, Literal
from urllib.parse import quote, urlencode, urlsplit

from airflow_provider_rooms import errors, names
from airflow_provider_rooms.models import Outcome, Room, RoomSpec, RoomState
from airflow_provider_rooms.values import read_time, suggestion
from airflow_provider_rooms.vendors import VENDORS
from airflow_provider_rooms.vendors.flow import (
    Flow,
    Patience,
    Request,
    Response,
    Runtime,
    Sleep,
    TokenBucket,
    about,
    retry_after,
)
from airflow_provider_rooms.vendors.options import Options, differences, fill, masked, merge, read_options

OnDrift = Literal["fail", "ignore", "update"]
OnClosed = Literal["fail", "reopen"]

#: How often "look up, then create" starts over when somebody else creates or closes the room in between.
_ROUNDS = 4
#: Seconds between reads of a room that the vendor has just made and does not show yet.
_VISIBILITY_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_NEUTRAL = ("description", "max_participants", "max_duration", "record", "transcribe", "region", "webhook")


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a vendor needs of an Airflow connection. Secrets are left out of its ``repr``.

    :param timeout: seconds for one answer, whole.
    :param name_prefix: put before every room name.
    :param writes_per_second: what this process may send, creates and changes together.
    :param settings: the vendor's own settings, such as ``template_id``.
    """

    conn_id: str
    base_url: str
    key: str
    secret: str = field(repr=False)
    timeout: float = 30.0
    name_prefix: str = ""
    writes_per_second: float | None = None
    roles: Mapping[str, Any] = field(default_factory=dict)
    join_page: str | None = None
    webhook_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    storage_credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A spec as one vendor takes it.

    :param name: the room name, prefix included.
    :param body: the create request.
    :param asked: the part of it that the user asked for, which the room is compared with.
    :param warnings: what the user should know, though nothing is wrong.
    """

    name: str
    body: Mapping[str, Any] = field(repr=False)
    asked: Mapping[str, Any] = field(repr=False)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Existing:
    """A room found by name, open or closed.

    :param name: the name it has at the vendor.
    :param answer: the vendor's own description of it.
    :param expired: it was closed by the vendor's own clock, not by anybody's decision.
    """

    name: str
    answer: Mapping[str, Any] = field(repr=False)
    closed: bool = False
    expired: bool = False


@dataclass(frozen=True)
class Fault:
    """A row of a vendor's error table: what an answer means, and what to do."""

    error: type[errors.RoomsError]
    advice: str | None = None


#: What an HTTP status means where a vendor's own table does not know better.
STATUS_FAULTS: Mapping[int, Fault] = {
    401: Fault(errors.AuthenticationError, "Check key and secret of the connection, and this machine's clock."),
    403: Fault(errors.AccessDeniedError, "Check what this key may do in the vendor's dashboard."),
    404: Fault(errors.NotFoundError, "Check the id or name, and that the connection belongs to the same account."),
    408: Fault(errors.VendorDownError),
    429: Fault(errors.RateLimitError, "Lower writes_per_second of the connection, or the number of workers."),
}


class Vendor(ABC):
    """One vendor's API: builds requests, reads answers. No I/O; clock and random come in through ``runtime``."""

    name: ClassVar[str]
    title: ClassVar[str]
    default_url: ClassVar[str]
    #: The vendor's field that holds the room name; it cannot be given in ``options``.
    key_field: ClassVar[str]
    options: ClassVar[type[Options]]
    #: Neutral parameters this vendor cannot express, with the way out.
    unsupported: ClassVar[Mapping[str, str]] = {}
    #: Neutral parameters with their smallest and largest value.
    limits: ClassVar[Mapping[str, tuple[int, int]]] = {}
    #: Settings whose values are secrets, as dotted paths.
    secret_fields: ClassVar[tuple[str, ...]] = ()
    #: The vendor's error codes or messages, where it has any; looked up before the HTTP status.
    faults: ClassVar[Mapping[str | int, Fault]] = {}
    #: Content type of request bodies.
    form: ClassVar[bool] = False
    can_update: ClassVar[bool] = False
    #: Writes per second that the vendor grants an account, where it says so.
    writes_per_second: ClassVar[float | None] = None
    #: How long before the class a room is created at most and by default, in seconds; None for as early as you like.
    longest_ahead: ClassVar[int | None] = None
    usual_ahead: ClassVar[int | None] = None
    #: Where people look at rooms: the vendor's console, ``{id}`` being the room id.
    console: ClassVar[str]

    def __init__(
        self,
        config: Config,
        *,
        runtime: Runtime | None = None,
        patience: Patience | None = None,
        bucket: TokenBucket | None = None,
    ) -> None:
        self.config = config
        self.runtime = runtime or Runtime()
        self.patience = patience or Patience()
        self.bucket = bucket

    # -- what each vendor says about itself -----------------------------------------------------------------------------

    @abstractmethod
    def authorization(self) -> str:
        """Value of the ``Authorization`` header."""

    def forget_token(self) -> bool:
        """Drop a cached token after a 401; True when a new one can be minted."""
        return False

    @abstractmethod
    def neutral(self, field_name: str, value: Any, spec: RoomSpec) -> Mapping[str, Any]:
        """A neutral parameter in the vendor's own fields."""

    @abstractmethod
    def look_up(self, name: str, spec: RoomSpec) -> Flow[Existing | None]:
        """Find the room of that name, open or closed, with everything the vendor shows of it."""

    @abstractmethod
    def create(self, name: str, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        """Create the room; None when the vendor says that somebody else holds the name."""

    @abstractmethod
    def read(self, answer: Mapping[str, Any]) -> Flow[Mapping[str, Any]]:
        """Read a room again after it was created or changed."""

    @abstractmethod
    def reopen(self, existing: Existing, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        """Make a closed room usable again, or a new one in its place."""

    @abstractmethod
    def shown(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """The settings that an answer shows, in the shape of the create request."""

    @abstractmethod
    def room(self, answer: Mapping[str, Any]) -> Room:
        """A vendor's description of a room as a :class:`Room`."""

    @abstractmethod
    def check(self) -> Flow[str]:
        """A cheap authenticated read; the answer is what to tell the user."""

    @abstractmethod
    def get_room(self, ref: str) -> Flow[Room]:
        """The room of that id or name.

        :raises NotFoundError: there is none.
        """

    @abstractmethod
    def list_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """The rooms of the account that are wanted, page by page."""

    @abstractmethod
    def close_room(self, room: Room) -> Flow[None]:
        """Make the room unusable: deactivate, disable or complete it."""

    def update(self, existing: Existing, plan: Plan) -> Flow[Mapping[str, Any]]:
        """Give an existing room the settings asked for."""
        raise errors.UnsupportedError(f"{self.title} cannot change a room.")

    def defaults(self, spec: RoomSpec, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Fields sent because we know better than the vendor's default, unless the user gives them."""
        return {}

    def check_plan(self, body: Mapping[str, Any]) -> Iterator[str]:
        """Checks across fields: raise what is wrong, yield what the user should know."""
        yield from ()

    def with_secrets(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body with the connection's secrets, added when it is sent."""
        return body

    # -- a spec as this vendor takes it ---------------------------------------------------------------------------------

    def plan(self, spec: RoomSpec) -> Plan:
        """Everything that can be checked before a call, checked.

        :raises InvalidSpecError: see :class:`RoomSpec`, the vendor's limits, and its options.
        """
        if spec.name is None:
            raise errors.InvalidSpecError("name: a room needs a name; it is what finds the room again.")
        name = names.resolve_name(spec.name, prefix=self.config.name_prefix)
        asked: dict[str, Any] = {}
        for field_name in _NEUTRAL:
            value = getattr(spec, field_name)
            if value is not None:
                self._check_neutral(field_name, value)
                asked = merge(asked, self.neutral(field_name, value, spec), source=field_name)
        own = dict(self._own_options(spec.options or {}))
        extra_body = own.pop("extra_body", None) or {}
        if not isinstance(extra_body, Mapping):
            raise errors.InvalidSpecError("options.extra_body: expected a dict.")
        for place, given in (("options", own), ("options.extra_body", extra_body)):
            if self.key_field in given:
                raise errors.InvalidSpecError(
                    f"{place}.{self.key_field}: the room name cannot be given here.",
                    advice="Use the name parameter: retries find the room again by it.",
                )
        asked = merge(asked, read_options(self.options, own, vendor=self.title), source="options")
        asked = merge(asked, extra_body, source="options.extra_body")
        body = {self.key_field: name, **fill(asked, self.defaults(spec, asked))}
        return Plan(name=name, body=body, asked=asked, warnings=tuple(self.check_plan(body)))

    def _own_options(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Options keyed by connection type are narrowed to this vendor's part."""
        if given and all(key in VENDORS for key in given):
            mine = given.get(self.name) or {}
            if not isinstance(mine, Mapping):
                raise errors.InvalidSpecError(f"options.{self.name}: expected a dict.")
            return mine
        return given

    def _check_neutral(self, field_name: str, value: Any) -> None:
        if field_name in self.unsupported:
            raise errors.UnsupportedError(
                f"{field_name}: {self.title} has no such setting.",
                vendor=self.title,
                advice=self.unsupported[field_name],
            )
        low, high = self.limits.get(field_name, (None, None))
        if low is not None and high is not None and not low <= value <= high:
            unit = " seconds" if field_name == "max_duration" else ""
            raise errors.InvalidSpecError(
                f"{field_name}: {value}{unit} is out of range, {self.title} takes {low} to {high}{unit}.",
                vendor=self.title,
            )
        if field_name == "webhook":
            self._check_webhook(value)

    def _check_webhook(self, value: Mapping[str, Any]) -> None:
        for key in value:
            if key == "headers":
                raise errors.InvalidSpecError(
                    "webhook.headers: headers are secrets and do not belong into a DAG.",
                    advice="Put them into webhook_headers of the connection.",
                )
            if key not in ("url", "events", "method"):
                raise errors.InvalidSpecError(
                    f"webhook: unknown key {key!r}.{suggestion(key, ('url', 'events', 'method'))}"
                )
        url = value.get("url")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise errors.InvalidSpecError("webhook.url: expected an absolute URL.")

    # -- find → create → read back → verify -----------------------------------------------------------------------------

    def ensure_room(
        self, spec: RoomSpec, *, on_drift: OnDrift = "fail", on_closed: OnClosed = "fail"
    ) -> Flow[Room]:
        """The one usable room of this name, with the settings asked for.

        :raises InvalidSpecError: bad input, before any call.
        :raises DriftError: the room exists with other settings and ``on_drift`` is ``fail``.
        :raises RoomClosedError: the room was closed and ``on_closed`` is ``fail``.
        :raises ClassOverError: the class is over and has no room.
        :raises PassingError: the vendor could not be asked; the next try finds what this one may have made.
        """
        plan = self.checked(spec, on_drift, on_closed)
        over = spec.over(dt.datetime.fromtimestamp(self.runtime.wall(), dt.timezone.utc))
        for _ in range(_ROUNDS):
            existing = yield from self.look_up(plan.name, spec)
            if over:
                return self._past(existing, plan, spec)
            if existing is None:
                outcome: Outcome = "created"
                answer = yield from self._create(plan)
            elif not existing.closed:
                return (yield from self._adopt(existing, plan, spec, on_drift))
            elif existing.expired or on_closed == "reopen":
                outcome = "reopened"
                answer = yield from self.reopen(existing, plan)
            else:
                raise errors.RoomClosedError(
                    "The room of this name was closed.",
                    vendor=self.title,
                    room=self.room(existing.answer).id,
                    advice='Use on_closed="reopen" if the class takes place after all, or another name.',
                )
            if answer is None:
                continue  # Somebody else was faster, or the answer was lost: look again.
            answer = yield from self._read_back(answer)
            return self._verified(answer, plan, spec, outcome, on_drift)
        raise errors.NotVisibleYetError(
            "The name is taken, but the room of that name cannot be read.", vendor=self.title, room=plan.name
        )

    def checked(self, spec: RoomSpec, on_drift: str, on_closed: str) -> Plan:
        """The plan for a spec, when everything about it that can be checked without a call is right."""
        for parameter, value, allowed in (
            ("on_drift", on_drift, ("fail", "ignore", "update")),
            ("on_closed", on_closed, ("fail", "reopen")),
        ):
            if value not in allowed:
                raise errors.InvalidSpecError(f"{parameter}: {value!r} is not one of {', '.join(allowed)}.")
        if on_drift == "update" and not self.can_update:
            raise errors.UnsupportedError(
                f"on_drift: {self.title} cannot change the settings of a room.",
                vendor=self.title,
                advice='Use "ignore", or close the room and use on_closed="reopen".',
            )
        return self.plan(spec)

    def _create(self, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        try:
            return (yield from self.create(plan.name, plan))
        except errors.UnreadableAnswerError:
            # The room may exist: looking it up settles that, guessing does not.
            return None

    def _adopt(self, existing: Existing, plan: Plan, spec: RoomSpec, on_drift: OnDrift) -> Flow[Room]:
        drift, _ = self._compare(existing.answer, plan)
        if drift and on_drift == "update":
            yield from self.update(existing, plan)
            answer = yield from self._read_back(existing.answer)
            return self._verified(answer, plan, spec, "updated", "fail")
        return self._verified(existing.answer, plan, spec, "found", on_drift)

    def _read_back(self, answer: Mapping[str, Any]) -> Flow[Mapping[str, Any]]:
        """Read the room; what was just made may take a moment to be seen."""
        for wait in _VISIBILITY_WAITS:
            try:
                return (yield from self.read(answer))
            except errors.NotFoundError:
                yield Sleep(wait)
        try:
            return (yield from self.read(answer))
        except errors.NotFoundError as error:
            raise errors.NotVisibleYetError(
                "The vendor took the room but does not show it.", vendor=self.title, room=error.room
            ) from error

    def _compare(self, answer: Mapping[str, Any], plan: Plan) -> tuple[list[dict[str, Any]], list[str]]:
        asked = self.with_secrets(plan.asked)
        return differences(asked, self.shown(answer), secret=self.secret_fields)

    def _verified(
        self, answer: Mapping[str, Any], plan: Plan, spec: RoomSpec, outcome: Outcome, on_drift: OnDrift
    ) -> Room:
        drift, unverified = self._compare(answer, plan)
        room = self._described(answer, spec, outcome, drift, unverified)
        if drift and on_drift != "ignore":
            listed = "; ".join(f"{d['field']}: asked {d['asked']!r}, is {d['actual']!r}" for d in drift)
            raise errors.DriftError(
                f"The room exists with other settings: {listed}.",
                vendor=self.title,
                room=room.id,
                advice="Use another name, or on_drift="
                + ('"update" or "ignore".' if self.can_update else '"ignore" to take it as it is.'),
                drift=drift,
            )
        return room

    def _past(self, existing: Existing | None, plan: Plan, spec: RoomSpec) -> Room:
        if existing is None:
            raise errors.ClassOverError(
                "The class is over, and no room of its name exists; none is created for the past.",
                vendor=self.title,
                room=plan.name,
            )
        drift, unverified = self._compare(existing.answer, plan)
        return self._described(existing.answer, spec, "found", drift, unverified)

    def _described(
        self,
        answer: Mapping[str, Any],
        spec: RoomSpec,
        outcome: Outcome,
        drift: list[dict[str, Any]],
        unverified: list[str],
    ) -> Room:
        return replace(
            self.room(answer),
            outcome=outcome,
            starts_at=spec.starts_at.isoformat() if spec.starts_at else None,
            ends_at=spec.ends_at.isoformat() if spec.ends_at else None,
            ref=spec.ref,
            drift=drift,
            unverified=unverified,
        )

    def due_at(self, spec: RoomSpec, ahead: int | None) -> dt.datetime | None:
        """When the room may be created, if that is later than now.

        :param ahead: seconds before the start of the class; None for what suits the vendor.
        :raises InvalidSpecError: earlier than the vendor keeps an unused room.
        """
        if self.longest_ahead is not None and ahead is not None and ahead > self.longest_ahead:
            raise errors.InvalidSpecError(
                f"create_ahead: {self.title} closes unused rooms, so at most {self.longest_ahead} seconds are possible.",
                vendor=self.title,
            )
        seconds = ahead if ahead is not None else self.usual_ahead
        if spec.starts_at is None or seconds is None:
            return None
        due = spec.starts_at - dt.timedelta(seconds=seconds)
        return due if due.timestamp() > self.runtime.wall() else None

    # -- finding rooms --------------------------------------------------------------------------------------------------

    def find(self, ref: str | Mapping[str, Any]) -> Flow[Room]:
        """A room by its id, its name (with or without the prefix), or the ``room`` dict of a create task.

        :raises InvalidSpecError: nothing usable was given, or the dict is of another vendor.
        :raises NotFoundError: there is none.
        """
        if isinstance(ref, Mapping):
            if ref.get("vendor") not in (None, self.name):
                raise errors.InvalidSpecError(
                    f"room: this is a room of {ref['vendor']}, but the connection is of {self.name}."
                )
            ref = ref.get("id") or ref.get("name") or ""
        if not isinstance(ref, str) or ref.strip() in ("", "None"):
            raise errors.InvalidSpecError(f"room: expected an id, a name or the room dict, got {ref!r}.")
        prefix = self.config.name_prefix
        if not prefix or ref.startswith(prefix):
            return (yield from self.get_room(ref))
        try:
            return (yield from self.get_room(ref))
        except errors.NotFoundError:
            return (yield from self.get_room(prefix + ref))

    def find_by_name(self, name: str | list[Any]) -> Flow[Room | None]:
        """The room of that name, or None."""
        existing = yield from self.look_up(names.resolve_name(name, prefix=self.config.name_prefix), RoomSpec())
        return self.room(existing.answer) if existing else None

    def list_matching(self, prefix: str, since: Any) -> Flow[None]:
        """Rooms whose name starts with a prefix, made since a time, page by page."""
        start = self.config.name_prefix + prefix
        after = read_time("since", since)

        def keep(room: Room) -> bool:
            made = parse_time(room.created_at)
            return (room.name or "").startswith(start) and (after is None or made is None or made >= after)

        return self.list_rooms(keep)

    def close(self, ref: str | Mapping[str, Any]) -> Flow[Room]:
        """Close a room; a closed one is left alone."""
        room = yield from self.find(ref)
        if room.state == "open":
            yield from self.close_room(room)
            room = yield from self.get_room(room.id)
        return room

    def room_url(self, room_id: str) -> str:
        """The page of a room for people: the vendor's console, or the sandbox's page on the sandbox."""
        parts = urlsplit(self.config.base_url)
        if parts.hostname in LOOPBACK:
            return f"{parts.scheme}://{parts.netloc}/#{parts.path}/{quote(room_id, safe='')}"
        return self.console.format(id=quote(room_id, safe=""))

    def not_found(self, ref: str) -> errors.NotFoundError:
        """The error for an id or name that this account does not have."""
        return errors.NotFoundError(
            f"{self.title} knows no room of this id or name.",
            vendor=self.title,
            room=ref,
            advice="Check it, and that the connection belongs to the account that made the room.",
        )

    def make_room(
        self, *, id: str, name: str | None, state: RoomState, created_at: str | None, answer: Mapping[str, Any]
    ) -> Room:
        """A :class:`Room` of this connection, its details without secrets."""
        return Room(
            vendor=self.name,
            conn_id=self.config.conn_id,
            id=id,
            name=name,
            state=state,
            created_at=created_at,
            details=masked(answer, self.secret_fields),
        )

    # -- one request with everything that belongs to it -----------------------------------------------------------------

    def get(self, path: str, query: Mapping[str, Any] | None = None, **kwargs: Any) -> Flow[Response]:
        """A GET; see :meth:`call`."""
        pairs = tuple((key, _text(value)) for key, value in (query or {}).items() if value is not None)
        return self.call(Request(method="GET", path=path, query=pairs), repeatable=True, **kwargs)

    def post(self, path: str, body: Mapping[str, Any], **kwargs: Any) -> Flow[Response]:
        """A POST in the vendor's own encoding; see :meth:`call`."""
        if self.form:
            content, kind = urlencode(_pairs(body)).encode(), "application/x-www-form-urlencoded"
        else:
            content, kind = json.dumps(body).encode(), "application/json"
        return self.call(
            Request(method="POST", path=path, headers={"Content-Type": kind}, body=content), **kwargs
        )

    def call(
        self,
        request: Request,
        *,
        room: str | None = None,
        repeatable: bool = False,
        allow: Collection[int] = (),
        ambiguous: Callable[[], None] = lambda: None,
    ) -> Flow[Response]:
        """Send one request: signed, paced, retried where that cannot hurt, within a deadline, errors told apart.

        :param room: name or id for error messages.
        :param repeatable: sending it twice has the effect of sending it once.
        :param allow: error statuses that are an answer here, such as 404 in a look-up.
        :param ambiguous: called when a try failed in a way that may have had its effect.
        :raises RoomsError: what the vendor's error tables say, or the transport.
        """
        write = request.method != "GET"
        started: float | None = None
        reminted = False
        for attempt in count(1):
            if write and self.bucket and (wait := self.bucket.reserve()):
                yield Sleep(wait)
            now = self.runtime.monotonic()
            started = now if started is None else started
            remaining = started + self.patience.deadline - now
            signed = replace(
                request,
                timeout=max(0.001, min(self.config.timeout, remaining)),
                headers={**request.headers, "Accept": "application/json", "Authorization": self.authorization()},
            )
            failure: errors.RoomsError
            try:
                response = yield signed
                if response is None:  # pragma: no cover - a driver always sends an answer
                    raise TypeError("a flow must be sent the response to its request")
                if 200 <= response.status < 300 or response.status in allow:
                    return response
                if response.status == 401 and not reminted and self.forget_token():
                    reminted = True
                    continue
                failure = self.error(response, room)
                processed = response.status >= 500
            except errors.TransportError as error:
                failure = about(error, vendor=self.title, room=room)
                processed = True
            if not isinstance(failure, errors.PassingError):
                raise failure
            if processed:
                ambiguous()
            if not repeatable or attempt >= self.patience.tries:
                raise failure
            wait = self.patience.wait(attempt, failure, self.runtime.random())
            left = started + self.patience.deadline - self.runtime.monotonic()
            if wait > self.patience.hold or wait >= left:
                raise failure
            yield Sleep(wait)
        raise AssertionError("unreachable")  # pragma: no cover - count() does not end

    # -- errors ---------------------------------------------------------------------------------------------------------

    def error(self, response: Response, room: str | None = None) -> errors.RoomsError:
        """A refusal of the vendor as one of our errors."""
        code, message = self.error_text(response)
        fault = self.fault(response.status, code, message)
        return fault.error(
            f"{self.title} answered: {self.scrub(message)}" if message else f"{self.title} refused without a reason.",
            vendor=self.title,
            room=room,
            status=response.status,
            code=code,
            request_id=_request_id(response.headers),
            advice=fault.advice,
            retry_after=retry_after(response, self.runtime.wall()) if response.status in (429, 503) else None,
        )

    def fault(self, status: int, code: str | int | None, message: str) -> Fault:
        """The row of the error tables that fits."""
        if code in self.faults:
            return self.faults[code]
        for known, fault in self.faults.items():
            if isinstance(known, str) and known in message.lower():
                return fault
        if status in STATUS_FAULTS:
            return STATUS_FAULTS[status]
        if 300 <= status < 400:
            return Fault(
                errors.RequestRefusedError, "The host redirects elsewhere: set the connection's host to the real API."
            )
        return Fault(errors.VendorDownError if status >= 500 else errors.RequestRefusedError)

    def error_text(self, response: Response) -> tuple[str | int | None, str]:
        """The vendor's error code and message; bodies may be JSON, text, HTML or empty."""
        try:
            body = json.loads(response.body)
        except (ValueError, RecursionError):
            return None, _plain_text(response.text)
        return self.error_parts(body)

    def error_parts(self, body: Any) -> tuple[str | int | None, str]:
        """Code and message out of a JSON body of any shape."""
        if isinstance(body, str):
            return None, body[:300]
        if not isinstance(body, Mapping):
            return None, ""
        message = next((body[k] for k in ("message", "error", "msg", "detail") if isinstance(body.get(k), str)), "")
        return None, message[:300]

    def scrub(self, text: str) -> str:
        """Text of the vendor without any secret of the connection."""
        secrets = [self.config.secret, *self.config.webhook_headers.values(), *self.config.storage_credentials.values()]
        for secret in secrets:
            if secret and len(str(secret)) > 3:
                text = text.replace(str(secret), "***")
        return text





def parse_time(text: Any) -> dt.datetime | None:
    """A vendor's ISO 8601 time; None for anything else, and for the year 1 that stands for "not set"."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    if moment.year == 1:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


def as_object(response: Response, *, key: str) -> Mapping[str, Any]:
    """The body as a JSON object that has the key which makes it one of the vendor's.

    :raises UnreadableAnswerError: anything else.
    """
    body = response.json()
    if not isinstance(body, Mapping) or not isinstance(body.get(key), str) or not body[key]:
        raise errors.UnreadableAnswerError(
            f"Expected an object with {key!r}, got {type(body).__name__}.", status=response.status
        )
    return body


def as_items(body: Any, *keys: str) -> list[Mapping[str, Any]]:
    """The items of a list answer under the first key that is there; ``null`` is an empty list.

    :raises UnreadableAnswerError: no such list.
    """
    found: Any = body
    if isinstance(body, Mapping):
        found = next((body[key] for key in keys if key in body), Ellipsis)
    if found is None:
        return []
    if not isinstance(found, list):
        raise errors.UnreadableAnswerError(f"Expected a list under {' or '.join(keys)}.")
    return [item for item in found if isinstance(item, Mapping)]


def _request_id(headers: Mapping[str, str]) -> str | None:
    known = ("x-request-id", "request-id", "twilio-request-id", "x-amzn-requestid", "x-amz-request-id")
    return next((headers[name][:80] for name in known if headers.get(name)), None)


def _plain_text(text: str) -> str:
    """A text body on one line; a page of HTML says nothing that a reader can use."""
    text = " ".join(text[:2000].split())
    return "an HTML page" if text.lower().startswith(("<!doctype", "<html")) else text[:300]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pairs(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A form body: lists of text as repeated keys, other structures as JSON in one key, booleans in lower case."""
    for key, value in body.items():
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            yield from ((key, item) for item in value)
        elif isinstance(value, (Mapping, list)):
            yield key, json.dumps(value, separators=(",", ":"))
        else:
            yield key, _text(value)
