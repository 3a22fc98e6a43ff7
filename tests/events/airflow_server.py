"""Airflow's own API server in this process, and a proxy in front of it that loses answers."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from events_help import until

from airflow_provider_rooms.events.uris import event_uri
from airflow_provider_rooms.sandbox.server import bind, url_of

USER, PASSWORD = "receiver", "password-canary-1"


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """An ASGI application on a free port; its URL."""
    sock = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: server.run(sockets=[sock]), daemon=True)
    thread.start()
    until(lambda: server.started)
    yield url_of(sock)
    server.should_exit = True
    thread.join(10)


def users(home: Path) -> dict[str, str]:
    """Settings with which the user above may sign in."""
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps({USER: PASSWORD}))
    return {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
    }


def make_asset(conn_id: str, kind: str, *, active: bool = True) -> str:
    """An asset of events, as a DAG file would bring it; its URI."""
    from airflow import settings
    from airflow.models.asset import AssetActive, AssetModel

    uri = event_uri(conn_id, kind)
    with settings.Session() as session:
        made = AssetModel(name=uri, uri=uri, group="asset")
        session.add(made)
        session.flush()
        if active:
            session.add(AssetActive.for_asset(made))
        session.commit()
    return uri


def forget_assets() -> None:
    """Remove all assets and their events."""
    from airflow import settings
    from airflow.models.asset import AssetActive, AssetDagRunQueue, AssetEvent, AssetModel
    from sqlalchemy import delete

    with settings.Session() as session:
        for table in (AssetDagRunQueue, AssetEvent, AssetActive, AssetModel):
            session.execute(delete(table))
        session.commit()


def stored(uri: str) -> list[str]:
    """The ids of an asset's events, as often as they are stored."""
    from airflow import settings
    from airflow.models.asset import AssetEvent, AssetModel
    from sqlalchemy import select

    with settings.Session() as session:
        rows = session.scalars(
            select(AssetEvent.extra)
            .join(AssetModel, AssetModel.id == AssetEvent.asset_id)
            .where(AssetModel.uri == uri)
            .order_by(AssetEvent.id)
        )
        return [extra["id"] for extra in rows]


class LosingProxy:
    """Passes requests on, and loses what ``loses`` says: ``before`` they arrive, ``after`` they were answered, or not (None).

    :param loses: asked with the method and the number of the request.
    """

    def __init__(self, target: str, loses: Callable[[str, int], str | None]) -> None:
        self.loses = loses
        self.requests: list[str] = []
        proxy, place = self, urlsplit(target)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def _pass_on(self) -> None:
                proxy.requests.append(f"{self.command} {self.path}")
                fate = proxy.loses(self.command, len(proxy.requests))
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if fate != "before":
                    link = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
                    headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                    link.request(self.command, self.path, body, headers)
                    answer = link.getresponse()
                    told = answer.read()
                    link.close()
                if fate:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name in ("content-type", "content-encoding"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.send_header("content-length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            do_GET = do_POST = _pass_on  # noqa: N815 - names of the base class

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
