"""A wire to the sandbox that misbehaves: below HTTP, where no fault of the sandbox reaches.

Each request is read whole and, unless the act says otherwise, passed on to the sandbox; what goes back, and how, is up to the
act. So a vendor can do its work and lose the answer in every way that a network knows.
"""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Exchange:
    """One request on the wire, and what can be done with it."""

    sock: socket.socket
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    upstream: str
    ended: threading.Event

    def work(self) -> tuple[int, dict[str, str], bytes]:
        """Let the sandbox do what is asked; its answer."""
        parts = urlsplit(self.upstream)
        link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            link.request(self.method, self.path, self.body or None, self.headers)
            answer = link.getresponse()
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
        finally:
            link.close()

    def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """An answer, whole."""
        self.sock.sendall(head(status, {**headers, "content-length": str(len(body))}) + body)

    def drip(self, data: bytes) -> None:
        """A byte every twentieth of a second, until the other side has had enough."""
        for byte in data:
            self.sock.sendall(bytes([byte]))
            if self.ended.wait(0.05):
                break
        raise Cut

    def reset(self) -> None:
        """RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Cut


class Cut(Exception):  # noqa: N818 - it is how an act ends the connection
    """The connection is closed now."""


Act = Callable[[Exchange], None]


def head(status: int, headers: dict[str, str]) -> bytes:
    """Status line and headers."""
    lines = [f"HTTP/1.1 {status} X", *(f"{key}: {value}" for key, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


# -- acts -----------------------------------------------------------------------------------------------------------------


def passes(exchange: Exchange) -> None:
    """Nothing goes wrong."""
    status, headers, body = exchange.work()
    kept = {key: value for key, value in headers.items() if key in ("content-type", "date", "retry-after")}
    exchange.send(status, kept, body)


def reset_before(exchange: Exchange) -> None:
    exchange.reset()


def reset_after(exchange: Exchange) -> None:
    exchange.work()
    exchange.reset()


def ends_after(exchange: Exchange) -> None:
    """FIN without a byte."""
    exchange.work()
    raise Cut


def half_after(exchange: Exchange) -> None:
    """Half of the body that was announced."""
    _, _, body = exchange.work()
    exchange.sock.sendall(head(200, {"content-length": str(len(body))}) + body[: len(body) // 2])
    raise Cut


def until_the_end(exchange: Exchange) -> None:
    """A body of which nobody knows how long it is, and which never ends."""
    _, _, body = exchange.work()
    exchange.sock.sendall(head(200, {"connection": "close", "content-type": "application/json"}) + body)
    exchange.ended.wait(20)
    raise Cut


def silence(exchange: Exchange) -> None:
    exchange.work()
    exchange.ended.wait(20)
    raise Cut


def drips_headers(exchange: Exchange) -> None:
    exchange.work()
    exchange.drip(head(200, {"x-padding": "x" * 5000}))


def drips_body(exchange: Exchange) -> None:
    exchange.work()
    exchange.sock.sendall(head(200, {"content-length": "5000", "content-type": "application/json"}))
    exchange.drip(b" " * 5000)


def goes_on_continuing(exchange: Exchange) -> None:
    """100 Continue, and that was it."""
    exchange.work()
    exchange.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    exchange.ended.wait(20)
    raise Cut


def no_http(exchange: Exchange) -> None:
    exchange.sock.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
    raise Cut


def answers(status: int, body: Any = "", *, work: bool = False, **headers: str) -> Act:
    """This answer instead of the vendor's; ``work`` does the work first."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    named = {key.replace("_", "-"): value for key, value in headers.items()}

    def act(exchange: Exchange) -> None:
        if work:
            exchange.work()
        exchange.send(status, {"content-type": "application/json", **named}, content)

    return act


def spoils(
    change: Callable[[Any], Any],
    read: Callable[[bytes], Any] = json.loads,
    write: Callable[[Any], bytes] = lambda body: json.dumps(body).encode(),
    **headers: str,
) -> Act:
    """The vendor's own answer with its body changed; bytes are sent as they are."""

    def act(exchange: Exchange) -> None:
        status, _, body = exchange.work()
        changed = change(read(body))
        content = changed if isinstance(changed, bytes) else write(changed)
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        exchange.send(status, {"content-type": "application/json", **named}, content)

    return act


def bomb(exchange: Exchange) -> None:
    """A hundred kilobytes that become a hundred megabytes."""
    exchange.work()
    exchange.send(200, {"content-encoding": "gzip", "content-type": "application/json"}, _BOMB)


_BOMB = gzip.compress(b" " * 100_000_000, 1)


@dataclass
class Fault:
    """What happens to requests of a method, so many times; the last one set comes first.

    :param path: a part of the path.
    :param fits: a further condition, on method and path.
    :param passing: how many such requests pass before.
    """

    method: str
    act: Act
    times: int = 1
    path: str = ""
    fits: Callable[[str, str], bool] = lambda method, path: True
    passing: int = 0


@dataclass
class Wire:
    """A server on a free port. Requests that no fault takes pass."""

    upstream: str
    faults: list[Fault] = field(default_factory=list)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    #: How often somebody connected.
    connections: int = 0

    def __enter__(self) -> Wire:
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # closing alone does not wake the thread that accepts
        self._listener.close()

    @property
    def url(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def count(self, method: str) -> int:
        """How many requests of this method came."""
        return sum(seen == method for seen, _, _ in self.seen)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            try:
                if self.tls:
                    sock = self.tls.wrap_socket(sock, server_side=True)
                reader = sock.makefile("rb")
                while self._one(sock, reader):
                    pass
            except (OSError, Cut, ValueError):
                return

    def _one(self, sock: socket.socket, reader: Any) -> bool:
        line = reader.readline().decode("latin-1")
        match = re.fullmatch(r"([A-Z]+) (\S+) HTTP/1\.1\r\n", line)
        if not match:
            return False
        headers: dict[str, str] = {}
        while (line := reader.readline().decode("latin-1").strip()) != "":
            key, _, value = line.partition(":")
            headers[key.lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        method, path = match[1], re.sub(r"^https?://[^/]+", "", match[2])
        with self._lock:
            self.seen.append((method, path, headers))
            act = self._act(method, path)
        act(Exchange(sock, method, path, headers, body, self.upstream, self._ended))
        return True

    def _act(self, method: str, path: str) -> Act:
        for fault in self.faults:
            if fault.times and fault.method in ("*", method) and fault.path in path and fault.fits(method, path):
                if fault.passing:
                    fault.passing -= 1
                    continue
                fault.times -= 1
                return fault.act
        return passes
