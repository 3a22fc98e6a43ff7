"""A DAG that handles secrets and goes wrong with them, run by ``dag.test()`` in a process of its own.

Called with the address of a wire to the sandbox and a file for what came of it. No secret stands in this file: Airflow keeps
the source of DAGs. They come from connections and Variables in the environment.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import json
import logging
import pickle
import sys
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(_TESTS), str(_TESTS.parent / "scripts")]

from vendor_traits import ANY, CLOSES_UNUSED, TRAITS, facts  # noqa: E402

#: A vendor that takes secrets in its options, and options that hold some.
KEEPS = next(traits for traits in TRAITS if traits.secret)
OPTIONS = facts("canaries")[KEEPS.conn_type].OPTIONS
OTHER_HEADER = {"X-Secret": "{{ var.value.other }}"}


def make_dag() -> Any:
    """The tasks, one after the other: the first ones meet faults that are set in that order."""
    from airflow.sdk import DAG

    from airflow_provider_rooms.operators.rooms import CreateRoomOperator, CreateRoomsOperator
    from airflow_provider_rooms.testing import dag_lab

    moved = {"url": "https://hooks.example/y", "headers": OTHER_HEADER}
    defaults = dag_lab.NOTED | {"conn_id": KEEPS.conn_id, "trigger_rule": "all_done"}
    with DAG("canaries", schedule=None, default_args=defaults) as dag:
        tasks = [
            CreateRoomOperator(task_id="repeated", name="repeated", options=OPTIONS),
            CreateRoomOperator(task_id="garbled", name="garbled", options=OPTIONS),
            CreateRoomOperator(task_id="made", name="made", options=OPTIONS),
            CreateRoomOperator(task_id="drifted", name="made", options={**OPTIONS, "webhook": moved}),
            CreateRoomOperator(
                task_id="drift_ignored",
                name="made",
                on_drift="ignore",
                options={**OPTIONS, "webhook": {**OPTIONS["webhook"], "headers": OTHER_HEADER}},
            ),
            CreateRoomOperator(task_id="misspelt", name="misspelt", options={**OPTIONS, "webhok": OPTIONS["webhook"]}),
            CreateRoomOperator(task_id="as_json", name="as-json", options=json.dumps(OPTIONS)),
            CreateRoomOperator(task_id="as_text", name="as-text", options=str(OPTIONS)),
            CreateRoomOperator(task_id="as_spec", spec={"name": "as-spec", "options": OPTIONS}),
            # Deeper than Airflow's masker looks by itself.
            CreateRoomsOperator(task_id="many", specs=[{"name": "many-1", "options": {KEEPS.conn_type: OPTIONS}}]),
            CreateRoomOperator(task_id="misplaced", name="misplaced", webhook=OPTIONS["webhook"]),
            CreateRoomOperator(
                task_id="contradicted",
                name="x",
                webhook=moved | {"headers": None},
                options={"webhook": OPTIONS["webhook"]},
            ),
            CreateRoomOperator(
                task_id="tried_again",
                conn_id=ANY.conn_id,
                name="tried",
                retries=1,
                retry_delay=dt.timedelta(hours=9),
            ),
        ]
        for before, after in itertools.pairwise(tasks):
            before >> after
    return dag


def make_waiting_dag() -> Any:
    """A class that is far enough ahead to wait for. How far is said only when all else of the run is ready."""
    from airflow.sdk import DAG, task

    from airflow_provider_rooms.operators.rooms import CreateRoomOperator
    from airflow_provider_rooms.testing import dag_lab

    @task
    def soon() -> str:
        return (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=30, seconds=3)).isoformat()

    with DAG("canaries_waiting", schedule=None, default_args=dag_lab.NOTED) as dag:
        CreateRoomOperator(task_id="waited", conn_id=CLOSES_UNUSED.conn_id, name="waited", starts_at=soon())
    return dag


def main() -> None:
    """Run it, and leave behind states, XComs and exceptions."""
    from airflow.utils.db import initdb

    import airflow_provider_rooms.hooks.base as hooks
    from airflow_provider_rooms.testing import dag_lab
    from airflow_provider_rooms.vendors.flow import Patience

    # How often something is tried matters here, not how long is rested in between.
    hooks.Patience = functools.partial(Patience, first_wait=0.01)  # type: ignore[misc, assignment]
    initdb()
    for name in ("urllib3", "httpx", "httpcore", "airflow_provider_rooms"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    ran = dag_lab.run(make_dag())
    waited = dag_lab.run(make_waiting_dag())
    ran.states |= waited.states
    ran.errors |= waited.errors
    ran.xcoms |= waited.xcoms
    Path(sys.argv[1]).write_bytes(pickle.dumps(ran))


if __name__ == "__main__":
    main()
