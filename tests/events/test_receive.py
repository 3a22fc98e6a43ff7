"""The receiver as a process: what it says when it cannot start, and that it neither loses nor doubles what it took."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from airflow_server import PASSWORD, USER, LosingProxy, stored
from events_help import CHECKED_BY, HEADED, until

from airflow_provider_rooms.commands.cli import main
from airflow_provider_rooms.events.statefile import StateFile

HEADERS = CHECKED_BY[HEADED]["webhook_headers"]
CREDENTIALS = {"AIRFLOW_USERNAME": USER, "AIRFLOW_PASSWORD": PASSWORD}
MODULE = (sys.executable, "-m", "airflow_provider_rooms")
NOWHERE = "http://127.0.0.1:9"


class Process:
    """A receiver of its own; ``said`` is what it wrote so far."""

    def __init__(self, airflow: str, state: Path, **environment: str) -> None:
        self._process = subprocess.Popen(
            [*MODULE, "receive", "--airflow", airflow, "--state", str(state), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | CREDENTIALS | environment,
        )
        self.said: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.said.append(line)

    @property
    def url(self) -> str:
        def ready() -> str | None:
            assert self._process.poll() is None, self.said
            return next((line.split()[-1] for line in self.said if line.startswith("receiver ready on")), None)

        return str(until(ready, 60))

    def text(self) -> str:
        return "".join(self.said)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self._process.send_signal(number)
        return self._process.wait(30)

    def tell(self, number: int) -> int:
        body = {"type": "ingest.failure", "data": {"room_id": "r", "ingest_id": f"n-{number}", "url": "signed-canary"}}
        return httpx.post(f"{self.url}/rooms/webhooks/school", json=body, headers=HEADERS, timeout=30).status_code


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection whose deliveries anybody with the header can make."""
    extra = {"webhook_url": "https://hooks.example.test/school", **CHECKED_BY[HEADED]}
    made = {"conn_type": HEADED, "login": "key", "password": "secret-canary" * 3, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SCHOOL", json.dumps(made))
    monkeypatch.setenv("AIRFLOW_CONN_MAIL", "smtp://mail.example.test")
    monkeypatch.setenv("AIRFLOW_CONN_QUIET", json.dumps({**made, "extra": CHECKED_BY[HEADED]}))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts a receiver with the same state file each time."""
    made: list[Process] = []

    def start(airflow: str, **environment: str) -> Process:
        made.append(Process(airflow, tmp_path / "state", **environment))
        return made[-1]

    yield start
    for process in made:
        if process._process.poll() is None:
            process.end(signal.SIGKILL)


# -- what keeps it from starting -----------------------------------------------------------------------------------------


def failure(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    try:
        code = main(["receive", *arguments])
    except SystemExit as ended:
        code = int(str(ended.code))
    return code, capsys.readouterr().err


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("airflow.example.org", "write https://airflow.example.org"),
        ("ftp://x", "is not an address"),
        ("https://", "is not an address"),
        ("https://admin:secret-canary@x", "set them in the environment"),
        ("https://x/home?tab=1", "nothing may follow its path"),
    ],
)
def test_an_address_that_is_none_is_refused(
    url: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = failure("--airflow", url, "--state", str(tmp_path / "s"), capsys=capsys)
    assert code == 2
    assert said in text
    assert "canary" not in text


def test_without_credentials_it_names_the_variables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_PASSWORD", raising=False)
    code, text = failure("--airflow", NOWHERE, "--state", str(tmp_path / "s"), capsys=capsys)
    assert code == 2
    assert "AIRFLOW_USERNAME and AIRFLOW_PASSWORD, or AIRFLOW_CLI_TOKEN" in text


@pytest.mark.usefixtures("signed_in")
def test_a_state_file_that_cannot_be_written_and_a_port_that_is_taken_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = failure("--airflow", NOWHERE, "--state", str(tmp_path / "no" / "s"), capsys=capsys)
    assert (code, "no such file or directory" in text) == (1, True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, text = failure("--airflow", NOWHERE, "--state", str(tmp_path / "s"), "--port", port, capsys=capsys)
    assert (code, text) == (1, f"Cannot listen on 127.0.0.1:{port} (address already in use).\n")


def test_without_uvicorn_it_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    code, text = failure("--airflow", NOWHERE, "--state", str(tmp_path / "s"), capsys=capsys)
    assert (code, "pip install 'airflow-provider-rooms[receiver]'" in text) == (1, True)


# -- beside an Airflow that is away --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("connection")
def test_while_airflow_is_away_webhooks_are_kept_and_sigterm_ends_it(
    start: Callable[..., Process], tmp_path: Path
) -> None:
    process = start(NOWHERE)
    assert process.tell(1) == 200
    assert httpx.get(f"{process.url}/health").json()["waiting"] == 1
    assert httpx.post(f"{process.url}/elsewhere", headers=HEADERS).status_code == 403
    assert process.end() == 0
    assert "Airflow at http://127.0.0.1:9 does not respond (connection refused)" in process.text()
    assert "Connections of the environment that take part: school." in process.text()
    assert "Waiting in" in process.said[-1]
    assert "canary" not in process.text()
    for file in tmp_path.iterdir():
        assert b"canary" not in file.read_bytes()
    assert StateFile(tmp_path / "state").count() == 1


# -- beside Airflow ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "path", "said"),
    [
        (
            {"AIRFLOW_PASSWORD": "guess-canary"},
            "",
            "does not accept the credentials. [HTTP 401] Check AIRFLOW_USERNAME",
        ),
        ({}, "/elsewhere", "No Airflow was found"),
    ],
)
def test_an_airflow_that_refuses_ends_it(
    environment: dict[str, str], path: str, said: str, airflow: str, start: Callable[..., Process]
) -> None:
    process = start(airflow + path, **environment)
    assert process._process.wait(60) == 1
    until(lambda: said in process.text(), 5)
    assert "canary" not in process.text()


@pytest.mark.usefixtures("connection")
@pytest.mark.slow
def test_killed_at_any_moment_and_with_answers_lost_each_event_is_told_once(
    airflow: str, asset: str, start: Callable[..., Process]
) -> None:
    """Killed while Airflow's answer is on its way: once after it has stored the event, once before."""
    killed: dict[str, Any] = {"now": None, "fate": None}

    def loses(method: str, number: int) -> str | None:
        fate: str | None = killed["fate"] if method == "POST" and killed["now"] else None
        if fate:
            killed.pop("now").end(signal.SIGKILL)
            killed["now"] = None
        return fate

    proxy = LosingProxy(airflow, loses)
    try:
        number = told = 0
        for fate in ("after", "before"):
            process = start(proxy.url)
            until(lambda process=process: process.url)  # type: ignore[misc]
            killed |= {"now": process, "fate": fate}
            for _ in range(3):
                number += 1
                told = max(told, number)
                try:
                    assert process.tell(number) == 200
                except (httpx.TransportError, AssertionError):
                    number -= 1  # not answered, so the vendor sends it again
            until(lambda process=process: process._process.poll() is not None)  # type: ignore[misc]
        process = start(proxy.url)
        for again in range(1, told + 1):  # what was not answered may have been stored all the same
            assert process.tell(again) == 200
        assert process.tell(99) == 200
        until(lambda: len(stored(asset)) >= told + 1, 60)
        assert process.end() == 0
    finally:
        proxy.close()
    found = stored(asset)
    assert len(found) == len(set(found)) == told + 1
    assert "canary" not in process.text()
