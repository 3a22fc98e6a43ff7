"""The usual ways to sign in: HTTP Basic, a secret that is a bearer token itself, and tokens signed on this machine.

A vendor with another way writes ``signed`` itself, such as one that puts a signature into every URL.
"""

from __future__ import annotations

import base64
from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms.secrets import masking
from airflow_provider_rooms.vendors.exchange import Exchange
from airflow_provider_rooms.vendors.tokens import TokenSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.vendors.flow import Request


class HeaderSignIn(Exchange):
    """Every request carries the same ``Authorization`` header, whatever it asks for."""

    @abstractmethod
    def authorization(self) -> str:
        """Value of the ``Authorization`` header."""

    def signed(self, request: Request) -> Request:
        """The request with its header."""
        return replace(request, headers={**request.headers, "Authorization": self.authorization()})

    def minted(self) -> set[str]:
        """What the header holds, and the part of it that is the credential."""
        token = self.authorization().rpartition(" ")[2]
        return {token, masking.core(token)}


class BasicSignIn(HeaderSignIn):
    """HTTP Basic: login and password of the connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Airflow knows the secret, not what it looks like in the header.
        self.runtime.conceal(self.authorization().removeprefix("Basic "))

    def authorization(self) -> str:
        """Both in one text."""
        pair = f"{self.config.key}:{self.config.secret}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


class BearerSignIn(HeaderSignIn):
    """The password of the connection is a token already."""

    def authorization(self) -> str:
        """The token as it is."""
        return f"Bearer {self.config.secret}"


class TokenSignIn(HeaderSignIn):
    """HS256 tokens signed with the password of the connection, each good for an hour."""

    #: What stands before the token.
    scheme: ClassVar[str] = "Bearer "
    dated: ClassVar[bool] = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tokens = TokenSource(self.config.secret, self.claims, clock=self.clock, conceal=self.runtime.conceal)

    @abstractmethod
    def claims(self, now: int) -> Mapping[str, Any]:
        """The token's claims besides ``iat`` and ``exp``.

        :param now: seconds since 1970.
        """

    def authorization(self) -> str:
        """The newest token."""
        return f"{self.scheme}{self._tokens.token()}"

    def forget_token(self) -> bool:
        """A token can be minted again at any time."""
        self._tokens.forget()
        return True
