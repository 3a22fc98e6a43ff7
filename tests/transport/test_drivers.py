"""The two drivers and what lies below them, where no flow is needed to see it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.testing import wire as w
from airflow_provider_rooms.testing.wire import Fault, Wire
from airflow_provider_rooms.transport import environment
from airflow_provider_rooms.transport.drivers import (
    AsyncOpenFile,
    AsyncTransport,
    BlockingTransport,
    OpenFile,
)
from airflow_provider_rooms.transport.network import Watchdog, async_client, blocking_session, reason
from airflow_provider_rooms.vendors.flow import Download, Fetch, Page, Request, Response, Sleep


def pair() -> tuple[socket.socket, socket.socket]:
    one, other = socket.socketpair()
    other.settimeout(5)
    return one, other


# -- the watchdog ---------------------------------------------------------------------------------------------------------


def test_it_ends_a_socket_when_the_time_is_up() -> None:
    one, other = pair()
    with one, other, Watchdog(0.05) as dog:
        dog.watch(one)
        assert other.recv(1) == b""
        assert dog.bitten
        assert one.fileno() > 0  # it is still its owner's to close


def test_it_ends_a_socket_that_comes_too_late() -> None:
    one, other = pair()
    with one, other, Watchdog(0.01) as dog:
        time.sleep(0.1)
        dog.watch(one)
        assert other.recv(1) == b""


def test_it_leaves_a_socket_alone_once_the_exchange_is_over() -> None:
    one, other = pair()
    with one, other:
        dog = Watchdog(0.1)
        with dog:
            dog.watch(one)
        dog._bite()  # it was on its way already
        time.sleep(0.2)
        one.sendall(b"x")
        assert other.recv(1) == b"x"
        assert not dog.bitten


def test_a_socket_that_is_gone_already_does_not_matter() -> None:
    with socket.socket() as never_connected, Watchdog(0.01) as dog:
        dog.watch(never_connected)
        time.sleep(0.1)
        assert dog.bitten


# -- words ----------------------------------------------------------------------------------------------------------------


class RemoteProtocolError(Exception):
    """Named like one of httpx."""


class ProxyError(Exception):
    """Named like those of both libraries."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "x"), "connection refused"),
        (ConnectionResetError(104, "x"), "connection reset"),
        (BrokenPipeError(32, "x"), "connection reset"),
        (OSError(101, "x"), "network unreachable"),
        (OSError(113, "x"), "no route to the host"),
        (socket.gaierror(-2, "x"), "the host name could not be resolved"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] x"), "TLS failed (no reason given)"),
        (OSError("canary"), "OSError"),
        (ValueError("canary"), "ValueError"),
        (RemoteProtocolError("canary"), "the connection was closed"),
        (ProxyError("canary"), "the proxy: it rejected the request"),
        (ExceptionGroup("all", [OSError(111, "x")]), "connection refused"),
    ],
)
def test_why_there_is_no_answer(error: Exception, words: str) -> None:
    assert reason(error) == words
    wrapped = RuntimeError(error)
    wrapped.__cause__ = error
    error.__context__ = wrapped  # a circle
    assert reason(wrapped) == (words if words != type(error).__name__ else "RuntimeError")


# -- steps ----------------------------------------------------------------------------------------------------------------


def steps(*given: Any) -> Any:
    """A flow that does these things."""
    for step in given:  # noqa: UP028 - a tuple cannot be sent answers
        yield step
    return "end"


@pytest.mark.parametrize("mode", ["blocking", "async"])
def test_steps_are_done_in_order(mode: str) -> None:
    began = time.monotonic()
    with Wire("http://127.0.0.1:1", [Fault("GET", w.answers(200, "{}"), -1)]) as wire:
        flow = steps(Sleep(0.05), Page([1]), Request(method="GET", path="/x"), Sleep(0.05))
        if mode == "blocking":
            with blocking_session() as session:
                assert BlockingTransport(session, wire.url).run(flow) == "end"
                assert list(BlockingTransport(session, wire.url).iterate(steps(Page([1, 2]), Sleep(0), Page([3])))) == [
                    1,
                    2,
                    3,
                ]
        else:

            async def run() -> None:
                async with async_client() as client:
                    transport = AsyncTransport(client, wire.url)
                    assert await transport.run(flow) == "end"
                    listed = transport.iterate(steps(Page([1, 2]), Sleep(0), Page([3])))
                    assert [item async for item in listed] == [1, 2, 3]

            asyncio.run(run())
        assert wire.count("GET") == 1
    assert time.monotonic() - began >= 0.1


@pytest.mark.parametrize("mode", ["blocking", "async"])
def test_an_answer_of_any_size_up_to_a_limit(mode: str) -> None:
    for size, fits in ((8 * 1024 * 1024, True), (8 * 1024 * 1024 + 1, False)):
        with Wire("", [Fault("GET", w.answers(200, b"x" * size), -1)]) as wire:
            if fits:
                assert len(send(mode, wire.url).body) == size
            else:
                with pytest.raises(errors.UnreadableAnswerError, match="larger than 8 MiB"):
                    send(mode, wire.url)


def send(mode: str, url: str, path: str = "/x") -> Response:
    """One request."""
    request = Request(method="GET", path=path, timeout=20)
    if mode == "blocking":
        with blocking_session() as session:
            return BlockingTransport(session, url).send(request)

    async def run() -> Response:
        async with async_client() as client:
            return await AsyncTransport(client, url).send(request)

    return asyncio.run(run())


@pytest.mark.parametrize("mode", ["blocking", "async"])
@pytest.mark.parametrize("url", ["http://[", "http://", "gopher://x.example", "http://x.example:99999999"])
def test_an_address_that_is_none(mode: str, url: str) -> None:
    with pytest.raises(errors.TransportError, match="no response"):
        send(mode, url)


def test_a_body_that_stands_still_is_late_though_nobody_bites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow_provider_rooms.transport.drivers.Watchdog", lambda seconds: Watchdog(seconds + 20))
    with (
        Wire("", [Fault("GET", stands_still)]) as wire,
        blocking_session() as session,
        pytest.raises(errors.DeadlineError),
    ):
        BlockingTransport(session, wire.url).send(Request(method="GET", path="/x", timeout=0.1))


def stands_still(exchange: w.Exchange) -> None:
    exchange.sock.sendall(w.head(200, {"content-length": "10"}) + b"12345")
    exchange.ended.wait(20)
    raise w.Cut


def test_a_task_that_is_cancelled_ends_at_once() -> None:
    async def run() -> float:
        with Wire("", [Fault("GET", lambda exchange: exchange.ended.wait(20) and None, -1)]) as wire:
            async with async_client() as client:
                task = asyncio.create_task(AsyncTransport(client, wire.url).send(Request(method="GET", path="/x")))
                await asyncio.sleep(0.2)
                began = time.monotonic()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                return time.monotonic() - began

    assert asyncio.run(run()) < 1


# -- files ----------------------------------------------------------------------------------------------------------------


def opened(mode: str, url: str, read: bool = True) -> tuple[int, bytes]:
    """Status and content of a file."""
    wanted = Fetch(url=url, timeout=10)
    if mode == "blocking":
        with blocking_session() as session:
            answer = BlockingTransport(session, "").fetch(wanted)
            if answer.stream is None:
                return answer.status, b""
            with OpenFile(Download(size=None, stream=answer.stream)) as file:
                return answer.status, b"".join(file)

    async def run() -> tuple[int, bytes]:
        async with async_client() as client:
            answer = await AsyncTransport(client, "").fetch(wanted)
            if answer.stream is None:
                return answer.status, b""
            file = AsyncOpenFile(Download(size=None, stream=answer.stream))
            try:
                return answer.status, b"".join([piece async for piece in file])
            finally:
                await file.aclose()

    return asyncio.run(run())


@pytest.mark.parametrize("mode", ["blocking", "async"])
@pytest.mark.parametrize("secret", ["canary-signature"])
def test_files_come_whole_or_not_at_all(mode: str, secret: str) -> None:
    cases: list[tuple[Callable[[w.Exchange], None], Any]] = [
        (w.answers(200, b"film"), (200, b"film")),
        (w.answers(404, b"no"), (404, b"")),
        (w.answers(302, location="http://elsewhere.invalid/"), (302, b"")),
        (w.reset_before, errors.TransportError),
        (cut_short, errors.TransportError),
    ]
    for act, expected in cases:
        with Wire("", [Fault("GET", act, -1)]) as wire:
            url = f"{wire.url}/film.mp4?signature={secret}"
            if isinstance(expected, tuple):
                assert opened(mode, url) == expected
                assert "authorization" not in wire.seen[0][2]
            else:
                with pytest.raises(expected) as caught:
                    opened(mode, url)
                assert secret not in str(caught.value)


def cut_short(exchange: w.Exchange) -> None:
    exchange.sock.sendall(w.head(200, {"content-length": "100"}) + b"half")
    raise w.Cut


def test_certificates_are_read_once() -> None:
    assert environment.ssl_context() is environment.ssl_context()
