"""What runs beside Airflow on this machine: the sandbox, a mail sink, and the environment that points Airflow at both."""

from __future__ import annotations

import json
import logging
import os
import queue
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

from airflow_provider_rooms.connections import CONNECTION_TYPES
from airflow_provider_rooms.sandbox.client import RoomsSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from aiosmtpd.smtp import SMTP, Envelope, Session

REPO = Path(__file__).parent.parent
# What each vendor calls the id of a room.
ROOM_ID = {"videosdk": "roomId", "hundredms": "id", "twilio": "sid"}


def free_port(preferred: int = 0) -> int:
    """The preferred port if nobody listens there, else one that is free."""
    for port in (preferred, 0):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(sock.getsockname()[1])
    raise RuntimeError("no free port on 127.0.0.1")


def airflow_environment(home: Path, vendors: RoomsSandbox, smtp_port: int) -> dict[str, str]:
    """An environment in which Airflow knows the sandbox and the mail sink, and nothing of the user's own Airflow."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return inherited | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "example_dags"),
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "5",  # seconds: somebody is watching
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(smtp_connection(smtp_port)),
        **vendors.env(),
        "AIRFLOW_CONN_SCHOOL_ROOMS": json.dumps(prefixed_connection(vendors)),
    }


def prefixed_connection(vendors: RoomsSandbox) -> dict[str, Any]:
    """The connection ``school_rooms`` of the examples: like a default one, with a ``name_prefix``."""
    return {**vendors.connection(CONNECTION_TYPES[0].conn_type), "extra": {"name_prefix": "school-"}}


def smtp_connection(port: int) -> dict[str, Any]:
    """An Airflow connection to a mail sink on this machine."""
    return {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "extra": {"disable_ssl": True, "disable_tls": True, "from_email": "rooms@example.com"},
    }


def room_ids(vendors: RoomsSandbox) -> set[tuple[str, str]]:
    """Vendor and id of every room that the sandbox holds."""
    state = vendors.state()
    return {(vendor, room[key]) for vendor, key in ROOM_ID.items() for room in state[vendor]["rooms"]}


@contextmanager
def sandbox(log: Path, *, port: int = 0, latency_ms: float = 0) -> Iterator[RoomsSandbox]:
    """The sandbox in a process of its own, ended on the way out."""
    options = (f"--port={port}", f"--latency-ms={latency_ms}")
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow_provider_rooms.sandbox", *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield RoomsSandbox(_ready_url(process, log))
    finally:
        end(process)


def _ready_url(process: subprocess.Popen[str], log: Path) -> str:
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: lines.put(process.stdout.readline() if process.stdout else ""), daemon=True).start()
    try:
        line = lines.get(timeout=60)
    except queue.Empty:
        line = ""
    _, ready, url = line.strip().partition("sandbox ready on ")
    if not ready:
        raise RuntimeError(f"the sandbox did not start: {line or log.read_text()}")
    return url


def end(process: subprocess.Popen[str]) -> None:
    """End a process of ours, politely at first."""
    process.terminate()
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class MailSink:
    """Takes every mail and keeps it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        content = envelope.content or b""
        data = content if isinstance(content, bytes) else content.encode()
        self.take(message_from_bytes(data, policy=policy.default))
        return "250 OK"

    def take(self, mail: EmailMessage) -> None:
        """Keep the mail."""
        self.mails.append(mail)

    def bodies(self) -> list[str]:
        """The text of each mail."""
        parts = [mail.get_body(("html", "plain")) for mail in self.mails]
        return [part.get_content() if part else "" for part in parts]


@contextmanager
def mail_sink(sink: MailSink | None = None) -> Iterator[tuple[MailSink, int]]:
    """An SMTP server on 127.0.0.1 and its port."""
    sink = sink or MailSink()
    # It tells every line of SMTP, addresses included, to whatever logging is set up.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield sink, controller.port
    finally:
        controller.stop()
