"""All of Airflow's internals that the page touches: who may see what, and what tasks pushed. Airflow 3.1 to 3.3.

Airflow's REST API lists XComs without their values, so the page reads them where Airflow keeps them: in one query, over the
DAGs whose XComs the viewer may read.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_connection, requires_access_view
from airflow.configuration import conf
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from fastapi import Depends
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from airflow_provider_rooms.links.rooms import ROOM_URL
from airflow_provider_rooms.page.classes import FAILED, KEYS, Pushed

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The signed-in user, as a parameter of a route.
Viewer = GetUserDep
#: Refuses who may not see the views of plugins.
MAY_SEE_PAGE = Depends(requires_access_view(AccessView.PLUGINS))
#: Refuses who may not read the connection that the path parameter ``connection_id`` names.
MAY_READ_CONNECTION = Depends(requires_access_connection("GET"))

#: Task instances that the page looks at, newest runs first.
MOST = 10_000
#: Operators whose failure means that a class has no room, also if they failed too early to say which.
_CREATES = ("CreateRoomOperator", "CreateRoomsOperator")


def days() -> int:
    """How far back the runs go that the page looks at."""
    return int(conf.getint("rooms", "page_days", fallback=8))


def readable_dags(user: Any) -> set[str]:
    """The DAGs whose XComs a user may read."""
    manager = get_auth_manager()
    dag_ids = manager.get_authorized_dag_ids(user=user, method="GET")
    teams = _teams(dag_ids)
    return {
        dag_id
        for dag_id in dag_ids
        if manager.is_authorized_dag(
            method="GET", access_entity=DagAccessEntity.XCOM, details=_details(dag_id, teams), user=user
        )
    }


def pushed_by(dag_ids: Iterable[str], *, now: dt.datetime) -> tuple[list[Pushed], bool]:
    """What the tasks of these DAGs pushed in the runs of the last days, and whether there is more than was read."""
    # A room of a batch has no address of its own there: the task has one, and many rooms.
    address = aliased(XComModel)
    same = ("dag_id", "run_id", "task_id", "map_index")

    def of_task(xcom: Any) -> Any:
        return and_(*(getattr(xcom, column) == getattr(TaskInstance, column) for column in same))

    query = (
        select(
            TaskInstance.dag_id,
            TaskInstance.run_id,
            TaskInstance.task_id,
            TaskInstance.map_index,
            TaskInstance.state.label("task_state"),
            TaskInstance._rendered_map_index.label("label"),
            TaskInstance.end_date,
            XComModel.key,
            XComModel.value,
            XComModel.timestamp,
            DagRun.run_after,
            address.value.label("room_url"),
        )
        .join(DagRun, and_(DagRun.dag_id == TaskInstance.dag_id, DagRun.run_id == TaskInstance.run_id))
        .outerjoin(XComModel, and_(of_task(XComModel), XComModel.key.in_(KEYS)))
        .outerjoin(address, and_(of_task(address), address.key == ROOM_URL))
        .where(
            TaskInstance.dag_id.in_(sorted(dag_ids)),
            DagRun.run_after >= now - dt.timedelta(days=days()),
            or_(
                XComModel.key.is_not(None),
                and_(TaskInstance.operator.in_(_CREATES), TaskInstance.state.in_(sorted(FAILED))),
            ),
        )
        .order_by(DagRun.run_after.desc())
        .limit(MOST + 1)
    )
    with create_session(scoped=False) as session:
        rows = session.execute(query).all()
    return [_pushed(row) for row in rows[:MOST]], len(rows) > MOST


def _pushed(row: Any) -> Pushed:
    return Pushed(
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        task_state=row.task_state and str(row.task_state),
        label=row.label,
        key=row.key,
        value=XComModel.deserialize_value(row) if row.key else None,
        at=row.timestamp or row.end_date or row.run_after,
        run_after=row.run_after,
        room_url=row.room_url,
    )


def _teams(dag_ids: set[str]) -> dict[str, str | None]:
    """The team of each DAG; Airflow has had teams since 3.2."""
    look_up = getattr(DagModel, "get_dag_id_to_team_name_mapping", None)
    return dict(look_up(list(dag_ids))) if look_up and dag_ids else {}


def _details(dag_id: str, teams: dict[str, str | None]) -> DagDetails:
    return DagDetails(id=dag_id, team_name=teams[dag_id]) if teams.get(dag_id) else DagDetails(id=dag_id)
