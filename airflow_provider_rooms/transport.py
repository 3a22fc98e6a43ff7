"""Two thin drivers of the same flows: blocking (requests) and async (httpx). They send and sleep, nothing else."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from airflow_provider_rooms import __version__
from airflow_provider_rooms.errors import DeadlineError, PassingError, TransportError, UnreadableAnswerError
from airflow_provider_rooms.vendors.flow import Flow, Page, Request, Response, Sleep, Step

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import httpx
    import requests

T = TypeVar("T")

USER_AGENT = f"airflow-provider-rooms/{__version__}"
#: No answer of a vendor's API is near this size, in bytes.
MAX_BODY = 8 * 1024 * 1024
_CHUNK = 64 * 1024


class _Walk(Generic[T]):
    """Where a driver stands in a flow, and what it has to tell it next."""

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow
        self._answer: Response | None = None
        self._failure: PassingError | None = None
        self.result: T

    def step(self) -> Step | None:
        """The next thing to do; None at the end, when ``result`` is there."""
        answer, failure = self._answer, self._failure
        self._answer = self._failure = None
        try:
            return self._flow.throw(failure) if failure else self._flow.send(answer)
        except StopIteration as end:
            self.result = end.value
            return None

    def answered(self, response: Response) -> None:
        self._answer = response

    def failed(self, error: PassingError) -> None:
        self._failure = error


class BlockingTransport:
    """Runs flows with a ``requests.Session``.

    :param session: keeps connections alive; see :func:`blocking_session`.
    :param base_url: put before every request's path, without a slash at its end.
    """

    def __init__(self, session: requests.Session, base_url: str) -> None:
        self._session = session
        self._base_url = base_url

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return its result."""
        walk = _Walk(flow)
        while (step := walk.step()) is not None:
            self._perform(walk, step)
        return walk.result

    def iterate(self, flow: Flow[None]) -> Iterator[Any]:
        """The items of a paged flow; a page is read when it is needed."""
        walk = _Walk(flow)
        while (step := walk.step()) is not None:
            if isinstance(step, Page):
                yield from step.items
            else:
                self._perform(walk, step)

    def _perform(self, walk: _Walk[Any], step: Step) -> None:
        if isinstance(step, Request):
            try:
                walk.answered(self.send(step))
            except PassingError as error:
                walk.failed(error)
        elif isinstance(step, Sleep):
            time.sleep(step.seconds)

    def send(self, request: Request) -> Response:
        """Send one request; its timeout covers the whole answer, however slowly it drips.

        :raises TransportError: no answer, or not in time.
        :raises UnreadableAnswerError: an answer over 8 MiB.
        """
        import requests

        watchdog = _Watchdog(request.timeout)
        body = bytearray()
        try:
            with (
                watchdog,
                self._session.request(
                    request.method,
                    self._base_url + request.target,
                    headers={**request.headers, "User-Agent": USER_AGENT},
                    data=request.body,
                    timeout=request.timeout,
                    allow_redirects=False,
                    stream=True,
                ) as answer,
            ):
                for chunk in answer.iter_content(_CHUNK):
                    _add(body, chunk)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Response(status=answer.status_code, headers=headers, body=bytes(body))
        except (requests.RequestException, OSError, ValueError) as error:
            timed_out = watchdog.bitten or isinstance(error, requests.Timeout)
            raise _failure(error, request, timed_out=timed_out) from None


class AsyncTransport:
    """Runs flows with an ``httpx.AsyncClient``.

    :param client: keeps connections alive; belongs to one event loop.
    :param base_url: put before every request's path, without a slash at its end.
    """

    def __init__(self, client: httpx.AsyncClient, base_url: str) -> None:
        self._client = client
        self._base_url = base_url

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return its result."""
        walk = _Walk(flow)
        while (step := walk.step()) is not None:
            await self._perform(walk, step)
        return walk.result

    async def iterate(self, flow: Flow[None]) -> AsyncIterator[Any]:
        """The items of a paged flow; a page is read when it is needed."""
        walk = _Walk(flow)
        while (step := walk.step()) is not None:
            if isinstance(step, Page):
                for item in step.items:
                    yield item
            else:
                await self._perform(walk, step)

    async def _perform(self, walk: _Walk[Any], step: Step) -> None:
        if isinstance(step, Request):
            try:
                walk.answered(await self.send(step))
            except PassingError as error:
                walk.failed(error)
        elif isinstance(step, Sleep):
            await asyncio.sleep(step.seconds)

    async def send(self, request: Request) -> Response:
        """Send one request; its timeout covers the whole answer, however slowly it drips.

        :raises TransportError: no answer, or not in time.
        :raises UnreadableAnswerError: an answer over 8 MiB.
        """
        import httpx

        body = bytearray()
        try:
            async with (
                asyncio.timeout(request.timeout),
                self._client.stream(
                    request.method,
                    self._base_url + request.target,
                    headers={**request.headers, "User-Agent": USER_AGENT},
                    content=request.body,
                    timeout=request.timeout,
                    follow_redirects=False,
                ) as answer,
            ):
                async for chunk in answer.aiter_bytes(_CHUNK):
                    _add(body, chunk)
                return Response(status=answer.status_code, headers=dict(answer.headers), body=bytes(body))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            timed_out = isinstance(error, (TimeoutError, httpx.TimeoutException))
            raise _failure(error, request, timed_out=timed_out) from None


def _add(body: bytearray, chunk: bytes) -> None:
    body += chunk
    if len(body) > MAX_BODY:
        raise UnreadableAnswerError(f"The answer is larger than {MAX_BODY // 2**20} MiB; the rest was not read.")


def _failure(error: Exception, request: Request, *, timed_out: bool) -> TransportError:
    """Our error for a library's; the library's text may show a URL, never a header."""
    what = f"{request.method} {request.path}"
    if timed_out:
        return DeadlineError(
            f"{what}: no complete answer within {request.timeout:g} s.",
            advice="Raise timeout in the connection's extra if the network is slow.",
        )
    # urllib3 wraps the reason twice, in words about retries that nobody asked for.
    cause = getattr(error.args[0], "reason", error) if error.args else error
    reason = " ".join(str(cause).rpartition("): ")[2].split())[:200] or type(error).__name__
    return TransportError(f"{what}: no answer: {reason}.", advice="Check the connection's host, and the network.")


_sending = threading.local()


class _Watchdog:
    """Ends a blocking exchange that outlives its time.

    A timeout of the socket starts anew with every byte, so a server that drips one now and then holds a worker for ever.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._bite)
        self._timer.daemon = True
        self._connections: list[Any] = []
        self.bitten = False

    def __enter__(self) -> None:
        _sending.connections = self._connections
        self._timer.start()

    def __exit__(self, *exc_info: object) -> None:
        self._timer.cancel()
        _sending.connections = None

    def _bite(self) -> None:
        import socket

        self.bitten = True
        for connection in self._connections:
            sock = getattr(connection, "sock", None)
            if sock is not None:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:  # already closed
                    continue


def blocking_session() -> requests.Session:
    """A session that keeps connections alive and whose exchanges a deadline can end."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    def noted(base: type[HTTPConnection]) -> type[HTTPConnection]:
        class Noted(base):  # type: ignore[valid-type, misc]
            """Tells the watchdog of its thread which socket it uses."""

            def request(self, *args: Any, **kwargs: Any) -> None:
                if (connections := getattr(_sending, "connections", None)) is not None:
                    connections.append(self)
                super().request(*args, **kwargs)

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
    return session
