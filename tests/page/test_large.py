"""Ten thousand task instances: the page reads them with one query, and is still quick."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from vendor_traits import ANY

from airflow_provider_rooms.testing import airflow_versions, dag_lab
from stack import sandbox

pytestmark = pytest.mark.skipif(
    airflow_versions.version() < (3, 1), reason="Airflow shows pages of plugins from 3.1 on"
)

TASKS = 10_000
DAY = dt.timedelta(days=1)
NOON = dt.datetime.now(dt.UTC).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def many(airflow_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One task instance that created a room, and 9 999 copies of it, over five days."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import delete, insert, select

    folder = tmp_path_factory.mktemp("dags")
    made = (
        f'CreateRoomOperator(task_id="made", conn_id="{ANY.conn_id}", name="page-many", starts_at="{NOON.isoformat()}")'
    )
    with sandbox(folder / "sandbox.log") as vendors, pytest.MonkeyPatch.context() as patch:
        for name, value in vendors.env().items():
            patch.setenv(name, value)
        dag_lab.run_tasks(folder, "page_many", made)
    tables = TaskInstance.__table__, XComModel.__table__

    def copy(row: Any, number: int) -> dict[str, Any]:
        changed = {**row, "map_index": number}
        if "id" in row:
            changed["id"] = uuid4() if isinstance(row["id"], UUID) else str(uuid4())
        if row.get("key") == "room":
            start = NOON + DAY * (number % 5 - 4)
            text = json.dumps(row["value"]).replace("page-many", f"page-many-{number}")
            changed["value"] = json.loads(text.replace(NOON.isoformat(), start.isoformat()))
        return changed

    with create_session() as session:
        for table in tables:
            for row in session.execute(select(table).where(table.c.dag_id == "page_many")).mappings().all():
                session.execute(insert(table), [copy(row, number) for number in range(TASKS - 1)])
    yield
    with create_session() as session:
        for table in reversed(tables):
            session.execute(delete(table).where(table.c.dag_id == "page_many"))


@pytest.mark.slow
def test_one_query_and_less_than_a_second(many: None) -> None:
    from airflow import settings
    from airflow.api_fastapi.app import create_app, get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from fastapi.testclient import TestClient
    from sqlalchemy import event

    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    with TestClient(create_app(apps="core")) as server:
        token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="somebody", role="viewer"))
        event.listen(settings.engine, "before_cursor_execute", note)
        took = []
        try:
            for _ in range(3):
                statements.clear()
                # Of the processor, whatever else runs on this machine.
                began = time.process_time()
                answer = server.get(
                    "/rooms/classes",
                    params={"start": (NOON - DAY / 2).isoformat(), "end": (NOON + DAY / 2).isoformat()},
                    headers={"Authorization": f"Bearer {token}"},
                )
                took.append(time.process_time() - began)
        finally:
            event.remove(settings.engine, "before_cursor_execute", note)
    found = answer.json()
    assert len(found["classes"]) == TASKS / 5
    assert found["unreadable"] == 0
    assert sum(" xcom" in statement for statement in statements) == 1, statements
    # Who may see what costs a few more, however many DAGs there are.
    assert len(statements) < 10, statements
    assert min(took) < 1.0, took
