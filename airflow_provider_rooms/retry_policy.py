"""When a failed task is retried: :class:`RoomsRetryPolicy`, for Airflow 3.3 and later. Earlier versions have no retry
policies; there the class can be imported, but is not set on any task. An error that includes a waiting time has it as
``retry_after`` on every version.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context
    from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy
else:
    try:
        from airflow.providers.common.compat.sdk import RetryDecision, RetryPolicy
    except (ImportError, AttributeError):  # Airflow before 3.3
        RetryDecision, RetryPolicy = None, object


class RoomsRetryPolicy(RetryPolicy):
    """Waits as long as the vendor asked for before the next attempt, and fails at once if a retry cannot help. It is
    the default of the operators and sensors of this package, and needs ``retries`` of at least 1. Errors that are not
    from this package, or that include no waiting time, use the task's own ``retry_delay``. To combine it with policies
    of your own: ``ChainRetryPolicy([RoomsRetryPolicy(), …])``.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Decide by the error. The reason ends up in Airflow's database: it is made of our own words only."""
        from airflow_provider_rooms.errors import PermanentError, RoomsError

        if isinstance(exception, PermanentError):
            return RetryDecision.fail(f"{type(exception).__name__}: a retry cannot fix this.")
        if isinstance(exception, RoomsError) and exception.retry_after:
            # A little later than asked, each task by another little: all at once would be too many again.
            seconds = exception.retry_after * (1 + random.random() / 10)
            who = exception.vendor or "The vendor"
            return RetryDecision.retry(dt.timedelta(seconds=seconds), f"{who} asked to wait {seconds:.0f} s.")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """It has no settings."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> RoomsRetryPolicy:
        """The same again."""
        return cls()
