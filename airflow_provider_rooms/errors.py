"""Everything that can go wrong, on one screen.

::

    RoomsError                        every error of this package; an AirflowException
    ├── PermanentError                trying again cannot help; an AirflowFailException: the task fails at once
    │   ├── InvalidSpecError          what was asked for is wrong; found before any call (also a ValueError)
    │   │   └── UnsupportedError      the vendor cannot express it
    │   ├── InvalidConnectionError    the Airflow connection is missing, of another type, or incomplete; or the way there is
    │   │   └── ConnectionNotFoundError   Airflow says that there is no such connection
    │   ├── AuthenticationError       the vendor refuses the credentials
    │   ├── AccessDeniedError         the credentials may not do this
    │   ├── RequestRefusedError       the vendor says that the request is wrong
    │   ├── NotFoundError             no such room, session or recording
    │   ├── DriftError                the room of that name has other settings
    │   ├── RoomClosedError           the room of that name was closed
    │   ├── ClassOverError            the class is over and its room is gone
    │   ├── NoShowError               nobody came, and the task was told to fail then
    │   ├── RecordingMissingError     no recording came in time, and the task was told to fail then
    │   └── RecordingFailedError      the vendor failed to make the recording
    └── PassingError                  may be gone at the next try
        ├── TransportError            no answer: refused, reset, timed out, cut short
        │   ├── DeadlineError         the time for the whole exchange is used up
        │   └── TlsError              no secure connection: the certificate is not accepted, or the host speaks no TLS
        ├── RateLimitError            too many requests; ``retry_after`` says how long to wait
        ├── QuotaError                a quota of the account is used up for now
        ├── VendorDownError           the vendor failed (5xx)
        ├── UnreadableAnswerError     the answer is not what the vendor documents
        ├── SessionLiveError          people are in the room that was to be closed
        ├── NotVisibleYetError        the vendor took the request but does not show what came of it yet
        └── AirflowDownError          Airflow's own database, API or secrets backend does not answer
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException


class RoomsError(AirflowException):
    """An error of this package, with what a reader needs to act on it.

    :param message: what happened, one sentence.
    :param vendor: the vendor's name as people write it.
    :param room: name or id of the room it is about.
    :param status: HTTP status of the vendor's answer.
    :param code: the vendor's own error code.
    :param request_id: the vendor's id of the request, for its support.
    :param advice: what the reader can do.
    :param retry_after: seconds to wait before the next try, where the vendor named them.
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
    """Trying again cannot help: the task fails at once, without using up its retries."""


class InvalidSpecError(PermanentError, ValueError):
    """What was asked for is wrong. Raised before any call, so nothing was created."""


class UnsupportedError(InvalidSpecError):
    """The vendor has no way to express what was asked for."""


class InvalidConnectionError(PermanentError):
    """The Airflow connection is missing, of another type, or lacks something.

    Also when the proxy or the certificates that this machine's environment names for it cannot be used.
    """


class ConnectionNotFoundError(InvalidConnectionError):
    """Airflow says that there is no such connection."""


class AuthenticationError(PermanentError):
    """The vendor refuses the credentials."""


class AccessDeniedError(PermanentError):
    """The credentials are good, but may not do this."""


class RequestRefusedError(PermanentError):
    """The vendor says that the request is wrong."""


class NotFoundError(PermanentError):
    """The vendor has no such room, session or recording."""


class DriftError(PermanentError):
    """The room of that name exists with other settings than asked for.

    :param drift: one ``{"field", "asked", "actual"}`` per differing setting; secrets are shown as ``***``.
    """

    def __init__(self, message: str, *, drift: Sequence[dict[str, Any]] = (), **context: Any) -> None:
        super().__init__(message, **context)
        self.drift = list(drift)


class RoomClosedError(PermanentError):
    """The room of that name was closed (disabled, deactivated or completed)."""


class ClassOverError(PermanentError):
    """The class is over and has no room: none is created for the past. Operators turn this into a skip."""


class NoShowError(PermanentError):
    """Nobody came to the class."""


class RecordingMissingError(PermanentError):
    """No recording of the class was there by the deadline."""


class RecordingFailedError(PermanentError):
    """The vendor failed to make a recording of the class."""


class PassingError(RoomsError):
    """May be gone at the next try."""


class TransportError(PassingError):
    """No answer came: connection refused, reset, timed out, or cut short."""


class DeadlineError(TransportError):
    """The time for the whole exchange is used up."""


class TlsError(TransportError):
    """No secure connection: the host's certificate is not accepted, or it does not speak TLS. Nothing was sent."""


class RateLimitError(PassingError):
    """The vendor asks for fewer requests; ``retry_after`` says how long to wait, in seconds, where it was named."""


class QuotaError(PassingError):
    """A quota of the account, such as its number of rooms at once, is used up for now."""


class VendorDownError(PassingError):
    """The vendor failed to answer (5xx)."""


class UnreadableAnswerError(PassingError):
    """The answer is not what the vendor documents, so it is not known what happened."""


class SessionLiveError(PassingError):
    """People are in the room that was to be closed."""


class NotVisibleYetError(PassingError):
    """The vendor took the request but does not show what came of it yet."""


class AirflowDownError(PassingError):
    """Airflow's own database, API or secrets backend did not answer, though it was asked for half a minute."""
