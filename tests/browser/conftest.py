"""Airflow as a person meets it, the sandbox beside it, and a browser in front of both.

ROOMS_UI_VERSION names another Airflow than the one of this environment; its pages are then served from .venv-matrix/.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from airflow_page import AirflowPage

from airflow_api import AirflowApi
from airflow_parts import running_airflow, wait_until_healthy, web_settings
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from soon import write_soon
from stack import REPO, airflow_environment, free_port, mail_sink, sandbox

VERSION = os.environ.get("ROOMS_UI_VERSION", "")
SCREENSHOTS = REPO / "build" / "screenshots" / (VERSION or "3.3")
#: Chromium as Debian has it; without these it talks to its maker's servers, and does not start as root.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Stack:
    """What runs: Airflow's API, the vendors, the log of Airflow, and the word that stands in every planted secret."""

    api: AirflowApi
    vendors: RoomsSandbox
    password: str
    log: Path
    timetable: Path
    date: dt.date
    planted: str


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.fail("chromium is not installed (Debian: apt-get install chromium), nor named by CHROMIUM")
    return found


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Airflow, fresh: three vendors, no connection yet, the example DAGs and one that meets secrets."""
    home = tmp_path_factory.mktemp("airflow")
    programs = Path(sys.executable).parent
    if VERSION:
        from matrix import environment

        programs = environment(VERSION).parent
    shutil.copytree(REPO / "example_dags", home / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(Path(__file__).parent / "dags", home / "dags", dirs_exist_ok=True)
    timetable = home / "timetable.csv"
    date = write_soon(timetable, dt.datetime.now(dt.UTC), first=20, step=1)
    # Two classes are enough to look at.
    timetable.write_text("\n".join(timetable.read_text().splitlines()[:3]) + "\n")
    password, planted = secrets.token_urlsafe(9), f"planted{secrets.token_hex(6)}"
    (home / "passwords.json").write_text(json.dumps({"admin": password}))
    port = free_port()
    api = AirflowApi(f"http://127.0.0.1:{port}")
    with sandbox(home / "sandbox.log") as vendors, mail_sink() as (_, smtp_port):
        environment_ = airflow_environment(home, vendors, smtp_port) | web_settings(port, home)
        environment_ |= {"AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"), "PLANTED": planted}
        for name in vendors.env():
            del environment_[name]
        with running_airflow(environment_, home / "airflow.log", programs) as airflow:
            wait_until_healthy(airflow, api, home / "airflow.log")
            api.log_in("admin", password)
            yield Stack(api, vendors, password, home / "airflow.log", timetable, date, planted)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """Chromium, headless; playwright downloads none."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, stack: Stack, request: pytest.FixtureRequest) -> Iterator[AirflowPage]:
    """Airflow's pages, logged in, without anything kept from the last test. A failure leaves a picture."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    opened = AirflowPage(context, stack.api.url, SCREENSHOTS / re.sub(r"\W+", "-", request.node.name).strip("-"))
    try:
        opened.log_in("admin", stack.password)
        yield opened
        opened.picture("end")
    finally:
        context.close()
