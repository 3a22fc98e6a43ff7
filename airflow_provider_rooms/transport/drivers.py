"""Two thin drivers of the same flows: blocking (requests) and async (httpx). They send and sleep, nothing else."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from airflow_provider_rooms import __version__
from airflow_provider_rooms.errors import DeadlineError, PassingError, TransportError, UnreadableAnswerError
from airflow_provider_rooms.transport.network import Watchdog, no_answer, took_too_long
from airflow_provider_rooms.vendors.flow import Download, Fetch, Flow, Page, Pages, Request, Response, Sleep, Step, Turn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType

    import httpx
    import requests

T = TypeVar("T")

USER_AGENT = f"airflow-provider-rooms/{__version__}"
#: No answer of a vendor's API is near this size, in bytes.
MAX_BODY = 8 * 1024 * 1024
_CHUNK = 64 * 1024
#: Pieces of a recording, in bytes: one at a time is in memory.
_FILE_CHUNK = 1024 * 1024
# A file's size is checked, so it must come as it lies there.
_FILE_HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}


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

    :param session: keeps connections alive; see :func:`airflow_provider_rooms.transport.network.blocking_session`.
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

    def iterate(self, flow: Pages[T]) -> Iterator[T]:
        """The items of a paged flow; a page is read when it is needed."""
        walk = _Walk(flow)
        while (step := walk.step()) is not None:
            if isinstance(step, Page):
                yield from step.items
            else:
                self._perform(walk, step)

    def open(self, flow: Flow[Download]) -> OpenFile:
        """Run a flow that opens a file; the file must be closed."""
        return OpenFile(self.run(flow))

    def _perform(self, walk: _Walk[Any], step: Step) -> None:
        if isinstance(step, (Request, Fetch)):
            try:
                walk.answered(self.send(step) if isinstance(step, Request) else self.fetch(step))
            except PassingError as error:
                walk.failed(error)
        elif isinstance(step, Sleep):
            time.sleep(step.seconds)
        elif isinstance(step, Turn):
            step.seconds = step.take()

    def send(self, request: Request) -> Response:
        """Send one request; its timeout covers the whole answer, however slowly it drips.

        :raises TransportError: no answer, or not in time.
        :raises UnreadableAnswerError: an answer over 8 MiB.
        """
        import requests

        watchdog = Watchdog(request.timeout)
        body = bytearray()
        try:
            with (
                watchdog,
                self._session.request(
                    request.method,
                    self._base_url + request.target,
                    headers={**request.headers, "User-Agent": USER_AGENT},
                    data=request.body,
                    auth=_unsigned,  # the vendor signed it
                    timeout=request.timeout,
                    allow_redirects=False,
                    stream=True,
                ) as answer,
            ):
                for chunk in answer.iter_content(_CHUNK):
                    _add(body, chunk)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                if watchdog.bitten:  # it cut off an answer of which nobody knows how long it is
                    raise requests.Timeout
                return Response(status=answer.status_code, headers=headers, body=bytes(body))
        except (requests.RequestException, OSError, ValueError) as error:
            timed_out = watchdog.bitten or isinstance(error, requests.Timeout) or took_too_long(error)
            raise _failure(error, request, self._base_url, timed_out=timed_out) from None

    def fetch(self, wanted: Fetch) -> Response:
        """Open a file by its link, without credentials and without following it elsewhere.

        :raises TransportError: no answer.
        """
        import requests

        try:
            answer = self._session.get(
                wanted.url,
                headers=_FILE_HEADERS,
                auth=_unsigned,
                timeout=wanted.timeout,
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, OSError, ValueError) as error:
            raise _lost(error, wanted.url) from None
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if answer.status_code != 200:
            answer.close()
            return Response(status=answer.status_code, headers=headers)
        return Response(status=200, headers=headers, stream=answer)


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

    async def iterate(self, flow: Pages[T]) -> AsyncIterator[T]:
        """The items of a paged flow; a page is read when it is needed."""
        walk = _Walk(flow)
        while (step := walk.step()) is not None:
            if isinstance(step, Page):
                for item in step.items:
                    yield item
            else:
                await self._perform(walk, step)

    async def open(self, flow: Flow[Download]) -> AsyncOpenFile:
        """Run a flow that opens a file; the file must be closed."""
        return AsyncOpenFile(await self.run(flow))

    async def _perform(self, walk: _Walk[Any], step: Step) -> None:
        if isinstance(step, (Request, Fetch)):
            try:
                walk.answered(await (self.send(step) if isinstance(step, Request) else self.fetch(step)))
            except PassingError as error:
                walk.failed(error)
        elif isinstance(step, Sleep):
            await asyncio.sleep(step.seconds)
        elif isinstance(step, Turn):
            step.seconds = await asyncio.to_thread(step.take)

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
            raise _failure(error, request, self._base_url, timed_out=timed_out) from None

    async def fetch(self, wanted: Fetch) -> Response:
        """Open a file by its link, without credentials and without following it elsewhere.

        :raises TransportError: no answer.
        """
        import httpx

        try:
            request = self._client.build_request("GET", wanted.url, headers=_FILE_HEADERS, timeout=wanted.timeout)
            answer = await self._client.send(request, stream=True, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise _lost(error, wanted.url) from None
        if answer.status_code != 200:
            await answer.aclose()
            return Response(status=answer.status_code, headers=dict(answer.headers))
        return Response(status=200, headers=dict(answer.headers), stream=answer)


class OpenFile:
    """A recording's file, read piece by piece: ``with hook.open_recording(…) as file: for piece in file: …``."""

    def __init__(self, download: Download) -> None:
        self.size = download.size
        self._answer = download.stream

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, 1 MiB at a time.

        :raises TransportError: the file ended early.
        """
        import requests

        try:
            yield from self._answer.iter_content(_FILE_CHUNK)
        except (requests.RequestException, OSError, ValueError) as error:
            raise _lost(error) from None

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._answer.close()


class AsyncOpenFile:
    """A recording's file, read piece by piece: ``async for piece in file``; close it with ``await file.aclose()``."""

    def __init__(self, download: Download) -> None:
        self.size = download.size
        self._answer = download.stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes, 1 MiB at a time.

        :raises TransportError: the file ended early.
        """
        import httpx

        try:
            async for piece in self._answer.aiter_bytes(_FILE_CHUNK):
                yield piece
        except (httpx.HTTPError, httpx.StreamError, OSError, ValueError) as error:
            raise _lost(error) from None

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._answer.aclose()


def _unsigned(request: Any) -> Any:
    """An authentication that adds none: neither the vendor's, nor one that requests finds in a .netrc."""
    return request


def _lost(error: Exception, url: str = "https://") -> TransportError:
    """Our error for a library's about a file. Its text is left out: it holds the link."""
    return no_answer("The recording file could not be read", error, url)


def _add(body: bytearray, chunk: bytes) -> None:
    body += chunk
    if len(body) > MAX_BODY:
        raise UnreadableAnswerError(f"The response is larger than {MAX_BODY // 2**20} MiB; the rest was not read.")


def _failure(error: Exception, request: Request, base_url: str, *, timed_out: bool) -> PassingError:
    """Our error for a library's; of the library's text nothing is kept."""
    what = f"{request.method} {request.path}"
    if timed_out:
        return DeadlineError(
            f"{what}: no complete response within {request.timeout:g} s.",
            advice="Increase timeout in the connection's extra if the network is slow.",
        )
    if type(error).__name__ in ("ContentDecodingError", "DecodingError"):
        return UnreadableAnswerError(f"{what}: the response body does not match its Content-Encoding.")
    return no_answer(f"{what}: no response", error, base_url, base_url)
