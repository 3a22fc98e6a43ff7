"""Calls to Airflow itself: when its database, API or secrets backend is away for some seconds, they are made again."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_rooms.errors import AirflowDownError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

log = logging.getLogger(__name__)

#: A call is made again for so many seconds. Each may take longer: Airflow itself retries what its API answers with 5xx.
PATIENCE = 30.0
#: Seconds until the second try, and at most between two later ones.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0

#: Errors of Airflow's API that say nothing about what was asked.
_API_FAILURES = ("API_SERVER_ERROR", "GENERIC_ERROR")
#: Other errors that may be gone at the next try, by the module they are in.
_PASSING = {
    # A database that is away: Airflow 2 asks it straight from the task.
    "sqlalchemy.exc": ("OperationalError", "InterfaceError", "TimeoutError"),
    # The API refuses a task's token while it restarts; the supervisor gets a new one.
    "airflow.sdk.exceptions": ("AirflowSecretsBackendAccessDenied",),
}


def passes(error: BaseException) -> bool:
    """Whether an error that a call to Airflow raised may be gone at the next try."""
    answer = getattr(error, "error", None)  # of Airflow 3's AirflowRuntimeError: what the supervisor answered
    if (kind := getattr(getattr(answer, "error", None), "name", None)) is not None:
        status = (getattr(answer, "detail", None) or {}).get("status_code")
        return kind in _API_FAILURES and (status is None or status >= 500 or status == 429)
    if _is(error, "httpx", ("HTTPStatusError",)):  # dag.test() has no supervisor in between
        return bool(error.response.status_code >= 500)  # type: ignore[attr-defined]
    return any(_is(error, module, names) for module, names in _PASSING.items())


def _is(error: BaseException, module: str, names: tuple[str, ...]) -> bool:
    """Whether an error is of one of these classes; a library that was never imported raised none."""
    library = sys.modules.get(module)
    return isinstance(error, tuple(kind for name in names if isinstance(kind := getattr(library, name, None), type)))


class Outage:
    """How long one call to Airflow is made again.

    :param what: what is called for, at the start of a sentence.
    :param patience: for how many seconds.
    """

    def __init__(self, what: str, patience: float | None = None) -> None:
        self._what = what
        self._patience = PATIENCE if patience is None else patience
        self._until: float | None = None
        self._pause = FIRST_PAUSE

    def pause_after(self, error: Exception) -> float:
        """How many seconds to wait before the call is made again.

        :param error: what the call raised.
        :raises AirflowDownError: it was made for long enough.
        :raises Exception: the error itself, where trying again cannot help.
        """
        if not passes(error):
            raise error
        return self.rest(error)

    def rest(self, error: Exception) -> float:
        """:meth:`pause_after` for an error that passes."""
        now = time.monotonic()
        if self._until is None:
            self._until = now + self._patience
        left = self._until - now
        if left <= 0:
            how_long = f" for {self._patience:.0f} s" if self._patience else ""
            raise AirflowDownError(
                f"{self._what}: Airflow did not respond{how_long} ({type(error).__name__}).",
                advice="Check Airflow's API server, its database and the secrets backend, then retry the task.",
            ) from error
        pause, self._pause = min(self._pause, left), min(2 * self._pause, LONGEST_PAUSE)
        log.warning("%s: Airflow did not respond (%s); retrying in %.1f s.", self._what, type(error).__name__, pause)
        return pause


def patiently(what: str, call: Callable[[], T]) -> T:
    """Call Airflow, again for half a minute while it is away.

    :param what: what is called for, at the start of a sentence.
    :param call: may be made any number of times.
    :raises AirflowDownError: it stayed away.
    """
    outage = Outage(what)
    while True:
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - those that do not pass are raised again
            time.sleep(outage.pause_after(error))
