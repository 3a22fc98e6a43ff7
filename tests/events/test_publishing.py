"""Events in Airflow's own tables: each once, whoever stores it, and with a queue row that covers the last of them."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import airflow
import httpx
import pytest

from airflow_provider_rooms.events import publishing, queued
from airflow_provider_rooms.events.uris import event_uri
from airflow_provider_rooms.models import EventType, RoomEvent

pytestmark = [
    pytest.mark.usefixtures("airflow_db"),
    pytest.mark.skipif(airflow.__version__.startswith("2."), reason="Airflow 2 has no API server to receive in"),
]


def event(number: int, kind: EventType = "other", conn_id: str = "school") -> RoomEvent:
    return RoomEvent(id=f"{kind}:{number}", type=kind, vendor="acme", conn_id=conn_id, room_id="r")


@pytest.fixture
def asset() -> Iterator[int]:
    """An active asset that a DAG of the database is scheduled on; all gone afterwards."""
    from airflow import settings
    from airflow.models.asset import AssetActive, AssetDagRunQueue, AssetEvent, AssetModel, DagScheduleAssetReference
    from airflow.models.dag import DagModel
    from sqlalchemy import delete

    uri = event_uri("school", "other")
    with settings.Session() as session:
        made = AssetModel(name=uri, uri=uri, group="asset")
        session.add_all([made, _dag(session, "events_consumer")])
        session.flush()
        session.add(AssetActive.for_asset(made))
        session.add(DagScheduleAssetReference(dag_id="events_consumer", asset_id=made.id))
        session.commit()
        found = made.id
    yield found
    with settings.Session() as session:
        for table in (AssetDagRunQueue, DagScheduleAssetReference, AssetEvent, AssetActive, AssetModel):
            session.execute(delete(table))
        session.execute(delete(DagModel).where(DagModel.dag_id == "events_consumer"))
        session.commit()


def _dag(session: Any, dag_id: str) -> Any:
    from airflow.models.dag import DagModel

    known: dict[str, Any] = {"dag_id": dag_id, "is_paused": False, "is_stale": False, "fileloc": str(Path(__file__))}
    if hasattr(DagModel, "bundle_name"):
        from airflow.models.dagbundle import DagBundleModel

        if session.get(DagBundleModel, "dags-folder") is None:
            session.add(DagBundleModel(name="dags-folder"))
            session.flush()
        known["bundle_name"] = "dags-folder"
    return DagModel(**known)


def stored(asset: int) -> list[str]:
    return [row[0]["id"] for row in _rows(f"select extra from asset_event where asset_id = {asset} order by id")]


def _rows(query: str) -> list[Any]:
    import json

    from airflow import settings
    from sqlalchemy import text

    with settings.Session() as session:
        rows = session.execute(text(query)).all()
    return [
        [json.loads(value) if isinstance(value, str) and value[:1] == "{" else value for value in row] for row in rows
    ]


def _run(statement: str) -> None:
    from airflow import settings
    from sqlalchemy import text

    with settings.Session() as session:
        session.execute(text(statement))
        session.commit()


def test_an_event_is_stored_once(asset: int) -> None:
    publisher = publishing.Publisher()
    assert publisher.publish([event(1), event(1), event(2)]) == 2
    assert publisher.publish([event(2), event(3)]) == 1
    assert stored(asset) == ["other:1", "other:2", "other:3"]


def test_what_another_process_or_an_earlier_one_has_stored_is_known(asset: int) -> None:
    first, second = publishing.Publisher(), publishing.Publisher()
    first.publish([event(1)])
    second.publish([event(1)])
    first.publish([event(2)])
    second.publish([event(2)])
    publishing.Publisher().publish([event(1), event(2)])
    assert stored(asset) == ["other:1", "other:2"]


def test_nothing_is_stored_for_an_asset_that_no_dag_names(asset: int) -> None:
    publisher = publishing.Publisher()
    assert publisher.publish([event(1, "session_ended"), event(1, conn_id="other_school")]) == 0
    assert stored(asset) == []
    assert len(_rows("select id from asset")) == 1


def test_nothing_is_stored_for_an_asset_that_no_dag_names_any_more(asset: int) -> None:
    publisher = publishing.Publisher()
    assert publisher.publish([event(1)]) == 1
    _run("delete from asset_active")
    assert publisher.publish([event(2)]) == 0
    assert stored(asset) == ["other:1"]


def test_an_event_that_airflow_has_cleaned_is_new_only_to_a_server_that_does_not_remember_it(asset: int) -> None:
    publisher = publishing.Publisher()
    publisher.publish([event(1)])
    _run("delete from asset_event")
    assert publisher.publish([event(1), event(2)]) == 1
    assert publishing.Publisher().publish([event(1), event(2)]) == 1
    assert stored(asset) == ["other:2", "other:1"]


def test_the_queue_row_is_not_older_than_the_last_event(asset: int) -> None:
    publisher = publishing.Publisher()
    for number in range(3):
        publisher.publish([event(number), event(number + 10)])
        (queued,) = _rows("select created_at from asset_dag_run_queue where target_dag_id = 'events_consumer'")
        (newest,) = _rows("select max(timestamp) from asset_event")
        assert queued[0] >= newest[0]


def test_events_of_a_server_whose_clock_is_behind_come_after_those_that_are_stored(
    asset: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow gives a run the events after those of the run before: an older time would never be read."""
    publishing.Publisher().publish([event(1)])
    late = publishing._now() - dt.timedelta(seconds=90)
    monkeypatch.setattr(publishing, "_now", lambda: late)
    publishing.Publisher().publish([event(2), event(3)])
    times = [row[0] for row in _rows("select timestamp from asset_event order by id")]
    assert times[0] < times[1] == times[2]
    (queued,) = _rows("select created_at from asset_dag_run_queue")
    assert queued[0] == times[2]


def test_a_database_that_is_away_for_a_moment_is_waited_for(asset: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    away = OperationalError("select 1", {}, Exception("the server closed the connection"))
    publisher, calls = publishing.Publisher(), []
    real = publisher._publish

    def publish(events: Any) -> int:
        calls.append(events)
        if len(calls) < 3:
            raise away
        return real(events)

    monkeypatch.setattr(publisher, "_publish", publish)
    assert publisher.publish([event(1)]) == 1
    monkeypatch.setattr(publishing, "PATIENCE", 0.0)
    calls.clear()
    with pytest.raises(OperationalError):
        publisher.publish([event(2)])


def test_what_waits_for_a_paused_dag_stays(asset: int) -> None:
    publisher = publishing.Publisher()
    publisher.publish([event(1)])
    _run("update dag set is_paused = 1 where dag_id = 'events_consumer'")
    publisher.publish([event(2)])
    assert len(_rows("select * from asset_dag_run_queue")) == 1


def test_a_transaction_that_fails_leaves_nothing_and_may_be_tried_again(
    asset: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.assets.manager import asset_manager

    publisher = publishing.Publisher()
    real, calls = asset_manager.register_asset_change, []

    def register(**kwargs: Any) -> Any:
        calls.append(1)
        row = real(**kwargs)
        if len(calls) == 1:
            raise OSError
        return row

    monkeypatch.setattr(type(asset_manager), "register_asset_change", staticmethod(register))
    with pytest.raises(OSError):  # noqa: PT011 - the one above
        publisher.publish([event(1), event(2)])
    assert stored(asset) == []
    assert publisher.publish([event(1), event(2)]) == 2
    assert stored(asset) == ["other:1", "other:2"]


@pytest.mark.parametrize("own", [False, True])
def test_a_manager_of_the_user_is_told_of_each_event_and_airflows_of_one(
    own: bool, asset: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.assets import manager

    told: list[str] = []

    class Own(manager.AssetManager):
        @classmethod
        def register_asset_change(cls, **kwargs: Any) -> Any:
            told.append(kwargs["extra"]["id"])
            return super().register_asset_change(**kwargs)

    monkeypatch.setattr(manager, "asset_manager", Own())
    if not own:
        monkeypatch.setattr(manager, "AssetManager", Own)
    assert publishing.Publisher().publish([event(number) for number in range(3)]) == 3
    assert told == (["other:0", "other:1", "other:2"] if own else ["other:0"])
    assert stored(asset) == ["other:0", "other:1", "other:2"]
    assert len({row[0] for row in _rows("select timestamp from asset_event")}) == 1


@pytest.fixture
def waiting(asset: int) -> Iterator[str]:
    """A queued run that has got an event."""
    from airflow import settings
    from airflow.models.asset import AssetEvent
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    publishing.Publisher().publish([event(1)])
    with settings.Session() as session:
        now = publishing._now()
        run: Any = DagRun(
            dag_id="events_consumer", run_id="waiting", state="queued", run_type="asset_triggered", run_after=now
        )
        run.consumed_asset_events.extend(session.scalars(select(AssetEvent)))
        session.add(run)
        session.commit()
    yield "waiting"
    _run("delete from dagrun_asset_event")
    _run("delete from dag_run where run_id = 'waiting'")


def test_events_of_a_run_that_is_queued_can_be_read_by_tasks(waiting: str) -> None:
    """Airflow's own answer is 500: its model of a run refuses one that has not started."""
    from airflow.api_fastapi.execution_api.app import InProcessExecutionAPI
    from airflow.sdk.api.datamodels._generated import API_VERSION, AssetEventsResponse

    queued.tell_queued_runs()
    queued.tell_queued_runs()
    uri = event_uri("school", "other")
    headers = {"airflow-api-version": API_VERSION}
    with httpx.Client(
        transport=InProcessExecutionAPI().transport, base_url="http://in-process/", headers=headers
    ) as api:
        answer = api.get("asset-events/by-asset", params={"uri": uri, "name": uri})
    (told,) = AssetEventsResponse.model_validate_json(answer.text).asset_events
    (its_run,) = told.created_dagruns
    assert (its_run.run_id, queued.started(its_run.start_date)) == (waiting, None)


def test_two_that_store_at_the_same_time_store_each_event_once(asset: int) -> None:
    failed: list[BaseException] = []

    def store() -> None:
        publisher = publishing.Publisher()
        try:
            for start in range(0, 40, 5):
                publisher.publish([event(number) for number in range(start, start + 5)])
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            failed.append(error)

    threads = [threading.Thread(target=store) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed
    assert sorted(stored(asset)) == sorted(f"other:{number}" for number in range(40))
