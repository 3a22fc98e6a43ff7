"""The part of the contract that every other part stands on: the vendor's name, its options, and what it lacks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.exchange import Exchange

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.exchange import Config
    from airflow_provider_rooms.vendors.options import Options
    from airflow_provider_rooms.vendors.pace import Lane

M = TypeVar("M", bound=Callable[..., Any])


class Api(Exchange):
    """A vendor's API under its name. No I/O; clock and random come in through ``runtime``."""

    #: The connection type.
    name: ClassVar[str]
    #: Fields of the create request.
    options: ClassVar[type[Options]]
    #: Methods of the contract that this vendor has no call for, with the way out, for the error that says so.
    lacks: ClassVar[Mapping[str, str]] = {}
    #: Requests per second that the vendor grants an account, reads and writes apart, where it says so.
    requests_per_second: ClassVar[Mapping[Lane, float]] = {}

    @classmethod
    def check_sign_in(cls, config: Config) -> None:
        """Refuse login and settings of a connection that cannot be this vendor's.

        :raises InvalidConnectionError: they are not.
        """

    @classmethod
    def account(cls, config: Config) -> str:
        """What the vendor counts requests by: connections of one account share its pace."""
        return config.key

    @classmethod
    def can(cls, method: str) -> bool:
        """Whether the vendor has a method that the contract calls :func:`optional`."""
        return not hasattr(getattr(cls, method), "lacking")

    def need(self, method: str) -> None:
        """Refuse, before any call, what this vendor has no call for.

        :raises UnsupportedError: it has none.
        """
        if not self.can(method):
            getattr(self, method)()


def optional(lacking: str) -> Callable[[M], M]:
    """Marks a method that a vendor may lack; the contract's own version of it refuses, and its body is never run.

    :param lacking: what a vendor that lacks it does not do, as the rest of a sentence about the vendor.
    """

    def decorate(method: M) -> M:
        @functools.wraps(method)
        def refuse(self: Api, *args: Any, **kwargs: Any) -> Any:
            raise errors.UnsupportedError(
                f"{self.title} {lacking}.", vendor=self.title, advice=self.lacks.get(method.__name__)
            )

        refuse.lacking = lacking  # type: ignore[attr-defined]
        return cast("M", refuse)

    return decorate
