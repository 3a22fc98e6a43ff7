"""The Rooms page by itself: its own application, without an Airflow behind it."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from airflow_provider_rooms.page import app as page_app
from airflow_provider_rooms.page.airflow_data import MAY_READ_CONNECTION, MAY_SEE_PAGE
from airflow_provider_rooms.page.live import Look, Looks
from stack import free_port

#: As Airflow shows it: 3.1 without downloads, and the theme as a class of the document.
FRAME = """<!doctype html><html class="{theme}"><title>Airflow</title><body style="margin:0">
<iframe sandbox="allow-scripts allow-same-origin allow-forms" src="/rooms/" style="border:0;width:100%;height:95vh"></iframe>"""


@dataclass
class PageStage:
    """What the page shows next.

    :param wait: seconds that each vendor takes to answer.
    """

    url: str
    pushed: list[Any] = field(default_factory=list)
    live: dict[str, Look] = field(default_factory=dict)
    wait: float = 0.0

    async def look(self, conn_id: str) -> Look:
        """Who is live on a connection."""
        await asyncio.sleep(self.wait)
        return self.live.get(conn_id, Look(rooms={}))


class _Fresh(Looks):
    """Looks that last for one request: each page is another one."""

    async def at(self, conn_id: str) -> Look:
        return await self._look(conn_id)


@contextmanager
def page_stage() -> Iterator[PageStage]:
    """Serve the page at ``/rooms/`` on a port of its own."""
    from airflow.api_fastapi.core_api.security import get_user

    port = free_port()
    stage = PageStage(f"http://127.0.0.1:{port}/rooms/")
    page = page_app.make_app(_Fresh(stage.look))
    page.dependency_overrides = {
        guard: lambda: None for guard in (MAY_SEE_PAGE.dependency, MAY_READ_CONNECTION.dependency, get_user)
    }
    root = FastAPI()

    @root.get("/plugin/rooms", response_class=HTMLResponse)
    def framed(theme: str = "light") -> str:
        return FRAME.format(theme=theme)

    @root.get("/dags/{path:path}")
    def task(path: str) -> str:
        return f"The task {path}"

    root.mount("/rooms", page)
    server = uvicorn.Server(uvicorn.Config(root, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)

    def pushed_by(dag_ids: Any, *, now: dt.datetime) -> tuple[list[Any], bool]:
        return stage.pushed, False

    with mock.patch.multiple(page_app, pushed_by=pushed_by, readable_dags=mock.Mock(return_value=set())):
        thread.start()
        while not server.started:
            thread.join(0.05)
        try:
            yield stage
        finally:
            server.should_exit = True
            thread.join(10)
