"""One request with everything that belongs to it: signing, pacing, retries, a deadline, and errors told apart."""

from __future__ import annotations

import datetime as dt
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import urlencode

from airflow_provider_rooms import errors
from airflow_provider_rooms.secrets import masking
from airflow_provider_rooms.vendors.flow import (
    Flow,
    Patience,
    Request,
    Response,
    Runtime,
    Sleep,
    about,
    http_date,
    retry_after,
)
from airflow_provider_rooms.vendors.pace import Lane, Pace
from airflow_provider_rooms.vendors.tokens import VendorClock

R = TypeVar("R")

#: Verbs that change nothing.
_READS = frozenset({"GET", "HEAD"})
#: Failures that say that nothing was done.
_NOT_PROCESSED = (errors.QuotaError, errors.TlsError)
#: How much of a vendor's message is shown, in characters.
LONGEST_MESSAGE = 300
#: A clock that is off by more than this is named in the error, in seconds.
_NOTEWORTHY_SKEW = 60.0


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a vendor needs of an Airflow connection. Secrets are left out of its ``repr``.

    :param timeout: seconds for one answer, whole.
    :param name_prefix: put before every room name.
    :param writes_per_second: creates and changes that this process may send; None for the vendor's documented limit.
    :param reads_per_second: the same of all other requests.
    :param pace_conn_id: the Airflow connection to a Redis that all workers share; the two above are then for all of them.
    :param people_secret: the key of the codes that stand for people in tables; the secret itself if empty.
    :param webhook_url: where the receiver is reached from the internet; without it the connection takes no part.
    :param webhook_secret: what deliveries are signed with, where the vendor signs with a secret of its own.
    :param watch_interval: seconds between two looks for events.
    :param settings: the vendor's own settings, such as ``template_id``.
    :param ignored: keys of the connection's extra that mean nothing here.
    """

    conn_id: str
    base_url: str
    key: str
    secret: str = field(repr=False)
    timeout: float = 30.0
    name_prefix: str = ""
    writes_per_second: float | None = None
    reads_per_second: float | None = None
    pace_conn_id: str | None = None
    roles: Mapping[str, Any] = field(default_factory=dict)
    join_page: str | None = None
    webhook_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    storage_credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    watch_interval: float = 60.0
    people_secret: str = field(default="", repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A row of a vendor's error table: what an answer means, and what to do."""

    error: type[errors.RoomsError]
    advice: str | None = None


#: What an HTTP status means where a vendor's own table does not know better.
STATUS_FAULTS: Mapping[int, Fault] = {
    401: Fault(errors.AuthenticationError, "Check the connection's key and secret, and this machine's clock."),
    403: Fault(errors.AccessDeniedError, "Check the permissions of this key in the vendor's dashboard."),
    404: Fault(errors.NotFoundError, "Check the id or name, and whether the connection belongs to the same account."),
    408: Fault(errors.VendorDownError),
    429: Fault(
        errors.RateLimitError,
        "Run fewer tasks for this account at once, or lower its reads_per_second and writes_per_second.",
    ),
}
#: What "not found" means if nothing was asked for by id or name: a create, or the list of all rooms.
NOTHING_SOUGHT: Mapping[int, Fault] = {
    404: Fault(
        errors.RequestRefusedError,
        "The request contained no id, so the URL must be wrong: check the connection's base URL (host) and account.",
    ),
}


class Exchange(ABC):
    """How a vendor's API is talked to; :class:`~airflow_provider_rooms.vendors.base.Vendor` says what is said."""

    title: ClassVar[str]
    #: The vendor's error codes or messages, where it has any; looked up before the HTTP status.
    faults: ClassVar[Mapping[str | int, Fault]] = {}
    #: What "not found" means where nothing is sought, by HTTP status; see :meth:`seeks`.
    nothing_sought: ClassVar[Mapping[int, Fault]] = NOTHING_SOUGHT
    #: Whether request bodies are forms; else they are JSON.
    form: ClassVar[bool] = False
    #: What answers are made of, as the ``Accept`` header says it.
    accept: ClassVar[str] = "application/json"
    #: Whether what signs a request in carries the time, so that a wrong clock spoils it.
    dated: ClassVar[bool] = False
    #: Headers of an answer that may hold the vendor's id of the request, in lower case.
    request_id_headers: ClassVar[tuple[str, ...]] = (
        "x-request-id",
        "request-id",
        "x-amzn-requestid",
        "x-amz-request-id",
    )
    #: Settings whose values are secrets, as dotted paths.
    secret_fields: ClassVar[tuple[str, ...]] = ()
    #: When everything that is asked must be over, by ``runtime.monotonic``; see :meth:`hurried`.
    until: float = math.inf
    #: Requests sent so far.
    sent: int = 0

    def __init__(
        self,
        config: Config,
        *,
        runtime: Runtime | None = None,
        patience: Patience | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.config = config
        self.runtime = runtime or Runtime()
        self.patience = patience or Patience()
        self.pace = pace or Pace({}, {}, monotonic=self.runtime.monotonic)
        self.clock = VendorClock(self.runtime.wall)

    @abstractmethod
    def signed(self, request: Request) -> Request:
        """The request with what signs it in."""

    def minted(self) -> set[str]:
        """Texts made of the secret that must not be shown either."""
        return set()

    def forget_token(self) -> bool:
        """Drop a cached token after a 401; True when a new one can be minted."""
        return False

    def now(self) -> dt.datetime:
        """The time, aware."""
        return dt.datetime.fromtimestamp(self.runtime.wall(), dt.UTC)

    def hurried(self) -> Self:
        """The same vendor, with a deadline over everything that is asked through it from now on; itself if it has one."""
        if self.until < math.inf:
            return self  # not a copy: what waiting for the pace adds to the deadline must hold for the caller too
        hurried = copy(self)
        hurried.until = self.runtime.monotonic() + self.patience.total
        return hurried

    def get(self, path: str, query: Mapping[str, Any] | None = None, **kwargs: Any) -> Flow[Any]:
        """A GET, its answer decoded; see :meth:`decode` and :meth:`exchange`."""
        return self.fetch(path, self.decode, query, **kwargs)

    def post(self, path: str, body: Mapping[str, Any], **kwargs: Any) -> Flow[Response]:
        """A POST in the vendor's own encoding, whatever it is answered by; see :meth:`exchange`."""
        return self.submit(path, _any_answer, body, **kwargs)

    def fetch(
        self, path: str, read: Callable[[Response], R], query: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Flow[R]:
        """A GET, its answer read by ``read``; see :meth:`exchange`."""
        pairs = tuple((key, _text(value)) for key, value in (query or {}).items() if value is not None)
        return self.exchange(Request(method="GET", path=path, query=pairs), read, repeatable=True, **kwargs)

    def submit(self, path: str, read: Callable[[Response], R], body: Mapping[str, Any], **kwargs: Any) -> Flow[R]:
        """A POST in the vendor's own encoding, its answer read by ``read``; see :meth:`exchange`."""
        if self.form:
            content, kind = urlencode(_pairs(body)).encode(), "application/x-www-form-urlencoded"
        else:
            content, kind = json.dumps(body).encode(), "application/json"
        request = Request(method="POST", path=path, headers={"Content-Type": kind}, body=content)
        return self.exchange(request, read, secrets=masking.secret_texts(body, self.secret_fields), **kwargs)

    def call(self, request: Request, **kwargs: Any) -> Flow[Response]:
        """Send one request and take any answer that is no error; see :meth:`exchange`."""
        return self.exchange(request, _any_answer, **kwargs)

    def exchange(
        self,
        request: Request,
        read: Callable[[Response], R],
        *,
        room: str | None = None,
        repeatable: bool = False,
        writes: bool | None = None,
        allow: Collection[int] = (),
        ambiguous: Callable[[], None] = lambda: None,
        secrets: Collection[str] = (),
    ) -> Flow[R]:
        """Send one request: signed, paced, retried where that cannot hurt, within a deadline, errors told apart.

        :param read: makes of a good answer what is wanted of it; one that it cannot read counts as lost.
        :param room: name or id for error messages.
        :param repeatable: sending it twice has the effect of sending it once.
        :param writes: whether it counts as a write for the pace; left out, everything but GET and HEAD does.
        :param allow: error statuses that are an answer here, such as 404 in a look-up.
        :param ambiguous: called when a try failed in a way that may have had its effect.
        :param secrets: texts in the request that no error may show, should the vendor repeat them.
        :raises RoomsError: what the vendor's error tables say, or the transport.
        """
        writes = request.method not in _READS if writes is None else writes
        lane: Lane = "writes" if writes else "reads"
        until: float | None = None
        reminted: float | None = None
        failure: errors.PassingError | None = None
        throttled_since: float | None = None
        attempt = 0
        while True:
            # Waiting for our own turn does not count towards the time that the vendor has.
            if waited := (yield from self.pace.turn(lane)):
                self.runtime.note("rooms.pace_wait", waited, {"lane": lane})
            self.until += waited
            now = self.runtime.monotonic()
            until = min(now + self.patience.deadline, self.until) if until is None else until + waited
            if now >= until:
                raise failure or self._too_late(request, room)
            attempt += 1
            try:
                timeout = min(self.config.timeout, until - now)
                self.sent += 1
                response = yield self.signed(
                    replace(request, timeout=timeout, headers={**request.headers, "Accept": self.accept})
                )
                if response is None:
                    raise TypeError("a flow must be sent the response to its request")
                self.runtime.note("rooms.requests", 1, {"status": f"{response.status // 100}xx"})
                if response.status in allow or not self.refuses(response):
                    return read(response)
                if response.status == 401 and reminted is None and self.forget_token():
                    # From now on every token is dated by the vendor's clock, those of people too.
                    reminted = self.clock.skew = self.skew(response)
                    continue
                refusal = self.error(response, room, secrets, reminted or 0.0, path=request.path)
                if not isinstance(refusal, errors.PassingError):
                    raise refusal
                failure = refusal
            except (errors.TransportError, errors.UnreadableAnswerError) as error:
                about(error, vendor=self.title, room=room)
                if isinstance(error, errors.TransportError):
                    self.runtime.note("rooms.requests", 1, {"status": "none"})
                failure = error
            if isinstance(failure, errors.RateLimitError):
                # Nothing was done, and nothing is wrong with the request: it costs time, and no try.
                now = self.runtime.monotonic()
                throttled_since = now if throttled_since is None else throttled_since
                waited = yield from self._throttled(lane, failure, now - throttled_since)
                self.until += waited
                until += waited
                attempt -= 1
                continue
            if not isinstance(failure, _NOT_PROCESSED):
                ambiguous()
            if not repeatable or self.patience.ends(attempt, failure):
                raise failure
            wait = self.patience.wait(attempt, failure, self.runtime.random())
            if (failure.retry_after or 0) > self.patience.hold or wait >= until - self.runtime.monotonic():
                raise failure
            yield Sleep(wait)

    def _throttled(self, lane: Lane, refusal: errors.RateLimitError, so_far: float) -> Flow[float]:
        """Slow down, and wait for as long as the vendor names; without a name, the pace makes the request wait.

        :param so_far: seconds since this request was answered 429 first.
        :returns: how many seconds were waited.
        :raises RateLimitError: it has taken too long, or what is named is longer than a worker slot is held for.
        """
        self.pace.refused(lane)
        self.runtime.note("rooms.throttled", 1, {"lane": lane})
        named = refusal.retry_after or 0.0
        if so_far + named >= self.patience.throttled or named > self.patience.hold:
            raise refusal
        if named:
            # Those who were sent away together must not come back together.
            named += self.patience.first_wait * self.runtime.random()
            yield Sleep(named)
        return named

    def _too_late(self, request: Request, room: str | None) -> errors.DeadlineError:
        return errors.DeadlineError(
            f"{request.method} {request.path}: not sent, because the limit of {self.patience.total:g} s for "
            "all requests of this operation has passed.",
            vendor=self.title,
            room=room,
            advice="Retry the task; it finds the rooms that were already created.",
        )

    def skew(self, response: Response) -> float:
        """Seconds by which the vendor's clock is ahead of ours; 0 where its answer does not tell."""
        theirs = http_date(response.headers.get("date", ""))
        return 0.0 if theirs is None else theirs - self.runtime.wall()

    def decode(self, response: Response) -> Any:
        """The body of an answer as dicts, lists and plain values.

        :raises UnreadableAnswerError: it is none.
        """
        return response.json()

    # -- errors ---------------------------------------------------------------------------------------------------------

    def refuses(self, response: Response) -> bool:
        """Whether an answer is an error. Some vendors say so in the body of a 200."""
        return not 200 <= response.status < 300

    def error(
        self,
        response: Response,
        room: str | None = None,
        secrets: Collection[str] = (),
        skew: float = 0.0,
        *,
        path: str | None = None,
    ) -> errors.RoomsError:
        """A refusal of the vendor as one of our errors.

        :param secrets: texts that it must not show, besides those of the connection.
        :param skew: seconds by which the vendor's clock is ahead of ours.
        :param path: what was asked.
        """
        code, message = self.error_text(response)
        fault = self.fault(response.status, code, message)
        if path is not None and not self.seeks(path) and issubclass(fault.error, errors.NotFoundError):
            fault = self.nothing_sought.get(response.status, Fault(errors.RequestRefusedError))
        # Cut only after secrets were taken out: of one that is cut in two, the first part would stay.
        message = self.scrub(message, secrets)[:LONGEST_MESSAGE]
        advice = fault.advice
        if issubclass(fault.error, errors.AuthenticationError) and abs(skew) > _NOTEWORTHY_SKEW:
            advice = f"{advice} It is {abs(skew):.0f} s {'behind' if skew > 0 else 'ahead of'} the vendor's."
        return fault.error(
            f"{self.title} responded: {message}"
            if message
            else f"{self.title} rejected the request without giving a reason.",
            vendor=self.title,
            room=room,
            status=response.status,
            code=code,
            request_id=next(
                (named[:80] for name in self.request_id_headers if (named := response.headers.get(name))), None
            ),
            advice=advice,
            retry_after=retry_after(response, self.runtime.wall()) if response.status in (429, 503) else None,
        )

    def seeks(self, path: str) -> bool:
        """Whether a request asks for something that may be missing."""
        return True

    def fault(self, status: int, code: str | int | None, message: str) -> Fault:
        """The row of the error tables that fits."""
        if code is not None and code in self.faults:
            return self.faults[code]
        for known, fault in self.faults.items():
            if isinstance(known, str) and known in message.lower():
                return fault
        if status in STATUS_FAULTS:
            return STATUS_FAULTS[status]
        if 300 <= status < 400:
            return Fault(
                errors.RequestRefusedError,
                "The host redirects to another address. Set the connection's host to the API itself.",
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
            return None, body
        if not isinstance(body, Mapping):
            return None, ""
        message = next((body[k] for k in ("message", "error", "msg", "detail") if isinstance(body.get(k), str)), "")
        return None, message

    def scrub(self, text: str, secrets: Collection[str] = ()) -> str:
        """Text of the vendor without any secret of the connection, or of those given."""
        config = self.config
        own = (config.secret, *config.webhook_headers.values(), *config.storage_credentials.values())
        own += (config.webhook_secret,) if config.webhook_secret else ()
        return masking.without(text, {*own, *secrets, *self.minted()})


def parse_time(text: Any) -> dt.datetime | None:
    """A vendor's ISO 8601 time; None for anything else, such as the year 1 that stands for "not set"."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    if not 1970 < moment.year < 9000:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _any_answer(response: Response) -> Response:
    return response


def as_object(body: Any, *, key: str, status: int | None = None) -> Mapping[str, Any]:
    """The body as an object that has the key which makes it one of the vendor's.

    :raises UnreadableAnswerError: anything else.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get(key), str) or not body[key]:
        raise errors.UnreadableAnswerError(
            f"Expected an object with {key!r}, got {type(body).__name__}.", status=status
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


def _plain_text(text: str) -> str:
    """A text body on one line; a page of HTML says nothing that a reader can use."""
    text = " ".join(text[:100_000].split())
    return "an HTML page" if text.lower().startswith(("<!doctype", "<html")) else text


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pairs(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A form body: lists of text as repeated keys, other structures as JSON in one key, booleans in lower case."""
    pairs: list[tuple[str, str]] = []
    for key, value in body.items():
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            pairs += [(key, item) for item in value]
        elif isinstance(value, (Mapping, list)):
            pairs.append((key, json.dumps(value, separators=(",", ":"))))
        else:
            pairs.append((key, _text(value)))
    return pairs
