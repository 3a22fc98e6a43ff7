"""``python -m airflow_provider_rooms receive``: the receiver on its own, for API servers that the internet must not reach."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    import uvicorn

    from airflow_provider_rooms.events.receiver import Receive, Receiver, Scope, Send
    from airflow_provider_rooms.events.rest import AirflowApi
    from airflow_provider_rooms.events.statefile import StateFile
    from airflow_provider_rooms.events.telling import Teller

HELP = "receive the vendors' webhooks and pass them on to Airflow"
DESCRIPTION = (
    "Receive webhooks in a separate process, for Airflow 2.11 and for API servers that must not be reachable "
    "from the internet. It accepts POST and GET at /rooms/webhooks/<conn_id>, stores each event in the state file before it "
    "returns 200, and creates asset events through Airflow's REST API. One process per Airflow."
)
EPILOG = (
    "Environment: AIRFLOW_USERNAME and AIRFLOW_PASSWORD, or AIRFLOW_CLI_TOKEN, for Airflow's REST API. Connections come from "
    "AIRFLOW_CONN_* or a secrets backend; Airflow's database is not used. Exit code: 0 after SIGTERM or Ctrl-C, 1 if it "
    "cannot start, 2 if an option or the credentials are missing. While Airflow is unavailable, events wait in the state file."
)
DEFAULT_PORT = 8791
PREFIX = "/rooms/webhooks"
#: Seconds for each of Airflow's first answers: vendors do not wait long for ours.
FIRST_ANSWER = 3.0
#: Seconds for requests that are being answered, and then for a request to Airflow, when the process is asked to end.
LAST_ANSWERS, LAST_TELLING = 10, 5.0

log = logging.getLogger(__name__)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 0 to 65535")
    return int(text)


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address: write https://airflow.example.org")
    if parts.username or parts.password:
        raise argparse.ArgumentTypeError("has credentials in it: set them in the environment")
    if parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"{text!r} is not the address of Airflow: nothing may follow its path")
    return text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    parser.add_argument(
        "--airflow", required=True, type=_url, metavar="URL", help="address of Airflow's web UI and API"
    )
    parser.add_argument(
        "--state", required=True, type=Path, metavar="FILE", help="where events are kept; created if it does not exist"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 selects a free port (default: %(default)s)")


def command(given: argparse.Namespace) -> int:
    """Receive until SIGTERM or SIGINT; the exit code."""
    try:
        import uvicorn  # noqa: F401 - Airflow 3 brings it
    except ModuleNotFoundError:
        return _fail("uvicorn is not installed: pip install 'airflow-provider-rooms[receiver]'")
    from airflow_provider_rooms.errors import InvalidSpecError
    from airflow_provider_rooms.events.rest import AirflowApi, Credentials
    from airflow_provider_rooms.events.statefile import StateFile, StateFileError

    try:
        credentials = Credentials.read(os.environ)
    except InvalidSpecError as error:
        return _fail(str(error), 2)
    _log_to_stderr()
    try:
        state = StateFile(given.state)
    except StateFileError as error:
        return _fail(str(error))
    try:
        sock = _listen(given.host, given.port)
    except OSError as error:
        state.close()
        return _fail(f"Cannot listen on {given.host}:{given.port} ({(error.strerror or str(error)).lower()}).")
    with sock:
        return _receive(sock, state, AirflowApi(given.airflow, credentials))


def _receive(sock: socket.socket, state: StateFile, airflow: AirflowApi) -> int:
    from airflow_provider_rooms.errors import PassingError, PermanentError
    from airflow_provider_rooms.events.participants import Participants, without_database
    from airflow_provider_rooms.events.receiver import Receiver
    from airflow_provider_rooms.events.telling import Teller

    usual, airflow.deadline = airflow.deadline, FIRST_ANSWER
    try:
        # Deliveries that come meanwhile wait in the socket's queue.
        version = airflow.version()
        airflow.assets()
        log.info("Airflow %s at %s. Events waiting: %d.", version, airflow.url, state.count())
    except PermanentError as error:
        state.close()
        return _fail(str(error))
    except PassingError as error:
        log.warning("%s Webhooks are received and stored. Events waiting: %d.", error, state.count())
    airflow.deadline = usual
    log.info("Connections of the environment that take part: %s.", ", ".join(_taking_part()) or "none")
    receiver = Receiver(state, Participants(without_database))
    teller = Teller(state, airflow)
    server = _server(receiver, state, teller)

    def end(*_: Any) -> None:
        server.should_exit = True  # before it has handlers of its own, and once more when it has ended

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    teller.start()
    host, port = sock.getsockname()[:2]
    print(f"receiver ready on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)  # noqa: T201 - for scripts
    server.run(sockets=[sock])
    ended = teller.stop(LAST_TELLING)
    log.info("Ended. Waiting in %s: %d.", state.path, state.count())
    if ended:
        state.close()
    return 0


def _taking_part() -> list[str]:
    """Ids of connections in the environment that take part; those of a secrets backend cannot be listed."""
    from airflow_provider_rooms.errors import RoomsError
    from airflow_provider_rooms.events.participants import without_database

    found = []
    for name in sorted(os.environ):
        conn_id = name.removeprefix("AIRFLOW_CONN_").lower()
        try:
            if name.startswith("AIRFLOW_CONN_") and without_database(conn_id):
                found.append(conn_id)
        except RoomsError:
            pass  # not one for rooms
    return found


def _server(receiver: Receiver, state: StateFile, teller: Teller) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            self.looking = asyncio.create_task(self.look_again())

        async def look_again(self) -> None:
            await receiver.look_again(await asyncio.to_thread(state.recent))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/health":
            await _health(state, teller, send)
        else:
            below: MutableMapping[str, Any] = {**scope, "root_path": PREFIX}
            await receiver(below, receive, send)

    return Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=LAST_ANSWERS,
        )
    )


async def _health(state: StateFile, teller: Teller, send: Send) -> None:
    """How many events wait, and whether Airflow can be told."""
    waiting = await asyncio.to_thread(state.count)
    body = json.dumps({"waiting": waiting, "airflow": "failing" if teller.trouble else "ok"}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _listen(host: str, port: int) -> socket.socket:
    """A socket that queues connections already.

    :raises OSError: the address is not this machine's, or the port is taken.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    # asyncio sends small packets at once only where the protocol is named.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(2048)
    except OSError:
        sock.close()
        raise
    return sock


def _log_to_stderr() -> None:
    """Our own lines, whatever Airflow has set up for its own."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    ours = logging.getLogger("airflow_provider_rooms")
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(logging.INFO)


def _fail(text: str, code: int = 1) -> int:
    sys.stderr.write(f"{text}\n")
    return code
