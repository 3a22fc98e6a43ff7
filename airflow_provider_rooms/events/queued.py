"""Asset events whose runs are queued, as Airflow's API tells them to tasks.

Airflow 3 answers a task that asks for an asset's events with 500 as long as one of them belongs to a run that has not started:
its model of a run insists on a start. A consumer with ``max_active_runs=1`` could then not read while its next run waits. So in
the API server, a run that has not started is told with a start that no run can have.
"""

from __future__ import annotations

import datetime as dt
import logging
from importlib import import_module
from typing import Any

log = logging.getLogger(__name__)

#: Stands for none.
NOT_STARTED = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


def started(start: dt.datetime | None) -> dt.datetime | None:
    """When a run started; None if it has not."""
    return None if start == NOT_STARTED else start


def tell_queued_runs() -> None:
    """Have this API server tell events of runs that have not started. May be called again."""
    from pydantic import BeforeValidator

    try:
        models: Any = import_module("airflow.api_fastapi.execution_api.datamodels.asset_event")
        start = models.DagRunAssetReference.model_fields["start_date"]
        if any(isinstance(rule, BeforeValidator) for rule in start.metadata):
            return
        start.metadata.append(BeforeValidator(lambda given: NOT_STARTED if given is None else given))
        for model in (models.DagRunAssetReference, models.AssetEventResponse, models.AssetEventsResponse):
            model.model_rebuild(force=True)
    except (ImportError, AttributeError, KeyError) as error:
        log.warning(
            "Tasks cannot read events while a run of theirs is queued (%s): this Airflow is newer than this package.",
            type(error).__name__,
        )
