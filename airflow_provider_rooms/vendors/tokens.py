"""Tokens minted on this machine: short-lived, kept until shortly before they expire."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Life of a token for the vendor's REST API, in seconds.
LIFE = 3600
#: It is replaced this many seconds before it expires.
MARGIN = 60
#: It says that it was made this long ago, in seconds: the vendor's clock may be behind ours.
BACKDATED = 30


class VendorClock:
    """The vendor's clock, by which every token is dated: ours, until an answer told how far off ours is.

    :param wall: our clock, in seconds since 1970.
    """

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        #: Seconds by which the vendor's clock is ahead of ours.
        self.skew = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return self._wall() + self.skew


class TokenSource:
    """Mints HS256 tokens and keeps the newest one.

    :param claims: the claims besides ``iat`` and ``exp``, given the current time in seconds since 1970.
    :param clock: dates them.
    :param conceal: told about each token.
    """

    def __init__(
        self,
        secret: str,
        claims: Callable[[int], Mapping[str, Any]],
        *,
        clock: VendorClock,
        conceal: Callable[[str], None],
    ) -> None:
        self._secret = secret
        self._claims = claims
        self._clock = clock
        self._conceal = conceal
        self._lock = threading.Lock()
        self._token: str | None = None
        self._expires = 0.0

    def token(self) -> str:
        """A token that is good for at least another minute."""
        with self._lock:
            now = self._clock.now()
            if self._token is None or self._expires - now < MARGIN:
                issued = int(now) - BACKDATED
                self._token = sign({**self._claims(issued), "iat": issued, "exp": int(now) + LIFE}, self._secret)
                self._expires = int(now) + LIFE
                self._conceal(self._token)
            return self._token

    def forget(self) -> None:
        """Mint anew at the next use."""
        with self._lock:
            self._token = None


def sign(claims: Mapping[str, Any], secret: str, headers: Mapping[str, Any] | None = None) -> str:
    """An HS256 JWT over the claims."""
    import jwt  # 0.1 s to import: only tasks that mint pay for it

    return jwt.encode(dict(claims), secret, algorithm="HS256", headers=dict(headers) if headers else None)
