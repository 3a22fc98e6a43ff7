"""Airflow's own API server in this process (on Airflow 2 its web server), and a proxy in front of it that loses answers."""

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

import pytest
import uvicorn
from events_help import until

from airflow_provider_rooms.events.uris import event_uri
from airflow_provider_rooms.sandbox.server import bind, url_of
from airflow_provider_rooms.testing import airflow_versions

USER, PASSWORD = "receiver", "password-canary-1"
AIRFLOW_2 = airflow_versions.version() < (3, 0)


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


@contextmanager
def api_server(home: Path) -> Iterator[str]:
    """Airflow with its REST API, where the user above may sign in; its URL."""
    with pytest.MonkeyPatch.context() as patch:
        if AIRFLOW_2:
            patch.setenv("AIRFLOW__API__AUTH_BACKENDS", "airflow.api.auth.backend.basic_auth")
            with _web_server() as url:
                yield url
            return
        from airflow.api_fastapi.app import create_app

        (home / "passwords.json").write_text(json.dumps({USER: PASSWORD}))
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", f"{USER}:admin")
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(home / "passwords.json"))
        with serving(create_app(apps="core")) as url:
            yield url


@contextmanager
def _web_server() -> Iterator[str]:
    from airflow.www.app import create_app
    from werkzeug.serving import make_server

    app = create_app()
    with app.app_context():
        manager = app.appbuilder.sm
        manager.sync_roles()
        manager.add_user(USER, "Rooms", "Receiver", "rooms@example.test", manager.find_role("Op"), PASSWORD)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def make_asset(conn_id: str, kind: str, *, active: bool = True) -> str:
    """An asset of events, as a DAG file would bring it; its URI."""
    from airflow import settings

    uri = event_uri(conn_id, kind)
    with settings.Session() as session:
        if AIRFLOW_2:
            from airflow.models.dag import DagModel
            from airflow.models.dataset import DagScheduleDatasetReference, DatasetModel

            made = DatasetModel(uri=uri)
            session.add(made)
            session.flush()
            if active:
                session.merge(DagModel(dag_id="events_consumer"))
                session.add(DagScheduleDatasetReference(dag_id="events_consumer", dataset_id=made.id))
        else:
            from airflow.models.asset import AssetActive, AssetModel

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
    from sqlalchemy import delete

    if AIRFLOW_2:
        from airflow.models import dataset

        names = ("DatasetDagRunQueue", "DatasetEvent", "DagScheduleDatasetReference", "DatasetModel")
        tables = [getattr(dataset, name) for name in names]
    else:
        from airflow.models import asset

        tables = [getattr(asset, name) for name in ("AssetDagRunQueue", "AssetEvent", "AssetActive", "AssetModel")]
    with settings.Session() as session:
        for table in tables:
            session.execute(delete(table))
        session.commit()


def stored(uri: str) -> list[str]:
    """The ids of an asset's events, as often as they are stored."""
    from airflow import settings
    from sqlalchemy import select

    if AIRFLOW_2:
        from airflow.models.dataset import DatasetEvent as Event
        from airflow.models.dataset import DatasetModel as Model

        of = Event.dataset_id
    else:
        from airflow.models.asset import AssetEvent as Event
        from airflow.models.asset import AssetModel as Model

        of = Event.asset_id
    with settings.Session() as session:
        rows = session.scalars(
            select(Event.extra).join(Model, Model.id == of).where(Model.uri == uri).order_by(Event.id)
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
