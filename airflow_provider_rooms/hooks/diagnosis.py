"""What *Test connection* says: what is wrong with a connection, and what to do.

The text goes to a browser or a terminal. It names what was found, never a secret and never a word of what the host
answered: whoever may edit a connection could otherwise read any page this machine can reach.
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from airflow_provider_rooms import errors
from airflow_provider_rooms.transport.drivers import BlockingTransport
from airflow_provider_rooms.values import suggestion
from airflow_provider_rooms.vendors import VENDORS, connection_type, vendor_class
from airflow_provider_rooms.vendors.base import LOOPBACK
from airflow_provider_rooms.vendors.flow import Patience, Request, Response
from airflow_provider_rooms.vendors.sign_in import BearerSignIn
from airflow_provider_rooms.vendors.tokens import BACKDATED

if TYPE_CHECKING:
    import requests

    from airflow_provider_rooms.connections import ConnectionType
    from airflow_provider_rooms.vendors.base import Vendor

#: Test connection blocks a worker of the API server: everything is over after this many seconds.
TEST_SECONDS = 5.0
# The vendor has a little less, so that its own words about being late still come through.
_VENDOR_SECONDS = 4.5

_NOTHING_FOUND = "Key and secret were not checked."

#: What the transport says (see ``network.reason``) → what it means, and what to do where the transport does not say.
_CAUSES = (
    ("the proxy:", "the proxy rejected the request", None),
    (
        "could not be resolved",
        "its host name could not be resolved (DNS)",
        "Check the spelling, and whether this machine can resolve it.",
    ),
    ("certificate", "its certificate was not accepted", None),
    ("does not speak tls", "it does not speak TLS", None),
    ("tls failed", "TLS failed", None),
    ("refused", "the connection was refused", "Check host and port."),
    ("no complete response", "it did not respond in time", "Check the address and any firewalls on the way."),
    ("", "the connection was interrupted", "Try again, and check any firewalls and proxies on the way."),
)


class Hook(Protocol):
    """What is needed of the hook."""

    conn_id: str

    @property
    def vendor(self) -> Vendor: ...

    def get_conn(self) -> requests.Session: ...


class _Listening(BlockingTransport):
    """Keeps the last answer: its headers tell more than an error does."""

    heard: Response | None = None

    def send(self, request: Request) -> Response:
        self.heard = super().send(request)
        return self.heard


def diagnose(hook: Hook) -> tuple[bool, str]:
    """Ask the vendor for something small; whether it works, and what to tell the user. Takes five seconds at most.

    :returns: never raises; the text holds no secret and no part of the answer.
    """
    began = time.monotonic()
    try:
        vendor = hook.vendor
    except errors.RoomsError as error:
        # The test button invents a connection id, which nobody would recognise.
        told = str(error).replace(f"Connection {hook.conn_id!r}", "The connection")
        return False, told
    except Exception as error:  # noqa: BLE001 - the text goes to a browser: name the kind, nothing else
        return False, f"{type(error).__name__} while reading the connection."
    answers: SimpleQueue[tuple[bool, str]] = SimpleQueue()
    # Looking up a name can take as long as it likes; nobody waits for a thread that is late.
    threading.Thread(target=lambda: answers.put(_ask(hook, vendor)), daemon=True).start()
    try:
        works, told = answers.get(timeout=max(0.1, TEST_SECONDS - (time.monotonic() - began)))
    except Empty:
        works, told = False, _unreachable(vendor, errors.DeadlineError("no complete response"))
    return works, vendor.scrub(told)


def _ask(hook: Hook, vendor: Vendor) -> tuple[bool, str]:
    patience = Patience(tries=1, deadline=_VENDOR_SECONDS, throttled=0.0)
    own = type(vendor)(vendor.config, runtime=vendor.runtime, patience=patience)
    try:
        transport = _Listening(hook.get_conn(), own.config.base_url)
        try:
            told = transport.run(own.check())
        except errors.RoomsError as error:
            return False, _failure(own, error, transport.heard)
        return True, " ".join([told, *_remarks(own, transport.heard)])
    except Exception as error:  # noqa: BLE001 - see diagnose
        return False, f"{type(error).__name__} while contacting {own.title}."


def _failure(vendor: Vendor, error: errors.RoomsError, heard: Response | None) -> str:
    kind = _kind(vendor)
    if isinstance(error, errors.InvalidConnectionError):
        return str(error)
    if isinstance(error, errors.TransportError):
        return _unreachable(vendor, error)
    if heard is None:
        return _not_its_api(vendor, "too much data")
    if heard.status >= 500:
        return f"{_place(vendor)} responds, but with an error (HTTP {heard.status}). Try again later. {_NOTHING_FOUND}"
    if heard.status == 429:
        return f"{vendor.title} currently accepts no more requests (HTTP 429). Try again in a minute. {_NOTHING_FOUND}"
    other = _other_vendor(vendor, heard)
    if other:
        return (
            f"{_place(vendor)} responds like {other.title}, not like {vendor.title}. Check the connection's "
            f"type and its base URL (host): {_usual(kind)}"
        )
    refused = heard.status in (401, 403) or isinstance(error, errors.AuthenticationError)
    if not _readable(vendor, heard) or not refused:
        return _not_its_api(vendor, f"HTTP {heard.status}")
    if isinstance(error, errors.AccessDeniedError) or heard.status == 403:
        return (
            f"{vendor.title} accepts the {kind.sign_in(vendor.config.key).login}, but does not allow it to "
            f"list rooms (HTTP 403{_code(error)}). {error.advice or ''}"
        ).strip()
    return _refused(vendor, kind, error, heard)


def _not_its_api(vendor: Vendor, how: str) -> str:
    return (
        f"{_place(vendor)} responds ({how}), but not like {vendor.title}'s API. Check the base URL "
        f"(host): {_usual(_kind(vendor))}"
    )


def _refused(vendor: Vendor, kind: ConnectionType, error: errors.RoomsError, heard: Response) -> str:
    """Which of key, secret and clock it is; what the vendor does not tell apart, we can only see by its look."""
    refuses = f"{vendor.title} rejected the credentials (HTTP {heard.status}{_code(error)})"
    key, secret = vendor.config.key, vendor.config.secret
    words = kind.sign_in(key)
    either = f"the {words.login} or the {words.password}" if words.login else f"the {words.password}"
    for what, value in ((words.login, key), (words.password, secret)):
        if not isinstance(vendor, BearerSignIn) and value.startswith("eyJ") and value.count(".") == 2:
            return (
                f"{refuses}: the {what} is a token. Enter the key and the secret instead; tokens are created from them."
            )
    if key == secret:
        return f"{refuses}: {words.login} and {words.password} are identical. {words.again}"
    skew = vendor.skew(heard)
    if vendor.dated and abs(skew) > BACKDATED:
        return (
            f"{refuses}, and {_clock(skew)}. Tokens contain the time, so set the clock (NTP) and test again. "
            f"If that does not help, {either} is wrong."
        )
    return f"{refuses}: {either} is wrong{', it does not say which' if words.login else ''}. {words.again}"


def _remarks(vendor: Vendor, heard: Response | None) -> list[str]:
    """What works, but is not as it should be."""
    remarks = []
    parts = urlsplit(vendor.config.base_url)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        remarks.append("But http:// sends key and secret unencrypted: use https://.")
    kind = _kind(vendor)
    remarks += [
        f"But {vendor.title} does not use {setting.name}."
        for setting in kind.settings
        if setting.special and setting.name not in kind.uses and getattr(vendor.config, setting.name)
    ]
    known = [setting.name for setting in kind.settings]
    remarks += [
        f"But extra has the unknown key {name[:40]!r}.{suggestion(name, known)}" for name in vendor.config.ignored
    ]
    skew = vendor.skew(heard) if heard else 0.0
    if abs(skew) > BACKDATED:
        remarks.append(f"But {_clock(skew)}. Set the clock, or join links may be rejected.")
    return remarks


def _unreachable(vendor: Vendor, error: errors.TransportError) -> str:
    meaning, advice = next(cause[1:] for cause in _CAUSES if cause[0] in error.message.lower())
    usual = _usual(_kind(vendor))
    return (
        f"{_place(vendor)} cannot be reached: {meaning}. {advice or error.advice} The base URL (host) may "
        f"also be wrong: {usual} {_NOTHING_FOUND}"
    )


def _other_vendor(vendor: Vendor, heard: Response) -> type[Vendor] | None:
    """The vendor whose words for a refused sign-in these are, if they are another's and not our own."""
    kinds = [type(vendor), *(vendor_class(name) for name in VENDORS if name != vendor.name)]
    for kind in kinds:
        known: Any = kind(vendor.config)
        code, message = known.error_text(heard)
        fault = known.fault(heard.status, code, message)
        if fault.error is errors.AuthenticationError and fault in known.faults.values():
            return None if isinstance(vendor, kind) else kind
    return None


def _readable(vendor: Vendor, heard: Response) -> bool:
    try:
        vendor.decode(heard)
    except errors.UnreadableAnswerError:
        return False
    return True


def _clock(skew: float) -> str:
    """How far our clock is off, given by how many seconds the vendor's is ahead."""
    seconds = abs(round(skew))
    length = f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"
    return f"this machine's clock is {length} {'behind' if skew > 0 else 'ahead of'} the vendor's"


def _place(vendor: Vendor) -> str:
    return vendor.config.base_url


def _usual(kind: ConnectionType) -> str:
    return (
        f"if left empty, {kind.default_url} is used."
        if kind.default_url
        else f"it should look like {kind.example_url}."
    )


def _kind(vendor: Vendor) -> ConnectionType:
    kind = connection_type(vendor.name)
    if kind is None:  # pragma: no cover - a vendor that is in use has a connection type
        raise KeyError(vendor.name)
    return kind


def _code(error: errors.RoomsError) -> str:
    return f", code {error.code}" if isinstance(error.code, int) else ""
