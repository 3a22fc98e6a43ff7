"""From the trigger form to the room: the example DAG, a mapped task's XCom, its link, the sandbox's page of that room."""

from __future__ import annotations

import time
from typing import Any

import pytest
from airflow_page import AirflowPage
from vendor_traits import ANY, TRAITS

from airflow_provider_rooms.connections import BY_TYPE
from ui import with_port

RUN_SECONDS = 400

#: The vendor that the DAG "planted" hands secrets to.
KEEPS = next(traits for traits in TRAITS if "storage_credentials" in traits.kind.uses)


@pytest.fixture(scope="module", autouse=True)
def connections(stack: Any) -> None:
    """All three, unless a test of the forms made them."""
    there = {row["connection_id"] for row in stack.api.call("GET", "/api/v2/connections?limit=200")["connections"]}
    for conn_type in BY_TYPE:
        if f"{conn_type}_default" not in there:
            stack.api.put_connection(f"{conn_type}_default", with_port(stack.vendors.connection(conn_type)))


def link(stack: Any, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> str | None:
    """The address behind a task's button."""
    path = f"{stack.api.run_path(dag_id, run_id)}/taskInstances/{task_id}/links?map_index={map_index}"
    url: str | None = stack.api.call("GET", path)["extra_links"]["Room"]
    return url


def test_a_class_leads_to_its_room(page: AirflowPage, stack: Any) -> None:
    stack.api.call("PATCH", "/api/v2/dags/class_rooms", {"is_paused": False})
    run_id = page.trigger("class_rooms", timetable=str(stack.timetable))
    assert stack.api.wait_for_run("class_rooms", run_id, RUN_SECONDS) == "success"

    page.open_task("class_rooms", run_id, "class_room.create", 0, "xcom")
    xcoms = stack.api.run_path("class_rooms", run_id) + "/taskInstances/class_room.create/xcomEntries"
    room = stack.api.call("GET", f"{xcoms}/room?map_index=0&deserialize=true")["value"]
    page.page.get_by_text(room["id"], exact=True).first.wait_for()
    page.page.get_by_role("button", name="Expand all extra JSON").click()
    page.page.get_by_text(room["name"]).first.wait_for()
    page.picture("xcom")
    page.open_task("class_rooms", run_id, "class_room.create", 0, "rendered_templates")
    page.page.get_by_text("conn_id", exact=True).wait_for()
    page.picture("rendered")
    page.open_task("class_rooms", run_id, "class_room.create", 0, "")
    page.page.get_by_text(f"room {room['id']}").first.wait_for()
    page.picture("log")

    page.open_task("class_rooms", run_id, "class_room.create", 0, "details")
    with page.context.expect_page() as waiting:
        page.page.get_by_role("link", name="Room", exact=True).click()
    sandbox = waiting.value
    assert sandbox.url.startswith(f"{stack.vendors.url}/#/")
    assert sandbox.url.endswith(f"/{room['id']}")
    sandbox.get_by_text(room["id"], exact=True).wait_for()
    page.picture("room", sandbox)


def test_rooms_as_assets_start_the_dag_that_waits_for_them(page: AirflowPage, stack: Any) -> None:
    stack.api.call("PATCH", "/api/v2/dags/room_assets_announce", {"is_paused": False})
    run_id = stack.api.trigger("room_assets")
    assert stack.api.wait_for_run("room_assets", run_id, RUN_SECONDS) == "success"
    until = time.monotonic() + RUN_SECONDS
    told: list[Any] = []
    while len(told) < 2 and time.monotonic() < until:
        time.sleep(1)
        runs = stack.api.call("GET", "/api/v2/dags/room_assets_announce/dagRuns")["dag_runs"]
        done = [run for run in runs if run["state"] == "success"]
        # One run for each event, or one for both: as Airflow likes.
        told = [
            extra
            for run in done
            for extra in stack.api.call(
                "GET",
                stack.api.run_path("room_assets_announce", run["dag_run_id"])
                + "/taskInstances/announce/xcomEntries/return_value?deserialize=true",
            )["value"]
        ]
    assert {extra["vendor"] for extra in told} == {ANY.conn_type}
    assert all(set(extra) == {"id", "name", "vendor", "outcome"} for extra in told)
    page.open_task("room_assets", run_id, "create", 0, "asset_events")
    page.page.get_by_text(f"rooms://{ANY.conn_type}/").first.wait_for()
    page.picture("events")


def test_the_link_is_there_as_soon_as_the_room_is_also_while_the_task_runs_or_waits(
    page: AirflowPage, stack: Any
) -> None:
    vendors = stack.vendors
    from airflow_provider_rooms.hooks import hook_class

    hook = hook_class(ANY.kind)("here").use(_Given(vendors.connection(ANY.conn_type)))
    room = hook.ensure_room({"name": "office-hour"})
    stack.api.put_connection(
        "planted_wrong", {**vendors.connection(KEEPS.conn_type), "password": f"{stack.planted}-password"}
    )
    run_id = stack.api.trigger("planted", {"room": room.id})
    expected = {"waits": "deferred", "pokes": "running", "ahead": "deferred"}
    states = wait_for_states(stack, run_id, expected)
    assert states == expected
    assert link(stack, "planted", run_id, "ahead") is None
    for task_id in ("waits", "pokes"):
        assert wait_for_link(stack, run_id, task_id) == hook.vendor.room_url(room.id)
    page.open_task("planted", run_id, "pokes", -1, "details")
    page.page.get_by_role("link", name="Room", exact=True).wait_for()
    page.picture("running")
    vendors.start_session(ANY.conn_type, room.id)
    ended = {"waits": "success", "pokes": "success"}
    assert wait_for_states(stack, run_id, ended) == ended
    assert link(stack, "planted", run_id, "pokes") == hook.vendor.room_url(room.id)


def wait_for_states(stack: Any, run_id: str, wanted: dict[str, str]) -> dict[str, str]:
    """The states of these tasks, when they are as wanted or do not become so."""
    until = time.monotonic() + RUN_SECONDS
    while True:
        tasks = stack.api.call("GET", stack.api.run_path("planted", run_id) + "/taskInstances")["task_instances"]
        states = {task["task_id"]: task["state"] for task in tasks if task["task_id"] in wanted}
        if states == wanted or time.monotonic() > until:
            return states
        time.sleep(1)


def wait_for_link(stack: Any, run_id: str, task_id: str) -> str | None:
    """The link of a task that has just begun to look."""
    for _ in range(60):
        if found := link(stack, "planted", run_id, task_id):
            return found
        time.sleep(1)
    return None


class _Given:
    """A connection that is in no database."""

    def __init__(self, connection: dict[str, Any]) -> None:
        self.conn_id = "here"
        self.port = self.schema = self.extra = None
        self.extra_dejson: dict[str, Any] = {}
        self.__dict__.update({key: value for key, value in connection.items() if key != "extra"})
