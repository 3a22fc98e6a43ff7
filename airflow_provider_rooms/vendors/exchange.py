"""One request with everything that belongs to it: signing, pacing, retries, a deadline, and errors told apart."""

from __future__ import annotations

import datetime as dt
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, ClassVar
from urllib.parse import urlencode

from airflow_provider_rooms import errors
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


class Exchange(ABC):
    """How a vendor's API is talked to; :class:`~airflow_provider_rooms.vendors.base.Vendor` says what is said."""

    title: ClassVar[str]
    #: The vendor's error codes or messages, where it has any; looked up before the HTTP status.
    faults: ClassVar[Mapping[str | int, Fault]] = {}
    #: Whether request bodies are forms; else they are JSON.
    form: ClassVar[bool] = False

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

    @abstractmethod
    def authorization(self) -> str:
        """Value of the ``Authorization`` header."""

    def forget_token(self) -> bool:
        """Drop a cached token after a 401; True when a new one can be minted."""
        return False

    def now(self) -> dt.datetime:
        """The time, aware."""
        return dt.datetime.fromtimestamp(self.runtime.wall(), dt.UTC)

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
        return self.call(Request(method="POST", path=path, headers={"Content-Type": kind}, body=content), **kwargs)

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
        if code is not None and code in self.faults:
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
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


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
