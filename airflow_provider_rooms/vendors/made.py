"""Things that carry no name of ours, so that a lost answer or a second try would make two of them: looked for, then made."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.flow import Flow, Sleep

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_rooms.vendors.exchange import Exchange

T = TypeVar("T")

#: Seconds between looks for something that was just made, or may have been.
_LOOKS = (1.0, 2.0, 4.0, 8.0)


def found_or_made(
    vendor: Exchange, look: Callable[[], Flow[T | None]], make: Callable[[], Flow[T | None]], *, what: str
) -> Flow[T]:
    """Look first and make only what is missing; after a failure that may have had its effect, look again.

    :param look: what there is, or None.
    :param make: what was made; None where the vendor took the request without saying what came of it.
    :param what: how to call it in an error.
    """
    taken = False
    failure: errors.PassingError | None = None
    for pause in (*_LOOKS, None):
        found = yield from look()
        if found:
            return found
        if not taken:
            try:
                made = yield from make()
                if made:
                    return made
                taken, failure = True, None
            except errors.PassingError as error:
                failure = error
        if pause is not None:
            wait = max(pause, (failure.retry_after or 0.0) if failure else 0.0)
            if wait > vendor.patience.hold:
                break
            yield Sleep(wait)
    raise failure or errors.NotVisibleYetError(
        f"The vendor accepted the request, but does not return the {what} yet.",
        vendor=vendor.title,
        advice="Try again in a minute.",
    )
