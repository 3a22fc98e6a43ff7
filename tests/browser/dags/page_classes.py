"""A class with its room, and as many more as the run is told: what the Rooms page shows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.operators.rooms import CreateRoomOperator


@dag(schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
def page_classes() -> None:
    CreateRoomOperator(
        task_id="create",
        conn_id=f"{next(iter(BY_TYPE))}_default",
        name="page-class",
        starts_at="{{ dag_run.conf['starts_at'] }}",
        ends_at="{{ dag_run.conf['ends_at'] }}",
        ref={"title": "{{ dag_run.conf['title'] }}"},
    )

    @task
    def tell(**context: Any) -> None:
        context["ti"].xcom_push(key="rooms", value=context["dag_run"].conf["rooms"])

    tell()


page_classes()
