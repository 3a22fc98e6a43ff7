"""How the sandbox runs: on the command line, on a thread, fast, and telling what it does not know."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from sandbox_help import ANY, FACTS, VENDORS

from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sandbox.server import SandboxServer, bind

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "airflow_provider_rooms.sandbox"]


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, text=True) as running:
        yield running
        running.kill()


def test_says_when_it_listens_and_where(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    words, url = line.rsplit(" ", 1)
    assert words == "sandbox ready on"
    # no waiting: the line promises that the port answers
    assert httpx.get(f"{url}/control/state", trust_env=False).status_code == 200


def test_ends_cleanly_on_interrupt(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) in (0, 130, -signal.SIGINT)


def test_a_taken_port_is_an_error_with_a_reason() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run([*COMMAND, "--port", str(port)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("bad", "reason"),
    [(["--port", "99999"], "0 to 65535"), (["--latency-ms", "-1"], "from 0 to 600000"), (["--what"], "--what")],
)
def test_bad_arguments_are_refused_with_a_reason(bad: list[str], reason: str) -> None:
    done = subprocess.run([*COMMAND, *bad], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "usage:" in done.stderr
    assert reason in done.stderr.splitlines()[-1]


def test_imports_nothing_of_the_package_and_no_airflow() -> None:
    code = (
        "import sys, airflow_provider_rooms.sandbox.server, airflow_provider_rooms.sandbox.client\n"
        "print([m for m in sys.modules if m.split('.')[0] == 'airflow' or m.startswith('airflow_provider_rooms.')"
        " and not m.startswith('airflow_provider_rooms.sandbox')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_server_on_a_thread_has_a_url_only_while_it_runs() -> None:
    server = SandboxServer()
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url
    with server:
        url = server.url
        assert RoomsSandbox(url).rooms(ANY) == []
        with pytest.raises(RuntimeError, match="already running"):
            server.start()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    with server:  # and it can be started again
        assert RoomsSandbox(server.url).requests() == []


def test_two_servers_know_nothing_of_each_other() -> None:
    with SandboxServer() as one, SandboxServer() as other:
        url, order = f"{one.url}/{ANY}{FACTS[ANY].ROOMS}", FACTS[ANY].named("algebra")
        httpx.post(url, **order, **FACTS[ANY].sign_in(), trust_env=False).raise_for_status()
        assert len(RoomsSandbox(one.url).rooms(ANY)) == 1
        assert RoomsSandbox(other.url).rooms(ANY) == []


def test_packets_are_sent_at_once_by_any_event_loop() -> None:
    """What asyncio's own loop asks of a socket before it sets TCP_NODELAY; uvloop always does."""
    with bind("127.0.0.1", 0) as sock:
        assert sock.proto == socket.IPPROTO_TCP


def test_latency_slows_vendors_and_not_control() -> None:
    with SandboxServer(latency_ms=300) as server, httpx.Client(trust_env=False) as client:
        client.get(f"{server.url}/control/clock")
        started = time.perf_counter()
        client.get(f"{server.url}/control/clock")
        control = time.perf_counter() - started
        started = time.perf_counter()
        client.get(f"{server.url}/{ANY}{FACTS[ANY].ROOMS}")
        assert time.perf_counter() - started >= 0.3 > control


@pytest.mark.parametrize("vendor", VENDORS)
def test_unknown_paths_and_head_are_404_in_the_vendors_shape(web: httpx.Client, vendor: str) -> None:
    path = f"/{vendor}{FACTS[vendor].ROOMS.rpartition('/')[0]}/nothing"
    answer = web.get(path)
    assert answer.status_code == 404
    assert set(answer.json()) == FACTS[vendor].ERROR
    head = web.head(path)
    assert (head.status_code, head.content) == (404, b"")


@pytest.mark.parametrize("vendor", VENDORS)
def test_head_of_a_known_path_is_404_too(web: httpx.Client, vendor: str) -> None:
    assert web.head(f"/{vendor}{FACTS[vendor].ROOMS}").status_code == 404


def test_other_paths_say_what_there_is(web: httpx.Client) -> None:
    answer = web.get("/nothing")
    assert answer.status_code == 404
    assert "/control" in answer.json()["detail"]
    assert "Method Not Allowed" in web.get("/control/reset").json()["detail"]
    # a reason of our own is left alone
    assert web.post("/control/zoom/rooms", json={"name": "x"}).json()["detail"].startswith("no vendor 'zoom'")


def test_page_needs_nothing_from_elsewhere_and_shows_no_secret(web: httpx.Client) -> None:
    page = web.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    for foreign in ("http://", "https://", "//cdn", "@import", "url("):
        assert foreign not in page.text
    assert "sandbox-secret" not in page.text


def test_a_runaway_body_is_refused(anyone: httpx.Client) -> None:
    assert anyone.post(FACTS[ANY].ROOMS, content=b"x" * (5 * 1024 * 1024)).status_code == 413
    assert anyone.get(FACTS[ANY].ROOMS).status_code == 200


def _hammer(url: str, headers: dict[str, str], requests: int, statuses: list[int]) -> None:
    parts = urlsplit(url)
    link = http.client.HTTPConnection(parts.hostname or "", parts.port)
    for number in range(requests):
        method = "POST" if number % 2 else "GET"
        link.request(method, f"/{ANY}{FACTS[ANY].ROOMS}?perPage=5", headers=headers)
        answer = link.getresponse()
        answer.read()
        statuses.append(answer.status)
    link.close()


@pytest.mark.slow
def test_the_request_log_is_bounded_however_many_ask(rooms_sandbox: RoomsSandbox) -> None:
    headers, statuses = FACTS[ANY].sign_in()["headers"], []  # type: ignore[var-annotated]
    with subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        url = running.stdout.readline().split()[-1]
        workers = [threading.Thread(target=_hammer, args=(url, headers, 6_000, statuses)) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        rows = RoomsSandbox(url).requests()
        running.kill()
    assert statuses.count(200) == 24_000
    assert len(rows) == 20_000
