"""Below the drivers: connections whose exchanges a deadline can end, and why one failed, in words."""

from __future__ import annotations

import errno
import functools
import os
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    import httpx
    import requests
    from urllib3.connection import HTTPConnection

#: Where people tell a program of a certificate authority of their own; requests knows the first two, httpx the last.
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

_sending = threading.local()


class Watchdog:
    """Ends a blocking exchange that outlives its time.

    A timeout of a socket starts anew with every byte, so a server that drips one now and then would hold a worker for ever.
    Only a look-up of the host's address cannot be ended; the system's resolver has limits of its own.

    :param seconds: for the whole exchange: connecting, sending, and the last byte of the answer.
    """

    def __init__(self, seconds: float) -> None:
        self.bitten = False
        self._over = False
        # Copies of the descriptors: a connection may close or replace its own at any time.
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._bite)
        self._timer.daemon = True

    def __enter__(self) -> Watchdog:
        _sending.watchdog = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _sending.watchdog = None
        with self._lock:
            # From here on the connection may serve somebody else.
            self._over = True
            for sock in self._sockets:
                sock.close()

    def watch(self, sock: Any) -> None:
        """Have this socket ended when the time is up, or at once when it is up already."""
        with self._lock:
            self._sockets.append(socket.socket(fileno=os.dup(sock.fileno())))
            if self.bitten:
                _end(self._sockets[-1])

    def _bite(self) -> None:
        with self._lock:
            if not self._over:
                self.bitten = True
                for sock in self._sockets:
                    _end(sock)


def _end(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was faster
        pass


def blocking_session() -> requests.Session:
    """A session that keeps connections alive and whose exchanges a :class:`Watchdog` can end."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    def noted(base: type[HTTPConnection]) -> type[HTTPConnection]:
        class Noted(base):  # type: ignore[valid-type, misc]
            """Tells the watchdog of its thread which socket it uses, from the first moment on."""

            def _new_conn(self) -> socket.socket:
                sock: socket.socket = super()._new_conn()
                self._tell(sock)
                return sock

            def request(self, *args: Any, **kwargs: Any) -> None:
                if self.sock is not None:
                    self._tell(self.sock)
                super().request(*args, **kwargs)

            @staticmethod
            def _tell(sock: Any) -> None:
                watchdog: Watchdog | None = getattr(_sending, "watchdog", None)
                if watchdog is not None:
                    watchdog.watch(sock)

        return Noted

    pools = {
        "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": noted(HTTPConnection)}),
        "https": type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": noted(HTTPSConnection)}),
    }

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(*args, **kwargs)
            manager.pool_classes_by_scheme = pools
            return manager

    session = requests.Session()
    session.mount("http://", Adapter())
    session.mount("https://", Adapter())
    # Without an auth of its own, requests would let a .netrc entry replace the vendor's Authorization header.
    session.auth = lambda request: request
    session.verify = _ca_file() or True
    return session


def async_client() -> httpx.AsyncClient:
    """A client that keeps connections alive and trusts the same certificates as :func:`blocking_session`."""
    import httpx

    return httpx.AsyncClient(verify=_ssl_context(_ca_file()))


@functools.cache
def _ssl_context(ca_file: str | None) -> ssl.SSLContext:
    """Reading all certificates takes 20 ms: once, not for each client."""
    import httpx

    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()


def _ca_file() -> str | None:
    return next((path for name in _CA_VARIABLES if (path := os.environ.get(name)) and os.path.isfile(path)), None)


def reason(error: BaseException) -> str:
    """Why no answer came, in the same words whichever library says so. Never a URL, a header or a proxy's password."""
    causes = list(_causes(error))
    said = next((words for cause in causes if (words := _words(cause))), None)
    if said is None:
        names = [type(cause).__name__ for cause in reversed(causes)]
        said = next((_NAMES[name] for name in names if name in _NAMES), names[0])
    return f"the proxy: {said}" if any(type(cause).__name__ == "ProxyError" for cause in causes) else said


def took_too_long(error: BaseException) -> bool:
    """Whether the time was up. requests has an error of its own for that, but not for a body that stands still."""
    return any(isinstance(cause, TimeoutError) for cause in _causes(error))


def _words(cause: BaseException) -> str | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate was not accepted ({cause.verify_message})"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed ({(getattr(cause, 'reason', None) or 'no reason given').replace('_', ' ').lower()})"
    if isinstance(cause, socket.gaierror):
        return "the host's name is not known"
    return _ERRNO.get(cause.errno or 0) if isinstance(cause, OSError) else None


_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection reset",
    errno.ENETUNREACH: "network unreachable",
    errno.EHOSTUNREACH: "no route to the host",
}
#: What the two libraries call an answer that ended too early.
_NAMES = {
    "ChunkedEncodingError": "the answer was cut short",
    "ConnectionError": "the connection was cut",
    "RemoteProtocolError": "the connection was cut",
    "ProxyError": "it does not let the request through",
}


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything that it says it came from, the innermost first."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.append(one)
            linked = (one.__cause__, one.__context__, getattr(one, "reason", None))
            more = (*linked, *getattr(one, "exceptions", ()), *one.args)
            waiting += [item for item in more if isinstance(item, BaseException)]
    return reversed(seen)
