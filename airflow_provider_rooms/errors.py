"""All errors of this package.

::

    RoomsError                        every error of this package; an AirflowException
    ├── PermanentError                a retry cannot help; an AirflowFailException, so the task fails at once
    │   ├── InvalidSpecError          a parameter is invalid; raised before any request (also a ValueError)
    │   │   └── UnsupportedError      the vendor does not support it
    │   ├── InvalidConnectionError    the Airflow connection is missing, has another type or is incomplete
    │   │   └── ConnectionNotFoundError   the Airflow connection does not exist
    │   ├── MissingExtraError         a feature needs a library that is not installed
    │   ├── AuthenticationError       the vendor rejected the credentials
    │   ├── AccessDeniedError         the credentials do not permit this
    │   ├── RequestRefusedError       the vendor rejected the request as invalid
    │   ├── NotFoundError             no such room, session or recording
    │   ├── DriftError                the room with that name has other settings
    │   ├── RoomClosedError           the room with that name was closed
    │   ├── ClassOverError            the class is over and has no room
    │   ├── NoShowError               nobody joined, and the task is configured to fail then
    │   ├── RecordingMissingError     no recording was ready in time, and the task is configured to fail then
    │   └── RecordingFailedError      the vendor failed to produce the recording
    └── PassingError                  a retry may help
        ├── TransportError            no response: refused, reset, timed out, cut short
        │   ├── DeadlineError         the time for the whole operation has passed
        │   └── TlsError              no secure connection: bad certificate, or the host does not speak TLS
        ├── RateLimitError            too many requests; ``retry_after`` is the time to wait
        ├── QuotaError                the account has reached a quota
        ├── VendorDownError           the vendor failed (5xx)
        ├── UnreadableAnswerError     the response is not what the vendor documents
        ├── SessionLiveError          people are in the room that should be closed
        ├── NotVisibleYetError        the vendor accepted the request but does not return the result yet
        └── AirflowDownError          Airflow's own database, API or secrets backend does not respond
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowOptionalProviderFeatureException,
)


class RoomsError(AirflowException):
    """An error of this package, with the information needed to fix it.

    :param message: what happened, one sentence.
    :param vendor: the vendor's name for display.
    :param room: name or id of the room it is about.
    :param status: HTTP status of the vendor's response.
    :param code: the vendor's own error code.
    :param request_id: the vendor's id of the request, for its support.
    :param advice: what the reader can do.
    :param retry_after: seconds to wait before the next attempt, if the vendor specified them.
    """

    def __init__(
        self,
        message: str,
        *,
        vendor: str | None = None,
        room: str | None = None,
        status: int | None = None,
        code: str | int | None = None,
        request_id: str | None = None,
        advice: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.vendor = vendor
        self.room = room
        self.status = status
        self.code = code
        self.request_id = request_id
        self.advice = advice
        self.retry_after = retry_after

    def __str__(self) -> str:
        where = [
            self.vendor,
            f"room {self.room!r}" if self.room else None,
            f"HTTP {self.status}" if self.status else None,
            f"code {self.code}" if self.code is not None else None,
            f"request {self.request_id}" if self.request_id else None,
        ]
        context = ", ".join(part for part in where if part)
        text = f"{self.message} [{context}]" if context else self.message
        return f"{text} {self.advice}" if self.advice else text

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword arguments do not survive the default pickling of exceptions, and executors pickle them.
        return (_restore, (type(self), self.message, self.__dict__))


def _restore(cls: type[RoomsError], message: str, state: dict[str, Any]) -> RoomsError:
    error = cls.__new__(cls, message)
    error.__dict__.update(state)
    return error


class PermanentError(RoomsError, AirflowFailException):
    """A retry cannot help, so the task fails at once, without using up its retries."""


class InvalidSpecError(PermanentError, ValueError):
    """A parameter is invalid. Raised before any request, so nothing was created."""


class UnsupportedError(InvalidSpecError):
    """The vendor does not support what was requested."""


class InvalidConnectionError(PermanentError):
    """The Airflow connection is missing, has another type or is incomplete. Also raised if the proxy or the
    certificate file that is set in this machine's environment cannot be used.
    """


class ConnectionNotFoundError(InvalidConnectionError):
    """The Airflow connection does not exist."""


class MissingExtraError(PermanentError, AirflowOptionalProviderFeatureException):
    """A feature needs a library that is not installed. Raised when the DAG file is parsed, if the DAG shows that it is needed."""


class AuthenticationError(PermanentError):
    """The vendor rejected the credentials."""


class AccessDeniedError(PermanentError):
    """The credentials are valid, but do not permit this."""


class RequestRefusedError(PermanentError):
    """The vendor rejected the request as invalid."""


class NotFoundError(PermanentError):
    """The vendor has no such room, session or recording."""


class DriftError(PermanentError):
    """The room with that name exists with other settings than requested.

    :param drift: one ``{"field", "asked", "actual"}`` per differing setting; secrets are shown as ``***``.
    """

    def __init__(self, message: str, *, drift: Sequence[dict[str, Any]] = (), **context: Any) -> None:
        super().__init__(message, **context)
        self.drift = list(drift)


class RoomClosedError(PermanentError):
    """The room with that name was closed (disabled, deactivated or completed)."""


class ClassOverError(PermanentError):
    """The class is over and has no room; rooms are not created for past classes. Operators turn this into a skip."""


class NoShowError(PermanentError):
    """Nobody joined the class."""


class RecordingMissingError(PermanentError):
    """No recording of the class was ready by the deadline."""


class RecordingFailedError(PermanentError):
    """The vendor failed to produce a recording of the class."""


class PassingError(RoomsError):
    """A retry may help."""


class TransportError(PassingError):
    """No response: connection refused, reset, timed out, or cut short."""


class DeadlineError(TransportError):
    """The time for the whole operation has passed."""


class TlsError(TransportError):
    """No secure connection: the host's certificate was not accepted, or it does not speak TLS. Nothing was sent."""


class RateLimitError(PassingError):
    """The vendor limits the rate of requests; ``retry_after`` is the time to wait in seconds, if the vendor specified it."""


class QuotaError(PassingError):
    """The account has reached a quota, such as its number of concurrent rooms."""


class VendorDownError(PassingError):
    """The vendor responded with a server error (5xx)."""


class UnreadableAnswerError(PassingError):
    """The response is not what the vendor documents, so the result is unknown."""


class SessionLiveError(PassingError):
    """People are in the room that should be closed."""


class NotVisibleYetError(PassingError):
    """The vendor accepted the request but does not return the result yet."""


class AirflowDownError(PassingError):
    """Airflow's own database, API or secrets backend did not respond for half a minute."""
