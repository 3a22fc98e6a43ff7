"""What a trigger hands to the task that waits: plain JSON with everything the resumed task needs.

``{"status": "success" | "skip" | "error" | "timeout" | "task_timeout", "value", "message", "error", "context", "room_url",
"room", "recording", "give_up_at", "task_timeout_at"}``
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSensorTimeout, AirflowSkipException, AirflowTaskTimeout

from airflow_provider_rooms import errors

if TYPE_CHECKING:
    from airflow_provider_rooms.waiting.waits import Seen, Verdict

#: What an error knows of where it happened.
_CONTEXT = ("vendor", "room", "status", "code", "request_id", "advice", "retry_after")
#: What tells which room it was.
_ROOM = ("vendor", "conn_id", "id", "name")


def handover_of(verdict: Verdict, seen: Seen, *, title: str) -> dict[str, Any]:
    """How a wait ended.

    :param title: the vendor's name as people write it.
    """
    context: dict[str, Any] = {}
    if verdict.error:
        context = {"vendor": title, "room": seen.room.name or seen.room.id, "advice": verdict.advice}
    return {
        "status": verdict.status,
        "value": verdict.value,
        "message": verdict.message,
        "error": verdict.error,
        "context": context,
        "room_url": seen.url,
        "room": {name: getattr(seen.room, name) for name in _ROOM},
        "recording": verdict.recording,
    }


def handover_of_error(error: errors.RoomsError) -> dict[str, Any]:
    """A wait that an error ended."""
    return {
        "status": "error",
        "message": error.message,
        "error": type(error).__name__,
        "context": {name: getattr(error, name) for name in _CONTEXT},
        "room_url": None,
    }


def handover_of_timeout(give_up_at: str) -> dict[str, Any]:
    """A wait that took longer than it may."""
    return {
        "status": "timeout",
        "message": f"The sensor timed out: the wait was not over by {give_up_at}.",
        "room_url": None,
    }


def handover_of_task_timeout(task_timeout_at: str) -> dict[str, Any]:
    """A wait in which the task's ``execution_timeout`` ran out."""
    return {
        **handover_of_timeout(task_timeout_at),
        "status": "task_timeout",
        "message": f"The task's execution_timeout has passed: the wait was not over by {task_timeout_at}.",
    }


def conclude(handover: object) -> Any:
    """The value that was handed over, or its exception.

    :raises AirflowSkipException: the task is to be skipped.
    :raises AirflowSensorTimeout: the wait took too long.
    :raises AirflowTaskTimeout: the task took too long.
    :raises RoomsError: what went wrong; also something that no trigger of ours hands over.
    """
    if not isinstance(handover, Mapping):
        raise _unknown(f"no event at all, but {type(handover).__name__}")
    message = str(handover.get("message") or "")
    match handover.get("status"):
        case "success":
            return handover.get("value")
        case "skip":
            raise AirflowSkipException(message)
        case "timeout":
            raise AirflowSensorTimeout(message)
        case "task_timeout":
            raise AirflowTaskTimeout(message)
        case "error":
            raise _error(handover, message)
        case status:
            raise _unknown(f"the status {status!r}")


def _error(handover: Mapping[str, Any], message: str) -> errors.RoomsError:
    kind = getattr(errors, str(handover.get("error")), None)
    if not (isinstance(kind, type) and issubclass(kind, errors.RoomsError)):
        kind = errors.PermanentError  # of a newer version of this package
    given = handover.get("context")
    context = {name: given[name] for name in _CONTEXT if name in given} if isinstance(given, Mapping) else {}
    return kind(message, **context)


def _unknown(what: str) -> errors.RoomsError:
    return errors.PassingError(
        f"The trigger returned {what}, so the result of the wait is unknown.",
        advice="Clear the task to wait again, and restart the triggerers after upgrading this package.",
    )
