"""Who somebody is, as the columns may show it: as the vendor does, as a code that stays the same, or not at all."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, get_args

from airflow_provider_rooms.errors import InvalidConnectionError

if TYPE_CHECKING:
    from airflow_provider_rooms.models import Participant
    from airflow_provider_rooms.vendors.exchange import Config

People = Literal["keep", "hash", "leave_out"]
PEOPLE: tuple[People, ...] = get_args(People)

#: What the columns ``identity`` and ``name`` show of somebody.
Shown = Callable[["Participant"], tuple[str | None, str | None]]

#: Hex digits of a code: 128 bits, so that no two people share one.
_DIGITS = 32


def shown_as(people: People, config: Config) -> Shown:
    """How people are shown.

    :raises InvalidConnectionError: the connection has no secret that codes could be made with.
    """
    if people == "keep":
        return lambda person: (person.identity, person.name)
    if people == "leave_out":
        return lambda person: (None, None)
    secret = config.people_secret or config.secret
    if not secret:
        raise InvalidConnectionError(
            f'people: "hash" needs a secret, and connection {config.conn_id!r} has none.',
            advice="Set people_secret in the connection's extra.",
        )
    # A key of its own: what is made of it tells nothing of the secret, which may be the vendor's.
    key = hmac.digest(secret.encode(), b"airflow-provider-rooms: people", hashlib.sha256)

    def code(person: Participant) -> tuple[str, None]:
        # A name cannot be told from a code by guessing it, but it needs not be there: the code joins.
        return hmac.new(key, person.identity.encode(), hashlib.sha256).hexdigest()[:_DIGITS], None

    return code
