"""Clients of the sandbox that share nothing with our own: plain httpx, signed in by hand."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sandbox_help import ANY, FACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def _client(url: str, **kwargs: Any) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=20, trust_env=False, **kwargs)


@pytest.fixture
def web(rooms_sandbox: RoomsSandbox) -> Iterator[httpx.Client]:
    """The sandbox's own address, without credentials."""
    with _client(rooms_sandbox.url) as client:
        yield client


@pytest.fixture
def client_of(rooms_sandbox: RoomsSandbox) -> Iterator[Callable[[str], httpx.Client]]:
    """Makes a client of a vendor that is signed in."""
    with ExitStack() as stack:
        yield lambda vendor: stack.enter_context(_client(f"{rooms_sandbox.url}/{vendor}", **FACTS[vendor].sign_in()))


@pytest.fixture
def anyone(client_of: Callable[[str], httpx.Client]) -> httpx.Client:
    """The client of a vendor, where any will do."""
    return client_of(ANY)


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def browse(rooms_sandbox: RoomsSandbox, tmp_path: Path):  # type: ignore[no-untyped-def]
    """The document as the browser has it after some seconds."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")

    def document(fragment: str = "") -> str:
        quiet = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
        arguments = [f"--user-data-dir={tmp_path}", "--virtual-time-budget=5000", "--dump-dom"]
        done = subprocess.run(
            [program, *quiet.split(), "--disable-component-update", *arguments, f"{rooms_sandbox.url}/{fragment}"],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        return re.sub(r"<script>.*</script>", "", done.stdout, flags=re.DOTALL)  # what is shown, not what draws it

    return document
