"""How much the waits of an account may ask where each room has to be asked for by itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator


class Purse:
    """One request for each wait and interval, saved up from when the wait began: the quiet hours pay for the tight minutes.

    A wait's first look, and a look at a moment that decides, are not put off: they may overdraw it, and the polls after them
    wait until it is even again.

    :param now: the time.
    :param spent: requests sent so far.
    """

    def __init__(self, now: Callable[[], dt.datetime], spent: Callable[[], int]) -> None:
        self._now = now
        self._spent = spent
        self._earned = 0.0
        self._per_second = 0.0
        self._at = now()
        self._promised = 0

    @contextmanager
    def shared_by(self, interval: float) -> Iterator[None]:
        """A wait that pays in.

        :param interval: seconds for which it pays one request.
        """
        share = 1.0 / max(interval, 1e-3)
        self._settle()
        self._per_second += share
        try:
            yield
        finally:
            self._settle()
            self._per_second = max(0.0, self._per_second - share)

    def affords_one(self) -> bool:
        """Whether one more poll may begin beside those that are under way."""
        self._settle()
        return self._earned - self._spent() - self._promised >= 1.0

    @contextmanager
    def promised(self) -> Iterator[None]:
        """A poll that is under way, and will send one request or so."""
        self._promised += 1
        try:
            yield
        finally:
            self._promised -= 1

    def _settle(self) -> None:
        now = self._now()
        self._earned += max(0.0, (now - self._at).total_seconds()) * self._per_second
        self._at = now
