"""Below the drivers: connections whose exchanges a deadline can end, and why one failed, in words."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.errors import InvalidConnectionError, TlsError, TransportError
from airflow_provider_rooms.transport import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    import httpx
    import requests
    from urllib3.connection import HTTPConnection

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
    from requests.utils import select_proxy
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
        """Certificates and proxies as the environment says; what a caller of the session says himself comes first."""

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            if proxy.lower().startswith("https:"):
                kwargs["proxy_ssl_context"] = environment.ssl_context()
            manager = super().proxy_manager_for(proxy, **kwargs)
            manager.pool_classes_by_scheme = pools
            return manager

        def get_connection_with_tls_context(
            self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
        ) -> Any:
            if proxy := select_proxy(str(request.url), proxies):
                proxies = {"all": environment.checked_proxy(proxy, str(request.url))}
            return super().get_connection_with_tls_context(request, verify, proxies, cert)

        def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
            host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
            if verify is True and host["scheme"] == "https":
                pool["ssl_context"] = environment.ssl_context()
            return host, pool

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            if verify is not True:  # else the context knows all that it needs
                super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]

    class Session(requests.Session):
        def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
            settings: Any = super().merge_environment_settings(url, proxies, stream, verify, cert)
            # Not a path of the environment: the context has read it.
            return {**settings, "verify": self.verify if verify is None else verify}

    session = Session()
    # An unlimited number of idle connections: as many as there were threads at the same time.
    session.mount("http://", Adapter(pool_maxsize=0))
    session.mount("https://", Adapter(pool_maxsize=0))
    # Without an auth of its own, requests would let a .netrc entry replace the vendor's Authorization header.
    session.auth = lambda request: request
    return session


def async_client() -> httpx.AsyncClient:
    """A client that keeps connections alive, with the same certificates and proxies as :func:`blocking_session`."""
    import httpx
    import requests.utils  # noqa: F401 - what the environment says of proxies is read with it; here, not in the event loop

    class Ways(httpx.AsyncBaseTransport):
        """To each host directly or through the proxy that the environment names for it."""

        def __init__(self) -> None:
            self._open: dict[tuple[str | None, bool], httpx.AsyncHTTPTransport] = {}

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            proxy = environment.proxy_for(str(request.url))
            try:
                return await self._way(proxy, request.url.scheme == "https").handle_async_request(request)
            except httpx.ConnectError as error:
                if proxy and not any(isinstance(cause, ssl.SSLError) for cause in _causes(error)):
                    # Whatever is asked for, it is the proxy that we connect to.
                    raise httpx.ProxyError(str(error)) from error
                raise

        def _way(self, proxy: str | None, secure: bool) -> httpx.AsyncHTTPTransport:
            if (proxy, secure) not in self._open:
                needed = secure or (proxy or "").startswith("https:")
                context = environment.ssl_context() if needed else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                through = (
                    httpx.Proxy(proxy, ssl_context=context if proxy.startswith("https:") else None) if proxy else None
                )
                self._open[proxy, secure] = httpx.AsyncHTTPTransport(verify=context, proxy=through)
            return self._open[proxy, secure]

        async def aclose(self) -> None:
            for way in self._open.values():
                await way.aclose()

    try:
        environment.ssl_context()  # here, since it takes longer than an event loop may stand still
    except InvalidConnectionError:
        pass  # Perhaps nobody needs it; else it is raised again.
    return httpx.AsyncClient(transport=Ways(), trust_env=False)


def no_answer(what: str, error: BaseException, url: str, base_url: str | None = None) -> TransportError:
    """Our error for a library's about a request without an answer. Of the library's text nothing is kept.

    :param what: what was done, in words that may be shown.
    :param url: where it went; only its scheme is shown.
    :param base_url: the connection's, which may be shown.
    """
    causes = list(_causes(error))
    refused = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)
    plain = any(_no_tls(cause) for cause in causes)
    advice = "Check the connection's host and the network."
    if _at_proxy(causes):
        advice = environment.proxy_advice(url)
    elif refused:
        advice = environment.certificate_advice()
    elif plain and base_url:
        advice = environment.scheme_advice(base_url)
    elif any(isinstance(cause, ssl.SSLError) for cause in causes):
        advice += f" {environment.PAGE}"
    return (TlsError if refused or plain else TransportError)(f"{what}: {reason(error)}.", advice=advice)


def reason(error: BaseException) -> str:
    """Why no answer came, in the same words whichever library says so. Never a URL, a header or a proxy's password."""
    causes = list(_causes(error))
    said = next((words for cause in causes if (words := _words(cause))), None)
    if said is None:
        names = [type(cause).__name__ for cause in reversed(causes)]
        said = next((_NAMES[name] for name in names if name in _NAMES), names[0])
    return f"the proxy: {said}" if _at_proxy(causes) else said


def _at_proxy(causes: list[BaseException]) -> bool:
    # Both libraries call it so.
    return any(type(cause).__name__ == "ProxyError" for cause in causes)


def took_too_long(error: BaseException) -> bool:
    """Whether the time was up. requests has an error of its own for that, but not for a body that stands still."""
    return any(isinstance(cause, TimeoutError) for cause in _causes(error))


def _words(cause: BaseException) -> str | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate was not accepted ({cause.verify_message})"
    if _no_tls(cause):
        return "the host does not speak TLS (https)"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed ({(getattr(cause, 'reason', None) or 'no reason given').replace('_', ' ').lower()})"
    if isinstance(cause, socket.gaierror):
        return "the host name could not be resolved"
    return _ERRNO.get(cause.errno or 0) if isinstance(cause, OSError) else None


#: What OpenSSL says of an answer that is not TLS, such as one of plain HTTP.
_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "RECORD_LAYER_FAILURE",
    "HTTP_REQUEST",
    "UNKNOWN_PROTOCOL",
    "PACKET_LENGTH_TOO_LONG",
)


def _no_tls(cause: BaseException) -> bool:
    return isinstance(cause, ssl.SSLError) and getattr(cause, "reason", None) in _NOT_TLS


_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection reset",
    errno.ENETUNREACH: "network unreachable",
    errno.EHOSTUNREACH: "no route to the host",
}
#: What the two libraries call an answer that ended too early.
_NAMES = {
    "ChunkedEncodingError": "the response was cut short",
    "ConnectionError": "the connection was closed",
    "RemoteProtocolError": "the connection was closed",
    "ProxyError": "it rejected the request",
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
