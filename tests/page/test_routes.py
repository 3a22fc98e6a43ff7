"""The page's routes in Airflow's own API server: who sees what."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from vendor_traits import ANY

from airflow_provider_rooms.plugin import RoomsPlugin
from airflow_provider_rooms.testing import airflow_versions, dag_lab
from stack import sandbox

pytestmark = pytest.mark.skipif(
    airflow_versions.version() < (3, 1), reason="Airflow shows pages of plugins from 3.1 on"
)

NOW = dt.datetime.now(dt.UTC)
PERIOD = {"start": (NOW - dt.timedelta(days=1)).isoformat(), "end": (NOW + dt.timedelta(days=2)).isoformat()}

TASKS = """
from airflow_provider_rooms.models import RoomSpec

times = {{"starts_at": "{start}", "ends_at": "{end}", "ref": {{"title": "{title}"}}}}
CreateRoomOperator(task_id="made", conn_id="rooms", name="{dag_id}", **times)
CreateRoomOperator(task_id="refused", conn_id="rooms", name="{dag_id}-2", options={{"nonsense": 1}}, **times)
CreateRoomOperator(task_id="early", conn_id="rooms", name="x" * 200, **times)

@task
def somebody_elses():
    return 1

@task(task_id="odd")
def odd(ti=None):
    ti.xcom_push(key="room", value="s3://bucket/elsewhere")

odd()
somebody_elses()
"""


@pytest.fixture(scope="module")
def server(airflow_db: None) -> Iterator[Any]:
    """Airflow's API server, as it is, with its plugins."""
    from airflow.api_fastapi.app import create_app
    from fastapi.testclient import TestClient

    with TestClient(create_app(apps="core")) as client:
        yield client


@pytest.fixture(scope="module")
def ran(airflow_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two DAGs that made rooms; their ids."""
    folder = tmp_path_factory.mktemp("dags")
    start, end = NOW + dt.timedelta(hours=1), NOW + dt.timedelta(hours=2)
    dags = ["page_one", "page_two"]
    with sandbox(folder / "sandbox.log") as vendors, pytest.MonkeyPatch.context() as patch:
        for name, value in vendors.env().items():
            patch.setenv(name, value)
        patch.setenv("AIRFLOW_CONN_ROOMS", json.dumps(vendors.connection(ANY.conn_type)))
        for dag_id in dags:
            body = TASKS.format(start=start.isoformat(), end=end.isoformat(), title=f"Class of {dag_id}", dag_id=dag_id)
            dag_lab.run_tasks(folder, dag_id, body)
        yield dags


def signed_in(role: str | None) -> dict[str, str]:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="somebody", role=role))
    return {"Authorization": f"Bearer {token}"}


def classes(server: Any, role: str | None = "viewer") -> list[dict[str, Any]]:
    answer = server.get("/rooms/classes", params=PERIOD, headers=signed_in(role))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["classes"]
    return found


@pytest.mark.parametrize("path", ["", "classes?start=a&end=b", "live/rooms"])
def test_nobody_sees_anything_without_a_sign_in(server: Any, path: str) -> None:
    assert server.get(f"/rooms/{path}").status_code == 401


@pytest.mark.parametrize("path", ["", "classes?start=a&end=b", "live/rooms"])
def test_who_may_see_no_plugin_sees_nothing(server: Any, path: str) -> None:
    assert server.get(f"/rooms/{path}", headers=signed_in(None)).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["", "classes", "live/rooms"])
def test_nothing_can_be_changed(server: Any, method: str, path: str) -> None:
    assert server.request(method, f"/rooms/{path}", headers=signed_in("admin")).status_code == 405


def test_every_route_has_the_guard_of_the_page(server: Any) -> None:
    """A route that is added to the application is guarded as well, and there is no other application."""
    from airflow_provider_rooms.page.airflow_data import MAY_SEE_PAGE

    (mounted,) = (app for app in RoomsPlugin().fastapi_apps if app["url_prefix"] == "/rooms")
    for route in mounted["app"].routes:
        assert route.methods == {"GET"}
        assert MAY_SEE_PAGE in route.dependencies, route.path


def test_the_page_loads_nothing_from_elsewhere(server: Any) -> None:
    answer = server.get("/rooms/", headers=signed_in("viewer"))
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text


def test_the_page_stands_in_the_navigation(server: Any) -> None:
    plugins = server.get("/api/v2/plugins", headers=signed_in("admin")).json()["plugins"]
    (view,) = next(plugin for plugin in plugins if plugin["name"] == "rooms")["external_views"]
    assert (view["name"], view["href"], view["destination"]) == ("Rooms", "/rooms/", "nav")


def test_classes_with_their_rooms(server: Any, ran: list[str]) -> None:
    found = {(one["title"], one["state"]): one for one in classes(server) if "page_one" in one["task"]}
    made = found["Class of page_one", "ready"]
    assert made["id"]
    assert made["room_url"].startswith("http://127.0.0.1")
    assert made["task_url"].startswith("dags/page_one/runs/")
    assert "nonsense" in found["Class of page_one", "failed"]["error"]
    # Failed before it was known which class it is.
    assert found["early", "failed"]["starts_at"] is None
    assert len(found) == 3


def test_xcoms_that_are_none_of_ours_are_counted(server: Any, ran: list[str]) -> None:
    answer = server.get("/rooms/classes", params=PERIOD, headers=signed_in("viewer")).json()
    assert answer["unreadable"] >= 2
    assert answer["more"] is False


def test_a_dag_whose_xcoms_may_not_be_read_is_left_out(
    server: Any, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity

    manager = get_auth_manager()
    allowed = type(manager).is_authorized_dag

    def is_authorized_dag(self: Any, *, method: str, user: Any, access_entity: Any = None, details: Any = None) -> bool:
        if access_entity is DagAccessEntity.XCOM and details.id == "page_two":
            return False
        return bool(allowed(self, method=method, user=user, access_entity=access_entity, details=details))

    monkeypatch.setattr(type(manager), "is_authorized_dag", is_authorized_dag)
    shown = str(classes(server))
    assert "page_one" in shown
    assert "page_two" not in shown


def test_a_viewer_sees_the_classes_and_no_more_than_airflow_shows(server: Any, ran: list[str]) -> None:
    """By the same token, Airflow's own API: the XComs it shows are those whose classes are on the page."""
    for role in ("viewer", "user", "op", "admin"):
        own = server.get("/api/v2/dags/page_one/dagRuns/~/taskInstances/~/xcomEntries", headers=signed_in(role))
        assert (own.status_code == 200) is bool(classes(server, role)), role


PLANTED = "planted-secret-4711"


def test_secrets_that_tasks_pushed_are_not_in_the_data(
    server: Any, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the page does not show, it is not sent: not a value that differs, not more of ``ref`` than title and zone."""
    from dataclasses import replace

    from airflow_provider_rooms.page import app

    def pushed_by(*args: Any, **kwargs: Any) -> Any:
        rows, more = pushed(*args, **kwargs)
        return [replace(one, value=planted(one.value)) for one in rows], more

    def planted(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        drift = [{"field": "webhook", "asked": f"https://h.example/{PLANTED}", "actual": PLANTED, "more": PLANTED}]
        ref = (
            {**value["ref"], "join_url": PLANTED, "attendees": [PLANTED]}
            if isinstance(value.get("ref"), dict)
            else None
        )
        return {**value, "drift": drift, "ref": ref, "token": PLANTED, "join_url": PLANTED, "unverified": [PLANTED]}

    pushed = app.pushed_by
    monkeypatch.setattr(app, "pushed_by", pushed_by)
    answer = server.get("/rooms/classes", params=PERIOD, headers=signed_in("admin"))
    assert '"differs":["webhook"]' in answer.text
    assert PLANTED not in answer.text


def test_runs_of_long_ago_are_left_out(server: Any, ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__ROOMS__PAGE_DAYS", "0")
    assert classes(server) == []


def test_more_than_the_page_reads_is_said(server: Any, ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_provider_rooms.page import airflow_data

    monkeypatch.setattr(airflow_data, "MOST", 2)
    assert server.get("/rooms/classes", params=PERIOD, headers=signed_in("viewer")).json()["more"] is True


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("tomorrow", "2026-11-20T00:00:00Z"),
        ("2026-11-19T00:00:00Z", "2026-11-20"),
        ("2026-11-20T00:00:00Z", "2026-11-19T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-11-19T00:00:00Z"),
    ],
)
def test_a_period_that_is_none_is_refused(server: Any, start: str, end: str) -> None:
    answer = server.get("/rooms/classes", params={"start": start, "end": end}, headers=signed_in("viewer"))
    assert answer.status_code == 400


def test_who_is_live_is_for_those_who_may_read_the_connection(server: Any, ran: list[str]) -> None:
    assert server.get("/rooms/live/rooms", headers=signed_in("viewer")).status_code == 403
    answer = server.get("/rooms/live/rooms", headers=signed_in("admin"))
    assert answer.json() == {"rooms": {}, "error": None}


def test_a_deleted_dag_is_left_out(server: Any, ran: list[str]) -> None:
    # The last test: the others want both DAGs.
    assert server.delete("/api/v2/dags/page_two", headers=signed_in("admin")).status_code == 204
    shown = str(classes(server))
    assert "page_one" in shown
    assert "page_two" not in shown
