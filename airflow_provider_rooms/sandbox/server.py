"""Run the sandbox: in the foreground for the command line, or on a thread for tests.

>>> with SandboxServer() as sandbox:  # doctest: +SKIP
...     print(sandbox.url)
"""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any, Final, Self

import uvicorn

from airflow_provider_rooms.sandbox.app import make_app
from airflow_provider_rooms.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

DEFAULT_PORT: Final = 8790
#: How late a webhook may be that nobody's request causes.
TICK_SECONDS: Final = 0.5


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, world: World, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._world = world
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if not self.should_exit:
            self._ticking = asyncio.create_task(self._tick())
            self._ready()

    async def _tick(self) -> None:
        """What falls due is reported although nobody asks."""
        while not self.should_exit:
            await asyncio.sleep(TICK_SECONDS)
            self._world.clock.catch_up()


def bind(host: str, port: int) -> socket.socket:
    """A bound socket; raises ``OSError`` when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small packets at once only where the protocol is named: otherwise each body comes 40 ms late.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def url_of(sock: socket.socket) -> str:
    """Where a bound socket is to be reached."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(world: World, ready: Callable[[], None]) -> uvicorn.Server:
    """A server for this world; ``ready`` is called once it listens."""
    config = uvicorn.Config(
        make_app(world),
        log_level="warning",
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        # idle keep-alive connections of tests are kept longer than any of their polls sleeps
        timeout_keep_alive=75,
        ws="none",
    )
    return _Server(config, world, ready)


def run(
    host: str = "127.0.0.1", port: int = DEFAULT_PORT, latency_ms: float = 0.0, webhooks_anywhere: bool = False
) -> None:
    """Serve until interrupted, and say so on standard output once it listens."""
    sock = bind(host, port)
    address = url_of(sock)

    def announce() -> None:
        print(f"sandbox ready on {address}", flush=True)  # noqa: T201 - the line that scripts wait for

    make_server(World(latency_ms / 1000.0, webhooks_anywhere), announce).run(sockets=[sock])


class SandboxServer:
    """The sandbox on a thread of this process, on a free port unless one is given.

    ``world`` is all that it remembers: tests that need thousands of rooms make them there before they ask for any.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, latency_ms: float = 0.0) -> None:
        self._host = host
        self._port = port
        self.world = World(latency_ms / 1000.0)
        self._url: str | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        if self._url is None:
            raise RuntimeError("the sandbox is not running: use it as a context manager, or call start()")
        return self._url

    def start(self) -> Self:
        if self._thread is not None:
            raise RuntimeError("the sandbox is already running")
        sock = bind(self._host, self._port)
        listening = threading.Event()
        server = make_server(self.world, listening.set)
        kwargs: dict[str, Any] = {"sockets": [sock]}
        thread = threading.Thread(target=server.run, kwargs=kwargs, name="rooms-sandbox", daemon=True)
        thread.start()
        while not listening.wait(0.05):
            if not thread.is_alive():
                sock.close()
                raise RuntimeError("the sandbox did not start; see the log of uvicorn")
        self._url, self._server, self._thread = url_of(sock), server, thread
        return self

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=10)
            self._url = self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
