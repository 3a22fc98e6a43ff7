"""Webhooks out: what a vendor reports goes to the URL of the room, signed and repeated as that vendor does.

Deliveries are sent by threads beside the sandbox's one thread of requests, so that a receiver may ask the sandbox in turn.
"""

from __future__ import annotations

import http.client
import ipaddress
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

Mode = Literal["on", "off", "twice", "shuffled", "late", "lost", "forged"]

#: How long shuffled deliveries are held back and late ones are late, in seconds, unless ``/control/webhooks`` says.
HELD_SECONDS: Final = 2.0
LATE_SECONDS: Final = 5.0
#: For one answer, in seconds.
PATIENCE: Final = 15.0
SENDERS: Final = 8
KEPT: Final = 5000

#: What an attempt came to: a status, or None when there was no answer.
Again = Callable[[int | None], bool]


@dataclass(slots=True)
class Parcel:
    """One delivery, ready to be sent.

    :param forge: the same with a signature that is not the vendor's.
    :param pauses: seconds before each further attempt.
    :param again: whether an answer (its status; None if there was none) asks for a further attempt.
    """

    vendor: str
    event: str
    url: str
    body: bytes
    headers: Mapping[str, str]
    forge: Callable[[], Mapping[str, str]]
    method: str = "POST"
    pauses: tuple[float, ...] = ()
    again: Again = lambda status: False
    attempts: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For ``/control/webhooks``: no header, and no body, since both may hold secrets."""
        url = urlsplit(self.url)
        place = f"{url.scheme}://{url.hostname}{f':{url.port}' if url.port else ''}{url.path}"
        return {
            "vendor": self.vendor,
            "event": self.event,
            "method": self.method,
            "url": place,
            "attempts": list(self.attempts),
            "note": self.note,
        }


class Outbox:
    """Takes deliveries and sends them, as the mode of each vendor has it.

    :param anywhere: whether addresses beyond this machine are called.
    """

    def __init__(self, anywhere: bool = False) -> None:
        self.anywhere = anywhere
        self._modes: dict[str, tuple[Mode, float]] = {}
        self._log: deque[Parcel] = deque(maxlen=KEPT)
        self._queue: queue.PriorityQueue[tuple[float, float, Parcel | None]] = queue.PriorityQueue()
        self._senders: list[threading.Thread] = []
        self._closed = False
        self._lock = threading.Lock()

    def set_mode(self, vendor: str, mode: Mode, seconds: float | None) -> None:
        """What becomes of the vendor's deliveries from now on."""
        usual = HELD_SECONDS if mode == "shuffled" else LATE_SECONDS
        self._modes[vendor] = (mode, usual if seconds is None else seconds)

    def modes(self) -> dict[str, str]:
        """The modes that were set."""
        return {vendor: mode for vendor, (mode, _) in self._modes.items()}

    def rows(self, newest: int = KEPT) -> list[dict[str, Any]]:
        """Every delivery, oldest first.

        :param newest: so many of them at most.
        """
        return [parcel.as_dict() for parcel in list(self._log)[-newest:]]

    def send(self, parcel: Parcel) -> None:
        """Have a delivery sent; returns at once."""
        mode, seconds = self._modes.get(parcel.vendor, ("on", 0.0))
        if mode == "off":
            return
        self._log.append(parcel)
        if not self.anywhere and not _is_loopback(parcel.url):
            parcel.note = "not sent: not an address of this machine (--webhooks-anywhere)"
            return
        if mode == "lost":
            parcel.note = "lost"
            return
        if mode == "forged":
            parcel.headers = parcel.forge()
            parcel.note = "forged"
        now = time.monotonic()
        if mode == "shuffled":
            self._put(now + random.uniform(0, seconds), parcel)
        else:
            self._put(now + (seconds if mode == "late" else 0.0), parcel)
        if mode == "twice":
            self._put(now, parcel)

    def close(self) -> None:
        """Send nothing more."""
        self._closed = True
        for _ in self._senders:
            self._queue.put((0.0, 0.0, None))

    def _put(self, when: float, parcel: Parcel) -> None:
        with self._lock:
            if len(self._senders) < SENDERS:
                sender = threading.Thread(target=self._work, name="rooms-sandbox-webhooks", daemon=True)
                self._senders.append(sender)
                sender.start()
        self._queue.put((when, random.random() + time.monotonic(), parcel))

    def _work(self) -> None:
        while True:
            when, order, parcel = self._queue.get()
            if parcel is None or self._closed:
                return
            wait = when - time.monotonic()
            if wait > 0:
                self._queue.put((when, order, parcel))
                time.sleep(min(wait, 0.05))
                continue
            status = _attempt(parcel)
            number = len(parcel.attempts)
            if number <= len(parcel.pauses) and parcel.again(status):
                self._put(time.monotonic() + parcel.pauses[number - 1], parcel)


def _attempt(parcel: Parcel) -> int | None:
    parts = urlsplit(parcel.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    link = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
    row: dict[str, Any] = {"at": time.time()}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        link.request(parcel.method, target, parcel.body if parcel.method == "POST" else None, dict(parcel.headers))
        row["status"] = link.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        row["error"] = type(error).__name__
    finally:
        link.close()
        parcel.attempts.append(row)
    status: int | None = row.get("status")
    return status


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
